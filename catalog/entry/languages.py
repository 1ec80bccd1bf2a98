"""Words of languages whose endings the English stemmer does not know, beside the words every text has.

A text that is of such a language gives its stems once more, with a mark in front; so does a request, whatever its
language, where the catalog has such texts. English is left alone that way: what begins with the mark is in no English
text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

MARK = "\u00a7"
"""What the stems of other languages begin with; no word of a text does."""

_GERMAN = re.compile(
    "[äöüß]|[a-z]{3}(?:ungen|ung|keit|heit|schaft|lich|ieren|iert)\\b|\\b(?:und|der|das|ein|eine[mnrs]?|für|mit|nicht|"
    "oder|wird|werden|zum|zur|ist|sind|nach|bei|beim|auf|aus|dem|vom|von|ins|sowie|alle[nr]?|im)\\b"
)
_ENGLISH = re.compile(
    "\\b(?:the|a|an|of|to|and|for|is|are|with|this|that|these|my|me|you|your|what|how|can|could|please|by|from|or|it|its|"
    "i|be|at|on|as|have|has|do|does|which|who|where|when|using|use|based|given|if|any|about|there|i'm|some)\\b"
)
_SMALL_GERMAN = """
aber alle allen aller als am an auch auf aus bei beim bin bitte da das dass dem den der des die dies diese diesem
diesen dieser du ein eine einem einen einer eines er es für gibt hat ich ihr im in ins ist kann man mein meine meinen
meiner mich mir mit nach nicht noch nur oder sein sie sind so soll sowie über um und uns unser vom von vor was wenn
werden wie will wir wird wo zu zum zur
"""

_GERMAN_SIGNS = """
und der das ein eine einem einen einer eines mit nicht oder wird werden zum zur ist sind nach bei beim auf aus dem vom
von ins sowie alle allen aller im
"""
_GERMAN_WORDS = frozenset(_GERMAN_SIGNS.split())
_GERMAN_ENDINGS = ("ung", "keit", "heit", "schaft", "lich", "ieren", "iert")
_ASCII_WORD = re.compile("[a-z]+")


def _may_be_german(text: str) -> bool:
    """Tell whether the expression above could match: every text that is stored is asked, and this is twice as fast."""
    return (
        not text.isascii()
        or any(ending in text for ending in _GERMAN_ENDINGS)
        or not _GERMAN_WORDS.isdisjoint(_ASCII_WORD.findall(text))
    )


LANGUAGES = {"german": (_GERMAN, frozenset(_SMALL_GERMAN.split()))}
"""Language, as its stemmer is called: what tells that a text is of it, and words that say nothing."""

_WORD = re.compile("[^\\W\\d_]{3,200}")
_HUMP = re.compile("(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")


def marker(language: str) -> str:
    """Return the word that every text of a *language* has."""
    return f"{MARK}{MARK}{language}"


def languages_of(text: str) -> list[str]:
    """Return those of :data:`LANGUAGES` that *text* seems to be of: it has more signs of them than of English."""
    text = unicodedata.normalize("NFC", text).lower()
    if not (_may_be_german(text) and any(sign.search(text) for sign, _ in LANGUAGES.values())):  # most texts
        return []
    english = len(_ENGLISH.findall(text))
    return [language for language, (sign, _) in LANGUAGES.items() if len(sign.findall(text)) > english]


def is_english(text: str) -> bool:
    """Tell whether a request is in English beyond doubt; a word alone may be of any language."""
    return _ENGLISH.search(text.lower()) is not None


def stems_of(text: str, language: str, stem: Callable[[str, str], str]) -> list[str]:
    """Return the marked stems of the words of *text* in a *language*, in order, repeats included.

    Args:
        text: anything.
        language: one of :data:`LANGUAGES`.
        stem: returns the stem of a lower-case word in a language.
    """
    small = LANGUAGES[language][1]
    text = _HUMP.sub(" ", unicodedata.normalize("NFC", text))
    found = (word.lower() for word in _WORD.findall(text))
    return [MARK + stem(word, language) for word in found if word not in small]
