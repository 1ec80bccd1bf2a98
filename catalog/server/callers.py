"""Who asks, and what they may: named tokens, and whoever sits at this machine where there are none."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

RIGHTS = ("read", "write", "call", "approve")
"""What a caller may have the right to: look, change entries, call what they stand for, approve and deprecate them."""

SESSION = "catalog_session"
"""The cookie of a browser that has signed in."""

_DAY = 12 * 3600
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Token:
    """A named token: who has it has these rights.

    Attributes:
        name: for the history and the log.
        digest: SHA-256 of the token; the token itself is not kept.
        rights: some of :data:`RIGHTS`.
    """

    name: str
    digest: bytes
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: of the token; empty: nobody said who they are.
        rights: what they may do here.
        way: ``token``, ``session`` or ``open``: how they were known; with a token no browser asks by itself.
        session: of a browser that has signed in.
    """

    name: str
    rights: frozenset[str]
    way: str = "open"
    session: str = ""

    def may(self, right: str) -> bool:
        """Tell whether they may do what needs *right*."""
        return right in self.rights

    @property
    def actor(self) -> str | None:
        """Who the history says changed something; None: whoever runs the server."""
        return self.name or None


def digest_of(token: str) -> bytes:
    """Return the sum by which a token is known."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Callers:
    """Knows callers by their tokens, and browsers by the session they have begun with one."""

    def __init__(self, tokens: Sequence[Token], allowed: frozenset[str]) -> None:
        """Know these *tokens*; nobody may do more than is *allowed* here."""
        self._tokens = tuple(tokens)
        self._allowed = allowed
        self._secret = secrets.token_bytes(32)
        self._sessions: OrderedDict[str, tuple[Token, float]] = OrderedDict()

    @property
    def is_open(self) -> bool:
        """Whether there are no tokens, and everybody who reaches the server may ask."""
        return not self._tokens

    def anybody(self) -> Caller:
        """Return whoever asks a server without tokens."""
        return Caller("", self._allowed)

    def by_token(self, token: str) -> Caller | None:
        """Return who has *token*; None: nobody. Every token is compared, in a time that says nothing."""
        known = self._token(token)
        return None if known is None else Caller(known.name, known.rights & self._allowed, "token")

    def _token(self, token: str) -> Token | None:
        digest, found = digest_of(token), None
        for known in self._tokens:
            if hmac.compare_digest(known.digest, digest):
                found = known
        return found

    def sign_in(self, token: str) -> str | None:
        """Return a new session for who has *token*; None: nobody has."""
        known = self._token(token)
        if known is None:
            return None
        session = secrets.token_urlsafe(32)
        self._sessions[session] = (known, time.monotonic() + _DAY)
        while len(self._sessions) > _MOST:
            self._sessions.popitem(last=False)
        return session

    def sign_out(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)

    def by_session(self, session: str) -> Caller | None:
        """Return who began *session*; None: nobody, or too long ago."""
        known, until = self._sessions.get(session, (None, 0.0))
        if known is None or until < time.monotonic():
            self._sessions.pop(session, None)
            return None
        return Caller(known.name, known.rights & self._allowed, "session", session)

    def csrf_token(self, caller: Caller) -> str:
        """Return what forms of the pages that *caller* sees carry, which no other site can know."""
        return hmac.new(self._secret, f"csrf:{caller.session}".encode(), hashlib.sha256).hexdigest()

    def is_csrf_token(self, caller: Caller, given: str) -> bool:
        """Tell whether *given* is the token of *caller*'s forms."""
        return hmac.compare_digest(self.csrf_token(caller).encode(), given.encode("utf-8", "surrogatepass"))
