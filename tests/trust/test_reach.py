"""Which addresses and commands a configuration names as something to reach."""

from __future__ import annotations

import pytest

from catalog.trust.policy import Policy, Rules
from catalog.trust.reach import is_allowed


@pytest.mark.parametrize(
    ("pattern", "url", "fits"),
    [
        ("url:http://localhost:*", "http://localhost:8080/mcp", True),
        ("url:http://localhost:*", "http://localhost:x@evil.example/mcp", False),
        ("url:https://*.example.com/*", "https://api.example.com/v1", True),
        ("url:https://*.example.com/*", "https://evil.example/.example.com/v1", False),
        ("url:https://api.example.com", "https://API.example.com/any/path", True),
        ("url:https://api.example.com", "http://api.example.com/any/path", False),
        ("url:https://api.example.com", "https://api.example.com.evil.example/", False),
        ("url:https://api.example.com/v1/*", "https://api.example.com/v1/charts", True),
        ("url:https://api.example.com/v1/*", "https://api.example.com/v1/../admin", False),
        ("url:https://api.example.com/v1/*", "https://api.example.com/v1/%2E%2e/admin", False),
    ],
)
def test_an_address_fits_as_a_whole(pattern: str, url: str, fits: bool) -> None:
    """Scheme, host and path are those of the pattern; no login, no other host and no way up passes for them."""
    assert is_allowed(Policy(Rules(allow=(pattern,))), url, "tool") is fits


@pytest.mark.parametrize(
    ("pattern", "words", "fits"),
    [
        ("command:npx -y server", ["npx", "-y", "server"], True),
        ("command:npx -y server", ["npx", "-y", "server", "--all"], False),
        ("command:npx -y server *", ["npx", "-y", "server", "--all"], True),
        ("command:npx -y server", ["LD_PRELOAD=evil.so", "npx", "-y", "server"], False),
        ("command:*", ["anything"], True),
        ("command:*", ["anything", "more"], False),
        ("command:'npx", ["npx"], False),
    ],
)
def test_a_command_fits_word_by_word(pattern: str, words: list[str], fits: bool) -> None:
    """A command is that of the pattern in every word, and more words follow only where a `*` at the end says so."""
    assert is_allowed(Policy(Rules(allow=(pattern,))), words, "tool") is fits
