"""``catalog db check``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import count


@command(
    "check",
    examples="""
        catalog db check
        catalog db check --fix
        catalog db check --salvage mended.db
    """,
)
@click.option("--fix", is_flag=True, help="Mend what is damaged, as far as the rest of the database tells how.")
@click.option(
    "--salvage",
    "target",
    metavar="OUT",
    type=click.Path(dir_okay=False),
    help="Write what can be read, of a file that may not even open, into the new database OUT.",
)
@json_option("the faults, as an array of texts (with --salvage: the rows written and what was lost)")
@pass_app
def check(app: Application, fix: bool, target: str | None, as_json: bool) -> None:
    """Check the database for damage.

    Looks at pages, keys, every column of every row, vectors, tags and the full-text index, and names table, row and
    column with what helps. --fix makes again what is made from entries, brings entries back from their history, and
    says what was lost; it also deletes what interrupted copies and upgrades have left beside the database. The exit
    status is 1 if faults are left, 3 if the database is busy.
    """
    if fix and target is not None:
        raise click.UsageError("--fix mends the database itself, --salvage writes another one: give one of them")
    if target is not None:
        _salvage(app, target, as_json)
        return
    faults = _faults(app)
    if fix and faults:
        for lost in app.catalog.mend():
            app.screen.remark(f"lost: {lost}")
        app.screen.remark(f"{count(len(faults), 'fault', 'faults')} before it was mended")
        faults = _faults(app)
    _leftovers(app, fix)
    if as_json:
        app.screen.json(faults)
    elif faults:
        app.screen.print(*faults)
    if faults:
        raise No(f"{count(len(faults), 'fault', 'faults')} in {app.path}")
    if not as_json:
        app.screen.print(f"{app.path} is sound")


def _leftovers(app: Application, fix: bool) -> None:
    """Name what interrupted work has left beside the database, which is no fault of it; with *fix* delete it."""
    from catalog import leftovers

    for left in leftovers(app.path, remove=fix):
        done = "deleted" if fix else "`catalog db check --fix` deletes it"
        app.screen.remark(f"{left} was left by a copy or an upgrade that was interrupted; {done}")


def _faults(app: Application) -> list[str]:
    """Return the faults; a database that can't be opened has one, the error of opening it."""
    from catalog import CatalogError

    try:
        return app.catalog.check()
    except CatalogError as error:
        if not error.facts.get("damaged"):
            raise
        return [str(error).replace("`catalog db check` says where, ", "")]


def _salvage(app: Application, target: str, as_json: bool) -> None:
    from catalog import salvage

    done = salvage(app.place, target)
    if as_json:
        app.screen.json(done.to_dict())
        return
    for what in done.lost:
        app.screen.print(f"lost: {what}")
    rows = ", ".join(f"{number:,} of {table}" for table, number in done.rows.items())
    app.screen.print(f"wrote {target}, with rows: {rows}")
