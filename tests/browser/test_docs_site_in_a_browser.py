"""The documentation site of several hundred scanned entries, opened from disk: searched, drawn, without scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, team_catalog
from factories import ROOT

from catalog import build_docs, search_words

_MORE = ("ast", "calendar", "collections", "difflib", "gettext", "inspect", "multiprocessing", "os", "random", "shutil",
         "sqlite3", "statistics", "textwrap", "tokenize", "unittest")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Path:
    """The site of what a scan finds in packages of the standard library, beside a council and what it names."""
    folder = tmp_path_factory.mktemp("site")
    with team_catalog(folder / "team.db") as cat:
        for package in (
            "json",
            "email",
            "http",
            "urllib",
            "xml",
            "concurrent",
            "asyncio",
            "logging",
            "importlib",
            *_MORE,
        ):
            cat.scan(package, public=True)
        built = build_docs(cat, folder / "site", title="Our tools")
    assert built.entries > 300
    return folder / "site"


def test_it_is_searched_from_disk(site: Path, tab: Callable[..., Any]) -> None:
    """`/` and some letters find an entry by a stem and by the beginning of a word; enter opens it."""
    opened = tab()
    page = opened.open(f"file://{site}/index.html")
    opened.picture("docs-site")
    page.keyboard.press("/")
    page.keyboard.type("drawing scatters")
    page.wait_for_selector("#results .name :text('create')")
    assert page.locator("#results .name").first.inner_text() == "create_scatter"
    assert page.locator("#results mark").first.inner_text() == "create_scatter" or "scatter" in page.inner_text(
        "#results"
    )
    page.fill("#q", "scatt")
    page.wait_for_selector("#results :text('scatt')")
    assert page.locator("#results .name").first.inner_text() == "create_scatter"
    assert opened.violations() == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entry/tool/create_scatter.html")
    page.fill("#q", "xyzzyx")
    page.wait_for_selector("#results :text('Nothing has a word')")


def test_the_words_of_the_script_are_those_of_the_catalog(site: Path, tab: Callable[..., Any]) -> None:
    """Names, prose of several languages, and every text of the documentation are split and stemmed alike."""
    texts = [
        "createScatterPlot create_scatter_plot HTTPServer2 gpt-4o-mini a.b/c:d x2y",
        "The internally interested skis of an international interval, relational, dying, news, skies",
        "Größe über Straße Café naïve Ångström Москва ёлка Йод",
        "データベース検索 全文検索エンジン ฐานข้อมูล 한국어검색 检索工具ABC",
        "résumé's don't __init__ _private a_b__c 'quoted' e\u0301 \ufb01ne ½ ² IPv6 42nd",
        *(page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("*.md"))),
    ]
    texts = [text[:20_000] for text in texts]
    page = tab().open(f"file://{site}/index.html")
    found = page.evaluate("texts => texts.map(text => catalogWords(text, true))", texts)
    assert [json.dumps(words) for words in found] == [json.dumps(search_words(text, whole=True)) for text in texts]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_fault(site: Path, tab: Callable[..., Any], scheme: str) -> None:
    """Overview, lists, entries and the graph have no violation, and fit a phone; drawings are drawn."""
    for view in ({"width": 1280, "height": 860}, PHONE):
        opened = tab(viewport=view, color_scheme=scheme)
        paths = ["index", "entry/council/seo", "entry/tool/create_scatter"]
        paths += [] if view is PHONE else ["tags", "sources", "kind/tool", "graph"]
        for path in paths:
            page = opened.open(f"file://{site}/{path}.html")
            assert (path, opened.violations()) == (path, [])
            assert (path, opened.overflow()) == (path, 0)
            if path == "entry/council/seo":
                boxes = page.locator("svg.graph rect")
                assert boxes.count() > 8
                assert boxes.first.bounding_box()["width"] > 20


def test_it_is_read_without_scripts(site: Path, tab: Callable[..., Any]) -> None:
    """With scripts switched off there is no box to type in, and every entry is reached by lists."""
    page = tab(java_script_enabled=False).open(f"file://{site}/index.html")
    assert page.locator("#q:visible").count() == 0
    page.click(".kinds a:has(b:text-is('council'))")
    page.click(".name:text-is('seo')")
    assert page.inner_text("h1") == "seo"
