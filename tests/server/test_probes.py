"""What those who run a server ask it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from factories import blank_catalog, open_catalog, tool
from starlette.testclient import TestClient

from catalog import HashEmbedder, Settings
from catalog.server import app as app_module
from catalog.server.app import create_app


def test_the_probes_say_alive_ready_and_what_was_asked(asked) -> None:
    """`/healthz` and `/readyz` answer, and `/metrics` counts both."""
    client = asked()
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    lines = client.get("/metrics").text.splitlines()
    assert 'catalog_http_requests_total{method="GET",route="/healthz",status="200"} 1' in lines
    assert 'catalog_http_request_duration_seconds_count{route="/readyz"} 1' in lines
    assert "catalog_generation 1" in lines


def test_the_log_has_a_json_line_for_each_request_without_its_query(asked, access_log) -> None:
    """A request is logged as one JSON object: who, what, how it went; what was searched for is not in it."""
    asked().get("/?q=secret", headers={"authorization": "Bearer hidden-token"})
    (line,) = access_log.getvalue().splitlines()
    logged = json.loads(line)
    assert {name: logged[name] for name in ("caller", "address", "method", "path", "status")} == {
        "caller": "",
        "address": "testclient",
        "method": "GET",
        "path": "/",
        "status": 200,
    }
    assert "secret" not in line
    assert "hidden" not in line


def test_a_server_rests_as_long_as_it_runs(served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server does between searches begins when it starts, for its catalog, and ends when it stops."""
    seen: list[object] = []

    async def rest(catalog: object) -> None:
        seen.append(catalog)
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    monkeypatch.setattr(app_module, "release_when_idle", rest)
    with TestClient(create_app(served, access_log=io.StringIO()), base_url="http://127.0.0.1") as client:
        assert client.get("/healthz").status_code == 200
        assert seen == [served]
    assert seen == [served, "ended"]


def test_a_server_that_stops_is_not_ready(asked) -> None:
    """Once a server was told to stop, `/readyz` says 503, so that nothing more is sent to it; it is still alive."""
    client = asked()
    client.app.state.is_ready = False
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)
    client.app.state.is_ready = True


def test_a_closed_catalog_is_not_ready(asked, served) -> None:
    """`/readyz` says 503 where the catalog can't be read, without saying where it is."""
    client = asked()
    served.close()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert "served.db" not in answer.text


class _Slow(HashEmbedder):
    """An embedder that takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Any:
        self.is_asked.set()
        assert self.may_answer.wait(20)
        return super().encode(texts)


def test_the_embedder_is_loaded_at_the_start_and_nobody_waits_for_it(tmp_path: Path) -> None:
    """A server is ready while what its first search needs is loaded in the background."""
    slow = _Slow()
    with open_catalog(blank_catalog(tmp_path / "served.db"), embedder=slow) as cat:
        slow.may_answer.set()
        cat.register_many([tool("mail")])
        slow.is_asked.clear()
        slow.may_answer.clear()
        with TestClient(create_app(cat, access_log=io.StringIO()), base_url="http://127.0.0.1") as client:
            assert slow.is_asked.wait(20)
            assert client.get("/readyz").json() == {"status": "ready"}
            assert client.get("/api/v1/entries/tool/mail").status_code == 200
            slow.may_answer.set()


def test_an_embedder_that_is_not_there_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says at the start what searches will lack; entries and searches by words are answered."""
    settings = Settings(embedder="nowhere_to_be_found:embedder", trust={"mode": "open"})
    said = threading.Event()
    handler = logging.Handler()
    handler.emit = lambda record: said.set()  # type: ignore[method-assign]
    logging.getLogger("catalog.server").addHandler(handler)
    with open_catalog(blank_catalog(tmp_path / "served.db"), settings=settings) as cat:
        cat.register_many([tool("mail")])
        with TestClient(create_app(cat, access_log=io.StringIO()), base_url="http://127.0.0.1") as client:
            assert client.get("/readyz").json() == {"status": "ready"}
            assert said.wait(20)
    logging.getLogger("catalog.server").removeHandler(handler)
    assert "nowhere_to_be_found" in caplog.text
