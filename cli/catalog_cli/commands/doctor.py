"""``catalog doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean, confirmed
from catalog_cli.options import command, json_option
from catalog_cli.output import Column, count

if TYPE_CHECKING:
    from catalog import Catalog, CouncilIssue, Fault, NewerFramework

COLUMNS = (
    Column("KEY", bold=True),
    Column("TROUBLE", colour="yellow"),
    Column("REFERENCE", 18),
    Column("PROPOSAL", 18, "green"),
    Column("CERTAIN"),
)


PLAN = (Column("KEY", bold=True), Column("TROUBLE", colour="yellow"), Column("PLAN", 30, "green"))


@command(
    "doctor",
    examples="""
        catalog doctor
        catalog doctor --json
        # see the plan, and say yes to it
        catalog doctor --fix
        catalog doctor --fix --yes
    """,
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without doubt: show the plan, and ask.")
@click.option("--likely", is_flag=True, help="With --fix: also what is likely: the same name, or a name like it.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@json_option("the faults, as an array,")
@pass_app
def doctor(app: Application, fix: bool, likely: bool, yes: bool, as_json: bool) -> None:
    """Find what is wrong, and mend it.

    Looks where each reference leads without importing it. Code that is gone is looked for by its checksum in its
    package and beside it. Found are also code that comes with another distribution than recorded, names of entries that
    are not there, keys that differ in case only, damage of the database, vectors of texts that have changed, and files
    that an interrupted upgrade left. Of a council spec every issue is a fault. A framework that is newer than what a
    scan was checked with is noted, and no fault.

    --fix shows what it would do and asks; where nobody can be asked it does nothing without --yes. Each entry that is
    mended gets a revision. What is configured is changed in its file, by you. The exit status is 1 if faults are left.
    """
    app.look_here()
    found, issues = _joined(app.catalog.diagnose(), list(_issues(app.catalog)))
    sure = ("exact", "likely") if likely else ("exact",)
    plan = [fault for fault in found if fault.remedy and fault.certain in sure] if fix else []
    agreed = _agreed(app, plan, yes, as_json)
    mended = app.catalog.repair(plan) if plan and agreed else []
    left = [fault for fault in found if not (fault in plan and fault.key in mended)]
    if as_json:
        app.screen.json(
            [*({**fault.to_dict(), "fixed": fault not in left} for fault in found), *map(_as_fault, issues)]
        )
    else:
        if agreed:
            app.screen.table(COLUMNS, [*map(_row, left), *map(_row_of_issue, issues)])
        for fault in found:
            if fault not in left:
                app.screen.print(f"fixed {clean(fault.key)}: {clean(_done(fault))}")
    if way := _vector_search(app):
        app.screen.remark(f"search by meaning: {way}")
    for framework in _newer():
        app.screen.remark(str(framework))
    if plan and not agreed:
        raise No(f"nothing was changed; `catalog doctor --fix --yes` does {'this' if len(plan) == 1 else 'these'}")
    if left or issues:
        raise No(_summary(left, len(issues), sure))
    if not found:
        app.screen.remark("no faults: every reference leads somewhere")


def _vector_search(app: Application) -> str:
    """Return how a search by meaning looks at the vectors of a catalog on a server: worth knowing, and no fault."""
    from catalog import vector_search

    return vector_search(app.catalog)


def _newer() -> list[NewerFramework]:
    """Return the frameworks that are newer than the rules of a scan: worth knowing, and no fault."""
    from catalog import newer_frameworks

    return newer_frameworks()


def _agreed(app: Application, plan: Sequence[Fault], yes: bool, as_json: bool) -> bool:
    """Show the *plan*, and return whether it is to be carried out; true where there is none."""
    if not plan or yes:
        return True
    if not as_json:
        app.screen.table(PLAN, [(fault.key, fault.trouble, fault.remedy) for fault in plan])
    return not as_json and app.screen.is_asked and confirmed("Do this?")


def _joined(
    faults: Sequence[Fault], issues: list[tuple[str, CouncilIssue]]
) -> tuple[list[Fault], list[tuple[str, CouncilIssue]]]:
    """Return *faults* and *issues*, each thing once: a council's name of what is not there is both."""
    said = {(key, issue["path"]) for key, issue in issues}
    found = [fault for fault in faults if fault.remedy or (fault.key, fault.ref) not in said]
    known = {(fault.key, fault.ref) for fault in found if fault.trouble == "dangling"}
    return found, [(key, issue) for key, issue in issues if (key, issue["path"]) not in known]


def _row(fault: Fault) -> tuple[str, str, str, str, str]:
    what = fault.proposal or (f"same as {fault.same_as}" if fault.same_as else "")
    if fault.trouble in ("damage", "vectors", "leftover"):
        what = fault.why
    return fault.key, fault.trouble, fault.ref, what, fault.certain


def _row_of_issue(found: tuple[str, CouncilIssue]) -> tuple[str, str, str, str, str]:
    key, issue = found
    return key, issue["code"], issue["path"], issue["message"], ""


def _as_fault(found: tuple[str, CouncilIssue]) -> dict[str, object]:
    key, issue = found
    none = dict.fromkeys(("ref", "proposal", "certain", "same_as", "remedy"))
    said = {"key": key, "trouble": issue["code"], "path": issue["path"], "why": issue["message"]}
    return {**said, **none, "fixed": False}


def _done(fault: Fault) -> str:
    """Return what was done about a *fault*."""
    follows = fault.trouble in ("moved", "renamed") and fault.remedy.startswith("its reference")
    return f"{fault.ref} → {fault.proposal}" if follows else fault.remedy


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
    certain = sum(bool(fault.remedy) and fault.certain in sure for fault in left)
    if certain:
        parts.append(f"`catalog doctor --fix` mends {certain}")
    if any(fault.remedy and fault.certain == "likely" and "likely" not in sure for fault in left):
        parts.append("`--fix --likely` takes proposals that are not certain")
    if any(fault.trouble == "dead" for fault in left):
        parts.append("`catalog unregister` takes away what is dead")
    if any(fault.proposal and not fault.remedy for fault in left):
        parts.append("what is configured is changed in its file")
    if any(fault.trouble == "dangling" and not fault.remedy for fault in left):
        parts.append("`catalog restore` brings back what is named and not there")
    if any(fault.trouble == "case" and not fault.remedy for fault in left):
        parts.append("`catalog rename` tells apart what differs in case only")
    if any(fault.trouble == "duplicate" for fault in left):
        parts.append("keep one of each duplicate")
    if issues:
        parts.append("`catalog explain` shows a council with what is wrong with it")
    return "; ".join(parts)
