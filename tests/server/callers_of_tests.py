"""Callers that tests ask servers as."""

from __future__ import annotations

from catalog.server.callers import Token, digest_of

TOKENS = {
    "reader": ("a-token-that-reads", {"read"}),
    "writer": ("a-token-that-writes", {"read", "write"}),
    "approver": ("a-token-that-approves", {"read", "write", "approve"}),
}
"""Callers by name: token and rights."""


def named_tokens() -> tuple[Token, ...]:
    """Return the tokens of :data:`TOKENS` as a server knows them."""
    return tuple(Token(name, digest_of(token), frozenset(rights)) for name, (token, rights) in TOKENS.items())


def bearer(name: str) -> dict[str, str]:
    """Return the header with which the caller of this *name* asks."""
    return {"authorization": f"Bearer {TOKENS[name][0]}"}
