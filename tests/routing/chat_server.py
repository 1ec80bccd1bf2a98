"""A real server on this machine that speaks OpenAI's ``/v1/chat/completions`` and says what a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Turn = Any
"""A text or data (the answer of the model), a :class:`Raw`, or a function of the request that returns one of them."""


@dataclass(frozen=True)
class Raw:
    """An answer of HTTP.

    Attributes:
        body: bytes, or data that becomes JSON.
        length: what Content-Length says; None: the truth; 0 with a body: chunks without an end.
        pause: seconds before anything is sent, cut short when the server stops.
        drip: seconds between the bytes.
    """

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0.0
    drip: float = 0.0


@dataclass
class ChatServer:
    """What it was asked, and what it is going to say; the last turn is repeated for ever."""

    url: str = ""
    turns: list[Turn] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def says(self, *turns: Turn) -> None:
        """Take the answers in order."""
        self.turns = list(turns)

    def turn(self, body: dict[str, Any]) -> Raw:
        """Return the answer to one request."""
        said = self.turns[min(len(self.asked), len(self.turns)) - 1]
        said = said(body) if isinstance(said, Callable) else said  # type: ignore[arg-type]
        return said if isinstance(said, Raw) else Raw(body=completion(said))


def completion(content: Any, **message: Any) -> dict[str, Any]:
    """Return the answer of a chat endpoint with this content; ``finish_reason`` and ``usage`` may be given."""
    finish = message.pop("finish_reason", "stop")
    usage = message.pop("usage", {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": usage,
    }


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Run a server on a free port."""
    state = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append(body)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            state.paths.append(self.path)
            self.close_connection = True
            with suppress(OSError):  # who asked has gone
                self._answer(state.turn(body))

        def _answer(self, said: Raw) -> None:
            if state.stopped.wait(said.pause):
                return
            content = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            self.send_header("Content-Type", "application/json")
            for name, value in said.headers.items():
                self.send_header(name, value)
            chunked = said.length == 0
            self.send_header(
                *(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", said.length or len(content)))  # type: ignore[arg-type]
            )
            self.end_headers()
            if chunked:
                content = b"%x\r\n%s\r\n" % (len(content), content)
            if not said.drip:
                self.wfile.write(content)
                return
            for byte in content:
                self.wfile.write(bytes([byte]))
                if state.stopped.wait(said.drip):
                    return

        def log_message(self, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    state.url = f"http://127.0.0.1:{running.server_port}/v1"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.stopped.set()
        running.shutdown()
        running.server_close()
        thread.join()
