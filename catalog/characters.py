"""Characters that can't be seen, and text without them: for people, and as JSON.

A terminal obeys control characters, and marks of direction let text read other than it is. Both arrive in data of
others: descriptions, names in damaged rows, configuration, what a server answers.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

BLANK = frozenset(
    (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0)
) | frozenset((*range(0xFE00, 0xFE0F), *range(0xE0000, 0xE1000)))
"""Letters, marks and variation selectors that show nothing; U+FE0F is not among them, as emoji are written with it."""


class _Visible(dict[int, str]):
    """What stands for each character on a screen, learnt from character to character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cs":  # half of a surrogate pair: a byte of a path that is not UTF-8
            shown = f"\\u{code:04x}"
        elif category == "Zs":
            shown = " "
        else:
            shown = char if char.isprintable() and code not in BLANK else "\ufffd"
        return self.setdefault(code, shown)


class _Escaped(dict[int, str]):
    """What stands for each character of JSON, learnt from character to character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if (char.isprintable() and code not in BLANK) or unicodedata.category(char) == "Zs":
            return self.setdefault(code, char)
        return self.setdefault(code, json.dumps(char)[1:-1] if code > 0x7F else f"\\u{code:04x}")


_VISIBLE = _Visible({10: "\n", 9: "\t"})
_ESCAPED = _Escaped({10: "\n", 9: "\t", 13: "\r"})


def visible(text: str) -> str:
    r"""Return *text* with U+FFFD for what a terminal would obey or not show: controls, marks of direction, fillers.

    Line ends and tabs stay; other spaces become plain ones.

    Examples:
        >>> visible("a\x1b[2Jb\u202ec")
        'a\ufffd[2Jb\ufffdc'
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def json_text(document: Any, *, indent: int | None = None, ascii: bool = False) -> str:
    r"""Return *document* as JSON in which every character that can't be seen is an escape; the data are the same.

    Args:
        document: JSON data.
        indent: spaces for each level; None: all on one line.
        ascii: whether all characters beyond ASCII are escapes.

    Examples:
        >>> print(json_text({"a": "é\x9b"}))
        {"a": "é\u009b"}
    """
    return escaped(json.dumps(document, ensure_ascii=ascii, indent=indent))


def escaped(text: str) -> str:
    """Return *text*, which is JSON already, with escapes for the characters that can't be seen."""
    return text if text.isascii() and "\x7f" not in text else text.translate(_ESCAPED)
