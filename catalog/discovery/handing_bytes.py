"""Where in the bytes of a file functions seem to be handed to an agent, a model or a server, or described for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from catalog.discovery.handing import ARGUMENTS, METHODS

_HANDING = tuple(word.encode() for word in ARGUMENTS)
_HANDING_METHODS = tuple(word.encode() for word in METHODS)
_SCHEMAS = (b"input_schema", b"inputSchema", b"parameters")
_KEYS_OF_SCHEMAS = tuple(sign for key in _SCHEMAS for sign in (b'"' + key + b'"', b"'" + key + b"'", key + b"=dict("))
_KEYS_OF_NAMES = (b'"name"', b"'name'", b"name=")
_GIVEN = re.compile(rb"[ \t]*+=(?!=)")

CALLING = (b"(", b".", b"[")
_ENDS_OF_CALLED = bytes(
    ord("\n") if char in b"(.[" else char if (chr(char).isalnum() and char < 128) or char == ord("_") else ord(" ")
    for char in range(256)
)
"""What each byte becomes to tell the words that are called: the end of a line after each, spaces between others."""


def called_in(data: bytes) -> set[bytes]:
    """Return the words that a sign of a call, a method or a type follows at once; a tenth of what a search costs."""
    return {part.rpartition(b" ")[2] for part in data.translate(_ENDS_OF_CALLED).split(b"\n")}


def handing_places(data: bytes, called: AbstractSet[bytes]) -> Iterator[int]:
    """Yield where functions seem to be handed to something: an argument's name, or a method's.

    *called* are the words of `called_in`: one that is not among them need not be searched for.
    """
    methods = [word + b"(" for word in _HANDING_METHODS if word in called]
    for words, is_argument in ((_HANDING, True), (methods, False)):
        for word in words:
            place = data.find(word)
            while place >= 0:
                end = place + len(word)
                if not is_in_word(data, place) and (not is_argument or _GIVEN.match(data, end)):
                    yield place
                place = data.find(word, end)


def hands(data: bytes, called: AbstractSet[bytes]) -> bool:
    """Tell whether there is such a place."""
    return next(handing_places(data, called), None) is not None


def writes_tools(data: bytes) -> bool:
    """Tell whether a tool seems to be written as data for a model: a dictionary with a name and a schema."""
    return any(key in data for key in _KEYS_OF_SCHEMAS) and any(key in data for key in _KEYS_OF_NAMES)


def schema_lines(data: bytes) -> list[int]:
    """Return the lines of *data*, from 1, on which the schema of such a tool seems to begin."""
    places = []
    for key in _KEYS_OF_SCHEMAS:
        place = data.find(key)
        while place >= 0:
            places.append(place)
            place = data.find(key, place + len(key))
    return lines_of(data, places)


def lines_of(data: bytes, places: Iterable[int]) -> list[int]:
    """Return the lines of *data*, from 1, that the *places* are in, in order."""
    lines: list[int] = []
    line, before = 1, 0
    for place in sorted(places):
        line += data.count(b"\n", before, place)
        before = place
        lines.append(line)
    return lines


def applied_places(data: bytes, methods: Mapping[bytes, bytes], called: AbstractSet[bytes]) -> Iterator[int]:
    """Yield where one of *methods*, by their names as they stand in a call, is called in a line that is no decorator.

    *called* are the words of `called_in`.
    """
    for word in [written for name, written in methods.items() if name in called or not name.isascii()]:
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
