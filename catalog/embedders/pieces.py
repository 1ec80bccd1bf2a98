"""Byte-pair encoding in the manner of SentencePiece, straight from the vocabulary of a ``tokenizer.json``.

The ``tokenizers`` package needs ten times as long to load the same file, because it builds a table of merges; here
the vocabulary alone is read. Two neighbours merge if what they spell together is in the vocabulary, the one with the
smallest number first, which is what the table of merges says too: it is made from the vocabulary by that rule, with
the runs of spaces at its end. A test compares both on texts of every kind.

A word that was met before costs less here, a new one four times as much as there. So whoever meets ten thousand new
words, which takes as long as loading the package, goes on with that for new ones.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from heapq import heapify, heappop, heappush
from json import loads
from typing import Any

from catalog.errors import EmbedderError

_SPACE = "\u2581"
_LAST = 1 << 30  # added to the number of a run of spaces, which merges after all else
_PATIENCE = 10_000  # new segments, 6 us each
_SEGMENT = re.compile(f"{_SPACE}*[^{_SPACE}]*")  # no piece goes on after a letter with a space


class Pieces:
    """A vocabulary of pieces, and the way to cut texts into them.

    Attributes:
        count: how many pieces the vocabulary has.
        patience: how many more new segments are merged here before the package `tokenizers` is loaded.
        model: merges new segments in place of this class; None until that package is loaded.
    """

    def __init__(self, vocabulary: dict[str, int], special: tuple[str, ...] = (), path: str | None = None) -> None:
        """Take a *vocabulary* and the texts of it that stand for themselves wherever they occur.

        Args:
            vocabulary: pieces and their numbers.
            special: such texts.
            path: of the ``tokenizer.json``, for the package `tokenizers`; None: never use that.
        """
        self.count = len(vocabulary)
        self._vocabulary = vocabulary
        self._bytes = [vocabulary[f"<0x{byte:02X}>"] for byte in range(256)]
        self._special = {text: vocabulary[text] for text in special}
        # The longest first, as of two that start at the same place the longer counts.
        alternatives = "|".join(map(re.escape, sorted(special, key=len, reverse=True)))
        self._cut = re.compile(f"({alternatives})") if special else None
        self._segment = lru_cache(maxsize=1 << 16)(self._new)
        self._path = path
        self.patience = _PATIENCE
        self.model: Any = None  # of the package `tokenizers`

    @classmethod
    def read(cls, path: str) -> Pieces:
        """Return the pieces of a ``tokenizer.json`` with a byte-pair vocabulary.

        Raises:
            EmbedderError: the file is missing or of another make.
        """
        try:
            with open(path, "rb") as file:
                raw = file.read()
            # The vocabulary is a quarter of the file; the merges after it are what takes the time.
            begin = raw.index(b'"vocab"')
            merges = raw.index(b'"merges"', begin)
            vocabulary = loads(raw[raw.index(b"{", begin) : raw.rindex(b"}", begin, merges) + 1])
            special = tuple(loads(raw[raw.index(b"[", raw.index(b'"added_tokens"')) : _closing(raw)]))
            return cls(vocabulary, tuple(token["content"] for token in special), path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EmbedderError(f"{path} can't be read as a vocabulary: {error!r}", path=path) from None

    def ids(self, text: str) -> list[int]:
        """Return the numbers of the pieces of *text*; an empty list for an empty text."""
        numbers: list[int] = []
        for part in self._cut.split(text) if self._cut else (text,):
            if part in self._special:
                numbers.append(self._special[part])
            elif part:
                for segment in _SEGMENT.findall(_SPACE + part.replace(" ", _SPACE)):
                    if segment:
                        # A long segment hardly comes again, so it takes no place in the cache.
                        numbers += self._segment(segment) if len(segment) <= 40 else self._new(segment)
        return numbers

    def _new(self, segment: str) -> tuple[int, ...]:
        """Return the numbers of the pieces of a segment that is not in the cache."""
        self.patience -= 1
        if self.patience < 0 and self._path is not None:
            path, self._path = self._path, None
            with suppress(Exception):  # it is not installed, or too old for the file
                from tokenizers import Tokenizer

                self.model = Tokenizer.from_file(path).model
        if self.model is not None:
            with suppress(UnicodeEncodeError):  # half a surrogate pair
                return tuple(token.id for token in self.model.tokenize(segment))
        return self._merged(segment)

    def _merged(self, segment: str) -> tuple[int, ...]:
        """Return the numbers of the pieces of a segment, merged here.

        The pieces are a doubly linked list in two arrays of places, *after* and *before*. All pairs that may merge wait
        in a heap; pairs that were overtaken by another merge stay in it and are recognised when their turn comes.
        """
        whole = self._vocabulary.get(segment)
        if whole is not None and len(segment) <= 2:
            return (whole,)
        known = self._vocabulary
        texts: list[str] = []
        for character in segment:
            if character in known:
                texts.append(character)
            else:
                texts += (f"<0x{byte:02X}>" for byte in character.encode("utf-8", "replace"))
        size = len(texts)
        after = list(range(1, size + 1))
        before = list(range(-1, size - 1))
        waiting = [pair for i in range(size - 1) if (pair := self._pair(texts, i, i + 1))]
        heapify(waiting)
        while waiting:
            _, _, left, right, spelt = heappop(waiting)
            # One of the two may have been merged away or have grown since.
            if after[left] != right or texts[left] + texts[right] != spelt or not texts[left]:
                continue
            texts[left], texts[right] = spelt, ""
            after[left] = beyond = after[right]
            if beyond < size:
                before[beyond] = left
                if pair := self._pair(texts, left, beyond):
                    heappush(waiting, pair)
            if before[left] >= 0 and (pair := self._pair(texts, before[left], left)):
                heappush(waiting, pair)
        return tuple(known[text] for text in texts if text)

    def _pair(self, texts: list[str], left: int, right: int) -> tuple[int, int, int, int, str] | None:
        """Return the heap's item for two neighbours, by rank, or None if what they spell is no piece."""
        spelt = texts[left] + texts[right]
        number = self._vocabulary.get(spelt)
        if number is None:
            return None
        if spelt[-1] == _SPACE:
            number += _LAST
        return number, self._vocabulary[texts[left]], left, right, spelt


def _closing(raw: bytes) -> int:
    """Return where the list of added tokens, which holds no list, ends."""
    return raw.index(b"]", raw.index(b'"added_tokens"')) + 1
