"""What the page of health shows: what wants a look, each with its remedy."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from catalog import AutoCouncil, Catalog, health, lint

STATES = ("gone", "broken", "drifted", "needs review", "draft", "not loadable", "deprecated")
"""The states that are counted, the worst first."""

CALM = ("not loadable", "deprecated")
"""States in which nothing is wrong."""

MEANINGS = {
    "gone": ("Code that is no longer there", "catalog doctor --fix"),
    "broken": ("Code that Python can't read", "catalog refresh"),
    "drifted": ("Code that has changed since it was recorded", "catalog verify --diff"),
    "needs review": ("Entries somebody has to look at", "catalog approve KEY"),
    "draft": ("Drafts nobody has approved", "catalog approve KEY"),
    "not loadable": ("Entries no import path leads to", ""),
    "deprecated": ("Entries that have had their day", ""),
}
"""For each state what it means, and the command that is its remedy."""

LISTED = 12
CHANGES = 12
WEEKS = 26


def overview(catalog: Catalog) -> dict[str, Any]:
    """Return what wants a look, what is broken, and how the catalog grew."""
    found = health(catalog)
    by_state: dict[str, list[str]] = {}
    for key, marks in catalog.marks().items():
        for state in {marks.state, marks.code}:
            if state in MEANINGS:
                by_state.setdefault(str(state), []).append(key)
    states: list[dict[str, Any]] = [
        {
            "state": state,
            "count": len(by_state[state]),
            "keys": by_state[state][:LISTED],
            "meaning": MEANINGS[state][0],
            "remedy": MEANINGS[state][1],
        }
        for state in STATES
        if by_state.get(state)
    ]
    return {
        "total": found.total,
        "states": states,
        "urgent": sum(each["count"] for each in states if each["state"] not in CALM) + found.broken,
        "references": [reference.to_dict() for reference in found.broken_references[:LISTED]],
        "broken": found.broken,
        "vectors": [
            {"embedder": name, **status.to_dict(), "all": sum(status)} for name, status in found.vectors.items()
        ],
        "embedder": catalog.embedder,
        "growth": weekly(found.growth),
        "changes": catalog.log(limit=CHANGES),
    }


def weekly(growth: dict[str, int]) -> dict[str, Any]:
    """Return how many entries came in each of the last weeks, the last at the end, as the page draws it."""
    days = {date.fromisoformat(day): number for day, number in growth.items() if len(day) == 10}
    if not days:
        return {"weeks": [], "most": 0, "since": ""}
    last = max(days)
    counts = [0] * WEEKS
    before = 0
    for day, number in days.items():
        week = (last - day).days // 7
        if week < WEEKS:
            counts[WEEKS - 1 - week] += number
        else:
            before += number
    first = last - timedelta(days=7 * WEEKS - 1)
    total = before
    weeks: list[dict[str, Any]] = []
    for place, number in enumerate(counts):
        total += number
        weeks.append({"from": first + timedelta(days=7 * place), "new": number, "total": total})
    return {"weeks": weeks, "most": max(week["total"] for week in weeks) or 1, "since": first.isoformat()}


def ambiguous(catalog: Catalog) -> dict[str, Any]:
    """Return what makes routing go wrong: what `catalog route lint` finds.

    Raises:
        CatalogError: there is no router that could be looked at.
    """
    found = lint(AutoCouncil.configured(catalog, on_no_match="abstain", kind="all"), seconds=10.0)
    return {"findings": [finding.to_dict() for finding in found.findings[:100]], "notes": list(found.notes)}
