"""Where in the bytes of a file functions seem to be handed to an agent, a model or a server, or described for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from catalog.discovery.handing import ARGUMENTS, METHODS

_HANDING = tuple(word.encode() for word in ARGUMENTS)
_HANDING_METHODS = tuple(f"{word}(".encode() for word in METHODS)
_SCHEMAS = (b"input_schema", b"inputSchema", b"parameters")
_KEYS_OF_SCHEMAS = tuple(sign for key in _SCHEMAS for sign in (b'"' + key + b'"', b"'" + key + b"'", key + b"=dict("))
_GIVEN = re.compile(rb"[ \t]*+=(?!=)")


def handing_places(data: bytes) -> Iterator[int]:
    """Yield where functions seem to be handed to something: an argument's name, or a method's."""
    for words, is_argument in ((_HANDING, True), (_HANDING_METHODS, False)):
        for word in words:
            place = data.find(word)
            while place >= 0:
                end = place + len(word)
                if not is_in_word(data, place) and (not is_argument or _GIVEN.match(data, end)):
                    yield place
                place = data.find(word, end)


def hands(data: bytes) -> bool:
    """Tell whether there is such a place."""
    return next(handing_places(data), None) is not None


def writes_tools(data: bytes) -> bool:
    """Tell whether a tool seems to be written as data for a model: a dictionary with a schema."""
    return any(key in data for key in _KEYS_OF_SCHEMAS)


def applied_places(data: bytes, words: Iterable[bytes]) -> Iterator[int]:
    """Yield where a method among *words* is called in a line that is no decorator."""
    for word in words:
        place = data.find(word)
        while place >= 0:
            line = data.rfind(b"\n", 0, place) + 1
            if not data[line:place].lstrip().startswith(b"@"):
                yield place
            place = data.find(word, place + len(word))


def is_in_word(data: bytes, place: int) -> bool:
    """Tell whether a word goes on at *place*."""
    before = data[place - 1 : place] if place else b""
    return before.isalnum() or before == b"_"
