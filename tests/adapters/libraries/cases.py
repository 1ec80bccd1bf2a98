"""What every framework must show, as data."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog import Catalog

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
def chat_model(steps: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, list[Any]]]:
    """Run an OpenAI-compatible server whose model calls *steps* and then answers; its address, and what it was told."""
    told: list[Any] = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told[:] = [as_text(part["content"]) for part in asked["messages"] if part["role"] == "tool"]
            message: dict[str, Any] = {"role": "assistant", "content": "done"}
            if len(told) < len(steps):
                name, arguments = steps[len(told)]
                function = {"name": name, "arguments": json.dumps(arguments)}
                call = {"index": 0, "id": f"c{len(told)}", "type": "function", "function": function}
                message = {"role": "assistant", "content": None, "tool_calls": [call]}
            reason = "tool_calls" if "tool_calls" in message else "stop"
            said = {"id": "1", "created": 1, "model": "scripted"}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            if asked.get("stream"):
                said["object"] = "chat.completion.chunk"
                parts = [
                    {**said, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
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
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", told
    finally:
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
