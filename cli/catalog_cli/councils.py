"""How ``explain`` shows a council: its members, their profiles layer by layer, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog_cli.gate import clean
from catalog_cli.output import Column, Screen

if TYPE_CHECKING:
    from catalog import Catalog, Entry

MEMBERS = (
    Column("MEMBER", bold=True),
    Column("KEY", 8),
    Column("VALUE", 16),
    Column("FROM", 16, "cyan"),
)
ISSUES = (Column("ISSUE", 16, "yellow"), Column("CODE"), Column("MESSAGE", 20))


def is_council(entry: Entry) -> bool:
    """Tell whether an entry is a council that is data."""
    return entry.kind in ("council", "sub_council") and entry.ref is None


def council_lines(screen: Screen, catalog: Catalog, entry: Entry) -> Iterator[str]:
    """Yield the tables of members and of issues, each after an empty line."""
    from catalog import explain_council

    council = explain_council(entry, catalog)
    rows = [row for member in council["members"] for row in _member(member)]
    if rows:
        yield ""
        yield from screen.fitted(MEMBERS, rows, indent=2, wrap=True)
    if council["issues"]:
        yield ""
        issues = [
            (clean(issue["path"] or "(all)"), issue["code"], clean(issue["message"])) for issue in council["issues"]
        ]
        yield from screen.fitted(ISSUES, issues, indent=2, wrap=True)


def _member(member: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each thing that is known of a member, its id in the first."""
    rows: list[tuple[str, Any, str]] = []
    if member["role"]:
        rows.append(("role", member["role"], ""))
    if "sub_council" in member:
        rows.append(("sub_council", member["sub_council"], ""))
    for key, setting in member.get("profile", {}).items():
        layer, source = setting["layer"], setting["source"]
        rows.append((key, setting["value"], f"{layer}: {source}" if source != layer else layer))
    rows += [("(not loaded)", "", source) for source in member.get("unread", ())]
    if member.get("tools"):
        rows.append(("tools", ", ".join(member["tools"]), ""))
    for number, (key, value, source) in enumerate(rows or [("", "", "")]):
        yield clean("" if number else member["id"]), clean(key), clean(_shown(value)), clean(source)


def _shown(value: Any) -> str:
    from json import dumps

    return value if isinstance(value, str) else dumps(value, ensure_ascii=False, default=repr)
