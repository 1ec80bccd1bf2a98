"""Servers asked in this process, over catalogs of a few entries."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from factories import blank_catalog, open_catalog, tool

from catalog import Catalog
from catalog.server.app import create_app
from catalog.server.callers import Token, digest_of
from catalog.server.settings import ServerSettings

testclient = pytest.importorskip("starlette.testclient")

TOKENS = {
    "reader": ("a-token-that-reads", {"read"}),
    "writer": ("a-token-that-writes", {"read", "write"}),
    "approver": ("a-token-that-approves", {"read", "write", "approve"}),
}
"""Callers by name: token and rights."""


def named_tokens() -> tuple[Token, ...]:
    """Return the tokens of :data:`TOKENS` as a server knows them."""
    return tuple(Token(name, digest_of(token), frozenset(rights)) for name, (token, rights) in TOKENS.items())


def bearer(name: str) -> dict[str, str]:
    """Return the header with which the caller of this *name* asks."""
    return {"authorization": f"Bearer {TOKENS[name][0]}"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with three entries."""
    with open_catalog(blank_catalog(tmp_path / "served.db")) as cat:
        cat.register_many(
            [
                tool("charts/pie", description="Draw a pie chart.", tags=["plot"]),
                tool("mail", description="Send a letter.", tags=["post"]),
                tool("note", spec={"text": "x"}, description="Keep a note."),
            ]
        )
        yield cat


Asked = Callable[..., "testclient.TestClient"]


@pytest.fixture
def asked(served: Catalog, access_log: io.StringIO) -> Iterator[Asked]:
    """A function that starts a server over `served` with settings and returns its client."""
    with ExitStack() as stack:

        def start(base_url: str = "http://127.0.0.1", **settings: object) -> testclient.TestClient:
            app = create_app(served, ServerSettings(**settings), access_log=access_log)
            return stack.enter_context(testclient.TestClient(app, base_url=base_url, follow_redirects=False))

        yield start


@pytest.fixture
def access_log() -> io.StringIO:
    """What the servers of a test log of requests."""
    return io.StringIO()
