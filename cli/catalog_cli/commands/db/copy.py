"""``catalog db copy``."""

from __future__ import annotations

from typing import Any

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, count


@command(
    "copy",
    examples="""
        catalog db copy sqlite:///team.db sqlite:////srv/team/catalog.db
        catalog db copy team.db copy.db --json
        # in the place of a catalog that is there
        catalog db copy team.db copy.db --replace
    """,
)
@click.argument("from_url", metavar="FROM")
@click.argument("to_url", metavar="TO")
@click.option("--replace", is_flag=True, help="Put the copy in the place of the catalog at TO.")
@json_option("rows and checksum of each table")
@pass_app
def copy(app: Application, from_url: str, to_url: str, replace: bool, as_json: bool) -> None:
    """Copy a catalog to another database, and compare the two.

    FROM and TO are URLs or files. Everything is copied: entries, history, vectors, golden cases, calibrations, uses,
    sources and decisions. TO is there, or replaced, only when number and checksum of the rows of every table agree.
    FROM is not changed, nor upgraded. Where a process uses TO the exit status is 3, and nothing happens.
    """
    from catalog import copy_catalog

    with app.screen.progress("copying") as progress:

        def report(done: int, of: int) -> None:
            if progress is not None:
                progress(done, of)

        copied = copy_catalog(from_url, to_url, replace=replace, progress=report)
    for name in copied.left:
        app.screen.remark(f"Warning: the table '{name}' is no part of a catalog, and was not copied")
    if as_json:
        app.screen.json({"from": copied.source, "to": copied.target, **copied.to_dict()})
        return
    rows: list[Any] = [(name, f"{total.rows:,}", total.checksum[:16]) for name, total in copied.tables.items()]
    app.screen.table([Column("table", bold=True), Column("rows", right=True), Column("checksum")], rows)
    entries = copied.tables["entry"].rows
    app.screen.remark(f"{count(entries, 'entry', 'entries')} copied to {copied.target}; all rows and checksums agree")
