"""``catalog doctor``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, count

COLUMNS = (
    Column("KEY", bold=True),
    Column("TROUBLE", colour="yellow"),
    Column("REFERENCE", 18),
    Column("PROPOSAL", 18, "green"),
    Column("CERTAIN"),
)


@command(
    "doctor",
    examples="""
        catalog doctor
        catalog doctor --json
        # rewrite references to code that moved
        catalog doctor --fix
    """,
)
@click.option("--fix", is_flag=True, help="Rewrite references whose code was found elsewhere, exactly as recorded.")
@click.option("--likely", is_flag=True, help="With --fix: also where only name and signature are the same.")
@json_option("the faults, as an array,")
@pass_app
def doctor(app: Application, fix: bool, likely: bool, as_json: bool) -> None:
    """Find dead, moved and duplicate references.

    Looks where each reference leads without importing it. Code that is gone is looked for by its checksum in its
    package and beside it. --fix writes a new revision for each entry it mends. The exit status is 1 if faults are
    left.
    """
    app.look_here()
    faults = app.catalog.diagnose()
    sure = ("exact", "likely") if likely else ("exact",)
    mended = app.catalog.repair([f for f in faults if f.certain in sure]) if fix else []
    left = [fault for fault in faults if not (fault.key in mended and fault.proposal)]
    if as_json:
        app.screen.json([{**f.as_dict(), "fixed": f not in left} for f in faults])
    else:
        app.screen.table(COLUMNS, [(f.key, f.trouble, f.ref, f.proposal or f.same_as or "", f.certain) for f in left])
        for fault in faults:
            if fault not in left:
                app.screen.print(f"fixed {fault.key}: {fault.ref} → {fault.proposal}")
    if left:
        raise No(_summary(len(left), sum(f.certain in sure for f in left), sum(f.certain == "likely" for f in left)))
    if not faults:
        app.screen.remark("no faults: every reference leads somewhere")


def _summary(left: int, sure: int, likely: int) -> str:
    text = f"{count(left, 'fault', 'faults')} left"
    if sure:
        return f"{text}; `catalog doctor --fix` mends {sure} of them"
    if likely:
        return f"{text}; `catalog doctor --fix --likely` takes the proposals that are not certain"
    return f"{text}; register what moved again, or unregister what is gone"
