"""Templates whose placeholders stand in two braces and that have blocks: Mustache and Handlebars, read into parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

DEEPEST = 50
"""How deep blocks may be nested."""

OWN_CONTEXT = frozenset({"each", "with"})
"""Helpers whose blocks are about another value than the text around them."""
CONDITIONS = frozenset({"if", "unless"})
MARKERS = frozenset({"role", "history", "section"})
"""Dotprompt's helpers that say where messages begin, and stand for no value."""

_MARGIN = 200
"""How much white space may stand around a tag that is alone in its line."""
_SIGNS = ("#", "^", "/", ">", "&")
_WORD = re.compile(r""""[^"]*"|'[^']*'|\([^()]*\)|[^\s"'()]+""")
_PATH = re.compile(r"@?(?:\.\./)*(?:[^\W\d][\w-]*|\.)(?:[./][\w-]+)*|this(?:[./][\w-]+)*")


class TemplateFault(ValueError):
    """What is wrong with a template, in words for people."""


@dataclass
class Tag:
    """``{{name}}``, or ``{{helper argument}}``: the words in it, and what stands before them (``>`` a partial)."""

    words: list[str]
    sign: str = ""


@dataclass
class Block:
    """``{{#helper argument}} … {{else}} … {{/helper}}``; *inverted* is one that begins with ``{{^name}}``."""

    words: list[str]
    inverted: bool = False
    body: list[Part] = field(default_factory=list)
    other: list[Part] = field(default_factory=list)


Part = str | Tag | Block


class _Written(NamedTuple):
    """A tag as it is written: where, its sign, and the text in it; its sign is ``!`` for a comment."""

    begin: int
    end: int
    sign: str
    inner: str


def _tags(text: str) -> Iterator[_Written]:
    at = 0
    while (begin := text.find("{{", at)) >= 0:
        close = "--}}" if text.startswith("{{!--", begin) else "}}}" if text.startswith("{{{", begin) else "}}"
        end = text.find(close, begin)
        if end < 0:
            return
        inner = text[begin + len(close.strip("-")) : end]
        at = end + len(close)
        if inner.startswith("~"):
            while begin and text[begin - 1].isspace():
                begin -= 1
        if inner.endswith("~"):
            while at < len(text) and text[at].isspace():
                at += 1
        inner = inner.strip("~").strip()
        sign = inner[:1] if inner[:1] == "!" or (close == "}}" and inner.startswith(_SIGNS)) else ""
        yield _Written(begin, at, sign, inner[len(sign) :].strip())


def parts_of(text: str) -> list[Part]:
    """Return the texts, tags and blocks of *text*; a line with nothing but a block's tag or a comment is left out.

    Raises:
        TemplateFault: a block is not closed, closes another one, or too many are nested.
    """
    top: list[Part] = []
    open_blocks: list[tuple[Block, list[Part]]] = []
    into, at = top, 0
    for tag in _tags(text):
        begin, end = _without_line(text, tag)
        if text[at:begin]:
            into.append(text[at:begin])
        at = end
        words = _WORD.findall(tag.inner)
        if tag.sign == "!":
            continue
        if tag.sign == "/":
            into = _closed(open_blocks, words)
        elif tag.sign == "#" or (tag.sign == "^" and words):
            if len(open_blocks) >= DEEPEST:
                raise TemplateFault(f"more than {DEEPEST} blocks are nested")
            block = Block(words, inverted=tag.sign == "^")
            into.append(block)
            open_blocks.append((block, into))
            into = block.body
        elif open_blocks and (words[:1] == ["else"] or (tag.sign == "^" and not words)):
            into = _otherwise(open_blocks, words[1:])
        else:
            into.append(Tag(words, tag.sign))
    if open_blocks:
        raise TemplateFault(f"{{{{#{' '.join(open_blocks[-1][0].words)}}}}} is not closed")
    if text[at:]:
        into.append(text[at:])
    return top


def _closed(open_blocks: list[tuple[Block, list[Part]]], words: list[str]) -> list[Part]:
    if not open_blocks:
        raise TemplateFault(f"{{{{/{' '.join(words)}}}}} closes nothing")
    block, into = open_blocks.pop()
    if words[:1] != block.words[:1]:
        raise TemplateFault(f"{{{{/{' '.join(words)}}}}} closes {{{{#{' '.join(block.words)}}}}}")
    return into


def _otherwise(open_blocks: list[tuple[Block, list[Part]]], words: list[str]) -> list[Part]:
    """Go on with what stands behind ``{{else}}``; behind ``{{else if x}}`` it is a block that ends with this one."""
    block, into = open_blocks[-1]
    if not words:
        return block.other
    inner = Block(words)
    block.other.append(inner)
    open_blocks[-1] = (Block(block.words, body=inner.body, other=inner.other), into)
    return inner.body


def _without_line(text: str, tag: _Written) -> tuple[int, int]:
    """Return where a tag begins and ends, its whole line included if it is a block's, or a comment, and alone there."""
    if tag.sign not in ("!", "#", "^", "/") and tag.inner.split(" ")[0] != "else":
        return tag.begin, tag.end
    start = text.rfind("\n", max(0, tag.begin - _MARGIN), tag.begin) + 1
    stop = text.find("\n", tag.end, tag.end + _MARGIN) + 1
    if (not start and tag.begin > _MARGIN) or (not stop and tag.end + _MARGIN < len(text)):
        return tag.begin, tag.end
    stop = stop or len(text)
    if text[start : tag.begin].strip() or text[tag.end : stop].strip():
        return tag.begin, tag.end
    return start, stop


def is_path(word: str) -> bool:
    """Tell whether *word* leads to a value: ``name``, ``user.city``, ``this``, ``@index``, ``../name``."""
    return _PATH.fullmatch(word) is not None


def argument_of(block: Block) -> str:
    """Return what a block is about: ``x`` of ``{{#if x}}`` and of ``{{#x}}``; empty if that is no path."""
    named = block.words[0] in OWN_CONTEXT | CONDITIONS if len(block.words) == 2 else False
    word = block.words[1] if named else block.words[0] if len(block.words) == 1 else ""
    return word if is_path(word) else ""


def variables_of(text: str) -> dict[str, tuple[bool, bool]]:
    """Return the values that a template takes by name: whether one is printed as it is, and needed in any case.

    Raises:
        TemplateFault: see :func:`parts_of`.
    """
    found: dict[str, tuple[bool, bool]] = {}
    for word, needed in _used(parts_of(text), True):
        name = first_of(word)
        if name is not None:
            plain = name == word and found.get(name, (True, False))[0]
            found[name] = (plain and needed is not None, bool(needed) or found.get(name, (True, False))[1])
    return found


def first_of(word: str) -> str | None:
    """Return the name of the value a path begins with; None for ``this``, ``@index`` and what is no path."""
    word = word.removeprefix("@root.").removeprefix("@root/")
    while word.startswith("../"):
        word = word[3:]
    if not is_path(word) or word[0] in "@.":
        return None
    name = re.split(r"[./]", word)[0]
    return None if name in ("this", "true", "false", "null", "undefined") else name


def _used(parts: list[Part], needed: bool) -> Iterator[tuple[str, bool | None]]:
    """Yield the paths in *parts*, and whether the value is needed; None: it is not printed, only asked for."""
    for part in parts:
        if isinstance(part, Tag):
            if part.sign != ">":
                yield from _used_by(part, needed)
        elif isinstance(part, Block):
            word = argument_of(part)
            helper = part.words[0] if len(part.words) > 1 else ""
            if word:
                yield word, None
            if helper in MARKERS:
                yield from _used([*part.body, *part.other], needed)
            elif helper in CONDITIONS or part.inverted:
                yield from _used([*part.body, *part.other], False)
            else:  # names in it may be those of the value it is about
                inside = [word for word, _ in _used(part.body, False) if word.startswith(("@root", "../"))]
                yield from ((word, False) for word in inside)
                yield from _used(part.other, False)


def _used_by(tag: Tag, needed: bool) -> Iterator[tuple[str, bool | None]]:
    words = tag.words
    if len(words) == 1:
        if words[0] not in MARKERS | {"else"}:
            yield words[0], needed
    elif words and words[0] not in MARKERS:
        for word in words[1:]:
            yield word.rpartition("=")[2], None
