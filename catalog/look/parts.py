"""Small parts of HTML that faces share; every text is escaped here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from catalog.look.markdown import inline, plain

MARK = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M2 3h7v3H5v8h4v3H2zM11 3h7v14h-7v-3h4V6h-4z"/></svg>'
"""The sign beside the name of the page: two brackets, as around a card of a card catalogue."""


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """Return the text of a file of this room, as ``look.css``."""
    return files("catalog.look").joinpath(name).read_text(encoding="utf-8")


def drawing_rules() -> str:
    """Return the rules of CSS for drawings, for what shows a drawing without ``look.css``."""
    style = asset("look.css")
    return style[style.index("svg.graph {") : style.index("svg.graph a:focus-visible")]


@lru_cache(maxsize=1)
def notebook_style() -> str:
    """Return the style of what notebooks show."""
    rules = drawing_rules().replace("svg.graph", ".catalog-nb svg.graph")
    return asset("notebook.css") + rules


def kind(word: str) -> str:
    """Return the kind of an entry as people read it, in HTML."""
    return f'<span class="kind">{plain(word.replace("_", " "))}</span>'


def state(word: str) -> str:
    """Return the state of an entry as a word with a dot; nothing for an approved entry."""
    return "" if word in ("", "approved") else f'<span class="state {_class(word)}">{plain(word)}</span>'


def tag(word: str, href: str | None) -> str:
    """Return a tag, with a link where there is a page for it."""
    return (
        f'<a class="tag" href="{plain(href)}">{plain(word)}</a>' if href else f'<span class="tag">{plain(word)}</span>'
    )


def summary(text: str, most: int = 300) -> str:
    """Return the first paragraph of a description as plain text on one line, its marks of Markdown left out."""
    first = re.split(r"\n\s*\n", text.strip()[: 20 * most], maxsplit=1)[0]
    line = " ".join(re.sub(r"\*\*|`+|^#{1,6} ", "", first).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def parameters_table(rows: Iterable[Mapping[str, str]]) -> str:
    """Return parameters as a table: each has ``name type default description``; nothing where there are none."""
    lines = []
    for row in rows:
        needed = row["default"] == "required"
        default = '<span class="required">required</span>' if needed else f"<code>{plain(row['default'])}</code>"
        lines.append(
            f'<tr><th scope="row">{plain(row["name"])}</th><td><code>{plain(row["type"])}</code></td>'
            f"<td>{default if row['default'] else ''}</td><td>{inline(row['description'])}</td></tr>"
        )
    if not lines:
        return ""
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Parameter", "Type", "Default", "Description"))
    body = "\n".join(lines)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    return f'<div class="table-frame parameters" tabindex="0" role="region" aria-label="Parameters">{table}</div>'


def data(value: Any) -> str:
    """Return JSON data as it is read best, in HTML."""
    return f"<pre><code>{plain(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False))}</code></pre>"


_VARIABLE = re.compile(
    r"(\{\{.{1,80}?\}\}|\{%.{1,200}?%\}|\{[A-Za-z_][\w.\[\]]{0,60}(?:![rsa])?(?::[^{}]{0,20})?\}"
    r"|\$\{?[A-Za-z_]\w{0,60}\}?)"
)


def template(text: str) -> str:
    """Return the text of a prompt, its variables marked."""
    parts = _VARIABLE.split(text)
    shown = [
        f'<span class="variable">{plain(part)}</span>' if place % 2 else plain(part) for place, part in enumerate(parts)
    ]
    return f'<pre class="template signature"><code>{"".join(shown)}</code></pre>'


def marked(text: str, words: frozenset[str], stems: Callable[[str], Iterable[str]]) -> str:
    """Return *text* with those words marked whose stems are among *words*."""
    if not words:
        return plain(text)
    parts = _WORD.split(text)
    return "".join(
        f"<mark>{plain(part)}</mark>" if place % 2 and not words.isdisjoint(stems(part)) else plain(part)
        for place, part in enumerate(parts)
    )


_WORD = re.compile(r"([^\W_]{1,200})")


def _class(word: str) -> str:
    return re.sub(r"[^a-z]+", "-", word)
