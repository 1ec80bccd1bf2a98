"""Nothing on a page moves after it was shown, whatever comes late: files, answers, the drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import DESK, PHONE, Tab
from test_pages_in_a_browser import PAGES

_NOTE = """
window.shifts = [];
const named = at => at && at.node ? at.node.nodeName + (at.node.id ? '#' + at.node.id : '.' + at.node.className) : '?';
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.shifts.push([entry.value.toFixed(4), ...entry.sources.map(named)].join(' '));
}).observe({type: 'layout-shift', buffered: true});
"""
"""What browsers add up to a page's cumulative layout shift: all that does not follow a key or a click at once."""

_SLOW = {"offline": False, "latency": 150, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
"""A line on which styles, scripts and answers come one after the other."""


def watched(tab: Callable[..., Tab], view: dict[str, int]) -> Tab:
    """Return a tab that notes shifts, at the end of a slow line."""
    opened = tab(viewport=view)
    opened.page.set_default_navigation_timeout(60_000)  # a line that others use at the same time is slower still
    opened.page.add_init_script(_NOTE)
    line = opened.page.context.new_cdp_session(opened.page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", _SLOW)
    return opened


def shifts(page: Any) -> Any:
    """Return what has moved, two frames after all has come."""
    page.wait_for_load_state("networkidle")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate("window.shifts")


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_moves_while_it_loads(team: str, tab: Callable[..., Any], view: dict[str, int]) -> None:
    """On a slow line every page is laid out once: its cumulative layout shift is nothing at all."""
    opened = watched(tab, view)
    moved = {}
    for name, path in PAGES.items():
        page = opened.open(team + path)
        if name in ("graph", "around"):
            page.wait_for_selector("#canvas[data-ready]")
        moved[name] = shifts(page)
    assert moved == {name: [] for name in PAGES}
    opened.faults[:] = [fault for fault in opened.faults if "404" not in fault]


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_answers_to_typing_move_nothing(team: str, tab: Callable[..., Any], view: dict[str, int]) -> None:
    """Rows stay where they are when the counts beside or above them come, half a second after the last key."""
    opened = watched(tab, view)
    page = opened.open(team)

    def are_counts(answer: Any) -> bool:
        return answer.request.headers.get("x-fragment") == "facets"

    page.focus("#q")
    with page.expect_response(are_counts):
        page.keyboard.type("money back")
    page.wait_for_selector(".found-line:has-text('money back')")
    few = page.locator("#rows li").count()
    with page.expect_response(are_counts):
        page.keyboard.press("Escape")
    page.wait_for_selector("#facets:not([aria-busy])")
    assert page.locator("#rows li").count() > few
    assert shifts(page) == []
