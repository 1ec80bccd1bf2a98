"""The client against a real server on this machine: what it sends, what it takes, how each failure ends."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import openai  # noqa: F401  # its import takes longer than the time-outs below
import pytest
from chat_server import ChatServer, Raw, chat_server, completion

from catalog import MissingExtraError, StrategyError
from catalog.routing.llm.chat import MOST_BYTES, OpenAIChat, Reply

MESSAGES = [{"role": "system", "content": "Pick."}, {"role": "user", "content": "which?"}]
SCHEMA = {"type": "object", "properties": {"choice": {"enum": ["a", "b"]}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A server that answers what a test tells it."""
    with chat_server() as running:
        yield running


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor addresses nor proxies of the developer."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def ask(server: ChatServer, *, timeout: float = 10.0, **options: Any) -> Reply:
    """Return the answer of *server* to one question."""
    chat = OpenAIChat("m", base_url=server.url, **options)
    return chat.complete(MESSAGES, SCHEMA, max_tokens=7, timeout=timeout)


def fault(server: ChatServer, **options: Any) -> dict[str, Any]:
    """Return the facts of the error that asking *server* ends in."""
    with pytest.raises(StrategyError) as error:
        ask(server, **options)
    return error.value.facts


def test_the_request_is_that_of_structured_output(server: ChatServer) -> None:
    """Model, messages, limit, temperature and a strict schema are sent, and no key where there is none."""
    server.says({"choice": "a"})
    assert ask(server) == Reply('{"choice": "a"}', "stop", None, 100, 10, 1)
    assert server.asked == [
        {"model": "m", "messages": MESSAGES, "max_tokens": 7, "temperature": 0.0, "response_format": FORMAT}
    ]
    assert (server.paths, "authorization" in server.headers[0]) == (["/v1/chat/completions"], False)


def test_key_and_address_come_from_the_environment(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY and OPENAI_BASE_URL are used where nothing is given, and what is given wins."""
    server.says("x")
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    for chat in (OpenAIChat("m"), OpenAIChat("m", api_key="given"), OpenAIChat("m", api_key="")):
        chat.complete(MESSAGES, SCHEMA, max_tokens=7, timeout=10)
    sent = [headers.get("authorization") for headers in server.headers]
    assert sent == ["Bearer from-environment", "Bearer given", None]


def test_openai_itself_needs_a_key() -> None:
    """Without an address and without a key it is said at once, with both ways out."""
    with pytest.raises(StrategyError, match="set OPENAI_API_KEY, or give base_url="):
        OpenAIChat("m")
    with pytest.raises(StrategyError, match="'localhost:1' is no web address"):
        OpenAIChat("m", base_url="localhost:1")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing client is an error that says what to install, before anything is asked."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"magma-catalog\[llm\]"):
        OpenAIChat("m", base_url="http://localhost/v1")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_once_more(server: ChatServer, status: int) -> None:
    """A server that is busy or broken is asked a second time, no sooner than it says."""
    server.says(Raw(status, {"error": {"message": "busy"}}, {"Retry-After": "0.2"}), "good")
    begun = time.perf_counter()
    reply = ask(server)
    assert (reply.text, reply.requests, time.perf_counter() - begun >= 0.2) == ("good", 2, True)


def test_it_is_tried_only_once_more(server: ChatServer) -> None:
    """A server that stays broken is an error after two requests, with its status and words."""
    server.says(Raw(500, {"error": {"message": "out of\n memory"}}, {"Retry-After": "0.01"}))
    with pytest.raises(StrategyError, match=r"^m: http://127\S+ answered 500: out of memory$") as error:
        ask(server)
    facts = {"model": "m", "fault": "status", "requests": 2, "status": 500}
    assert (error.value.facts, len(server.asked)) == (facts, 2)


@pytest.mark.parametrize("header", ["60", "Fri, 31 Dec 2100 23:59:59 GMT", "inf"])
def test_a_wait_beyond_the_deadline_is_not_waited(server: ChatServer, header: str) -> None:
    """A server that asks to wait longer than there is time for is an error at once, after one request."""
    server.says(Raw(429, {"error": {"message": "slow down"}}, {"Retry-After": header}))
    begun = time.perf_counter()
    with pytest.raises(StrategyError, match="answered 429: slow down; the next try is in"):
        ask(server, timeout=30)
    assert (len(server.asked), time.perf_counter() - begun < 20) == (1, True)


def test_a_wrong_key_is_told_without_it(server: ChatServer) -> None:
    """A refused key is not tried again, and is in neither text nor facts though the server repeats it."""
    server.says(Raw(401, {"error": {"message": "Incorrect API key provided: sk-secret."}}))
    with pytest.raises(StrategyError, match=r"401: Incorrect API key provided: ….; is OPENAI_API_KEY set") as error:
        ask(server, api_key="sk-secret")
    assert ("sk-secret" in f"{error.value!r} {error.value.facts}", len(server.asked)) == (False, 1)


def test_no_error_tells_a_password(server: ChatServer) -> None:
    """A password in the address is in no text; a key that is no secret makes no text unreadable."""
    server.says(Raw(404, {"error": {"message": "ollama has no such model"}}))
    chat = OpenAIChat("m", base_url=server.url.replace("//", "//ada:hidden@"), api_key="ollama")
    with pytest.raises(StrategyError, match="answered 404: ollama has no such model") as error:
        chat.complete(MESSAGES, SCHEMA, max_tokens=7, timeout=10)
    assert "hidden" not in f"{chat!r} {error.value!r} {error.value.facts}"


def test_a_redirect_is_not_followed(server: ChatServer) -> None:
    """What is asked goes to the address that was given and nowhere else."""
    server.says(Raw(307, b"", {"Location": f"{server.url}/elsewhere"}))
    assert fault(server) == {"model": "m", "fault": "status", "requests": 1, "status": 307}


def test_a_server_that_knows_no_schema_is_told_in_words(server: ChatServer) -> None:
    """What a server refuses is left out one by one, ending in plain instructions; the next question begins there."""

    def old(body: dict[str, Any]) -> Any:
        if "temperature" in body:
            return Raw(400, {"error": {"message": "'temperature' does not support 0.0 with this model"}})
        if "max_tokens" in body:
            return Raw(400, {"error": {"message": "use 'max_completion_tokens' instead of 'max_tokens'"}})
        return Raw(422, {"detail": "extra fields"}) if "response_format" in body else "good"

    server.says(old)
    chat = OpenAIChat("m", base_url=server.url)
    replies = [chat.complete(MESSAGES, SCHEMA, max_tokens=7, timeout=10) for _ in range(2)]
    assert [reply.requests for reply in replies] == [4, 1]
    last = server.asked[-1]
    assert {**last, "messages": last["messages"][:1]} == {
        "model": "m",
        "max_completion_tokens": 7,
        "messages": MESSAGES[:1],
    }
    said = last["messages"][1]["content"]
    assert (said.startswith("which?\n\nAnswer with one JSON object"), said.endswith(json.dumps(SCHEMA))) == (True, True)


def test_a_bad_request_stays_one(server: ChatServer) -> None:
    """A server that refuses plain instructions too is an error after both requests."""
    server.says(Raw(400, {"error": {"message": "context too long"}}))
    assert fault(server) == {"model": "m", "fault": "status", "requests": 2, "status": 400}


def test_the_deadline_covers_a_silent_server(server: ChatServer) -> None:
    """A server that says nothing is given up at the deadline."""
    server.says(Raw(pause=30))
    begun = time.perf_counter()
    assert fault(server, timeout=0.8) == {"model": "m", "fault": "timeout", "requests": 1}
    assert time.perf_counter() - begun < 10


def test_the_deadline_covers_a_slow_server(server: ChatServer) -> None:
    """A server that sends a byte now and then, each before any time-out of a socket, is given up at the deadline."""
    server.says(Raw(body=completion("x" * 1000), drip=0.05))
    begun = time.perf_counter()
    assert fault(server, timeout=0.8) == {"model": "m", "fault": "timeout", "requests": 1}
    assert time.perf_counter() - begun < 10


def test_the_deadline_covers_the_retry(server: ChatServer) -> None:
    """The second try has only what the first one left."""
    server.says(Raw(503, {}, {"Retry-After": "0.01"}), Raw(pause=30))
    begun = time.perf_counter()
    assert fault(server, timeout=2) == {"model": "m", "fault": "timeout", "requests": 2}
    assert time.perf_counter() - begun < 10


def test_the_deadline_covers_connecting() -> None:
    """A machine that takes connections and never answers them is given up at the deadline."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(1)
        chat = OpenAIChat("m", base_url=f"http://127.0.0.1:{mute.getsockname()[1]}/v1")
        with pytest.raises(StrategyError, match=r"has not answered within 0\.8 s"):
            chat.complete(MESSAGES, SCHEMA, max_tokens=7, timeout=0.8)


def test_nobody_there_is_said() -> None:
    """A port nobody listens on is an error that names the address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(StrategyError, match=rf"http://127\.0\.0\.1:{port}/v1 can't be reached: ") as error:
        OpenAIChat("m", base_url=f"http://127.0.0.1:{port}/v1").complete(MESSAGES, SCHEMA, max_tokens=7, timeout=10)
    assert error.value.facts == {"model": "m", "fault": "unreachable", "requests": 1}


@pytest.mark.parametrize("length", [5_000, 0], ids=["content-length", "chunked"])
def test_half_an_answer_is_none(server: ChatServer, length: int) -> None:
    """An answer that ends before its end is an error and no answer, however its length was announced."""
    server.says(Raw(body=completion("half"), length=length))
    assert fault(server) == {"model": "m", "fault": "broken", "requests": 1}


def test_an_endless_answer_is_none(server: ChatServer) -> None:
    """An answer longer than any answer is left off."""
    server.says(Raw(body=b" " * (MOST_BYTES + 1)))
    assert fault(server) == {"model": "m", "fault": "broken", "requests": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": {"0": 1}}',
        b'{"error": {"message": "model not loaded"}}',
        b'data: {"choices": [{"delta": {"content": "{"}}]}\n\n',
        b"[" * 200_000,
        b"\xff\xfe",
    ],
)
def test_another_answer_is_an_error(server: ChatServer, body: bytes) -> None:
    """What is no answer of a chat endpoint is an error that shows what came and how the address should end."""
    server.says(Raw(body=body))
    with pytest.raises(
        StrategyError, match=r"is not that of a chat endpoint: .*ends before /chat/completions"
    ) as error:
        ask(server)
    assert error.value.facts == {"model": "m", "fault": "answer", "requests": 1}


def test_odd_answers_are_read(server: ChatServer) -> None:
    """Content in parts is joined, none is empty, a refusal is told, and odd counts are no counts."""
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, "c", {"type": "image"}]
    body = completion("", usage={"prompt_tokens": -1, "completion_tokens": True})
    body["choices"][0]["message"]["content"] = parts
    refusal = completion(None, refusal="I won't", finish_reason="content_filter", usage=None)
    server.says(Raw(body=body), Raw(body=refusal))
    assert ask(server) == Reply("ab", "stop", None, None, None, 1)
    assert ask(server) == Reply("", "content_filter", "I won't", None, None, 1)


def test_errors_cross_processes(server: ChatServer) -> None:
    """An error of the client can be pickled, with its facts."""
    server.says(Raw(404, {"error": {"message": "no such model"}}))
    with pytest.raises(StrategyError) as error:
        ask(server)
    again = pickle.loads(pickle.dumps(error.value))
    assert (str(again), again.facts) == (str(error.value), error.value.facts)


def test_it_works_inside_a_running_loop(server: ChatServer) -> None:
    """Asking is an ordinary call also where a loop runs in this thread."""
    server.says("good")

    async def asked() -> str:
        return ask(server).text

    assert asyncio.run(asked()) == "good"


def test_one_client_serves_many_threads(server: ChatServer) -> None:
    """Questions at the same time get their own answers."""
    server.says(lambda body: body["messages"][1]["content"])
    chat = OpenAIChat("m", base_url=server.url)
    said: dict[int, str] = {}

    def work(number: int) -> None:
        message = [MESSAGES[0], {"role": "user", "content": str(number)}]
        said[number] = chat.complete(message, SCHEMA, max_tokens=7, timeout=10).text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: str(number) for number in range(8)}


def test_the_client_is_imported_when_it_is_first_asked(run_python) -> None:  # type: ignore[no-untyped-def]
    """Making the client loads nothing of the package it speaks through."""
    code = (
        "import sys\nfrom catalog.routing.llm.chat import OpenAIChat\n"
        "OpenAIChat('m', base_url='http://localhost/v1')\nprint('openai' in sys.modules)"
    )
    assert run_python(code) == "False"
