"""Keys and passwords: out of addresses, and out of what servers answer."""

from __future__ import annotations

from urllib.parse import unquote

_SHORTEST = 8  # no secret is as short as "ollama", which many set where any key will do


def login_of(url: str) -> tuple[str, str]:
    """Return ``name:password`` of an address (empty without one), and the address without it."""
    scheme, slashes, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    login, at, host = place.rpartition("@")
    return (unquote(login), f"{scheme}{slashes}{host}{slash}{path}") if slashes and at else ("", url)


def without_login(name: str) -> str:
    """Return the name of an embedder, ``openai:MODEL@URL``, without name and password of the URL."""
    model, at, url = name.partition("@")
    return f"{model}{at}{login_of(url)[1]}"


def one_line(text: str, *secrets: str) -> str:
    """Return a server's *text* on one line, cut to 300 characters, without what a terminal would obey, and without the
    *secrets*, which some servers repeat."""
    text = " ".join(text[:2_000].split())
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "…")
    return "".join(char for char in text if char.isprintable())[:300]
