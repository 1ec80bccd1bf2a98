"""Descriptions as safe HTML: the part of Markdown that descriptions use, and the sections of docstrings.

Every character is escaped before a tag is written, so no text can become markup of its own. A link needs http or https;
pictures and HTML stay text. Time grows with the length of the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

LONGEST = 200_000
"""How many characters of a text are shown."""

_FENCE = re.compile(r"^(?:```|~~~)")
_ITEM = re.compile(r"^( {0,6})(?:[-*+•]|\d{1,3}[.)]) +(?=\S)")
_HEADING = re.compile(r"^#{1,6} +")
_SECTION = re.compile(
    r"^(?:Args|Arguments|Attributes|Examples?|Keyword Args|Notes?|Parameters|Raises|Returns|See Also|Warnings?"
    r"|Yields):$"
)
_CODE = re.compile(r"(`{1,2})(?!`)([^`]{1,400})\1(?!`)")
_LINK = re.compile(r"\[([^\[\]]{1,200})\]\((https?://[^\s()<>\"]{1,500})\)")
_BARE = re.compile(r"(?<![\w\"=/>])https?://[^\s<>()\[\]{}\"'`]{1,500}[\w/#=]")
_STRONG = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]{1,400})(?<=\S)\*\*(?![\w*])")
_ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|obj|exc|data|ref):(?=`)")


def plain(text: str) -> str:
    """Return *text* escaped, what can't be seen in it replaced; line ends stay."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return escape(text)


def markdown(text: str) -> str:
    """Return *text* as HTML: paragraphs, lists, code, emphasis, links; nothing where it is blank."""
    shown = text[:LONGEST].replace("\r\n", "\n").expandtabs(4)
    parts = list(_blocks(shown.split("\n")))
    if len(text) > LONGEST:
        parts.append(f'<p class="soft">… and {len(text) - LONGEST:,} characters more.</p>')
    return "\n".join(parts)


def _blocks(lines: list[str]) -> Iterator[str]:
    waiting: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        bare = line.strip()
        start = place
        if _FENCE.match(bare):
            end = next((at for at in range(place + 1, len(lines)) if lines[at].strip() == bare[:3]), len(lines))
            block = f"<pre><code>{plain(chr(10).join(lines[place + 1 : end]))}</code></pre>"
            place = end + 1
        elif bare.startswith(">>>"):
            end = next((at for at in range(place, len(lines)) if not lines[at].strip()), len(lines))
            block = f"<pre><code>{plain(chr(10).join(each.strip() for each in lines[place:end]))}</code></pre>"
            place = end
        elif _ITEM.match(line):
            block, place = _list(lines, place)
        elif _HEADING.match(bare) or _SECTION.match(bare):
            block, place = f"<h4>{inline(_HEADING.sub('', bare).rstrip(':#'))}</h4>", place + 1
        else:
            if bare:
                waiting.append(bare)
            elif waiting:
                yield f"<p>{inline(' '.join(waiting))}</p>"
                waiting = []
            place += 1
            continue
        if waiting:
            yield f"<p>{inline(' '.join(waiting))}</p>"
            waiting = []
        yield block
        assert place > start
    if waiting:
        yield f"<p>{inline(' '.join(waiting))}</p>"


def _list(lines: list[str], place: int) -> tuple[str, int]:
    """Return the list that begins at a line, flat, and the place behind it."""
    ordered = lines[place].lstrip()[0].isdigit()
    items: list[str] = []
    while place < len(lines):
        line = lines[place]
        item = _ITEM.match(line)
        if item:
            items.append(line[item.end() :].strip())
        elif line.strip() and line.startswith("  ") and items:
            items[-1] += f" {line.strip()}"
        else:
            break
        place += 1
    word = "ol" if ordered else "ul"
    return f"<{word}>{''.join(f'<li>{inline(item)}</li>' for item in items)}</{word}>", place


def inline(text: str) -> str:
    """Return one paragraph of text as HTML: code, strong text and links."""
    parts = []
    place = 0
    text = _ROLE.sub("", text)
    for code in _CODE.finditer(text):
        parts += [_spoken(text[place : code.start()]), f"<code>{plain(code[2].strip())}</code>"]
        place = code.end()
    return "".join([*parts, _spoken(text[place:])])


def _spoken(text: str) -> str:
    """Return text without code as HTML."""
    parts = []
    place = 0
    for link in _LINK.finditer(text):
        parts += [_loud(text[place : link.start()]), _anchor(link[2], link[1])]
        place = link.end()
    return "".join([*parts, _loud(text[place:])])


def _loud(text: str) -> str:
    parts = []
    place = 0
    for link in _BARE.finditer(text):
        parts += [_STRONG.sub(r"<strong>\1</strong>", plain(text[place : link.start()])), _anchor(link[0], link[0])]
        place = link.end()
    return "".join([*parts, _STRONG.sub(r"<strong>\1</strong>", plain(text[place:]))])


def _anchor(url: str, text: str) -> str:
    return f'<a href="{plain(url)}" rel="noopener noreferrer nofollow">{plain(text)}</a>'
