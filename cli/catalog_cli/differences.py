"""What differs between two states of an entry: texts word by word, data line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog_cli.gate import clean

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
    """Return *value* as lines: those of a text, the items of a list, the members of an object."""
    from json import dumps

    if value in (None, "", [], {}):
        return []
    if isinstance(value, str):
        lines = value.split("\n")
    elif isinstance(value, list):
        lines = [item if isinstance(item, str) else dumps(item, ensure_ascii=False) for item in value]
    elif isinstance(value, dict):
        lines = [f"{name}: {dumps(member, ensure_ascii=False, sort_keys=True)}" for name, member in value.items()]
    else:
        lines = [dumps(value)]
    return [clean(line) for line in lines]


def _lines(screen: Screen, old: list[str], new: list[str]) -> Iterator[str]:
    from difflib import unified_diff  # only a difference needs it

    for line in list(unified_diff(old, new, n=0, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield f"      {screen.style(f'{line[0]} {line[1:]}', fg='red' if line[0] == '-' else 'green')}"


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
