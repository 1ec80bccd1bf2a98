"""Filling in Mustache and Handlebars templates: values, conditions and repetition; other helpers are refused by name.

Nothing is escaped: a prompt is text, and no page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from catalog.entry.braces import MARKERS, Block, Part, Tag, TemplateFault, argument_of, first_of, is_path

_NOTHING = object()
_LITERALS = {"true": True, "false": False, "null": None, "undefined": None}


class Braces:
    """One template being filled in.

    Attributes:
        missing: the names of values that are printed and were not given.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Fill in with *values*."""
        self.missing: list[str] = []
        self._values = values
        self._contexts: list[Any] = [values]
        self._loops: list[dict[str, Any]] = []

    def fill(self, parts: list[Part]) -> str:
        """Return the text of *parts*.

        Raises:
            TemplateFault: a helper or a partial is asked for that isn't known here.
        """
        return "".join(part if isinstance(part, str) else self._one(part) for part in parts)

    def _one(self, part: Tag | Block) -> str:
        return self._tag(part) if isinstance(part, Tag) else self._block(part)

    def _tag(self, tag: Tag) -> str:
        shown = "{{" + tag.sign + " ".join(tag.words) + "}}"
        if tag.sign == ">":
            raise TemplateFault(f"{shown} is another template, which only its framework can find")
        if tag.words[:1] and tag.words[0] in MARKERS:
            return f"{_unquoted(tag.words[1])}:" if tag.words[0] == "role" and len(tag.words) == 2 else ""
        if tag.words[:1] == ["json"] and len(tag.words) > 1:
            value = self._value(tag.words[1], shown)
            indent = next((int(word[7:]) for word in tag.words[2:] if re.fullmatch(r"indent=\d", word)), None)
            return json.dumps(None if value is _NOTHING else value, indent=indent, ensure_ascii=False, default=str)
        if len(tag.words) != 1:
            raise TemplateFault(f"{shown} asks for a helper, which only its framework has")
        value = self._value(tag.words[0], shown)
        if value is _NOTHING:
            name = first_of(tag.words[0])
            if name is not None and name not in self._values and len(self._contexts) == 1 and name not in self.missing:
                self.missing.append(name)
            return ""
        return _written(value)

    def _block(self, block: Block) -> str:
        helper = block.words[0] if len(block.words) > 1 else ""
        if helper in MARKERS:
            head = f"{_unquoted(block.words[1])}:\n" if helper == "role" else ""
            return head + self.fill(block.body)
        word = argument_of(block)
        if not word:
            raise TemplateFault(f"{{{{#{' '.join(block.words)}}}}} asks for a helper, which only its framework has")
        value = self._value(word, word)
        holds = value is not _NOTHING and bool(value)
        if block.inverted or helper == "unless":
            return self.fill(block.other if holds else block.body)
        if not holds:
            return self.fill(block.other)
        if helper == "if":
            return self.fill(block.body)
        return self._about(block, value, helper)

    def _about(self, block: Block, value: Any, helper: str) -> str:
        """Return the text of a block once for each thing in *value*, or once about it."""
        if isinstance(value, (list, tuple)) and helper != "with":
            items: list[tuple[Any, Any]] = list(enumerate(value))
        elif isinstance(value, Mapping) and helper == "each":
            items = list(value.items())
        elif value is True:
            return self.fill(block.body)
        else:
            items = [(0, value)]
        filled = []
        for number, (key, item) in enumerate(items):
            loop = {"@index": number, "@key": key, "@first": number == 0, "@last": number == len(items) - 1}
            self._contexts.append(item)
            self._loops.append(loop)
            filled.append(self.fill(block.body))
            self._contexts.pop()
            self._loops.pop()
        return "".join(filled)

    def _value(self, word: str, shown: str) -> Any:
        if word in _LITERALS:
            return _LITERALS[word]
        if word[0] in "'\"" or re.fullmatch(r"-?\d+(\.\d+)?", word):
            return _unquoted(word)
        if not is_path(word):
            raise TemplateFault(f"{shown} asks for what only its framework can work out")
        if word.startswith("@") and not word.startswith("@root"):
            return self._loops[-1].get(word, _NOTHING) if self._loops else _NOTHING
        contexts = self._contexts
        if word.startswith("@root"):
            contexts, word = contexts[:1], word[6:] or "this"
        while word.startswith("../"):
            contexts, word = contexts[:-1] or contexts[:1], word[3:]
        steps = [step for step in re.split(r"[./]", word) if step]
        if not steps or steps[0] == "this":
            return _followed(contexts[-1], steps[1:])
        for context in reversed(contexts):
            found = _followed(context, steps[:1])
            if found is not _NOTHING:
                return _followed(found, steps[1:])
        return _NOTHING


def _followed(value: Any, steps: list[str]) -> Any:
    """Return what *steps* lead to from *value*: keys, positions and lengths; no attribute of an object is read."""
    for step in steps:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, (list, tuple, str)) and step == "length":
            value = len(value)
        elif isinstance(value, (list, tuple)) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _NOTHING
    return value


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word
