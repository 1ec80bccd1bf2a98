"""Keys: kind and name of an entry, as a pair or as the text ``kind:name``; and what names are allowed."""

from __future__ import annotations

import unicodedata

from catalog.characters import BLANK
from catalog.errors import InvalidEntryError

Key = tuple[str, str]
"""Kind and name of an entry."""

NAME_LENGTH = 200
"""The longest name, in characters."""


def name_fault(name: str) -> str | None:
    """Return what is wrong with *name* as an entry's name, or None.

    A name has 1 to 200 characters, no space at either end, and nothing in it that can't be seen: no control
    characters, line separators, spaces other than the plain one, marks of direction or characters without width. Names
    that look alike would be different names otherwise. Letters of every script and all punctuation are allowed, and so
    are the joiners that some scripts and emoji need.
    """
    if not name:
        return "is empty"
    if len(name) > NAME_LENGTH:
        return f"has {len(name)} characters; {NAME_LENGTH} are allowed"
    if name.isascii() and name.isprintable():  # the common case, faster than looking at each character
        return "begins or ends with a space" if name[0] == " " or name[-1] == " " else None
    for place, char in enumerate(name):
        if char != " " and _is_unseen(name, place) and not _joins(name, place):
            return f"holds the character {char!a}{_shown(char)}, which is not allowed in names"
    if unicodedata.category(name[0])[0] == "M":
        return f"begins with the mark {name[0]!a}{_shown(name[0])}, which belongs to a letter before it"
    if name != name.strip():
        return "begins or ends with a space"
    return None


_REFUSED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))
"""Categories of Unicode whose characters can't be seen."""


def _is_unseen(name: str, place: int) -> bool:
    """Tell whether the character at *place* shows nothing; U+FE0F is part of emoji, and of nothing else."""
    char = name[place]
    if char == "\ufe0f":
        return place == 0 or (name[place - 1].isascii() and name[place + 1 : place + 2] != "\u20e3")
    return unicodedata.category(char) in _REFUSED or ord(char) in BLANK


def _joins(name: str, place: int) -> bool:
    """Tell whether the character at *place* is a joiner between two characters that are not ASCII."""
    inside = name[place] in "\u200c\u200d" and 0 < place < len(name) - 1
    return inside and not name[place - 1].isascii() and not name[place + 1].isascii()


def _shown(char: str) -> str:
    title = unicodedata.name(char, "")
    return f" ({title.lower()})" if title else ""


def composed(name: str) -> str:
    """Return *name* in Unicode's composed form (NFC): an accent written apart makes no other name."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def pair(kind: object, name: object = None) -> Key:
    """Return kind and name of what a caller gives: both, or one key ``kind:name`` as text or as a pair.

    Raises:
        InvalidEntryError: it is none of these.
    """
    if isinstance(kind, str) and isinstance(name, str):
        return kind, composed(name)
    if name is None and isinstance(kind, str):
        kind, name = split_key(kind)
        return kind, composed(name)
    if name is None and isinstance(kind, (tuple, list)) and len(kind) == 2:
        return pair(*kind)
    given = kind if name is None else (kind, name)
    raise InvalidEntryError(f"{given!r:.80} is not a key; give KIND:NAME, as in 'tool:search', or kind and name")


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
