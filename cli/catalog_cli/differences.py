"""What differs between two states of an entry: texts word by word, data line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog_cli.output import clean

if TYPE_CHECKING:
    from catalog_cli.output import Screen

Changes = dict[str, tuple[Any, Any]]
"""Old and new value by field."""


def difference(screen: Screen, changes: Changes) -> Iterator[str]:
    """Yield the lines that show *changes*: the field, then what went (-) and what came (+)."""
    for field, (old, new) in changes.items():
        yield f"    {screen.style(clean(field), bold=True)}"
        if isinstance(old, str) and isinstance(new, str) and "\n" not in old + new:
            yield f"      {_words(screen, old, new)}"
        else:
            yield from _lines(screen, _text(old), _text(new))


def _text(value: Any) -> list[str]:
    from json import dumps

    if value in (None, "", [], {}):
        return []
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    return [clean(line) for line in text.split("\n")]


def _lines(screen: Screen, old: list[str], new: list[str]) -> Iterator[str]:
    from difflib import unified_diff  # only a difference needs it

    for line in list(unified_diff(old, new, n=1, lineterm=""))[2:]:
        colour = {"-": "red", "+": "green"}.get(line[0])
        yield f"      {screen.style(line, fg=colour) if colour else screen.style(line, dim=True)}"


def _words(screen: Screen, old: str, new: str) -> str:
    """Return both texts as one: words that went as ``[-so-]``, words that came as ``{+so+}``."""
    from difflib import SequenceMatcher

    before, after = re.findall(r"\s+|\w+|\W", old), re.findall(r"\s+|\w+|\W", new)
    parts = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        went, came = clean("".join(before[a:b])), clean("".join(after[c:d]))
        if what == "equal":
            parts.append(went)
            continue
        parts.append(screen.style(f"[-{went}-]", fg="red") if went else "")
        parts.append(screen.style(f"{{+{came}+}}", fg="green") if came else "")
    return "".join(parts)
