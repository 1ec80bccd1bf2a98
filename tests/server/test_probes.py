"""What those who run a server ask it."""

from __future__ import annotations

import json


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
