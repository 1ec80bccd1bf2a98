"""JSON as editors write it: with comments, and with a comma before a closing bracket."""

from __future__ import annotations

import re

_PARTS = re.compile(
    r'"(?:[^"\\\n]|\\.)*"'  # a text, in which nothing is a comment
    r"|//[^\n]*|/\*.*?\*/"
    r"|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])",
    re.DOTALL,
)


def plain_json_text(text: str) -> str:
    """Return *text* as plain JSON, every line where it was: comments and needless commas become spaces."""
    return _PARTS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    part = match[0]
    return part if part[0] == '"' else re.sub(r"[^\n]", " ", part)
