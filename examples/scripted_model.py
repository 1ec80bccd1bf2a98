"""A server on loopback that answers as a script says: what the examples talk to in place of a provider."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def scripted_model(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[str]:
    """Run a server that answers each request with what *answer* makes of its body; its address."""

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ten_thousand() -> Iterator[dict[str, Any]]:
    """Tools of a large company, of which one is wanted."""
    things = ("invoice", "parcel", "contract", "ticket", "employee", "server", "campaign", "recipe", "lawsuit", "van")
    verbs = ("create", "close", "print", "archive", "translate", "approve", "count", "export", "merge", "rename")
    for number in range(99):
        for verb in verbs:
            for thing in things:
                says = f"{verb.capitalize()} one {thing} of office {number}."
                yield {"kind": "tool", "name": f"{verb}_{thing}_{number}", "ref": "office:act", "description": says}
    for number in range(99):
        yield {"kind": "tool", "name": f"ping_{number}", "ref": "office:act", "description": f"Ping machine {number}."}
    yield {
        "kind": "tool",
        "name": "summarize_csv",
        "ref": "plots:summarize_csv",
        "description": "Give the mean of every numeric column of a CSV file.",
    }
