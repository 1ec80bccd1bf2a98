"""Splitting texts into the words of the full-text index: split, folded and stemmed.

The index and a request must agree on every word. Therefore both use this module, and the tokenizer of the database
only splits at spaces.

- Identifiers are split: ``createScatterPlot`` and ``create_scatter_plot`` both give create, scatter, plot, and also the
  whole, ``createscatterplot``. The whole is a rare word, so an exact name ranks high.
- English words are stemmed (Snowball's English stemmer), Cyrillic ones by its Russian stemmer. Words with other letters
  are folded: compatibility forms, accents and case are removed.
- Texts in German also give German stems (:mod:`catalog.entry.languages`).
- Scripts written without spaces (Chinese, Japanese, Thai, ...) give overlapping pairs of characters; so does Korean,
  where particles hang on the words, beside the whole words.
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

from catalog.entry.languages import languages_of, marker, stems_of
from catalog.forks import call_after_fork

WORDS_VERSION = 2
"""Must grow when the same text would give other words; opening a catalog then rebuilds its index."""

MOST_CHARACTERS = 20_000
"""How many characters of a text are read. A longer request or docstring says nothing new."""

MOST_LETTERS = 200
"""How many characters of a run of letters are read. No name is longer; a longer run is data, not language."""

# A letter or digit, or a combining mark: Python's \w leaves these out, but words of many scripts contain them.
_LETTER = "(?:[^\\W_]|[\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
_IDENTIFIER = re.compile(f"{_LETTER}+(?:_+{_LETTER}+)*")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# The look-behind keeps this linear: without it a long run of letters would be tried from each of its letters.
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[_\-./:][^\W_]++)+")
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]+)"
)
_ACCENTS = re.compile("(?<![\u0418\u0438])\u0306|[\u0300-\u0305\u0307-\u036f]")  # not of \u0439: it is a letter
_HANGUL = re.compile("[\uac00-\ud7a3]+")
_CYRILLIC = re.compile("[\u0400-\u04ff]+")


def words(text: str, *, whole: bool = False) -> list[str]:
    """Return the words of *text* in order, repeats included.

    Args:
        text: anything; only the first 20,000 characters count.
        whole: also return names with ``- . / :`` in them as one word: ``gpt4omini`` for ``gpt-4o-mini``. Meant for
            names and requests; in prose such words are noise.
    """
    text = text[:MOST_CHARACTERS]
    if not text.isascii():
        text = _fold(text)
    result: list[str] = []
    for run in _IDENTIFIER.findall(text):
        chunk = run[:MOST_LETTERS]
        # Plain words recur, so the cache of stems serves them. Identifiers would only push them out of it.
        if chunk.islower() and chunk.isascii() and chunk.isalpha():
            result.append(stem(chunk))
        else:
            result.extend(_chunk(chunk))
    if whole:
        known = set(result)
        for run in _JOINED.findall(text):
            joined = re.sub(r"[\W_]+", "", run[:MOST_LETTERS]).lower()
            if joined not in known:
                known.add(joined)
                result.append(joined)
    return result


def _fold(text: str) -> str:
    """Return *text* in Unicode's compatibility form, without the accents of Latin, Greek and Cyrillic letters."""
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", folded)


def _chunk(chunk: str) -> tuple[str, ...]:
    """Return the words of one run of letters, digits and ``_``."""
    if not chunk.isascii():
        return tuple(_other(chunk))
    parts = _PARTS.findall(chunk)
    stems = [stem(part.lower()) for part in parts]
    if len(parts) > 1:
        stems.append(chunk.replace("_", "").lower())
    return tuple(stems)


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
            for part in filter(None, piece.split("_")):
                yield from _of_script(part.casefold())


def _of_script(word: str) -> Iterable[str]:
    """Yield a folded word without ASCII letters alone: its stem, or itself with what it is searched by."""
    if _CYRILLIC.fullmatch(word):
        yield stem(word, "russian")
        return
    yield word
    if len(word) > 2 and _HANGUL.fullmatch(word):
        yield from (word[i : i + 2] for i in range(len(word) - 1))


_NO_SUFFIX = frozenset("abfhjkopquvwxz")
"""Letters in which no suffix that the stemmer removes can end."""

stemming = threading.Lock()
"""Held while a word is stemmed: the stemmer keeps the word in its own attributes, so only one thread may use it."""


@call_after_fork
def _renew_lock() -> None:
    global stemming
    stemming = threading.Lock()
    _stemmer.cache_clear()  # another thread of the parent may have been in the middle of a word


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str = "english") -> str:
    """Return the stem of a lower-case *word*; words of fewer than three letters are their own stems."""
    if len(word) < 3 or (word[-1] in _NO_SUFFIX and language == "english") or not word.isalpha():
        return word
    with stemming:
        stemmed: str = _stemmer(language).stemWord(word)
        return stemmed


_STEMMERS = "_catalog_snowballstemmer"


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Any:
    # Not snowballstemmer.stemmer("english"): where PyStemmer is installed that returns PyStemmer, whose rules may
    # differ, and an index made with one stemmer would be searched with the other.
    # And not by the package's own name: its __init__ imports the stemmers of thirty languages, which takes a tenth of
    # a cold search. A package object of another name with the same folder lets us import the one module alone.
    package = sys.modules.get(_STEMMERS) or ModuleType(_STEMMERS)
    if _STEMMERS not in sys.modules:
        spec = find_spec("snowballstemmer")
        package.__path__ = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[_STEMMERS] = package
    module = import_module(f"{package.__name__}.{language}_stemmer")
    return getattr(module, f"{language.capitalize()}Stemmer")()


def document(
    name: str,
    description: str,
    tags: Iterable[str],
    examples: Iterable[str],
    parameters: Mapping[str, Any],
    signature: str | None = None,
) -> tuple[str, str, str, str, str]:
    """Return the texts of an entry for full-text search: name, description, parameters, tags, examples.

    Each text consists of words separated by single spaces. The order is that of the columns of ``search_doc``.
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
    examples = list(examples)
    named, described = words(name, whole=True), words(description) if description else []
    exemplified = [word for example in examples for word in words(example)]
    for language in languages_of(f"{name} {description[:MOST_CHARACTERS]} {' '.join(examples)[:MOST_CHARACTERS]}"):
        named += stems_of(name, language, stem)
        described += [*stems_of(description[:MOST_CHARACTERS], language, stem), marker(language)]
        exemplified += [word for example in examples for word in stems_of(example[:MOST_CHARACTERS], language, stem)]
    return (
        " ".join(named),
        " ".join(described),
        " ".join(params),
        " ".join([word for tag in tags for word in _tag_words(tag)]),
        " ".join(exemplified),
    )


@lru_cache(maxsize=1 << 12)
def _tag_words(tag: str) -> tuple[str, ...]:
    return tuple(words(tag))


_UNSAFE = re.compile("[^a-z0-9\u0080-\U0010ffff]|\u00a6|\u00ac")


@lru_cache(maxsize=1 << 12)
def facet(form: str, value: str) -> str:
    """Return a word for the full-text index that stands for the kind (*form* ``k``), tag (``t``) or state (``s``).

    Different values have different words. The word begins with a broken bar, which no word of a text does, and writes
    in hex what the tokenizer would split or fold.
    """
    return f"\u00a6{form}" + _UNSAFE.sub(lambda match: f"\u00ac{ord(match[0]):x}\u00ac", value)


@lru_cache(maxsize=1)
def small_words() -> frozenset[str]:
    """Return stemmed English function words, such as "the" and "with", which say nothing about a tool."""
    return frozenset(stem(word) for word in _SMALL_WORDS.split())


_SMALL_WORDS = """
a about all also am an and any are as at be because been being but by can could did do does doing done each for from
had has have having he her here hers him his how i if in into is it its itself just let like me might more most much
must my no nor not of on one only or other our ours out over please shall she should so some such than that the their
them then there these they this those through to too under until up us very was we were what when where which while
who whom whose why will with would you your yours
"""
