"""Kinds and tiers: the closed vocabularies."""

from __future__ import annotations

import re
from collections.abc import Collection

from catalog.errors import UnknownKindError, close_matches, did_you_mean

KINDS = (
    "tool",
    "model",
    "prompt",
    "agent",
    "profile",
    "schema",
    "router",
    "round",
    "sub_council",
    "input_mapper",
    "council",
)
"""The built-in kinds, in the order they are shown."""

TIERS = ("runtime", "persistent", "config")
"""Where an entry comes from; the earlier one wins."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")


def plural(kind: str) -> str:
    """Return the attribute of a catalog that holds the registry of *kind*: ``tools`` for ``tool``."""
    return kind + ("es" if kind.endswith(("s", "x", "ch", "sh")) else "s")


def check_kind(kind: str, known: Collection[str] = KINDS) -> str:
    """Return *kind* if it is one of the *known* ones.

    Raises:
        UnknownKindError: it is not; the text names close matches and how to declare a kind.
    """
    if kind in known:
        return kind
    singular = [k for k in known if plural(k) == kind]
    close = singular or close_matches(str(kind), known)
    hint = did_you_mean(close) or f"; known kinds: {', '.join(known)}"
    raise UnknownKindError(
        f"unknown kind {kind!r}{hint} (a project declares its own with `kinds = [...]` in [tool.catalog])",
        kind=str(kind),
        close=close,
    )


def is_kind_name(text: str) -> bool:
    """Tell whether *text* could be the name of a kind: lower-case letters, digits and ``_``, up to 40."""
    return _KIND.fullmatch(text) is not None
