"""The same site as Markdown, for MkDocs, Sphinx with MyST and their like; drawings are SVG files beside the pages.

Nothing an entry says becomes markup: every character that means something in Markdown or HTML is escaped, code apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from catalog import deprecated_in_words, parameter_rows, prompt_text, signature_line
from catalog.docs_site.entry_page import WORDS, facts_of, link_of
from catalog.docs_site.frame import count, up
from catalog.docs_site.site import PER_PAGE, Site
from catalog.look.drawing import drawing
from catalog.look.parts import asset, drawing_rules, summary

if TYPE_CHECKING:
    from catalog import Entry, Graph, Reference

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&])|^(\d{1,9}(?=[.)])|[-+#=:!?%\"'^])")
_ITEM = re.compile(r"^ {0,8}(?:[-*+•]|\d{1,3}[.)]) +(?=\S)", re.MULTILINE)
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_CODE = re.compile(r"`([^`\n]{1,400})`")


def escaped(text: str) -> str:
    """Return *text* on one line, as it is, in Markdown."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return _SPECIAL.sub(lambda match: _HTML.get(match[0]) or (f"\\{match[0]}" if match[1] else _first(match[0])), plain)


def _first(text: str) -> str:
    """Return what begins a line, so that it begins no list, heading or directive."""
    return f"&#{ord(text[0])};{text[1:]}"


def code(text: str) -> str:
    """Return *text* as code within a line."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    fence = "`" * (max(map(len, re.findall("`+", plain)), default=0) + 1)
    pad = " " if len(fence) > 1 or plain.startswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain else ""


def block(text: str, language: str = "") -> str:
    """Return *text* as a block of code."""
    shown = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    fence = "`" * max(3, max(map(len, re.findall("`+", shown)), default=0) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def prose(text: str) -> str:
    """Return a description as paragraphs; code within it stays code."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text[:200_000]) if part.strip()]
    shown = []
    for paragraph in paragraphs:
        first, *items = _ITEM.split(paragraph) if _ITEM.search(paragraph) else [paragraph]
        shown.append(_line(first))
        shown.append("\n".join(f"- {_line(item)}" for item in items if item.strip()))
    return "\n\n".join(part for part in shown if part)


def _line(text: str) -> str:
    """Return a piece of prose on one line; code within it stays code."""
    parts = _CODE.split(text)
    return "".join(code(part) if place % 2 else _spaced(part) for place, part in enumerate(parts)).strip()


def _spaced(text: str) -> str:
    """Return a piece of a paragraph escaped, with the spaces at its ends."""
    inner = escaped(text)
    before = " " if text[:1].isspace() else ""
    return f"{before}{inner}{' ' if inner and text[-1:].isspace() else ''}"


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file of the site."""
    yield "index.md", _overview(site)
    for group, groups in (("kind", site.by_kind), ("tag", site.by_tag), ("source", site.by_source)):
        if group != "kind":
            yield f"{group}s.md", _groups(site, group, groups)
        for word, keys in groups.items():
            yield from _lists(site, group, word, keys)
    for key in site.entries:
        yield from _entry(site, key)


def _page(title: str, *parts: str) -> str:
    """Return a page; `orphan` tells Sphinx that no table of contents need name it."""
    return "\n\n".join(["---\norphan: true\n---", f"# {title}", *filter(None, parts)]) + "\n"


def _overview(site: Site) -> str:
    kinds = "\n".join(
        f"- [{escaped(kind.replace('_', ' '))}]({site.list_page('kind', kind)}.md): "
        f"{count(len(keys), 'entry', 'entries')}"
        for kind, keys in site.by_kind.items()
    )
    return _page(
        escaped(site.title),
        f"{count(len(site.entries), 'entry', 'entries')}, by kind, by [tag](tags.md), by [source](sources.md).",
        kinds or "Nothing here yet: `catalog scan my_package` fills the catalog.",
    )


def _groups(site: Site, group: str, groups: Mapping[str, Sequence[str]]) -> str:
    lines = [f"- [{escaped(word)}]({site.list_page(group, word)}.md): {len(keys):,}" for word, keys in groups.items()]
    return _page(f"{group.capitalize()}s", "\n".join(lines) or "None.")


def _lists(site: Site, group: str, word: str, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    starts = range(0, len(keys), PER_PAGE)
    for number, start in enumerate(starts):
        path = site.list_page(group, word, number)
        lines = []
        for key in keys[start : start + PER_PAGE]:
            entry = site.entries[key]
            text = summary(entry.description, 200)
            state = f" ({site.state(key)})" if site.state(key) else ""
            lines.append(f"- [{escaped(key)}]({up(path)}{site.page(key)}.md){state}: {escaped(text)}")
        turns = " ".join(
            f"[{each + 1}]({up(path)}{site.list_page(group, word, each)}.md)" for each in range(len(starts))
        )
        yield f"{path}.md", _page(escaped(word), "\n".join(lines), turns if len(starts) > 1 else "")


def _entry(site: Site, key: str) -> Iterator[tuple[str, str]]:
    entry = site.entries[key]
    path = site.page(key)
    top = up(path)
    tags = " ".join(f"[{escaped(tag)}]({top}{site.list_page('tag', tag)}.md)" for tag in entry.tags)
    signature = signature_line(entry)
    parts = [
        f"[{escaped(entry.kind)}]({top}{site.list_page('kind', entry.kind)}.md){' · ' if tags else ''}{tags}",
        _note(site, entry),
        prose(entry.description) or "Nobody has described it yet.",
        block(signature, "python") if signature else "",
        _parameters(entry),
    ]
    if entry.examples:
        parts += ["## Requests it is for", "\n".join(f"- {escaped(example)}" for example in entry.examples)]
    template = prompt_text(entry.spec) if entry.kind == "prompt" or isinstance(entry.spec, str) else None
    if template is not None:
        parts += ["## Template", block(template)]
    uses, used_by = site.uses.get(key, []), site.used_by.get(key, [])
    graph = site.drawing(key)
    title = f"How {entry.name} works"
    if graph is None:
        graph, title = site.neighbours(key), f"What {entry.name} refers to"
    if graph is not None:
        yield f"{path}.svg", _svg(site, graph, title, top, key)
        parts += ["## Drawing", f"![{escaped(title)}]({path.rpartition('/')[2]}.svg)"]
    if uses or used_by:
        parts += ["## References", _links(site, "Uses", uses, top), _links(site, "Used by", used_by, top)]
    if entry.spec is not None and not isinstance(entry.spec, str):
        parts += ["## Data", block(json.dumps(entry.spec, indent=2, ensure_ascii=False), "json")]
    facts = [*facts_of(entry), ("Source", entry.source)]
    parts += ["## About it", "\n".join(f"- {name}: {code(text)}" for name, text in facts)]
    yield f"{path}.md", _page(escaped(entry.name), *parts)


def _svg(site: Site, graph: Graph, title: str, top: str, key: str) -> str:
    """Return a drawing that stands alone: the tokens, and the rules for drawings."""
    style = asset("look.css")
    tokens = style[style.index(":root {") : style.index(":root[data-scheme")]
    return drawing(
        graph.nodes, graph.edges, title=title, here=key, style=tokens + drawing_rules(),
        href=lambda node: link_of(site, node.id, node.attrs, top, "html"),
    )  # fmt: skip


def _note(site: Site, entry: Entry) -> str:
    state = site.state(entry.key)
    if state == "deprecated":
        return f"**{escaped(deprecated_in_words(entry.metadata).capitalize())}**"
    return f"**{escaped(WORDS[state])}**" if state in WORDS else ""


def _parameters(entry: Entry) -> str:
    lines = [
        f"| {code(row.name)} | {_cell(row.type)} | {_cell(row.default)} | {escaped(row.description)} |"
        for row in parameter_rows(entry)
    ]
    if not lines:
        return ""
    return "\n".join(
        ["## Parameters\n", "| Parameter | Type | Default | Description |", "| --- | --- | --- | --- |", *lines]
    )


def _cell(text: str) -> str:
    return escaped(text) if text else ""


def _links(site: Site, title: str, links: Sequence[Reference], top: str) -> str:
    ends = dict.fromkeys(link.target if title == "Uses" else link.source for link in links)
    lines = [
        f"- [{escaped(end)}]({top}{site.page(end)}.md)" if end in site.entries else f"- {escaped(end)} (missing)"
        for end in ends
    ]
    return f"{title}:\n\n" + "\n".join(lines) if lines else ""
