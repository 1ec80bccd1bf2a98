"""Each page in a real browser: at the desk and on a phone, light and dark; axe finds nothing, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import DESK, PHONE, serving
from factories import blank_catalog, open_catalog, tool

from catalog.server.callers import RIGHTS, Token, digest_of

PAGES = {
    "find": "/",
    "found": "/?q=draw+a+chart&kind=tool",
    "council": "/entries/council/seo",
    "tool": "/entries/tool/create_scatter",
    "deprecated": "/entries/tool/count_words",
    "prompt": "/entries/prompt/greet",
    "missing": "/entries/tool/never_there",
    "taken away": "/entries/tool/fax",
    "graph": "/graph",
    "around": "/graph?key=profile:fast&depth=2",
    "routing": "/routing?text=I+want+my+money+back&kind=all",
    "golden": "/routing?kind=all&evaluate=1",
    "health": "/health?lint=1",
}
PICTURES = {("council", "light"): "entry", ("routing", "dark"): "routing", ("taken away", "light"): "taken-away"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_has_a_fault(team: str, tab: Callable[..., Any], view: dict[str, int], scheme: str) -> None:
    """No page has a violation, an error, a request elsewhere, or anything wider than the window."""
    opened = tab(viewport=view, color_scheme=scheme)
    found = {}
    for name, path in PAGES.items():
        page = opened.open(team + path)
        if name in ("graph", "around"):
            page.wait_for_selector("#canvas[data-ready]")
        found[name] = (opened.violations(), opened.overflow())
        if view is DESK and (name, scheme) in PICTURES:
            opened.picture(PICTURES[name, scheme])
    assert found == dict.fromkeys(PAGES, ([], 0))
    if opened.faults:  # the browser itself notes that a page is not there
        assert opened.faults == [fault for fault in opened.faults if "404" in fault]
        opened.faults.clear()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[str]:
    """The address of a guarded server of entries whose names, tags and descriptions go on and on."""
    with open_catalog(blank_catalog(tmp_path_factory.mktemp("odd") / "odd.db")) as cat:
        cat.register_many(
            [
                tool("a" * 200, description="b" * 300, tags=["c" * 200, "plot"], examples=["d" * 300]),
                tool("e" * 200, description="b" * 300, tags=["c" * 200, "plot"], source="scan:" + "f" * 180),
            ]
        )
        cat.register("profile", "g" * 200, {"model": "h" * 190})
        cat.update("tool:" + "a" * 200, priority=1, reason="i" * 300)
        token = Token("ada", digest_of("let me in"), frozenset(RIGHTS))
        with serving(cat, tokens=(token,), allow_write=True) as address:
            yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_too_long_for_a_page_behind_a_token(
    odd: str, tab: Callable[..., Any], view: dict[str, int], scheme: str
) -> None:
    """Keys alone sign in, after a wrong token too; then the longest names leave every page and count in view."""
    opened = tab(viewport=view, color_scheme=scheme)
    page = opened.open(odd)
    found = [(page.url, opened.violations(), opened.overflow())]
    if view is DESK and scheme == "light":
        opened.picture("sign-in")
    assert page.locator("nav, [data-open-palette], footer kbd").count() == 0
    for typed in ("let me out", "let me in"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_selector("#fault" if typed == "let me out" else "#rows")
    assert opened.faults == [fault for fault in opened.faults if "403" in fault]  # the browser notes the wrong token
    opened.faults.clear()
    paths = (
        "/",
        "/?q=plot",
        f"/entries/tool/{'a' * 200}",
        f"/graph?key=profile:{'g' * 200}",
        "/routing?text=plot&kind=all",
        "/health?lint=1",
    )
    for path in paths:
        opened.open(odd + path)
        found.append((path, opened.violations(), opened.overflow()))
    assert found == [(f"{odd}/sign-in?next=/", [], 0), *((path, [], 0) for path in paths)]
    opened.open(odd)
    cut = "c => c.getBoundingClientRect().right > c.closest('.facet').getBoundingClientRect().right"
    assert page.evaluate(f"[...document.querySelectorAll('.facet .count')].filter({cut}).length") == 0


def test_the_largest_screens_are_used(team: str, tab: Callable[..., Any]) -> None:
    """At 4K letters are larger and lines are not longer than can be read; nothing is out of view."""
    opened = tab(viewport={"width": 3840, "height": 2160})
    page = opened.open(f"{team}/entries/council/seo")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 23.0
    assert page.locator("main").evaluate("main => main.clientWidth") < 1_900
    assert opened.overflow() <= 0


def test_an_entry_is_changed_on_its_page(team: str, tab: Callable[..., Any]) -> None:
    """With the right to write a description is changed by keys alone; the history shows what changed and why."""
    page = tab().open(f"{team}/entries/tool/translate")
    page.keyboard.press("Control+k")
    page.keyboard.type("Descr")
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea[name=description]:focus")
    page.keyboard.press("Control+a")
    page.keyboard.type("Translate a text.")
    page.keyboard.press("Tab")
    page.keyboard.type("shorter is better")
    page.keyboard.press("Enter")
    page.wait_for_selector(".prose :text('Translate a text.')")
    assert page.locator(".history .reason").first.inner_text() == "shorter is better"
    page.locator(".history summary").first.click()
    assert page.locator(".history ins").first.inner_text() == "Translate a text."
    page.locator(".history button").first.click()
    page.wait_for_selector(".prose :text('into another language')")


def test_the_drawing_is_moved_and_opened_by_keys(team: str, tab: Callable[..., Any]) -> None:
    """Keys zoom and step from box to box, what is stepped on is said, and enter opens it."""
    page = tab().open(f"{team}/graph?key=council:seo")
    page.wait_for_selector("#canvas[data-ready]")
    page.focus("#canvas")
    before = page.evaluate("document.getElementById('canvas').drawing.zoom()")
    page.keyboard.press("+")
    assert page.evaluate("document.getElementById('canvas').drawing.zoom()") > before
    page.keyboard.press("n")
    page.wait_for_selector("#canvas-said:has-text('council:seo')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/council/seo")


def test_a_prompt_becomes_a_golden_case(team: str, tab: Callable[..., Any]) -> None:
    """A prompt is decided, and what is right for it is kept from the same page."""
    page = tab().open(f"{team}/routing")
    page.fill("#text", "please send my landlord a letter")
    page.select_option("select[name=kind]", "tool")
    page.click("text=Decide")
    page.wait_for_selector(".picked-name")
    page.fill("input[name=key]", "tool:send_mail")
    page.click("text=Add as golden case")
    page.wait_for_selector("#golden :text('This prompt is golden for')")


def test_an_entry_is_printed_without_what_only_a_screen_can(team: str, tab: Callable[..., Any]) -> None:
    """On paper there are no bars, buttons or forms, and the drawing is whole."""
    page = tab().open(f"{team}/entries/council/seo")
    page.emulate_media(media="print")
    assert page.locator(".top:visible, button:visible, form:visible").count() == 0
    assert page.locator("svg.graph").is_visible()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[str]:
    """The address of a server of 2,000 entries that refer to each other."""
    with open_catalog(blank_catalog(tmp_path_factory.mktemp("network") / "network.db")) as cat:
        councils = [
            {
                "kind": "council",
                "name": f"council_{i}",
                "spec": {
                    "members": [
                        {"id": f"m{j}", "profile": f"profile_{(i // 12 + j) % 36}", "tools": [f"tool_{i * 3 + j}"]}
                        for j in range(3)
                    ],
                    "rounds": [{"type": "vote"}],
                },
            }
            for i in range(480)
        ]
        profiles = [
            {"kind": "profile", "name": f"profile_{i}", "spec": {"model": f"vendor/m{i % 4}"}} for i in range(36)
        ]
        cat.register_many([*councils, *profiles, *(tool(f"tool_{i}") for i in range(1_444))])
        with serving(cat) as address:
            yield address


def test_two_thousand_entries_are_laid_out(network: str, tab: Callable[..., Any]) -> None:
    """All of them get a place of their own within some seconds, and the page answers meanwhile."""
    opened = tab()
    page = opened.open(f"{network}/graph")
    page.wait_for_selector("#canvas-said:has-text('%')")
    page.keyboard.press("Control+k")
    assert page.locator("#palette").evaluate("dialog => dialog.open") is True
    page.keyboard.press("Escape")
    page.wait_for_selector("#canvas[data-ready]", timeout=60_000)
    drawn = "document.getElementById('canvas').drawing.nodes()"
    apart = f"new Set({drawn}.map(n => Math.round(n.position().x) + ',' + Math.round(n.position().y))).size"
    places = page.evaluate(f"[{drawn}.length, {apart}]")
    assert places[0] == 1_960
    assert places[1] > 1_900
    assert opened.violations() == []
    opened.picture("graph-of-2000")
