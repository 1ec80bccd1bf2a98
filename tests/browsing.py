"""What tests in a browser share: tabs that note what must not happen, servers on loopback, the catalog of a team."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT, blank_catalog, open_catalog

from catalog import Catalog, Settings

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 860}

_AXE = {"resultTypes": ["violations"], "preload": False}
"""Only what is wrong; without reading styles once more, which pages from disk may not."""


class Tab:
    """A page that notes what must not happen: errors, and requests to anywhere but where it is from."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.faults: list[str] = []
        self.home = ""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", self._note)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.faults.append(f"request to {request.url}")

    def open(self, address: str) -> Any:
        """Open an address; what it loads may come from the same place only."""
        self.home = address.split("/", 3)[0] + "//" + address.split("/", 3)[2]
        self.page.goto(address)
        return self.page

    def violations(self) -> list[str]:
        """Return what axe finds against the page: rule and place."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra 'uitest' is not installed")
        found = axe.Axe().run(self.page, options=_AXE).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def picture(self, name: str) -> None:
        """Write a picture to the folder that is named for them, as docs/images; else none."""
        if folder := os.environ.get("CATALOG_PICTURES"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@contextmanager
def serving(cat: Catalog, **settings: object) -> Iterator[str]:
    """Serve a catalog on loopback, and give the address."""
    from catalog.server.app import create_app
    from catalog.server.running import listener_of, server_of
    from catalog.server.settings import ServerSettings

    address: queue.SimpleQueue[str] = queue.SimpleQueue()
    with open(os.devnull, "w", encoding="utf-8") as log:
        app = create_app(cat, ServerSettings(port=0, **settings), access_log=log)  # type: ignore[arg-type]
        server = server_of(app, address.put)
        thread = threading.Thread(target=server.run, args=([listener_of(app.state.settings)],))
        thread.start()
        try:
            yield address.get(timeout=20).rstrip("/")
        finally:
            server.handle_exit(signal.SIGTERM, None)
            thread.join(20)


COUNCIL = {
    "name": "seo",
    "tools": ["read_page"],
    "members": [
        {"id": "writer", "role": "writes", "system_prompt": "Write.", "profile": "fast", "tools": ["count_words"]},
        {
            "id": "critic",
            "role": "criticises",
            "system_prompt": "Doubt.",
            "profile": "careful",
            "output_schema": "verdict",
        },
        {"id": "board", "sub_council": "board"},
    ],
    "rounds": [{"type": "independent_analysis"}, {"type": "critique"}, {"type": "vote"}],
    "chair": "critic",
}
BOARD = {
    "name": "board",
    "members": [
        {"id": "a", "profile": "fast", "system_prompt": "Say yes."},
        {"id": "b", "profile": "retired", "system_prompt": "Say no."},
    ],
    "rounds": [{"type": "vote"}],
}


def team_catalog(path: Path) -> Catalog:
    """Return the catalog of a small team: what the pages and pictures show."""
    cat = open_catalog(blank_catalog(path), settings=Settings())
    if str(ROOT / "examples") not in sys.path:
        sys.path.append(str(ROOT / "examples"))
    cat.scan("plots")
    cat.register("profile", "fast", {"model": "openai/gpt-4o-mini", "temperature": 0.2}, description="Fast and cheap.")
    cat.register("profile", "careful", {"model": "anthropic/claude"}, description="Slow and careful.")
    cat.register("model", "openai/gpt-4o-mini", "openai:OpenAI", description="A small model.")
    cat.register("model", "anthropic/claude", "anthropic:Anthropic", description="A large model.")
    verdict = {
        "type": "object",
        "required": ["verdict"],
        "properties": {
            "verdict": {"enum": ["keep", "drop"], "description": "What to do."},
            "why": {"type": "string", "description": "One sentence."},
        },
    }
    cat.register("schema", "verdict", verdict, description="What a reviewer says.")
    cat.register("prompt", "greet", "Hello {name}, you asked about {{ topic }}.", description="Greets a customer.")
    for name, text, tags, example in (
        ("read_page", "Fetch a web page and return its text.", ["web"], "what does this page say"),
        ("send_mail", "Send a letter to somebody by mail.", ["post"], "write to my landlord"),
        ("refund", "Give a customer the money of an order back.", ["billing"], "I want my money back"),
        ("translate", "Translate a text into another language.", ["text"], "what is that in French"),
    ):
        cat.register("tool", name, f"json:{'loads' if name == 'refund' else 'dumps'}", description=text, tags=tags,
                     examples=[example])  # fmt: skip
    cat.register("sub_council", "board", BOARD, description="Two who review each other.")
    cat.register(
        "council", "seo", COUNCIL, tags=["web", "review"], examples=["audit my SEO", "why does my page not rank"],
        description="Audits a page for search engines: **content**, links and `robots.txt`.",
    )  # fmt: skip
    cat.update("tool:create_scatter", add_tags=["chart"], reason="people look for charts")
    cat.deprecate("tool:count_words", instead="tool:summarize_csv", reason="it counts badly")
    for text, key in (
        ("audit my SEO", "council:seo"), ("plot the price", "tool:create_scatter"), ("my money back", "tool:refund"),
        ("how much did I pay, refund it", "tool:refund"), ("say it in German", "tool:translate"),
        ("draw size by price", "tool:create_scatter"), ("who painted the mona lisa", None),
    ):  # fmt: skip
        cat.golden.add(text, key)
    cat.register("tool", "fax", "post:fax", description="Send a fax.")
    cat.unregister("tool:fax", reason="nobody has a fax any more")
    return cat
