"""Servers asked in this process, over catalogs of a few entries."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from factories import LendUrl, open_catalog, tool

from catalog import Catalog
from catalog.server.app import create_app
from catalog.server.running import listener_of, server_of
from catalog.server.settings import ServerSettings

testclient = pytest.importorskip("starlette.testclient")


@pytest.fixture
def served(lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog with three entries."""
    with lend_url() as url, open_catalog(url) as cat:
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
def live(served: Catalog, access_log: io.StringIO) -> Iterator[Callable[..., str]]:
    """A function that starts a server on loopback with settings, and returns its address."""
    running = []

    def start(**settings: object) -> str:
        address: queue.SimpleQueue[str] = queue.SimpleQueue()
        app = create_app(served, ServerSettings(port=0, **settings), access_log=access_log)
        server = server_of(app, address.put)
        thread = threading.Thread(target=server.run, args=([listener_of(app.state.settings)],))
        thread.start()
        running.append((server, thread))
        return address.get(timeout=20)

    yield start
    for server, thread in running:
        server.stop()
        thread.join(20)


@pytest.fixture
def access_log() -> io.StringIO:
    """What the servers of a test log of requests."""
    return io.StringIO()
