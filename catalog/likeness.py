"""Which of many words resemble one: those that ``difflib`` gives, found without comparing each with it.

The ratio of ``difflib`` is twice the characters of all matching blocks, over the lengths of both words. The blocks come
in the same order in both, so together they are no longer than the longest common subsequence. Its length is counted for
thousands of words at once, a bit for each character of the word that is asked for; then only the few words that it
does not rule out are compared.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 20_000
"""Words whose characters are in memory at once."""

_BITS = 64


def closest(word: str, words: Sequence[str], *, most: int, cutoff: float) -> list[str]:
    """Return what :func:`difflib.get_close_matches` returns: up to *most* of the *words*, the closest first.

    Args:
        word: of characters other than NUL.
        words: each once.
        most: how many at most, 1 or more.
        cutoff: the least ratio, above 0.
    """
    near = [each for each in words if 2.0 * min(len(word), len(each)) / (len(word) + len(each) or 1) >= cutoff]
    bounds = np.concatenate([np.zeros(0), *_bounds(word, near)])
    possible = np.flatnonzero(bounds >= cutoff)
    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(word)
    found: list[tuple[float, str]] = []
    for place in possible[np.argsort(-bounds[possible], kind="stable")].tolist():
        if len(found) == most and bounds[place] < found[0][0]:
            break
        matcher.set_seq1(near[place])
        ratio = matcher.ratio()
        if ratio >= cutoff:
            (heappush if len(found) < most else heappushpop)(found, (ratio, near[place]))
    return [each for _, each in sorted(found, reverse=True)]


def _bounds(word: str, words: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """Yield what the ratios of *word* with *words* are at most, some words at a time."""
    for start in range(0, len(words), _AT_ONCE):
        some = words[start : start + _AT_ONCE]
        lengths = np.fromiter(map(len, some), np.int64, len(some))
        order = np.argsort(-lengths, kind="stable")
        characters = np.array(some).view(np.uint32).reshape(len(some), -1)[order].T
        longer = [int(number) for number in np.searchsorted(-lengths[order], -np.arange(len(characters)))]
        common = np.zeros(len(some), np.int64)
        for piece in range(0, len(word), _BITS):  # what is common with the whole is at most what is with its pieces
            common[order] += _common(word[piece : piece + _BITS], np.ascontiguousarray(characters), longer)
        yield 2.0 * common / (len(word) + lengths)


def _common(piece: str, characters: NDArray[np.uint32], longer: Sequence[int]) -> NDArray[np.int64]:
    """Return the lengths of the longest common subsequences of *piece* with words.

    Args:
        piece: of at most 64 characters.
        characters: the words, each a column, the longest first.
        longer: how many of them have a character in each row.

    Source: Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    beyond = max(map(ord, piece)) + 1
    places = np.zeros(beyond + 1, np.uint64)  # a bit for each place where a character stands in the piece
    for place, character in enumerate(piece):
        places[ord(character)] |= np.uint64(1 << place)
    state = np.full(characters.shape[1], (1 << 64) - 1, np.uint64)
    for row, number in zip(characters, longer, strict=True):
        here = state[:number]
        matched = here & places[np.minimum(row[:number], beyond)]
        state[:number] = (here + matched) | (here - matched)
    unmatched: NDArray[np.uint8] = np.bitwise_count(state & np.uint64((1 << len(piece)) - 1))
    return len(piece) - unmatched.astype(np.int64)
