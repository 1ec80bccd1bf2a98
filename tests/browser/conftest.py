"""Chromium, without a window, and servers and sites for it to open; all of it is skipped unless it is asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import DESK, Tab, serving, team_catalog


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; of a module, not a session: while it is there, no other event loop can run in this process."""
    if not os.environ.get("CATALOG_BROWSER"):
        pytest.skip("CATALOG_BROWSER is not set; .ci/run sets it")
    sync_api = pytest.importorskip("playwright.sync_api", reason="the extra 'uitest' is not installed")
    program = os.environ.get("CATALOG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no chromium here")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, headless=True, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[..., Tab]]:
    """A function that opens a tab; in the end none of them may have had an error or asked another server."""
    contexts, tabs = [], []

    def start(**options: Any) -> Tab:
        context = browser.new_context(viewport=options.pop("viewport", DESK), **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        tabs.append(Tab(context.new_page()))
        return tabs[-1]

    yield start
    for context in contexts:
        context.close()
    assert [fault for each in tabs for fault in each.faults] == []


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[str]:
    """The address of a server of a small team's catalog, which may be written to."""
    with team_catalog(tmp_path_factory.mktemp("team") / "team.db") as cat, serving(cat, allow_write=True) as address:
        yield address
