"""Operations of an OpenAPI description, called: a real server on loopback is asked, with limits and credentials."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from foreign_servers import limited

from catalog import (
    Catalog,
    CatalogWarning,
    LoadError,
    RemoteError,
    RemoteToolError,
    Settings,
    UntrustedReferenceError,
    call,
)
from catalog.adapters.base import bridge

pytest.importorskip("httpx2")


class Handler(BaseHTTPRequestHandler):
    """Answers what it was asked; some paths misbehave."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def answer(self, status: int, body: bytes, media: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size).decode("latin-1")
        path = self.path.partition("?")[0]
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        if path.startswith("/v1/pets/") or path == "/v1/pets":
            seen = {
                "method": self.command,
                "path": self.path,
                "body": body,
                **{
                    name: self.headers[name]
                    for name in ("X-Trace", "Authorization", "Content-Type", "Cookie", "X-Key")
                    if self.headers[name]
                },
            }
            self.answer(200, json.dumps(seen).encode())
        elif path == "/v1/text":
            self.answer(200, b"plain", "text/plain")
        elif path == "/v1/nothing":
            self.answer(204, b"")
        elif path == "/v1/problem":
            problem = {"title": "No pet", "detail": "There is none of this id.", "status": 404}
            self.answer(404, json.dumps(problem).encode(), "application/problem+json")
        elif path == "/v1/broken":
            self.answer(200, b'{"pets": [')
        elif path == "/v1/large":
            self.answer(200, b"x" * 1_000_000, "text/plain")
        elif path == "/v1/zipped":
            self.answer(200, b"\x1f\x8b", "text/plain", **{"content-encoding": "gzip"})
        elif path == "/v1/slow":
            time.sleep(1.5)
            self.answer(200, b"{}")
        elif path == "/v1/moved":
            self.answer(307, b"", location="/v1/text")
        elif path == "/v1/away":
            host, port = self.server.server_address[:2]  # type: ignore[misc]
            self.answer(302, b"", location=f"http://localhost:{port}/v1/text" if host else "")
        elif path == "/v1/round":
            self.answer(302, b"", location="/v1/round")

    do_GET = do_POST = do_PUT = do_DELETE = handle_any


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A server; ``seen`` is what it was asked for."""
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen = []
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def description(server: Any) -> dict[str, Any]:
    """Return the description of the API."""

    def plain(name: str) -> dict[str, Any]:
        return {f"/{name}": {"get": {"operationId": name, "summary": f"Get {name}."}}}

    parameters = [
        {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "deep", "in": "query", "schema": {"type": "boolean"}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
        {"name": "flavour", "in": "cookie", "schema": {"type": "string"}},
    ]
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    form = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
    parts = {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}
    secured = {"operationId": "secured", "summary": "Ask with a key.", "security": [{"key": [], "token": []}]}
    paths: dict[str, Any] = {
        "/pets/{petId}": {
            "get": {"operationId": "showPet", "summary": "Show a pet.", "parameters": parameters},
            "put": {"operationId": "putPet", "parameters": parameters[:1], "requestBody": body},
        },
        "/pets": {
            "post": {"operationId": "formPet", "requestBody": form},
            "put": {"operationId": "filePet", "requestBody": parts},
            "get": secured,
        },
    }
    for name in ("text", "nothing", "problem", "broken", "large", "zipped", "slow", "moved", "away", "round"):
        paths |= plain(name)
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": f"http://127.0.0.1:{server.server_address[1]}/v1"}],
        "components": {"securitySchemes": schemes},
        "paths": paths,
    }


Open = Callable[..., Catalog]


@pytest.fixture
def open_api(url: str, server: Any, tmp_path: Path) -> Iterator[Open]:
    """A function that opens a catalog in which the description was scanned, with these settings."""
    opened: list[Catalog] = []
    folder = tmp_path / "project"
    folder.mkdir()

    def opening(settings: Settings | None = None, **changes: Any) -> Catalog:
        text = json.dumps({**description(server), **changes})
        (folder / "openapi.json").write_text(text, encoding="utf-8")
        cat = open_catalog(url, settings=settings or limited(call=1, size=100_000))
        opened.append(cat)
        cat.scan(folder)
        return cat

    yield opening
    for cat in opened:
        cat.close()


def test_each_argument_goes_where_the_description_says(open_api: Open) -> None:
    """Path, query, header, cookie and body; what is not given is not sent, and nothing leaves its place."""
    cat = open_api()
    show = cat["tool", "showPet"]
    assert show.__doc__ == "Show a pet."
    named = {"petId": "a/b c", "fields": ["name", "tag"], "deep": True, "X-Trace": "t1", "flavour": "mint"}
    assert call(show, named, entry=cat.entry("tool:showPet")) == {
        "method": "GET",
        "path": "/v1/pets/a%2Fb%20c?fields=name&fields=tag&deep=true",
        "body": "",
        "X-Trace": "t1",
        "Cookie": "flavour=mint",
    }
    assert show("7")["path"] == "/v1/pets/7"
    assert asyncio.run(show.acall("7"))["path"] == "/v1/pets/7"
    put = cat["tool", "putPet"]("7", {"name": "Räx"})
    assert (put["method"], json.loads(put["body"].encode("latin-1"))) == ("PUT", {"name": "Räx"})
    form = cat["tool", "formPet"](body={"name": "a b", "tags": ["x", "y"]})
    assert (form["Content-Type"], form["body"]) == ("application/x-www-form-urlencoded", "name=a+b&tags=x&tags=y")
    file = cat["tool", "filePet"](body={"name": "a", "photo": b"\x00\x01"})
    assert file["body"].count('content-disposition: form-data; name="') == 2
    assert 'filename="photo"\r\n\r\n\x00\x01\r\n' in file["body"]


@pytest.mark.parametrize(("pet", "fault"), [("..", "is '..', which no path takes"), ("", "is '', which no path")])
def test_no_argument_leads_out_of_its_path(open_api: Open, pet: str, fault: str) -> None:
    """A part of a path that would lead elsewhere is refused before anything is sent."""
    with pytest.raises(LoadError, match=fault):
        open_api()["tool", "showPet"](pet)


def test_a_header_can_not_be_cut(open_api: Open, server: Any) -> None:
    """A line end in a header is refused."""
    cat = open_api()
    seen = len(server.seen)
    with pytest.raises(LoadError, match="X-Trace is no text for a header"):
        call(cat["tool", "showPet"], {"petId": "1", "X-Trace": "a\r\nX-Key: b"})
    assert len(server.seen) == seen


def test_answers_are_what_they_say_they_are(open_api: Open) -> None:
    """Text is text, nothing is None; a redirect on the same host is followed."""
    cat = open_api()
    assert [cat["tool", name]() for name in ("text", "nothing", "moved")] == ["plain", None, "plain"]


def test_an_error_of_the_api_has_its_words(open_api: Open) -> None:
    """Problem details are told by title and detail; a model reads the same."""
    cat = open_api()
    with pytest.raises(RemoteToolError) as caught:
        cat["tool", "problem"]()
    assert str(caught.value) == "tool:problem failed: status 404: No pet: There is none of this id."
    assert caught.value.facts["status"] == 404
    assert bridge(cat, cat.entry("tool:problem")).call().text == (
        "tool 'problem' failed: status 404: No pet: There is none of this id."
    )


@pytest.mark.parametrize(
    ("name", "reason", "message"),
    [
        ("broken", "answer", "tool:broken gave an answer that is no JSON"),
        ("large", "size", "tool:large gave an answer of more than 100,000 bytes, which is not read on"),
        ("zipped", "answer", "tool:zipped gave a compressed answer, which was not asked for"),
        ("slow", "time", "tool:slow gave no answer within 1 s"),
        ("away", "address", "tool:away is redirected to http://localhost:"),
        ("round", "address", "tool:round is redirected without end"),
    ],
)
def test_what_is_no_answer_is_one_error(open_api: Open, name: str, reason: str, message: str) -> None:
    """Answers that are broken, too large, too late, or somewhere else."""
    with pytest.raises(RemoteError) as caught:
        open_api()["tool", name]()
    assert (caught.value.facts["reason"], str(caught.value)[: len(message)]) == (reason, message)


def test_a_server_that_is_not_there_is_one_error(open_api: Open) -> None:
    """Nothing listens: the error names the entry."""
    cat = open_api(servers=[{"url": "http://127.0.0.1:9/v1"}])
    with pytest.raises(RemoteError, match="tool:text could not be asked: ConnectError"):
        cat["tool", "text"]()


def test_credentials_of_a_document_need_a_persons_choice(
    open_api: Open, server: Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A scan chooses nothing: variables are sent only where the configuration allows the address."""
    cat = open_api()
    spec = cat.entry("tool:secured").spec
    assert isinstance(spec, dict)
    auth = {"headers": {"X-Key": "${PETS_KEY}", "Authorization": "Bearer ${PETS_TOKEN}"}}
    assert spec["auth"] == auth
    with pytest.raises(UntrustedReferenceError, match="variables of the environment would be sent, and it came with"):
        _ = cat["tool", "secured"]
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    allowed = Settings(embedder="none", trust={"tool": {"allow": [f"url:{origin}/v1*"]}})
    with open_catalog(url, settings=allowed) as other:
        with pytest.raises(RemoteError, match="tool:secured needs the variable PETS_KEY of the environment"):
            other["tool", "secured"]()
        monkeypatch.setenv("PETS_KEY", "k1")
        monkeypatch.setenv("PETS_TOKEN", "t1")
        seen = other["tool", "secured"]()
        assert (seen["X-Key"], seen["Authorization"]) == ("k1", "Bearer t1")
    elsewhere = Settings(embedder="none", trust={"tool": {"allow": ["url:http://127.0.0.1.evil.example*"]}})
    with open_catalog(url, settings=elsewhere) as other, pytest.raises(UntrustedReferenceError):
        _ = other["tool", "secured"]


def test_the_configuration_says_where_an_api_is(open_api: Open, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and credentials by the title of the API; what the document says of them does not count then."""
    port = server.server_address[1]
    monkeypatch.setenv("PETS_URL", f"http://127.0.0.1:{port}/v1/")
    monkeypatch.setenv("MY_TOKEN", "mine")
    api = {"url": "${PETS_URL}", "headers": {"Authorization": "Bearer ${MY_TOKEN}"}, "query": {"tenant": "a b"}}
    cat = open_api(Settings(embedder="none", remote={"apis": {"Pets": api}}), servers=[{"url": "/"}])
    seen = cat["tool", "secured"]()
    assert (seen["path"], seen["Authorization"], seen.get("X-Key")) == ("/v1/pets?tenant=a+b", "Bearer mine", None)


def test_an_api_without_an_address_says_what_to_write(open_api: Open) -> None:
    """A relative address leads nowhere by itself."""
    with pytest.raises(RemoteError, match=r'write url = "https://…" under \[tool.catalog.remote.apis."Pets"\]'):
        _ = open_api(servers=[{"url": "/"}])["tool", "text"]


def test_imported_operations_are_not_called_unasked(open_api: Open, tmp_path: Path, url: str) -> None:
    """An entry of a file that somebody sent leads to no request, whatever address it names."""
    cat = open_api()
    cat.export_jsonl(tmp_path / "sent.jsonl")
    with open_catalog("sqlite://") as other:
        with pytest.warns(CatalogWarning, match="named a folder for their code"):
            other.import_jsonl(tmp_path / "sent.jsonl")
        with pytest.raises(UntrustedReferenceError, match="it came from an imported file"):
            _ = other["tool", "text"]


def test_what_an_api_asks_for_is_exported_again(open_api: Open, tmp_path: Path) -> None:
    """A description that is written and read again asks for the same credentials."""
    cat = open_api()
    (tmp_path / "again").mkdir()
    cat.export_document("openapi", tmp_path / "again" / "openapi.json")
    with open_catalog("sqlite://") as other:
        other.scan(tmp_path / "again")
        assert [other.entry("tool", name).spec for name in ("secured", "text")] == [
            cat.entry("tool", name).spec for name in ("secured", "text")
        ]
