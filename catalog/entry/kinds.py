"""Kinds and tiers: the closed vocabularies, and the rules for names and keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from catalog.errors import InvalidEntryError, UnknownKindError, close_matches, did_you_mean

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

NAME_LENGTH = 200
"""The longest name, in characters."""

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


def name_fault(name: str) -> str | None:
    """Return what is wrong with *name* as an entry's name, or None.

    A name has 1 to 200 characters, no control characters or line separators, and no space at either end.
    Letters of every script and all punctuation are fine.
    """
    if not name:
        return "is empty"
    if len(name) > NAME_LENGTH:
        return f"has {len(name)} characters; {NAME_LENGTH} are allowed"
    if name.isascii() and name.isprintable():  # the common case, without a look at each character
        return "begins or ends with a space" if name[0] == " " or name[-1] == " " else None
    for char in name:
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            return f"holds the character {char!r}, which is not allowed in names"
    if name != name.strip():
        return "begins or ends with a space"
    return None


def format_key(kind: str, name: str) -> str:
    """Return the key of an entry: ``kind:name``."""
    return f"{kind}:{name}"


def split_key(key: str) -> tuple[str, str]:
    """Return kind and name of a *key*, split at the first colon.

    Raises:
        InvalidEntryError: there is no colon, or nothing on one side of it.
    """
    kind, colon, name = key.partition(":")
    if not (kind and colon and name):
        raise InvalidEntryError(f"{key!r} is not a key; write KIND:NAME, as in 'tool:search'", key=key)
    return kind, name
