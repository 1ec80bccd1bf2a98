"""A server of embeddings on this machine, as OpenAI's: real HTTP, vectors that tell which text they are of."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.store.staleness import digest


class EmbeddingServer:
    """What was asked, and what is answered.

    Attributes:
        url: up to ``/embeddings``.
        asked: the texts of each request.
        status: of the answers; 200 gives vectors.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[list[str]] = []
        self.status = 200


@contextmanager
def serving() -> Iterator[EmbeddingServer]:
    """Run a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            state.asked.append(texts)
            data = [{"index": place, "embedding": digest(text)} for place, text in enumerate(texts)]
            body = json.dumps({"data": data} if state.status == 200 else {"error": {"message": "no"}}).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = EmbeddingServer(f"http://127.0.0.1:{running.server_port}/v1")
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
