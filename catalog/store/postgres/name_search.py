"""Names on a server that resemble a word: asked of the index of trigrams where that is as good as reading them all.

Suggestions are ordered by ``difflib``; trigrams find candidates. An edit changes few trigrams, so where the nearest of
them is a slip of the keyboard away, the index can't have missed a nearer one. Where it is not, or the word is so short
that one edit changes most of its trigrams, all names are read. So the first suggestion is always that of a file; of
those that are further away there are the ones that the index finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from catalog.errors import close_matches
from catalog.store.near_names import PAGE, near_names, picked, way
from catalog.store.postgres import name_index
from catalog.store.postgres.reader import PostgresReader

LEAST = 0.3
"""The likeness that a candidate has at least, pg_trgm's own; half of it takes seven times as long to ask for."""

MOST = 500
"""Candidates that are asked for at most."""

_SETTINGS = {"pg_trgm.similarity_threshold": str(LEAST)}
_NEAR = (
    'SELECT e.name, "{place}".similarity(e.name, %s) FROM entry AS e '
    'WHERE e.kind = %s AND e.name OPERATOR("{place}".%%) %s ORDER BY 2 DESC, 1 LIMIT %s'
)
_PAGE = (  # one text for many names: a third of the time that their rows take
    "SELECT string_agg(n.name, chr(10)), max(n.name) FROM (SELECT e.name FROM entry AS e "
    "WHERE e.kind = ? AND e.name > ? ORDER BY e.name LIMIT ?) AS n"
)


@near_names.register
def _(reader: PostgresReader, kind: str, word: str) -> list[str]:
    found = _candidates(reader, kind, word)
    return picked(word, pages(reader, kind)) if found is None else found


@way.register
def _(reader: PostgresReader) -> str:
    why = name_index.why_not(reader)
    return f"all names are read: {why}" if why else "by trigrams"


def pages(reader: PostgresReader, kind: str, size: int = PAGE) -> Iterator[Sequence[str]]:
    """Yield the stored names of a *kind*, sorted, *size* at a time."""
    last = ""
    while (row := reader.one(_PAGE, (kind, last, size))) and row[0] is not None:
        yield row[0].split("\n")
        last = row[1]


def _candidates(reader: PostgresReader, kind: str, word: str) -> list[str] | None:
    """Return the names of which the closest to *word* is the closest of all; None where that is not sure."""
    known = name_index.known(reader)
    # Which other characters are letters each server says anew, and NUL is in no text of a server's.
    if not (known.is_used and word.isascii() and "\0" not in word):
        return None
    rows = reader.at_once(_SETTINGS, _NEAR.format(place=known.place), (word, kind, word, MOST))
    names = [row[0] for row in rows]
    likeness = rows[-1][1] if len(rows) == MOST else LEAST
    best = close_matches(word, names, most=1)
    if not best:
        return None
    matcher = SequenceMatcher(None, best[0].casefold(), word.casefold())
    return names if matcher.ratio() > missed(word, likeness) else None


def missed(word: str, likeness: float) -> float:
    """Return the ratio that a name has at most whose trigrams have no more than this *likeness* to those of *word*.

    A character that is deleted takes at most three trigrams and brings two, one that is inserted takes two and brings
    three. So a name that differs in u signs has at least T - 3u of the T trigrams of a word, and at most 2u others;
    where some of the u are insertions it is more alike. A likeness below (T - 3u) / (T + 2u) says that more differ.
    """
    many = len(trigrams(word))
    if not many:
        return 1.0
    known = likeness + 1e-6  # the server rounds
    differing = int(many * (1.0 - known) / (3.0 + 2.0 * known)) + 1
    return 2.0 * len(word) / (2.0 * len(word) + differing)


def trigrams(word: str) -> set[str]:
    """Return the trigrams that pg_trgm makes of a *word* in ASCII."""
    padded = [f"  {part} " for part in re.findall(r"[a-z0-9]+", word.lower())]
    return {part[start : start + 3] for part in padded for start in range(len(part) - 2)}


def join() -> None:
    """Nothing: whoever imports this module for a server has the questions answered by it."""
