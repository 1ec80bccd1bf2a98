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
    """Return the parts of a request, in order; an empty list for a request of a single part.

    A sentence of fewer than four words ("Hello.", "Can you help?") asks for nothing and joins the sentence before it,
    or the next if it is the first. What "and then" parts stays apart however short it is, but for single words.
    """
    result: list[str] = []
    for line in text[:MOST_CHARACTERS].splitlines():
        for sentence in _joined(_SENTENCE.split(" ".join(line.split())), _FEWEST_WORDS):
            result += _joined(_STEP.split(sentence), 2)
    return result[:MOST_PARTS] if len(result) > 1 else []


def _joined(pieces: list[str], fewest: int) -> list[str]:
    """Return *pieces* without blanks, those of less than *fewest* words joined to a neighbour."""
    result: list[str] = []
    for piece in filter(None, map(str.strip, pieces)):
        if result and (_size(piece) < fewest or _size(result[-1]) < fewest):
            result[-1] += f" {piece}"
        else:
            result.append(piece)
    return result


def _size(piece: str) -> int:
    """Return the number of words; in scripts without spaces, three characters count as a word."""
    return max(len(piece.split()), 0 if piece.isascii() else len(piece) // 3)
