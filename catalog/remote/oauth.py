"""Leave to use a remote server, by OAuth as the SDK of MCP has it: a person logs in, or a program has a secret.

What a login gives is kept in the user's own data folder, readable for nobody else; never in a catalog.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from catalog.errors import RemoteError
from catalog.files import data_file, open_own, whole_file

_RECORD = "logins.json"
_MOST = 4_000_000  # bytes of the record
_PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nThank you; you may close this page."


@dataclass(frozen=True, slots=True)
class OAuth:
    """How leave is got.

    Attributes:
        who: what errors call the server.
        client_id, client_secret, issuer: of a program that has a secret of its own, and who gave it: it is sent to
            nobody else. Empty: a person logs in.
        scope: what is asked for; None: what the server says.
        show: called with the address at which a person logs in; None: nobody is there who could.
        seconds: for a login.
    """

    who: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    issuer: str = ""
    scope: str | None = None
    show: Callable[[str], None] | None = None
    seconds: float = 300

    @contextmanager
    def login(self, url: str) -> Iterator[Any]:
        """Yield what authenticates the requests to *url*.

        Raises:
            RemoteError: a person would have to log in, and nobody is there.
        """
        from mcp.client.auth import OAuthClientProvider
        from mcp.shared.auth import OAuthClientMetadata

        if self.client_id and self.client_secret:
            from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

            kept = _Kept(url, in_memory=True)
            yield ClientCredentialsOAuthProvider(
                url, kept, self.client_id, self.client_secret, scope=self.scope, issuer=self.issuer
            )
            return
        kept = _Kept(url)
        if self.show is None and not kept.has_tokens:
            raise self.nobody()
        answer = _Answer(self, kept)
        metadata = OAuthClientMetadata.model_validate(
            {
                "client_name": "catalog",
                "redirect_uris": [f"http://127.0.0.1:{answer.port}/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "scope": self.scope,
            }
        )
        try:
            yield OAuthClientProvider(url, metadata, kept, answer.show, answer.wait)
        finally:
            answer.close()

    def nobody(self) -> RemoteError:
        """Return the error for a login where nobody is there."""
        return RemoteError(
            f"{self.who} asks for a login; say `catalog add-mcp NAME` with its name, which lets you log in",
            reason="authorization",
            server=self.who,
        )


class _Answer:
    """The page of this machine that a browser is sent back to after a login."""

    def __init__(self, oauth: OAuth, kept: _Kept) -> None:
        import socket

        self._oauth = oauth
        self._came: asyncio.Future[str] | None = None
        self._server: asyncio.Server | None = None
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", kept.port or 0))
        except OSError:  # the server knows us by a port that another program has now: it has to get to know us anew
            kept.forget_client()
            self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        self._socket.close()

    async def show(self, url: str) -> None:
        """Show the address of the login, once somebody listens for the answer."""
        if self._oauth.show is None:
            raise self._oauth.nobody()
        self._came = asyncio.get_running_loop().create_future()
        self._server = await asyncio.start_server(self._serve, sock=self._socket)
        self._oauth.show(url)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            line = (await reader.readline()).decode("latin-1").split()
            writer.write(_PAGE)
            await writer.drain()
            came = self._came
            if len(line) > 1 and line[1].startswith("/callback?") and came is not None and not came.done():
                came.set_result(line[1])
        writer.close()

    async def wait(self) -> Any:
        """Return what the login gave, which is checked by the SDK."""
        from mcp.shared.auth import AuthorizationCodeResult

        assert self._came is not None
        query = parse_qs(urlsplit(await self._came).query)
        said = {word: query.get(word, [None])[0] for word in ("code", "state", "iss")}
        if said["code"] is None:
            why = query.get("error_description", query.get("error", ["it gave no code"]))[0]
            raise RemoteError(f"{self._oauth.who}: the login failed: {why:.200}", reason="authorization")
        return AuthorizationCodeResult(**said)


class _Kept:
    """What logins gave, by the address of the server, in the form that the SDK asks for it."""

    def __init__(self, url: str, *, in_memory: bool = False) -> None:
        self._url = url
        self._file = None if in_memory else data_file(_RECORD)
        self._held: dict[str, Any] = {}

    @property
    def port(self) -> int | None:
        """The port that the client was registered with; another would not be let in."""
        uris = (self._read("client") or {}).get("redirect_uris") or [""]
        with suppress(ValueError):
            return urlsplit(str(uris[0])).port
        return None

    @property
    def has_tokens(self) -> bool:
        """Whether somebody has logged in."""
        return self._read("tokens") is not None

    def forget_client(self) -> None:
        """Forget how we are known to the server."""
        self._write("client", None)

    async def get_tokens(self) -> Any:
        """Return the tokens, or None."""
        from mcp.shared.auth import OAuthToken

        held = self._read("tokens")
        return None if held is None else OAuthToken.model_validate(held)

    async def set_tokens(self, tokens: Any) -> None:
        """Keep the tokens."""
        self._write("tokens", tokens)

    async def get_client_info(self) -> Any:
        """Return how we are known to the server, or None."""
        from mcp.shared.auth import OAuthClientInformationFull

        held = self._read("client")
        return None if held is None else OAuthClientInformationFull.model_validate(held)

    async def set_client_info(self, client_info: Any) -> None:
        """Keep how we are known to the server."""
        self._write("client", client_info)

    def _all(self) -> dict[str, Any]:
        if self._file is None:
            return self._held
        opened = open_own(self._file)
        if opened is None:
            return {}
        with opened as file:
            try:
                known = json.loads(file.read(_MOST))
            except ValueError:
                return {}
        return known if isinstance(known, dict) else {}

    def _read(self, part: str) -> Any:
        held = self._all().get(self._url)
        return held.get(part) if isinstance(held, dict) else None

    def _write(self, part: str, value: Any) -> None:
        known = self._all()
        held = known.get(self._url)
        said = None if value is None else value.model_dump(mode="json", exclude_none=True)
        known[self._url] = {**(held if isinstance(held, dict) else {}), part: said}
        if self._file is None:
            self._held = known
            return
        with suppress(OSError):  # then the next login is asked for again
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            mask = os.umask(0o077)
            try:
                with whole_file(self._file) as file:
                    json.dump(known, file)
            finally:
                os.umask(mask)
