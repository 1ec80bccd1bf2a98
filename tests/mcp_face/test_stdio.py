"""`catalog mcp`: a process that speaks the protocol over standard input and output."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from sessions import MODES, session, started, stdio, text_of

from catalog import Catalog, MissingExtraError
from catalog.mcp import app, serve

CONFIGURATION = """
url = "sqlite:///catalog.db"
embedder = "none"

[mcp]
call = true

[trust]
allow = ["trusted_tools.*"]
"""
CODE = '''
import os, sys

print("imported", flush=True)
os.write(1, b"raw output of an import\\n")


def pid() -> int:
    """Give the number of the process."""
    print("called", file=sys.stdout, flush=True)
    return os.getpid()


def sleep(seconds: float) -> str:
    """Sleep."""
    import time

    time.sleep(seconds)
    return "slept"


def large(size: int) -> str:
    """Say much."""
    return "\\u00e9" * size
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration that allows one of its two modules."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "catalog.toml").write_text(CONFIGURATION, encoding="utf-8")
    for name in ("trusted_tools", "other_tools"):
        (folder / f"{name}.py").write_text(CODE, encoding="utf-8")
    with Catalog(f"sqlite:///{folder / 'catalog.db'}", settings=folder / "catalog.toml") as cat:
        cat.scan(str(folder / "trusted_tools.py"), public=True)
        cat.register("tool", "other", "other_tools:pid", description="Another.")
        cat.register("prompt", "greet", "Hello {name}!")
    return folder


@pytest.mark.parametrize("mode", MODES)
def test_a_session_from_beginning_to_end(project: Path, mode: str) -> None:
    """A client lists, searches and calls; what the code prints reaches no client, and what is not allowed no import."""

    async def run(client: Any) -> list[Any]:
        return [
            (await client.list_tools()).tools[0].name,
            await client.call_tool("search_tools", {"query": "number of the process"}),
            await client.call_tool("call_tool", {"key": "tool:pid"}),
            await client.call_tool("call_tool", {"key": "tool:other"}),
            await client.get_prompt("greet", {"name": "Bo"}),
        ]

    name, found, called, refused, prompt = session(stdio(cwd=project, CATALOG_TRUST="1"), run, mode)
    assert name == "search_tools"
    assert found.structured_content["hits"][0]["key"] == "tool:pid"
    assert called.structured_content["result"] not in (None, os.getpid())
    assert refused.is_error
    assert "not imported, as it is not trusted" in text_of(refused)
    assert 'allow = ["other_tools.*"]' in text_of(refused)
    assert prompt.messages[0].content.text == "Hello Bo!"


def test_a_catalog_is_listed_through_mcp(tmp_path: Path) -> None:
    """Where nothing is configured nothing is imported, though the user's own catalog is open to the user."""
    (tmp_path / "mine.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "catalog.toml").write_text('url = "sqlite:///catalog.db"\n[mcp]\ncall = true\n', encoding="utf-8")
    with Catalog(f"sqlite:///{tmp_path / 'catalog.db'}", embedder="none") as cat:
        cat.register("tool", "dump", "json:dumps", description="Write JSON.")

    async def run(client: Any) -> Any:
        return await client.call_tool("call_tool", {"key": "tool:dump", "arguments": {"obj": 1}})

    refused = session(stdio("--project", str(tmp_path), cwd=Path("/"), CATALOG_TRUST="1"), run)
    assert refused.is_error
    assert "others may ask it through a server" in text_of(refused)


def test_rubbish_is_answered_and_a_hung_call_does_not_keep_the_process(project: Path) -> None:
    """Standard output holds nothing but messages; when the client goes the process ends, though a call still runs."""
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    }
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "call_tool", "arguments": {
            "key": "tool:sleep", "arguments": {"seconds": 600}}}},
        {"jsonrpc": "2.0", "id": 3, "method": "no/such/method"},
    ]  # fmt: skip
    lines = [json.dumps(messages[0]), "{rubbish", *(json.dumps(message) for message in messages[1:])]
    process = started(project)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n".join(lines) + "\n")
    process.stdin.flush()
    answers: dict[Any, Any] = {}
    while 3 not in answers:
        answer = json.loads(process.stdout.readline())
        answers[answer.get("id")] = answer
    rest, errors = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in errors) == (0, False)
    assert [json.loads(line)["id"] for line in rest.splitlines()] in ([], [2])
    assert answers[1]["result"]["serverInfo"]["name"] == "catalog"
    assert answers[1]["result"]["protocolVersion"] == "2025-11-25"
    assert answers[3]["error"]["code"] == -32601


@pytest.mark.parametrize("blocking", [True, False])
def test_an_answer_larger_than_the_pipe_waits_for_a_slow_reader(project: Path, blocking: bool) -> None:
    """Nothing is lost or mixed where a client reads late, and one that has made its pipe not to wait is served, too."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "slow", "version": "1"}}
    large = {"name": "call_tool", "arguments": {"key": "tool:large", "arguments": {"size": 90_000}}}
    messages = [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": large} for number in range(1, 4)),
        {"jsonrpc": "2.0", "id": 4, "method": "ping"},
    ]
    reading, writing = os.pipe()
    os.set_blocking(writing, blocking)
    process = started(project, stdout=writing)
    os.close(writing)
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    time.sleep(2)
    answers = {}
    with open(reading, encoding="utf-8") as lines:
        while len(answers) < 5:
            answer = json.loads(lines.readline())
            answers[answer["id"]] = answer["result"]
        process.stdin.close()
        assert lines.read() == ""
    assert process.wait(timeout=60) == 0
    assert [text["content"][0]["text"] for text in (answers[1], answers[2], answers[3])] == ["é" * 90_000] * 3
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


def test_a_database_that_can_not_be_used_is_a_line(tmp_path: Path) -> None:
    """Where there is no catalog the command says so on standard error, and writes no message."""
    (tmp_path / "notes.db").write_text("no database" * 200, encoding="utf-8")
    process = started(tmp_path, "--url", "sqlite:///notes.db")
    output, errors = process.communicate("", timeout=60)
    assert (process.returncode, output) == (3, "")
    assert errors.startswith("Error: ")
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process(project: Path, number: signal.Signals) -> None:
    """A client that ends the server by a signal gets no traceback, and the process is gone at once."""
    process = started(project)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(number)
    assert process.wait(timeout=20) in (130, 143, -number)
    _, errors = process.communicate()
    assert "Traceback" not in errors


def test_a_missing_library_is_named(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK the error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for begin in (serve, app):
        with pytest.raises(MissingExtraError, match=r"pip install 'magma-catalog\[mcp\]'"):
            begin(catalog)


def test_http_is_for_this_machine(project: Path) -> None:
    """Other machines are not served without a token."""
    process = started(project, "--http", "--host", "0.0.0.0")
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, "`catalog serve` answers others" in errors) == (2, True)
