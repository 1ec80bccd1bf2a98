"""``catalog ls``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from catalog import ENTRY_STATES, REVIEW_STATES, json_text
from catalog_cli import completion
from catalog_cli.application import Application, No, pass_app
from catalog_cli.listing import data_of, show
from catalog_cli.options import Limit, command, json_option, tag_option
from catalog_cli.output import Column

if TYPE_CHECKING:
    from catalog import Hit, Marks


@command(
    "ls",
    examples="""
        catalog ls
        catalog ls tool
        catalog ls tool agent --tag plot --sort updated --limit 20
        catalog ls --columns key,source,updated_at
        # the names of all models, for a script
        catalog ls model | cut -f1
    """,
    as_of=True,
)
@click.argument("kinds", metavar="[KIND]...", nargs=-1, shell_complete=completion.kinds)
@tag_option("--tag", "tags", "Only with this tag; several times: with all of them.")
@click.option(
    "--source",
    metavar="TEXT",
    help="Only from sources that begin so, as 'scan:mypkg' or 'manual'; all: from every source.",
)
@click.option(
    "--state",
    type=click.Choice((*REVIEW_STATES, *ENTRY_STATES)),
    metavar="STATE",
    help=f"Only {', '.join(REVIEW_STATES)} ones, or those whose code is {', '.join(ENTRY_STATES)}.",
)
@click.option("--sort", type=click.Choice(["key", "name", "updated"]), default="key", show_default=True)
@click.option("--limit", "-n", type=Limit(), default="all", show_default=True, metavar="N|all", help="At most so many.")
@click.option("--columns", metavar="NAMES", help="Fields of entries to show, separated by commas.")
@json_option("the entries, as an array,")
@pass_app
def ls(app: Application, kinds: tuple[str, ...], tags: tuple[str, ...], source: str | None, state: str | None,
       sort: str, limit: int | str, columns: str | None, as_json: bool) -> None:  # fmt: skip
    """List entries, of some kinds or all.

    Lists every tier, sorted by key, importing nothing. In a pipe each line is key, description, tags and tier,
    separated by tabs. An entry whose code is gone, broken or drifted, as far as the last scan,
    refresh or verify saw, and one that is not approved is marked. The exit status is 1 if there is nothing to list.
    """
    origin = None if source is None else ()
    states = () if state is None else (state,)
    hits = app.catalog.listed(kinds or None, tags=tags, sources=origin, states=states, order=sort)
    if source is not None and source != "all":
        hits = (hit for hit in hits if hit.entry.source.startswith(source))
    if limit == "all":
        marks = app.catalog.marks()
    else:  # only the marks of a few are needed
        few = [*islice(hits, int(limit))]
        hits, marks = iter(few), app.catalog.marks([hit.key for hit in few])
    first = next(hits, None)
    shown = () if first is None else chain((first,), hits)
    if columns is not None:
        _columns(app, shown, columns, marks, as_json)
    elif as_json:
        app.screen.json_lines(data_of(shown, marks, ranked=False))
    else:
        show(app.screen, shown, marks=marks)
    if first is None:
        if app.catalog.settings.scope and source is None and app.catalog.search(limit=1, sources=()):
            raise No("no such entry is in the scope of the configuration; --source all lists every source")
        narrowed = tags or state or columns is not None or sort != "key" or source not in (None, "all")
        what = f"no entry of kind {' or '.join(kinds)}" if kinds else "no such entry" if narrowed else None
        raise No(f"{what or 'the catalog is empty'}; fill it with `catalog scan PACKAGE` or `catalog register`")


_APPROVED = {"state": "approved", "code": None, "instead": None, "reason": None}


def _told(marks: Marks | None) -> dict[str, Any]:
    return {} if marks is None else marks.to_dict()


def _columns(app: Application, hits: Iterable[Hit], columns: str, marks: Mapping[str, Marks], as_json: bool) -> None:
    from catalog import Entry, close_matches, did_you_mean

    names = [name.strip() for name in columns.split(",") if name.strip()]
    known = ("key", "state", "code", "instead", "reason", *Entry.model_fields)
    for name in names:
        if name not in known:
            hint = did_you_mean(close_matches(name, known)) or f"; there are {', '.join(known)}"
            raise click.UsageError(f"no column '{name}'{hint}")

    def row(hit: Hit) -> dict[str, Any]:
        return {"key": hit.key, **_APPROVED, **_told(marks.get(hit.key)), **hit.entry.model_dump(mode="json")}

    if as_json:
        app.screen.json_lines({name: whole[name] for name in names} for whole in map(row, hits))
    else:
        table = [Column(name, 8, bold=name in ("key", "name")) for name in names]
        app.screen.table(table, ([_text(whole[name]) for name in names] for whole in map(row, hits)))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
