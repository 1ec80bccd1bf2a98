"""The words an entry is found by, and the words of a request: split, folded and stemmed in one way.

Index and request must agree on every word, so both go through here, and the database's tokenizer only cuts at spaces.

- Identifiers fall apart: ``createScatterPlot`` and ``create_scatter_plot`` give create, scatter, plot, and both also
  give the whole, ``createscatterplot``, which makes exact names rare words that rank high.
- English words are stemmed (Snowball's English stemmer); words with other letters are folded: compatibility forms and
  Latin accents go, case goes.
- Scripts written without spaces (Chinese, Japanese, Thai, ...) give overlapping pairs of characters.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from catalog.forks import call_after_fork

WORDS_VERSION = 1
"""Grows when the same text would give other words; the index is then made again when a catalog is opened."""

MOST_CHARACTERS = 20_000
"""How much of one text is looked at. A request or a docstring beyond that says nothing new."""

MOST_LETTERS = 200
"""How much of one run of letters is looked at; names end here, and what is longer is data, not language."""

# A letter or digit, or one of the marks that Python's \w leaves out though words of many scripts need them.
_LETTER = "(?:[^\\W_]|[\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
_IDENTIFIER = re.compile(f"{_LETTER}+(?:_+{_LETTER}+)*")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Begins only where no letter stands before: a long run of letters would be tried from each of them.
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[_\-./:][^\W_]++)+")
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]+)"
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def words(text: str, *, whole: bool = False) -> list[str]:
    """Return the words of *text*, in order, repeats included.

    Args:
        text: anything; only the first 20,000 characters count.
        whole: also give names written with ``- . / :`` joined, as in ``gpt4omini`` for ``gpt-4o-mini``. For names
            and requests; in prose it would only make noise.
    """
    text = text[:MOST_CHARACTERS]
    if not text.isascii():
        text = _fold(text)
    found: list[str] = []
    for run in _IDENTIFIER.findall(text):
        chunk = run[:MOST_LETTERS]
        # Plain words come again and again, and their stems are kept; identifiers would only push them out.
        if chunk.islower() and chunk.isascii() and chunk.isalpha():
            found.append(stem(chunk))
        else:
            found.extend(_chunk(chunk))
    if whole:
        known = set(found)
        for run in _JOINED.findall(text):
            joined = re.sub(r"[\W_]+", "", run[:MOST_LETTERS]).lower()
            if joined not in known:
                known.add(joined)
                found.append(joined)
    return found


def _fold(text: str) -> str:
    """Return *text* in compatibility form without the accents of Latin, Greek and Cyrillic letters."""
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", folded)


def _chunk(chunk: str) -> tuple[str, ...]:
    """Return the words of one run of letters, digits and ``_``."""
    if not chunk.isascii():
        return tuple(_other(chunk))
    parts = _PARTS.findall(chunk)
    found = [stem(part.lower()) for part in parts]
    if len(parts) > 1:
        found.append(chunk.replace("_", "").lower())
    return tuple(found)


def _other(chunk: str) -> Iterable[str]:
    """Yield the words of a run that holds characters beyond ASCII."""
    for piece in _UNSPACED.split(chunk):
        if not piece:
            continue
        if _UNSPACED.fullmatch(piece):
            yield from (piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        elif piece.isascii():
            yield from _chunk(piece)
        else:
            yield from (part.casefold() for part in piece.split("_") if part)


_NO_SUFFIX = frozenset("abfhjkopquvwxz")
"""Letters that no suffix of the stemmer ends in."""

_stemming = threading.Lock()  # the stemmer keeps its state in itself


@call_after_fork
def _renew_lock() -> None:
    global _stemming
    _stemming = threading.Lock()
    _stemmer.cache_clear()  # another thread may have been in the middle of a word


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """Return the stem of a lower-case English *word*; what is short or no word comes back as it is."""
    if len(word) < 3 or word[-1] in _NO_SUFFIX or not word.isalpha():
        return word
    with _stemming:
        stemmed: str = _stemmer().stemWord(word)
        return stemmed


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    # Not snowballstemmer.stemmer("english"): that takes PyStemmer where it is installed, whose rules may differ, and
    # an index made with one would be asked with the other.
    # And not the package's own name: its __init__ imports the stemmers of thirty languages, a tenth of a cold search.
    # A package of another name in the same folder has the one alone.
    package = ModuleType("_catalog_snowballstemmer")
    found = find_spec("snowballstemmer")
    package.__path__ = list(found.submodule_search_locations or ()) if found else []
    sys.modules[package.__name__] = package
    return import_module(f"{package.__name__}.english_stemmer").EnglishStemmer()


def document(
    name: str,
    description: str,
    tags: Iterable[str],
    examples: Iterable[str],
    parameters: Mapping[str, Any],
    signature: str | None = None,
) -> tuple[str, str, str, str, str]:
    """Return what full-text search keeps of an entry: name, description, parameters, tags, examples.

    Each is a text of words joined by single spaces, in the order of the columns of ``search_doc``.
    """
    params: list[str] = []
    properties = parameters.get("properties")
    if isinstance(properties, Mapping):
        for key, schema in properties.items():
            params += words(str(key))
            if isinstance(schema, Mapping) and isinstance(schema.get("description"), str):
                params += words(schema["description"])
    elif signature:
        params = words(signature)
    return (
        " ".join(words(name, whole=True)),
        " ".join(words(description)) if description else "",
        " ".join(params),
        " ".join([word for tag in tags for word in _tag_words(tag)]),
        " ".join([word for example in examples for word in words(example)]),
    )


@lru_cache(maxsize=1 << 12)
def _tag_words(tag: str) -> tuple[str, ...]:
    return tuple(words(tag))


_UNSAFE = re.compile("[^a-z0-9\u0080-\U0010ffff]|\u00a6|\u00ac")


@lru_cache(maxsize=1 << 12)
def facet(form: str, value: str) -> str:
    """Return one word that stands for the kind (*form* ``k``) or tag (``t``) *value* and for nothing else.

    It begins with a broken bar, which no word of a text does; what a tokenizer would cut or fold is written in hex.
    """
    return f"\u00a6{form}" + _UNSAFE.sub(lambda found: f"\u00ac{ord(found[0]):x}\u00ac", value)


@lru_cache(maxsize=1)
def small_words() -> frozenset[str]:
    """Return the English words that join others and say nothing about a tool, stemmed."""
    return frozenset(stem(word) for word in _SMALL_WORDS.split())


_SMALL_WORDS = """
a about all also am an and any are as at be because been being but by can could did do does doing done each for from
had has have having he her here hers him his how i if in into is it its itself just let like me might more most much
must my no nor not of on one only or other our ours out over please shall she should so some such than that the their
them then there these they this those through to too under until up us very was we were what when where which while
who whom whose why will with would you your yours
"""
