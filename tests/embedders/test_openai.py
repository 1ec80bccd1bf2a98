"""The remote embedder against a real server on this machine."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog import Catalog
from catalog.embedders.openai import Estimate, OpenAIEmbedder
from catalog.embedders.post import NoAnswerError, post
from catalog.errors import EmbedderError
from tests.embedding_server import serving


class Server:
    """What the server was asked, and what it is to answer before it answers well."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.faults: list[tuple[int, dict[str, str], bytes]] = []
        self.rows: list[list[float]] | None = None
        self.backwards = False
        self.url = ""

    def answer(self, body: dict[str, Any]) -> bytes:
        rows = self.rows or [[float(len(text)), 1.0, 0.0] for text in body["input"]]
        data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
        return json.dumps({"data": data[::-1] if self.backwards else data}).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a free port of this machine."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append({"path": self.path, **body})
            state.keys.append(self.headers.get("Authorization"))
            status, headers, content = state.faults.pop(0) if state.faults else (200, {}, state.answer(body))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{running.server_port}/v1"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    running.shutdown()
    running.server_close()
    thread.join()


def embedder(server: Server, waits: list[float] | None = None, **options: Any) -> OpenAIEmbedder:
    """Return an embedder that asks *server* and notes in *waits* instead of waiting."""
    sleep = waits.append if waits is not None else pytest.fail
    return OpenAIEmbedder("m", url=server.url, sleep=sleep, seed=1, **options)


def test_texts_become_unit_rows(server: Server) -> None:
    """Rows come in the order of the texts whatever the order of the answer; blank texts are not sent."""
    server.backwards = True
    rows = embedder(server, key="secret").encode(["four", " ", "sevenths"])
    expected = np.array([[4, 1, 0], [0, 0, 0], [8, 1, 0]]) / np.array([[17**0.5], [1], [65**0.5]])
    assert rows.tolist() == pytest.approx(expected)
    assert server.asked == [
        {"path": "/v1/embeddings", "model": "m", "input": ["four", "sevenths"], "encoding_format": "float"}
    ]
    assert server.keys == ["Bearer secret"]


def test_no_key_sends_none(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key no authorization is sent, as servers of one's own need none."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    embedder(server).encode(["a"])
    assert server.keys == [None]


def test_batches_keep_both_limits(server: Server) -> None:
    """No request holds more texts or characters than allowed, but for a single text that is longer."""
    embedder(server, batch=3, batch_characters=10, text_characters=20).encode(
        ["aaaa", "bbbb", "cccc", "d" * 50, "e", "f"]
    )
    assert [asked["input"] for asked in server.asked] == [["aaaa", "bbbb"], ["cccc"], ["d" * 20], ["e", "f"]]


def test_width_is_asked_once(server: Server) -> None:
    """The width of a model not known here is found by one request; dimensions asked for are sent and believed."""
    unknown = embedder(server)
    assert (unknown.width, unknown.width, len(server.asked)) == (3, 3, 1)
    assert unknown.encode([""]).shape == (1, 3)
    short = embedder(server, dimensions=3)
    assert (short.width, len(server.asked), short.name) == (3, 1, f"openai:m/3@{server.url}")
    short.encode(["a"])
    assert server.asked[-1]["dimensions"] == 3


def test_busy_servers_are_asked_again(server: Server) -> None:
    """Each failure that may pass doubles the wait, and what the server asks for is waited at least."""
    server.faults = [(500, {}, b"oops"), (429, {"retry-after": "7"}, b"{}"), (503, {}, b"")]
    waits: list[float] = []
    assert embedder(server, waits).encode(["a"]).shape == (1, 3)
    assert (0.5 <= waits[0] < 1, waits[1] == 7, 2 <= waits[2] < 4, len(waits)) == (True, True, True, 3)


def test_a_date_to_come_back_is_understood(server: Server) -> None:
    """Retry-After may be a date; one in the past means now."""
    server.faults = [(429, {"Retry-After": formatdate(0, usegmt=True)}, b"")]
    waits: list[float] = []
    embedder(server, waits).encode(["a"])
    assert 0.5 <= waits[0] < 1


def test_a_server_that_stays_busy_is_an_error(server: Server) -> None:
    """After the last attempt the error says how often it was tried and what the server said, on one line."""
    server.faults = [(429, {}, b'{"error": {"message": "slow\\n down"}}')] * 3
    with pytest.raises(EmbedderError, match=r"failed 3 times: .* answered 429: slow down") as error:
        embedder(server, [], attempts=3).encode(["a"])
    assert (error.value.facts["attempts"], error.value.facts["status"]) == (3, 429)


def test_a_long_wait_is_an_error(server: Server) -> None:
    """A server that asks to wait an hour is not waited for; the error says when to try again."""
    server.faults = [(429, {"Retry-After": "3600"}, b"")]
    with pytest.raises(EmbedderError, match="wait 3600 seconds"):
        embedder(server).encode(["a"])


def test_an_answer_without_indexes_is_in_the_order_asked(server: Server) -> None:
    """Servers that leave the index out give the vectors in the order of the texts."""
    server.faults = [(200, {}, b'{"data": [{"embedding": [1, 0, 0]}, {"embedding": [0, 1, 0]}]}')]
    assert embedder(server, dimensions=3).encode(["a", "b"]).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_wrong_key_is_an_error_that_does_not_tell_it(server: Server) -> None:
    """A refusal is not tried again, names the variable to set, and never repeats the key."""
    server.faults = [(401, {}, b'{"error": {"message": "bad key"}}')]
    with pytest.raises(EmbedderError, match="401: bad key; is OPENAI_API_KEY set") as error:
        embedder(server, key="sk-secret").encode(["a"])
    assert (len(server.asked), "sk-secret" in f"{error.value} {error.value.facts}") == (1, False)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": []}', b'{"data": [{"index": 1, "embedding": [1]}]}'])
def test_another_answer_is_an_error(server: Server, body: bytes) -> None:
    """What is no answer of an embeddings endpoint is an error that shows how the address should end."""
    server.faults = [(200, {}, body)]
    with pytest.raises(EmbedderError, match="ends before /embeddings"):
        embedder(server, dimensions=3).encode(["a"])


@pytest.mark.parametrize("rows", [[[1.0, float("nan"), 0.0]], [[1.0, 2.0]], [["x", "y", "z"]], [[1e999, 0.0, 0.0]]])
def test_rows_that_do_not_fit_are_errors(server: Server, rows: list[list[Any]]) -> None:
    """Numbers that are not finite, other widths and words never become vectors."""
    server.rows = rows
    with pytest.raises(EmbedderError, match="gave"):
        embedder(server, dimensions=3).encode(["a"])


def test_nobody_there_is_an_error() -> None:
    """An address where nobody answers is an error after the last attempt, naming the address."""
    waits: list[float] = []
    lost = OpenAIEmbedder("m", url="http://127.0.0.1:9/v1", sleep=waits.append, attempts=2, dimensions=3)
    with pytest.raises(EmbedderError, match=r"failed 2 times: http://127\.0\.0\.1:9/v1 can't be reached"):
        lost.encode(["a"])
    assert len(waits) == 1


def test_limits_refuse_before_anything_is_sent(server: Server) -> None:
    """A run that costs more or is larger than allowed is refused, with the estimate in the text."""
    with pytest.raises(EmbedderError, match="raise the limit most_texts"):
        embedder(server, most_texts=1).encode(["a", "b"])
    with pytest.raises(EmbedderError, match=r"2 texts, about 2002 tokens in 1 requests, about \$2\.0020"):
        embedder(server, price=1000.0, most_dollars=2.0).encode(["a" * 4000, "b" * 4000])
    assert server.asked == []


def test_costs_are_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate counts what would be sent; the price is known only for OpenAI's own models at OpenAI."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAIEmbedder("text-embedding-3-small", batch=1).estimate(["abcd" * 10, "", "é"]) == Estimate(
        2, 12, 2, 12 * 0.02 / 1e6
    )
    assert OpenAIEmbedder("text-embedding-3-small", url="http://localhost/v1").estimate(["a"]).dollars is None


def test_an_address_needs_its_scheme() -> None:
    """A host without http:// is refused when the embedder is made."""
    with pytest.raises(EmbedderError, match="no web address"):
        OpenAIEmbedder("m", url="localhost:8000")


def test_a_redirection_is_an_error_and_takes_the_key_nowhere(server: Server) -> None:
    """What a server redirects to is never asked, so the key stays with the server it was given for."""
    with serving() as other:
        for status in (301, 302, 303, 307, 308):
            server.faults.append((status, {"Location": f"{other.url}/embeddings"}, b""))
            with pytest.raises(EmbedderError, match=f"answered {status}.*redirections are not followed"):
                embedder(server, key="sk-secret-key").encode(["a"])
        assert other.asked == []


def test_a_server_repeats_no_key_and_moves_no_cursor(server: Server) -> None:
    """The text of an error is a line of printable characters without the key."""
    server.faults.append((400, {}, json.dumps({"error": {"message": "bad \x1b[2J\u202e\nsk-secret-key"}}).encode()))
    with pytest.raises(EmbedderError) as caught:
        embedder(server, key="sk-secret-key").encode(["a"])
    assert str(caught.value).endswith("answered 400: bad [2J …")


def test_an_answer_without_end_ends(server: Server) -> None:
    """An answer that drips ends at the time limit, in the headers and in the body; a huge answer at its limit."""
    for begin in (b"HTTP/1.0 200 OK\r\nX: ", b"HTTP/1.0 200 OK\r\n\r\n"):
        with dripping(begin) as url, pytest.raises(EmbedderError, match=r"can't be reached: .*(within 0\.3 s|in time)"):
            OpenAIEmbedder("m", url=url, key="", timeout=0.3, attempts=1).encode(["a"])
    server.faults.append((200, {}, b" " * 1_001))
    with pytest.raises(NoAnswerError, match="more than 1,000 bytes"):
        post(f"{server.url}/embeddings", b'{"input": []}', {}, timeout=5, most=1_000)


@pytest.mark.sqlite("each of its bytes is read")
def test_a_password_in_the_address_is_sent_and_shown_nowhere(server: Server, tmp_path: Path) -> None:
    """Name and password of an address are sent in place of a key, and are in no name, error or database."""
    url = server.url.replace("http://", "http://me:hunter2%21hunter2@")
    own = OpenAIEmbedder("m", url=url, dimensions=3, attempts=1)
    own.encode(["a"])
    assert server.keys == ["Basic " + b64encode(b"me:hunter2!hunter2").decode()]
    assert own.name == f"openai:m/3@{server.url}"
    server.faults.append((401, {}, b"no hunter2!hunter2 here"))
    with pytest.raises(EmbedderError) as caught:
        own.encode(["a"])
    assert "hunter2" not in f"{caught.value} {caught.value.facts}"
    with Catalog(f"sqlite:///{tmp_path}/c.db", embedder=f"openai:m@{url}") as cat:
        cat.register("tool", "a", "json:dumps")
        cat.embed_update()
    assert b"hunter2" not in (tmp_path / "c.db").read_bytes()


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """The address of a server that sends *begin* and then a byte every tenth of a second, for ever."""
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.sendall(begin)
                while not stop.wait(0.1):
                    connection.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        stop.set()
        thread.join()
        listening.close()
