"""The parts of a request that asks for several things: "convert the file and then mail it".

A vector of the whole lies between what it asks for, near to neither tool. Parts are taken where sentences end and where
words say that something else follows; a plain "and" or a comma joins too many things that are one.
"""

from __future__ import annotations

import re

MOST_PARTS = 7
"""What comes after is left out; the whole request still counts. With it that makes eight rows to multiply with."""

MOST_CHARACTERS = 4_000
"""How much of a request is looked at."""

_FEWEST_WORDS = 4
_FOLLOWS = r"(?:and then|and also|and after that|after that|afterwards|then|also|next|finally),? "
_SENTENCE = re.compile(rf"(?<=[.!?;]) (?:and )?(?:{_FOLLOWS})?|(?<=[。！？；])", re.IGNORECASE)
_STEP = re.compile(r",? (?:and then|and also|and after that|after that|then),? ", re.IGNORECASE)


def parts(text: str) -> list[str]:
    """Return the parts of a request, in order; nothing for a request of one part.

    A sentence of fewer than four words ("Hello.", "Can you help?") asks for nothing and joins the one before it, or the
    one after it if it is the first. What "and then" parts stays apart however short it is, but for single words.
    """
    found: list[str] = []
    for line in text[:MOST_CHARACTERS].splitlines():
        for sentence in _joined(_SENTENCE.split(" ".join(line.split())), _FEWEST_WORDS):
            found += _joined(_STEP.split(sentence), 2)
    return found[:MOST_PARTS] if len(found) > 1 else []


def _joined(pieces: list[str], fewest: int) -> list[str]:
    found: list[str] = []
    for piece in filter(None, map(str.strip, pieces)):
        if found and (_size(piece) < fewest or _size(found[-1]) < fewest):
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    return found


def _size(piece: str) -> int:
    """Return the number of words; in scripts without spaces, about two characters are one."""
    return max(len(piece.split()), 0 if piece.isascii() else len(piece) // 3)
