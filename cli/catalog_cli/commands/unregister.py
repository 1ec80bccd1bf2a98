"""``catalog unregister``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from catalog import StoreError, forget_source
from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean, confirmed
from catalog_cli.options import command, json_option, key_argument

if TYPE_CHECKING:
    from catalog import Catalog

FEW = 10
"""How many of the places that refer to what goes are shown."""


@command(
    "unregister",
    examples="""
        catalog unregister tool:scratchpad
        # the history stays, so this undoes it
        catalog restore tool:scratchpad
        # a repository that was removed or moved
        catalog unregister --source ../old-app
    """,
    reason=True,
)
@key_argument(many=True, required=False)
@click.option(
    "--source",
    metavar="SOURCE|PATH",
    help="All entries from this source, as scan:mypkg, or found in this folder; the source is forgotten.",
)
@click.option("--yes", "-y", is_flag=True, help="Don't ask, on a terminal, about entries that others refer to.")
@json_option("the keys that were taken away")
@pass_app
def unregister(app: Application, keys: tuple[str, ...], source: str | None, yes: bool, as_json: bool) -> None:
    """Take entries away.

    What refers to them is shown; on a terminal you are asked. Their history stays, and `catalog restore` brings them
    back. Entries of the configuration file are taken out there. What comes from a source that is scanned again later
    is found anew; a key that is taken away stays away.
    """
    if bool(keys) == (source is not None):
        raise click.UsageError("give keys of entries, or --source")
    known = None if source is None else _known(app.catalog, source)
    wanted = _of_source(app.catalog, known) if known is not None else [app.find(key) for key in keys]
    broken = list(_broken(app.catalog, wanted))
    for line in broken[:FEW]:
        app.screen.remark(clean(line))
    if len(broken) > FEW:
        app.screen.remark(f"Note: {len(broken) - FEW} more places refer to them; `catalog graph KEY` shows all")
    if broken and app.screen.is_terminal and not yes and not confirmed("Take away all the same?"):
        raise click.Abort
    if known is not None:
        done = forget_source(app.catalog, known)
    else:
        done = [app.catalog.unregister(kind, name).key for kind, name in wanted]
    if as_json:
        app.screen.json(done)
    else:
        app.screen.print(*(f"unregistered {key}" for key in done))


def _known(catalog: Catalog, source: str) -> str:
    """Return the source that a text or a path means.

    Raises:
        No: nothing comes from it.
    """
    names = (source, f"scan:{source}", f"scan:{os.path.abspath(source)}")
    known = next((name for name in names if catalog.search(limit=1, sources=(name,))), None)
    if known is None:
        raise No(f"no entry comes from {source!r}; `catalog ls --columns key,source` shows where each is from")
    return known


def _of_source(catalog: Catalog, source: str) -> list[tuple[str, str]]:
    return [(hit.kind, hit.name) for hit in catalog.listed(sources=(source,))]


def _broken(catalog: Catalog, wanted: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each place that refers to what is to go, if another tier doesn't have it and the place stays."""
    going = {f"{kind}:{name}" for kind, name in wanted}
    for kind, name in wanted:
        with suppress(StoreError):  # a damaged row may go, too
            if len(catalog.which(kind, name)) > 1:
                continue
        for link in catalog.used_by(kind, name):
            if link.source not in going:
                yield f"Note: {link.source} refers to {link.target} ({link.path})"
