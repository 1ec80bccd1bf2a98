"""``catalog add-mcp``, and running what it took in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")

SERVER = r"""
import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    method, params = request.get("method"), request.get("params", {})
    result = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                       "serverInfo": {"name": "s", "version": "1"}},
        "tools/list": {"tools": [{"name": "shout", "description": "Say it louder.", "inputSchema":
                       {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}}]},
        "tools/call": {"content": [{"type": "text", "text": str(params.get("arguments", {}).get("text")).upper()}],
                       "isError": params.get("arguments", {}).get("text") == "fail"},
    }.get(method)
    if "id" in request:
        answer = {"result": result} if result else {"error": {"code": -32601, "message": "no such method"}}
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}), flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> list[str]:
    """The command of a little server."""
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    return [sys.executable, "-S", str(program)]


def test_a_server_is_added_searched_and_run(run_cli: Any, server: list[str]) -> None:
    """The report counts what is new; `run` calls a tool, and an error of it is a line and exit status 1."""
    added = run_cli("add-mcp", "demo", *server)
    assert (added.status, added.out) == (0, "mcp:demo: 1 new, 0 unchanged\n  new      tool:demo/shout\n")
    assert run_cli("run", "tool:demo/shout", "text=hi").out == "HI\n"
    failed = run_cli("run", "tool:demo/shout", "text=fail")
    assert (failed.status, failed.err) == (1, "Error: tool:demo/shout failed: FAIL\n")
    wrong = run_cli("run", "tool:demo/shout", "volume=11")
    assert (wrong.status, "doesn't take these arguments" in wrong.err) == (2, True)
    again = run_cli("add-mcp", "demo", "--json")
    assert json.loads(again.out)["unchanged"] == ["tool:demo/shout"]


def test_what_can_not_be_started_is_one_line(run_cli: Any) -> None:
    """Nothing is stored, and the exit status says that it could not be used."""
    ended = run_cli("add-mcp", "demo", "/nowhere/server", "-y", "--flag")
    line = "Error: mcp_server:demo can't be started: '/nowhere/server': No such file or directory\n"
    assert (ended.status, ended.err) == (3, line)
    assert run_cli("ls").out == ""
    assert run_cli("add-mcp", "demo").status == 1


def test_a_header_has_a_name_and_a_value(run_cli: Any) -> None:
    """Anything else is wrong use."""
    ended = run_cli("add-mcp", "--header", "token", "demo", "https://x.example/mcp")
    assert (ended.status, ended.err.startswith("Error: --header 'token': write 'NAME: VALUE'")) == (2, True)
