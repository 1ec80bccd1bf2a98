"""What every framework must show: `Framework` has the tests, each file here what is the framework's own."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from catalog import Catalog, acall, arun_result, call, run_result
from catalog.adapters.base import bridges
from catalog_cli.app import cli

FIND: tuple[str, dict[str, Any]] = ("find_tools", {"query": "add numbers", "limit": 1})
CALL: tuple[str, dict[str, Any]] = ("call_tool", {"name": "add", "arguments": {"a": 2, "b": 40}})
STEPS = [FIND, CALL]
"""What a scripted model calls, one after the other, before it answers."""

VALUE = "42"
"""What the last call gives."""

FAILURES: list[tuple[str, dict[str, Any], str]] = [
    ("add", {"a": "two"}, 'a is "two", not integer'),
    ("fail", {"text": "me"}, "ValueError: the key … is wrong for me"),
    ("drifting", {"x": 1}, "its code is not what was recorded"),
    ("gone", {"x": 1}, "its code is gone"),
]
"""Tool, arguments, and what the model must read."""


def imported() -> bool:
    """Tell whether the module of the tools is imported."""
    return "abacus" in sys.modules


def live(folder: Path, code: str) -> ModuleType:
    """Write a module of live objects, import it, and return it."""
    (folder / "live_objects.py").write_text(code, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module("live_objects")


@contextmanager
def chat_model(
    steps: list[tuple[str, dict[str, Any]]], answer: Sequence[str] = ("done",)
) -> Iterator[tuple[str, list[Any]]]:
    """Run an OpenAI-compatible server whose model calls *steps* and then answers; its address, and what it was told.

    The *answer* comes in these parts to who asks for a stream.

    The address is in ``MODEL_URL`` meanwhile, for modules that make a model.
    """
    told: list[Any] = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told[:] = [as_text(part["content"]) for part in asked["messages"] if part["role"] == "tool"]
            message: dict[str, Any] = {"role": "assistant", "content": "".join(answer)}
            deltas = [{"role": "assistant", "content": part} for part in answer]
            if len(told) < len(steps):
                name, arguments = steps[len(told)]
                function = {"name": name, "arguments": json.dumps(arguments)}
                call = {"index": 0, "id": f"c{len(told)}", "type": "function", "function": function}
                message = {"role": "assistant", "content": None, "tool_calls": [call]}
                deltas = [message]
            reason = "tool_calls" if "tool_calls" in message else "stop"
            said = {"id": "1", "created": 1, "model": "scripted"}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            if asked.get("stream"):
                said["object"] = "chat.completion.chunk"
                parts = [
                    *({**said, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas),
                    {**said, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage},
                ]
                body = "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n\n"
            else:
                choice = {"index": 0, "message": message, "finish_reason": reason}
                body = json.dumps({**said, "object": "chat.completion", "choices": [choice], "usage": usage})
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream" if asked.get("stream") else "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    os.environ["MODEL_URL"] = url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield url, told
    finally:
        del os.environ["MODEL_URL"]
        server.shutdown()
        server.server_close()
        thread.join()


def as_text(content: Any) -> str:
    """Return the content of a message as text, which may come in parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


def shown(name: str, cat: Catalog, model: Any = None) -> dict[str, Any]:
    """Run what `docs/agents.md` shows for a framework, with *cat* and *model*; return all names, ``answer`` too."""
    page = (Path(__file__).parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"^```py {name}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {"cat": cat, "model": model}
    exec(code, names)
    if "ask" in names:
        names["answer"] = asyncio.run(names["ask"]())
    return names


Steps = list[tuple[str, dict[str, Any]]]


class Framework:
    """What every framework must show; a test file derives a class whose attributes and methods are its own."""

    adapter: Any
    LIVE: ClassVar[tuple[str, str]]
    """The code of a module that makes a live tool ``scaled``, and the name that the tool has."""
    AGENT: ClassVar[str]
    """The code of a module that makes an agent ``triage``, which answers "done"."""
    USAGE: ClassVar[dict[str, float]] = {"input_tokens": 1, "output_tokens": 1}
    """What a run of that agent costs, as the framework says."""
    STREAMS: ClassVar[bool] = True
    """Whether the answer of that agent comes in parts."""
    OWN_CHECK: ClassVar[str] = ""
    """What stands in the error where the framework itself looks at the types of arguments."""

    def model(self, steps: Steps) -> AbstractContextManager[Any]:
        """Give a model that calls *steps* and then answers "done"."""
        raise NotImplementedError

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        """Run an agent whose model calls *steps*; return its answer and the texts of what the tools returned."""
        raise NotImplementedError

    def facts(self, tool: Any) -> tuple[Any, ...]:
        """Return name, description and schema of a tool of the framework."""
        raise NotImplementedError

    @pytest.mark.parametrize("awaited", [False, True])
    def test_an_agent_finds_and_calls(self, tools: Catalog, awaited: bool) -> None:
        """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
        offered = self.adapter.search_tool(tools)
        assert not imported()
        answer, (found, value) = self.run(offered, STEPS, awaited)
        assert re.search(r"""['"]name['"]: ['"]add['"]""", found.replace("\\", ""))
        assert (answer, VALUE in value, len(value) < 30, imported()) == ("done", True, True, True)

    @pytest.mark.parametrize("awaited", [False, True])
    @pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
    def test_failures_are_tool_errors(
        self, tools: Catalog, name: str, arguments: dict[str, Any], text: str, awaited: bool
    ) -> None:
        """Whatever goes wrong is an error that the model is told, and the agent goes on."""
        answer, (told,) = self.run([self.adapter.tool(tools, name)], [(name, arguments)], awaited)
        assert answer == "done"
        assert text in told or (name == "add" and self.OWN_CHECK and self.OWN_CHECK in told)

    @pytest.mark.parametrize("awaited", [False, True])
    @pytest.mark.parametrize("name", ["letters", "aletters"])
    def test_all_that_a_generator_yields_is_told(
        self, catalog: Catalog, module_folder: Path, name: str, awaited: bool
    ) -> None:
        """A tool that is a generator, sync or async, gives the agent all that it yields, once and in order."""
        (module_folder / "spelling.py").write_text(
            "def letters(word: str):\n    yield from word\n\n\n"
            "async def aletters(word: str):\n    for letter in word:\n        yield letter\n",
            encoding="utf-8",
        )
        catalog.register("tool", name, f"spelling:{name}", description="Spell a word.")
        answer, (told,) = self.run([self.adapter.tool(catalog, name)], [(name, {"word": "xyz"})], awaited)
        assert (answer, "".join(re.findall("[xyz]", told))) == ("done", "xyz")

    def test_a_live_object_comes_back(self, catalog: Catalog, module_folder: Path) -> None:
        """A live tool registers, comes back equal in name, description and schema, and is called, awaited too."""
        code, name = self.LIVE
        scaled = live(module_folder, code).scaled
        entry = catalog.register("tool", None, scaled)
        assert (entry.name, entry.ref) == (name, "live_objects:scaled")
        assert self.adapter.entry(scaled).parameters == entry.parameters
        (made,) = self.adapter.tools(catalog, [entry])
        assert self.facts(made) == self.facts(scaled)
        if hasattr(self, "AGENT"):
            assert self.run([made], [(name, {"x": 3})], False)[1] == self.run([made], [(name, {"x": 3})], True)[1]
        for tool in (scaled, made):
            assert float(call(tool, {"x": 3})) == 6.0  # type: ignore[arg-type]
            assert float(asyncio.run(acall(tool, {"x": 3, "factor": 3.0}))) == 9.0  # type: ignore[arg-type]

    def test_an_agent_is_run(self, catalog: Catalog, module_folder: Path, url: str) -> None:
        """A registered agent is run with a text, awaited too, in parts, on the command line; it says what it cost."""
        (module_folder / "agents_here.py").write_text(self.AGENT, encoding="utf-8")
        entry = catalog.register("agent", "triage", "agents_here:triage", description="Sort requests.")
        parts: list[Any] = []
        with self.model([]):
            done = run_result(catalog, entry, "go")
            assert (done.value, done.usage) == ("done", self.USAGE)
            told = run_result(catalog, entry, {"input": "go"}, on_part=parts.append, timeout=30)
            assert (told.value, set(told.usage)) == ("done", set(self.USAGE))
            assert "".join(parts).strip() == ("done" if self.STREAMS else "")
            awaited = asyncio.run(arun_result(catalog, entry, "go"))
            assert (awaited.value, awaited.usage) == ("done", self.USAGE)
            parts.clear()
            assert asyncio.run(arun_result(catalog, entry, "go", on_part=parts.append, timeout=30)).value == "done"
            assert "".join(parts).strip() == ("done" if self.STREAMS else "")
            written = CliRunner().invoke(cli, ["--url", url, "run", "agent", "triage", "-i", "go", "--stream"])
            assert (written.exit_code, written.stdout.split().count("done")) == (0, 1), written.output
            (tool,) = bridges(catalog, "agent:triage")
            assert tool.call({"input": "go"}).text == asyncio.run(tool.acall({"input": "go"})).text == "done"

    def test_the_page_is_true(self, tools: Catalog) -> None:
        """What `docs/agents.md` shows runs, and the agent answers."""
        with self.model(STEPS) as model:
            assert shown(self.adapter.__name__.rpartition(".")[2], tools, model)["answer"] == "done"
        assert imported()


@contextmanager
def served(steps: Steps, make: Any) -> Iterator[Any]:
    """Give what *make* makes of the address of a scripted server."""
    with chat_model(steps) as (url, _):
        yield make(url)


def as_it_is(model: Any) -> AbstractContextManager[Any]:
    """Give a model that needs no server."""
    return nullcontext(model)
