"""Keys: kind and name of an entry, as a pair or as the text ``kind:name``; and what names are allowed."""

from __future__ import annotations

import unicodedata

from catalog.errors import InvalidEntryError

Key = tuple[str, str]
"""Kind and name of an entry."""

NAME_LENGTH = 200
"""The longest name, in characters."""


def name_fault(name: str) -> str | None:
    """Return what is wrong with *name* as an entry's name, or None.

    A name has 1 to 200 characters, no control characters or line separators, and no space at either end. Letters of
    every script and all punctuation are allowed.
    """
    if not name:
        return "is empty"
    if len(name) > NAME_LENGTH:
        return f"has {len(name)} characters; {NAME_LENGTH} are allowed"
    if name.isascii() and name.isprintable():  # the common case, faster than looking at each character
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


def parse_key(text: str) -> Key | None:
    """Return kind and name of the key *text*, split at the first colon; None if a part is missing.

    Whether the kind is known and the name allowed is not looked at.
    """
    kind, _, name = text.partition(":")
    return (kind, name) if kind and name else None


def split_key(key: str) -> Key:
    """Return kind and name of a *key*, split at the first colon.

    Raises:
        InvalidEntryError: there is no colon, or nothing on one side of it.
    """
    parsed = parse_key(key)
    if parsed is None:
        raise InvalidEntryError(f"{key!r} is not a key; write KIND:NAME, as in 'tool:search'", key=key)
    return parsed
