"""``catalog doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, count

if TYPE_CHECKING:
    from catalog import Catalog, CouncilIssue, Fault

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
    """Find dead, moved and duplicate references, and broken councils.

    Looks where each reference leads without importing it. Code that is gone is looked for by its checksum in its
    package and beside it. Of a council spec every issue is a fault: its code, its place and what it says. --fix
    writes a new revision for each entry it mends. The exit status is 1 if faults are left.
    """
    app.look_here()
    faults = app.catalog.diagnose()
    sure = ("exact", "likely") if likely else ("exact",)
    mended = app.catalog.repair([f for f in faults if f.certain in sure]) if fix else []
    left = [fault for fault in faults if not (fault.key in mended and fault.proposal)]
    issues = list(_issues(app.catalog))
    if as_json:
        none = dict.fromkeys(("ref", "proposal", "certain", "same_as"))
        broken = [
            {
                "key": key,
                "trouble": issue["code"],
                "path": issue["path"],
                "why": issue["message"],
                **none,
                "fixed": False,
            }
            for key, issue in issues
        ]
        app.screen.json([*({**f.to_dict(), "fixed": f not in left} for f in faults), *broken])
    else:
        app.screen.table(
            COLUMNS,
            [
                (f.key, f.trouble, f.ref, f.proposal or (f"same as {f.same_as}" if f.same_as else ""), f.certain)
                for f in left
            ]
            + [(key, issue["code"], issue["path"], issue["message"], "") for key, issue in issues],
        )
        for fault in faults:
            if fault not in left:
                app.screen.print(f"fixed {fault.key}: {fault.ref} → {fault.proposal}")
    if left or issues:
        raise No(_summary(left, len(issues), sure))
    if not faults:
        app.screen.remark("no faults: every reference leads somewhere")


def _issues(catalog: Catalog) -> Iterator[tuple[str, CouncilIssue]]:
    """Yield the key of each council that is data, with what is wrong with it."""
    for entry in catalog.entries(("council", "sub_council")):
        if entry.ref is None:
            from catalog import validate_council

            for issue in validate_council(entry.key, catalog):
                yield entry.key, issue


def _summary(left: Sequence[Fault], issues: int, sure: Sequence[str]) -> str:
    """Return how many faults there are, and what to do about each sort."""
    parts = [f"{count(len(left) + issues, 'fault', 'faults')} left"]
    certain = sum(fault.certain in sure for fault in left)
    if certain:
        parts.append(f"`catalog doctor --fix` mends {certain}")
    if any(fault.certain == "likely" and "likely" not in sure for fault in left):
        parts.append("`--fix --likely` takes proposals that are not certain")
    if any(fault.trouble == "dead" for fault in left):
        parts.append("`catalog unregister` takes away what is dead")
    if any(fault.trouble == "duplicate" for fault in left):
        parts.append("keep one of each duplicate")
    if issues:
        parts.append("`catalog explain` shows a council with what is wrong with it")
    return "; ".join(parts)
