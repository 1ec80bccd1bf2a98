"""``catalog pin``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option, key_argument, kind_option
from catalog_cli.output import Column, count
from catalog_cli.reports import near
from catalog_cli.streams import writing

if TYPE_CHECKING:
    from catalog import Pinned

COLUMNS = (Column("KEY", bold=True), Column("FIELD", colour="yellow"), Column("PINNED", 12), Column("NOW", 12))


@command(
    "pin",
    examples="""
        catalog pin
        # only what was looked at
        catalog pin tool:create_scatter
        # in CI: is everything as it was reviewed?
        catalog pin --check
    """,
)
@key_argument(many=True, required=False)
@kind_option()
@click.option("--check", is_flag=True, help="Write nothing; compare. The exit status is 1 if something differs.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False),
    help="The lock file; else that of the configuration, or catalog.lock beside it.",
)
@click.option("--no-source", is_flag=True, help="Keep no source text in the database for `verify --diff`.")
@json_option("what was pinned, or with --check the differences,")
@pass_app
def pin(
    app: Application,
    keys: tuple[str, ...],
    kinds: tuple[str, ...],
    check: bool,
    file: str | None,
    no_source: bool,
    as_json: bool,
) -> None:
    """Write what entries stand for into a lock file.

    For each entry: its reference, where it came from, distribution and version, checksums, and the SHA-256 of the files
    that importing it runs. Commit the file, and review its changes. With KEYS or --kind only these are pinned anew.
    `mode = "block"` in [tool.catalog.pin] then refuses to take what is not pinned, or is something else now; "warn"
    says so.
    """
    if kinds and keys:
        raise click.UsageError("give either keys or --kind")
    app.look_here()
    if check:
        _compare(app, file, keys, kinds, as_json)
        return
    with writing(file or "the lock file"):
        pinned = app.catalog.pin(file, _wanted(keys), kind=kinds or None, keep_source=not no_source)
    if as_json:
        app.screen.json(pinned.to_dict())
    else:
        _show(app, pinned)
    if pinned.left_out:
        raise No(
            f"{count(len(pinned.left_out), 'entry', 'entries')} can't be pinned as the code is not found; "
            "`catalog doctor` looks for it"
        )


def _wanted(keys: tuple[str, ...]) -> list[str] | None:
    return None if not keys else list(keys)


def _compare(app: Application, file: str | None, keys: tuple[str, ...], kinds: tuple[str, ...], as_json: bool) -> None:
    changes = app.catalog.check_pins(file, _wanted(keys), kind=kinds or None)
    if as_json:
        app.screen.json([change.to_dict() for change in changes])
    else:
        app.screen.table(
            COLUMNS, [(change.key, change.field, change.pinned or "", change.now or "") for change in changes]
        )
    if changes:
        number = len({change.key for change in changes})
        raise No(
            f"{count(number, 'entry differs', 'entries differ')} from the lock file; look at them, then "
            "`catalog pin [KEY]...` pins them as they are"
        )
    app.screen.remark("all entries are as pinned")


def _show(app: Application, pinned: Pinned) -> None:
    for word, keys in (("pinned", pinned.added), ("changed", pinned.changed), ("removed", pinned.removed)):
        for key in keys:
            app.screen.print(f"{word} {key}")
    for key, why in pinned.left_out.items():
        app.screen.print(f"left out {key}: {why}")
    app.screen.remark(f"{count(pinned.pins, 'entry is', 'entries are')} pinned in {near(pinned.path)}")
