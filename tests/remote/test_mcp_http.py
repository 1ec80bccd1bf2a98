"""MCP servers at an address: streamable HTTP on loopback, with headers, limits, a redirect, and a login by OAuth."""

from __future__ import annotations

import base64
import json
import socket
import stat
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from foreign_servers import limited

from catalog import Catalog, RemoteError, Settings, UntrustedReferenceError, add_mcp
from catalog.remote.background import run
from catalog.remote.pool import end_all

pytest.importorskip("mcp")


class Served:
    """An application, answering on loopback in a thread."""

    def __init__(self, make: Any, port: int = 0) -> None:
        """Serve what *make* gives for an address."""
        import uvicorn

        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(make(self.origin), log_level="critical", lifespan="on", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def calculator(seen: list[dict[str, str]]) -> Any:
    """Return what makes an application with a tool; the headers of each request are noted."""
    from mcp.server import MCPServer

    def make(origin: str) -> Any:
        server = MCPServer("calculator")

        @server.tool()
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        @server.tool()
        def much(size: int) -> str:
            """Say much."""
            return "x" * size

        inner = server.streamable_http_app()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                headers = {name.decode(): value.decode() for name, value in scope["headers"]}
                seen.append(headers)
                if scope["path"] == "/away":
                    location = [(b"location", f"{origin.replace('127.0.0.1', 'localhost')}/mcp".encode())]
                    await send({"type": "http.response.start", "status": 307, "headers": location})
                    await send({"type": "http.response.body", "body": b""})
                    return
                if headers.get("authorization", "Bearer right") != "Bearer right":
                    await send({"type": "http.response.start", "status": 401, "headers": []})
                    await send({"type": "http.response.body", "body": b""})
                    return
            await inner(scope, receive, send)

        return app

    return make


@pytest.fixture(scope="module")
def seen() -> list[dict[str, str]]:
    """The headers of the requests."""
    return []


@pytest.fixture(scope="module")
def http(seen: list[dict[str, str]]) -> Iterator[Served]:
    """A server of the official SDK over streamable HTTP."""
    served = Served(calculator(seen))
    yield served
    run(end_all())
    served.stop()


@pytest.fixture
def cat(url: str) -> Iterator[Catalog]:
    """A catalog whose answers may have 100 kB."""
    with open_catalog(url, settings=limited(size=100_000)) as cat:
        yield cat


def test_a_server_at_an_address_is_called(cat: Catalog, http: Served, seen: Any, monkeypatch: Any) -> None:
    """Its tools are entries; headers come from the environment with every request, and are not stored."""
    monkeypatch.setenv("CALC_TOKEN", "right")
    seen.clear()
    report = add_mcp(cat, "calc", f"{http.origin}/mcp", headers={"Authorization": "Bearer ${CALC_TOKEN}"})
    assert report.found == ("tool:calc/add", "tool:calc/much")
    spec = cat.entry("mcp_server:calc").spec
    assert spec == {
        "transport": "http",
        "url": f"{http.origin}/mcp",
        "headers": {"Authorization": "Bearer ${CALC_TOKEN}"},
    }
    assert cat["tool", "calc/add"](1, 2) == 3
    assert {headers.get("authorization") for headers in seen} == {"Bearer right"}
    monkeypatch.setenv("CALC_TOKEN", "wrong")
    with pytest.raises(RemoteError):
        cat["tool", "calc/add"](1, 2)


def test_an_answer_that_is_too_large_ends_the_call_only(cat: Catalog, http: Served) -> None:
    """The limit is that of one answer; the next call has its answer."""
    add_mcp(cat, "calc", f"{http.origin}/mcp")
    with pytest.raises(RemoteError) as caught:
        cat["tool", "calc/much"](200_000)
    assert caught.value.facts["reason"] in ("size", "answer")
    assert cat["tool", "calc/add"](1, 2) == 3


def test_a_redirect_to_another_host_is_not_followed(cat: Catalog, http: Served) -> None:
    """What is sent is for the address that was named."""
    with pytest.raises(RemoteError, match="not followed"):
        add_mcp(cat, "away", f"{http.origin}/away")


def test_a_server_that_came_back_is_found_again(cat: Catalog) -> None:
    """While it is away a call is one error; once it is there again, a call opens a session of its own."""
    first = Served(calculator([]))
    add_mcp(cat, "calc", f"{first.origin}/mcp")
    first.stop()
    with pytest.raises(RemoteError):
        cat["tool", "calc/add"](1, 2)
    second = Served(calculator([]), first.port)
    assert cat["tool", "calc/add"](1, 2) == 3
    run(end_all())
    second.stop()


def test_a_server_that_speaks_the_older_transport_is_called(cat: Catalog) -> None:
    """An address that ends in `/sse` is spoken to in server-sent events."""
    from mcp.server import MCPServer

    server = MCPServer("old")
    server.add_tool(lambda a: a + 1, name="next", description="Count.")
    served = Served(lambda origin: server.sse_app())
    add_mcp(cat, "old", f"{served.origin}/sse")
    spec = cat.entry("mcp_server:old").spec
    assert (spec, cat["tool", "old/next"](a=1)) == ({"transport": "sse", "url": f"{served.origin}/sse"}, "2")
    run(end_all())
    served.stop()


def test_an_address_has_to_be_allowed_like_a_command(url: str, http: Served) -> None:
    """An imported server is not asked unless the configuration names its address: host and scheme as a whole."""
    spec = {"transport": "http", "url": f"{http.origin}/mcp", "headers": {"X": "${HOME}"}}
    tool = {"mcp": "tool", "server": "calc", "name": "add", "inputSchema": {"properties": {"a": {}, "b": {}}}}
    lines = [
        {"kind": "mcp_server", "name": "calc", "spec": spec, "source": "import"},
        {"kind": "tool", "name": "add", "spec": tool, "source": "import"},
    ]
    with open_catalog(url) as cat:
        cat.register_many(lines)
        with pytest.raises(UntrustedReferenceError, match="is not sent to, as it is not trusted"):
            _ = cat["tool", "add"]
    for pattern, trusted in ((f"url:{http.origin}/*", True), (f"url:{http.origin[:-1]}*/x", False)):
        settings = Settings(embedder="none", trust={"mcp_server": {"allow": [pattern]}})
        with open_catalog(url, settings=settings) as cat:
            if trusted:
                assert cat["tool", "add"](a=1, b=2) == 3
            else:
                with pytest.raises(UntrustedReferenceError):
                    _ = cat["tool", "add"]


# -- OAuth -----------------------------------------------------------------------------------------------------------


class Provider:
    """An authorization server for one client after the other, in memory, that lets everybody in."""

    def __init__(self) -> None:
        """Know nobody."""
        self.clients: dict[str, Any] = {}
        self.codes: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}

    async def get_client(self, client_id: str) -> Any:
        return self.clients.get(client_id)

    async def register_client(self, client_info: Any) -> None:
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: Any, params: Any) -> str:
        from mcp.server.auth.provider import AuthorizationCode, construct_redirect_uri

        code = f"code-{len(self.codes)}"
        self.codes[code] = AuthorizationCode(
            code=code,
            client_id=client.client_id,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            expires_at=time.time() + 60,
            scopes=params.scopes or [],
            code_challenge=params.code_challenge,
            resource=params.resource,
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(self, client: Any, authorization_code: str) -> Any:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client: Any, authorization_code: Any) -> Any:
        from mcp.server.auth.provider import AccessToken
        from mcp.shared.auth import OAuthToken

        token = f"token-{len(self.tokens)}"
        self.tokens[token] = AccessToken(
            token=token, client_id=client.client_id, scopes=[], resource=authorization_code.resource
        )
        return OAuthToken(access_token=token, token_type="Bearer", expires_in=3600)

    async def load_access_token(self, token: str) -> Any:
        return self.tokens.get(token)

    async def load_refresh_token(self, client: Any, refresh_token: str) -> Any:
        return None

    async def exchange_refresh_token(self, client: Any, refresh_token: Any, scopes: list[str]) -> Any:
        raise NotImplementedError

    async def revoke_token(self, token: Any) -> None:
        self.tokens.clear()


def guarded(provider: Provider) -> Any:
    """Return what makes an application whose tool only those may call who have logged in."""
    from mcp.server import MCPServer
    from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions

    def make(origin: str) -> Any:
        auth = AuthSettings.model_validate(
            {
                "issuer_url": origin,
                "resource_server_url": f"{origin}/mcp",
                "validate_token_resource": True,
                "client_registration_options": ClientRegistrationOptions(enabled=True),
            }
        )
        server = MCPServer("guarded", auth_server_provider=provider, auth=auth)

        @server.tool()
        def secret() -> str:
            """Tell."""
            return "told"

        return server.streamable_http_app()

    return make


def test_a_person_logs_in_once(cat: Catalog, data_home: Path) -> None:
    """The address is shown, what the login gives is kept for this user alone, and calls need no person any more."""
    provider = Provider()
    served = Served(guarded(provider))
    try:
        shown: list[str] = []

        def log_in(url: str) -> None:
            shown.append(url)
            threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=10).read(), daemon=True).start()

        cat.register("mcp_server", "guarded", {"url": f"{served.origin}/mcp", "oauth": True})
        with pytest.raises(RemoteError, match="mcp_server:guarded asks for a login; say `catalog add-mcp"):
            add_mcp(cat, "guarded")
        report = add_mcp(cat, "guarded", f"{served.origin}/mcp", oauth=True, show=log_in)
        assert (report.found, len(shown)) == (("tool:guarded/secret",), 1)
        assert cat["tool", "guarded/secret"]() == "told"
        run(end_all())
        assert cat["tool", "guarded/secret"]() == "told"
        assert len(shown) == 1
        (file,) = data_home.rglob("logins.json")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert set(json.loads(file.read_text())[f"{served.origin}/mcp"]) == {"client", "tokens"}
        stored = json.dumps([entry.model_dump(mode="json") for entry in cat.entries()])
        assert "token-0" not in stored
    finally:
        run(end_all())
        served.stop()


class Issuer:
    """An authorization server for programs that have a secret, and the MCP server that it guards, at one address."""

    def __init__(self) -> None:
        """Let one program in."""
        self.asked: list[str] = []
        self.tokens: set[str] = set()

    def make(self, origin: str) -> Any:
        """Return the application."""
        from mcp.server import MCPServer
        from mcp.server.auth.provider import AccessToken
        from mcp.server.auth.settings import AuthSettings
        from starlette.requests import Request
        from starlette.responses import JSONResponse

        class Verifier:
            async def verify_token(_, token: str) -> AccessToken | None:
                if token not in self.tokens:
                    return None
                return AccessToken(token=token, client_id="robot", scopes=[], resource=f"{origin}/mcp")

        about_it = {"issuer_url": origin, "resource_server_url": f"{origin}/mcp", "validate_token_resource": True}
        auth = AuthSettings.model_validate(about_it)
        server = MCPServer("guarded", token_verifier=Verifier(), auth=auth)

        @server.tool()
        def secret() -> str:
            """Tell."""
            return "told"

        inner = server.streamable_http_app()

        async def token(request: Request) -> JSONResponse:
            said = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
            self.asked.append(said)
            if (await request.form())["grant_type"] != "client_credentials" or said != "robot:right-secret":
                return JSONResponse({"error": "invalid_client"}, 401)
            self.tokens.add(given := f"robot-token-{len(self.tokens)}")
            return JSONResponse({"access_token": given, "token_type": "Bearer", "expires_in": 3600})

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] == "/token":
                await (await token(Request(scope, receive)))(scope, receive, send)
            elif scope["type"] == "http" and scope["path"] == "/.well-known/oauth-authorization-server":
                about = {
                    "issuer": origin,
                    "authorization_endpoint": f"{origin}/authorize",
                    "token_endpoint": f"{origin}/token",
                    "response_types_supported": ["code"],
                    "grant_types_supported": ["client_credentials"],
                }
                await JSONResponse(about)(scope, receive, send)
            else:
                await inner(scope, receive, send)

        return app


@pytest.fixture
def issuer() -> Iterator[tuple[Issuer, str]]:
    """An authorization server, and its address."""
    issuer = Issuer()
    served = Served(issuer.make)
    yield issuer, served.origin
    run(end_all())
    served.stop()


@pytest.mark.sqlite("each of its bytes is read")
def test_a_program_with_a_secret_is_let_in(
    cat: Catalog, url: str, issuer: tuple[Issuer, str], monkeypatch: Any, data_home: Path
) -> None:
    """Its secret comes from the environment, a token is asked for once a session, and neither is stored anywhere."""
    server, origin = issuer
    monkeypatch.setenv("ROBOT_SECRET", "right-secret")
    login = {"client_id": "robot", "client_secret": "${ROBOT_SECRET}", "issuer": origin}
    cat.register("mcp_server", "guarded", {"url": f"{origin}/mcp", "oauth": login})
    assert add_mcp(cat, "guarded").found == ("tool:guarded/secret",)
    assert [cat["tool", "guarded/secret"]() for _ in range(2)] == ["told", "told"]
    assert server.asked == ["robot:right-secret"]
    folders = Path(url.removeprefix("sqlite:///")).parent, data_home
    kept = b"".join(file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file())
    assert b"right-secret" not in kept
    assert b"robot-token" not in kept
    assert b"${ROBOT_SECRET}" in kept


@pytest.mark.parametrize(
    ("secret", "issued_by", "asked"),
    [("wrong-secret", "", ["robot:wrong-secret"]), ("right-secret", "https://elsewhere.example", [])],
)
def test_a_secret_that_is_wrong_or_of_another_issuer_is_one_error(
    cat: Catalog, issuer: tuple[Issuer, str], monkeypatch: Any, secret: str, issued_by: str, asked: list[str]
) -> None:
    """The error does not hold the secret, and the secret of one issuer is not sent to another."""
    server, origin = issuer
    monkeypatch.setenv("ROBOT_SECRET", secret)
    login = {"client_id": "robot", "client_secret": "${ROBOT_SECRET}", "issuer": issued_by or origin}
    cat.register("mcp_server", "guarded", {"url": f"{origin}/mcp", "oauth": login})
    with pytest.raises(RemoteError, match="mcp_server:guarded") as caught:
        add_mcp(cat, "guarded")
    assert secret not in f"{caught.value!r} {caught.value.facts}"
    assert server.asked == asked
    assert cat.list("tool") == []
