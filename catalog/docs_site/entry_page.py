"""The page of an entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog import deprecated_in_words, parameter_rows, prompt_text, signature_line
from catalog.docs_site.frame import frame, up
from catalog.look import parts
from catalog.look.drawing import drawing
from catalog.look.markdown import markdown, plain

if TYPE_CHECKING:
    from catalog import Entry, Graph, Reference
    from catalog.docs_site.site import Site

WORDS = {
    "gone": "Its code was not there when it was last looked for.",
    "broken": "Its code can't be read by Python.",
    "drifted": "Its code is not as it was recorded, and nobody has accepted that yet.",
    "not loadable": "No import path leads to it: it can be found and read, not loaded.",
    "draft": "A draft: routers leave it out until somebody approves it.",
    "needs review": "Somebody has to look at it before routers may pick it.",
}
"""What a state means."""

HIDDEN = frozenset(
    {"parameters", "inputSchema", "input_schema", "root", "file", "review", "deprecated", "draft", "gone", "broken"}
    | {"drifted", "not loadable", "given_name", "references"}
)
"""What of the metadata the page shows elsewhere, or is about one machine only."""

_LISTED = 100


def entry_page(site: Site, key: str) -> str:
    """Return the page of the entry with this *key*."""
    entry = site.entries[key]
    path = site.page(key)
    top = up(path)
    sections = "\n".join(f"<section>{section}</section>" for section in _sections(site, entry, path))
    tags = " ".join(parts.tag(tag, f"{top}{site.list_page('tag', tag)}.html") for tag in entry.tags)
    of_kind = f"{top}{site.list_page('kind', entry.kind)}.html"
    kind = f'<a class="kind" href="{of_kind}">{plain(entry.kind.replace("_", " "))}</a>'
    body = f"""<article class="entry">
<header><div class="entry-line">{kind}{parts.state(site.state(key))}</div>
<h1>{plain(entry.name)}</h1>
<div class="tags">{tags}</div></header>
<div class="body">
{sections}
</div>
<aside class="side">
<section><h2>In Python</h2><pre><code>cat[{plain(repr(key))}]</code></pre></section>
<section><h2>About it</h2><dl class="facts">
{_facts(site, entry, top)}
</dl></section>
</aside>
</article>"""
    return frame(site, path, entry.name, body)


def _sections(site: Site, entry: Entry, path: str) -> Iterator[str]:
    top = up(path)
    note = state_note(site, entry, top)
    described = markdown(entry.description) or '<p class="soft">Nobody has described it yet.</p>'
    signature = signature_line(entry)
    shown = f'<pre class="signature"><code>{plain(signature)}</code></pre>' if signature else ""
    yield f'{note}<div class="prose lead">{described}</div>{shown}'
    table = parts.parameters_table(row.to_dict() for row in parameter_rows(entry))
    if table:
        yield f"<h2>Parameters</h2>{table}"
    if entry.examples:
        items = "".join(f"<li>{plain(example)}</li>" for example in entry.examples)
        yield f'<h2>Requests it is for</h2><ul class="examples">{items}</ul>'
    template = prompt_text(entry.spec) if entry.kind == "prompt" or isinstance(entry.spec, str) else None
    if template is not None:
        yield f"<h2>Template</h2>{parts.template(template)}"
    council = site.drawing(entry.key)
    if council is not None:
        yield f"<h2>How it works</h2>{_drawn(site, council, top, f'How {entry.name} works')}"
    uses, used_by = site.uses.get(entry.key, []), site.used_by.get(entry.key, [])
    if uses or used_by:
        around = site.neighbours(entry.key) if council is None else None
        drawn = "" if around is None else _drawn(site, around, top, f"What {entry.name} refers to", entry.key)
        yield f"<h2>References</h2>{drawn}{_links(site, 'Uses', uses, top)}{_links(site, 'Used by', used_by, top)}"
    if entry.spec is not None and not isinstance(entry.spec, str):
        yield f"<h2>Data</h2>{parts.data(entry.spec)}"


def state_note(site: Site, entry: Entry, top: str) -> str:
    """Return what is to be said of the state of an entry, as a note; nothing where there is nothing."""
    notes = []
    marks = site.marks.get(entry.key)
    if marks is not None and marks.code:
        bad = "bad" if marks.code in ("gone", "broken") else "warn"
        said = str(entry.metadata.get(marks.code) or "")
        why = f" {plain(said)}" if said and said != marks.code else ""
        notes.append(f'<p class="note {bad}"><strong>{plain(WORDS[marks.code])}</strong>{why}</p>')
    if marks is not None and marks.state == "deprecated":
        said = plain(deprecated_in_words(entry.metadata).removeprefix("is "))
        if marks.instead in site.entries and marks.instead is not None:
            link = f'<a href="{top}{site.page(marks.instead)}.html">{plain(marks.instead)}</a>'
            said = said.replace(plain(marks.instead), link)
        notes.append(f'<p class="note"><strong>Deprecated.</strong> {said[:1].upper()}{said[1:]}</p>')
    elif marks is not None and marks.state in WORDS and marks.code != "drifted":
        notes.append(f'<p class="note warn"><strong>{plain(WORDS[marks.state])}</strong></p>')
    return "\n".join(notes)


def _drawn(site: Site, graph: Graph, top: str, title: str, here: str | None = None) -> str:
    drawn = drawing(
        graph.nodes, graph.edges, title=title, here=here, href=lambda node: link_of(site, node.id, node.attrs, top)
    )
    text = f'<pre class="drawn" tabindex="0"><code>{plain(graph.text())}</code></pre>'
    text = f"<details><summary>As text</summary>{text}</details>"
    return f'<div class="graph-frame" tabindex="0" role="region" aria-label="Drawing, scrolls">{drawn}</div>{text}'


def link_of(site: Site, node: str, attrs: object, top: str, ending: str = "html") -> str | None:
    """Return where a box of a drawing leads to; None where there is no such entry."""
    council = attrs.get("council") if isinstance(attrs, dict) else None
    for key in (node, f"council:{council}", f"sub_council:{council}"):
        if key in site.entries:
            return f"{top}{site.page(key)}.{ending}"
    return None


def _links(site: Site, title: str, links: list[Reference], top: str) -> str:
    ends: dict[str, list[str]] = {}
    for link in links:
        ends.setdefault(link.target if title == "Uses" else link.source, []).append(link.path)
    lines = []
    for key, paths in list(ends.items())[:_LISTED]:
        places = f' <span class="soft small">{plain(", ".join(paths[:4]))}{" …" if len(paths) > 4 else ""}</span>'
        if key in site.entries:
            lines.append(f'<li><a class="mono" href="{top}{site.page(key)}.html">{plain(key)}</a>{places}</li>')
        else:
            lines.append(f'<li><span class="mono">{plain(key)}</span> {parts.state("missing")}{places}</li>')
    if len(ends) > _LISTED:
        lines.append(f'<li class="soft">… and {len(ends) - _LISTED:,} more</li>')
    joined = "\n".join(lines)
    return f'<h3>{title}</h3><ul class="plain-list">\n{joined}\n</ul>' if lines else ""


def facts_of(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield name and text of what else is known of an entry, on whatever machine it is read."""
    if entry.ref:
        yield "Reference", entry.ref
    elif entry.made_in:
        yield "Made in", entry.made_in
    if entry.distribution:
        yield "Distribution", entry.distribution
    if entry.providers is not None:
        yield "Providers", ", ".join(entry.providers) or "none"
    if entry.match:
        yield "Matches", entry.match
    if entry.priority:
        yield "Priority", str(entry.priority)
    for word, value in sorted(entry.metadata.items()):
        if word not in HIDDEN and isinstance(value, (str, int, float)) and value not in ("", False):
            text = str(value)
            yield word.replace("_", " ").capitalize(), text if len(text) <= 200 else f"{text[:199]}…"
    if entry.tier != "persistent":
        yield "Tier", entry.tier
    if entry.revision:
        yield "Revision", f"{entry.revision}{f' of {entry.updated_at:%Y-%m-%d}' if entry.updated_at else ''}"


def _facts(site: Site, entry: Entry, top: str) -> str:
    lines = [f"<dt>{plain(name)}</dt><dd>{plain(text)}</dd>" for name, text in facts_of(entry)]
    source = f'<a href="{top}{site.list_page("source", entry.source)}.html">{plain(entry.source)}</a>'
    return "\n".join([*lines, f"<dt>Source</dt><dd>{source}</dd>"])
