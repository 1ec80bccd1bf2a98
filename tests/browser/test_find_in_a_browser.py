"""Finding in a real browser: while typing, by keys alone, without scripts, among 100,000 entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import PHONE, serving
from factories import blank_catalog, open_catalog, tool


def test_from_a_question_to_copied_code_by_keys_alone(team: str, tab: Callable[..., Any]) -> None:
    """`/`, what it should do, down, enter: the page of the entry, whose code one key copies; back are the rows."""
    opened = tab(permissions=["clipboard-read", "clipboard-write"])
    page = opened.open(team)
    page.keyboard.press("/")
    page.keyboard.type("make a diagram", delay=20)
    page.wait_for_selector("#rows :text('make a diagram')")
    assert page.locator("#rows .row-why").first.inner_text().startswith("nearness")
    page.wait_for_selector("#facets:not([aria-busy])")  # counts of another question are not shown meanwhile
    assert page.locator(".facets a[title=tool] .count").inner_text() != ""
    opened.picture("find")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "create_scatter"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('create_scatter')")
    page.keyboard.press("Control+k")
    page.keyboard.type("copy in python")
    page.wait_for_selector("#palette li[aria-selected=true] :text('Copy: In Python')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".side :text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == 'cat["tool:create_scatter"]'
    page.go_back()
    page.wait_for_selector("#rows :text('make a diagram')")
    assert page.input_value("#q") == "make a diagram"


def test_enter_does_not_open_a_row_of_the_answer_before(team: str, tab: Callable[..., Any]) -> None:
    """Who types and sends at once sees the answer; Enter once more opens its first row."""
    page = tab().open(f"{team}/?q=translate")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("money back")
    page.keyboard.press("Enter")
    page.wait_for_selector("#rows :text('money back')")
    assert page.url == f"{team}/?q=money+back"
    first = page.locator("#rows .name").first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:text('{first}')")


def test_facets_are_links_and_back_leads_back(team: str, tab: Callable[..., Any]) -> None:
    """A click on a value narrows the rows and changes the address, another undoes it, and back goes step by step."""
    page = tab().open(team)
    page.click(".facets a[title=prompt]")
    page.wait_for_url("**/?kind=prompt")
    assert page.locator("#rows .name").all_inner_texts() == ["greet"]
    page.click(".facets a[title=prompt]")
    page.wait_for_url(lambda url: "kind" not in url)
    page.go_back()
    page.wait_for_url("**/?kind=prompt")
    page.fill("#q", "nothing is called that")
    page.wait_for_selector("#rows :text('nothing is called that')")
    assert "kind=prompt" in page.url


def test_commands_lead_everywhere(team: str, tab: Callable[..., Any]) -> None:
    """Ctrl K, some letters and enter lead to a page or an entry; escape leads back."""
    opened = tab()
    page = opened.open(f"{team}/health")
    page.keyboard.press("Control+k")
    page.keyboard.type("rout")
    page.wait_for_selector("#palette li[aria-selected=true] :text('Go to Routing')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/routing")
    page.keyboard.press("Control+k")
    page.keyboard.type("money back")
    page.wait_for_selector("#palette li :text('refund')")
    assert opened.violations() == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/tool/refund")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert page.locator("#palette").evaluate("dialog => dialog.open") is False


def test_light_and_dark_are_chosen_and_kept(team: str, tab: Callable[..., Any]) -> None:
    """The button turns the colours round at once, and the next page has them from the beginning."""
    opened = tab(color_scheme="light")
    page = opened.open(team)
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(colour)
    page.click("[data-scheme-button]")
    dark = page.evaluate(colour)
    assert (light, dark) == ("rgb(251, 251, 249)", "rgb(16, 18, 20)")
    page.goto(f"{team}/health")
    assert page.evaluate(colour) == dark


def test_finding_and_entries_work_without_scripts(team: str, tab: Callable[..., Any]) -> None:
    """With scripts switched off a question is sent by enter, facets and rows lead on, and the page says all it says."""
    opened = tab(java_script_enabled=False)
    page = opened.open(team)
    page.fill("#q", "draw")
    page.press("#q", "Enter")
    page.wait_for_url("**/?q=draw")
    page.click("#rows .name")
    page.wait_for_url("**/entries/tool/create_scatter")
    text = page.inner_text("main")
    assert "Parameters" in text
    assert "people look for charts" in text
    assert page.locator(".js:visible").count() == 0


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[str]:
    """The address of a server of 100,000 entries."""
    verbs, things = ("draw", "read", "send", "parse", "rank"), ("chart", "file", "invoice", "ticket", "page")
    with open_catalog(blank_catalog(tmp_path_factory.mktemp("crowd") / "crowd.db")) as cat:
        cat.register_many(
            tool(
                f"{verbs[i % 5]}_{things[i // 5 % 5]}_{i}",
                description=f"{verbs[i % 5].capitalize()} the {things[i // 5 % 5]} of case {i}.",
                tags=[things[i // 5 % 5]],
            )
            for i in range(100_000)
        )
        with serving(cat, rate=0) as address:
            yield address


def test_a_hundred_thousand_entries_are_found_while_typing(crowd: str, tab: Callable[..., Any]) -> None:
    """The catalog is asked once the hand rests; the row that is meant comes first; there are no more than 50 rows."""
    opened = tab(viewport=PHONE)
    page = opened.open(crowd)
    page.keyboard.press("/")
    page.keyboard.type("parse_invoice_99988", delay=15)
    page.wait_for_selector("#rows :text('parse_invoice_99988')")
    page.wait_for_function("document.querySelector('#rows .name')?.textContent === 'parse_invoice_99988'")
    page.fill("#q", "rank the tickets")
    page.wait_for_selector("#rows :text('rank the tickets')")
    assert page.locator("#rows .rows > li").count() == 50
    assert page.locator("#rows mark").first.inner_text().lower() in ("rank", "ticket")
    assert float(page.locator(".found-line").get_attribute("data-ms")) < 2_000  # a limit for a stall, not a measure
    assert opened.overflow() <= 0
