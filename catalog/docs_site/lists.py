"""The pages that list entries: the overview, kinds, tags, sources, and the graph of all references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catalog.docs_site.frame import count, frame, rows, up
from catalog.docs_site.site import PER_PAGE, Site
from catalog.look import parts
from catalog.look.drawing import clipped, drawing
from catalog.look.markdown import plain

MANY = 60


def overview(site: Site) -> str:
    """Return the first page."""
    kinds = "\n".join(
        f'<li><a href="{site.list_page("kind", kind)}.html"><b>{plain(kind.replace("_", " "))}</b>'
        f'<span class="count">{len(keys):,}</span></a></li>'
        for kind, keys in site.by_kind.items()
    )
    if not site.entries:
        return frame(site, "index", site.title, _EMPTY, "index")
    states = "".join(
        f"<li>{parts.state(state)} <span class='count'>{number:,}</span></li>"
        for state, number in sorted(site.states().items())
    )
    attention = f'<h2>Wants a look</h2><ul class="plain-list">{states}</ul>' if states else ""
    newest = sorted(
        (key for key, entry in site.entries.items() if entry.updated_at),
        key=lambda key: (site.entries[key].updated_at, key),
        reverse=True,
    )[:8]
    recent = f"<section><h2>Changed last</h2>{rows(site, 'index', newest)}</section>" if newest else ""
    body = f"""<div class="overview">
<header><h1>{plain(site.title)}</h1>
<p class="lead soft">{count(len(site.entries), "entry", "entries")} of {count(len(site.by_kind), "kind", "kinds")},
from {count(len(site.by_source), "source", "sources")}.</p></header>
<ul class="kinds">
{kinds}
</ul>
<div class="columns"><div class="body">{recent}</div>
<aside class="side"><section><h2>Tags</h2>{_words(site, "tag", site.by_tag, "index")}</section>
<section><h2>Sources</h2>{_words(site, "source", site.by_source, "index")}</section>
<section>{attention}</section></aside></div>
</div>"""
    return frame(site, "index", site.title, body, "index")


_EMPTY = """<div class="overview"><header><h1>Nothing here yet</h1>
<p class="lead soft">The catalog this site was made of holds no entries. Fill it, then build again:</p></header>
<pre><code>catalog scan my_package
catalog docs build site</code></pre></div>"""


def _words(site: Site, group: str, groups: Mapping[str, Sequence[str]], path: str) -> str:
    often = sorted(groups, key=lambda word: (-len(groups[word]), word))[:MANY]
    links = " ".join(
        f'<a class="tag" href="{up(path)}{site.list_page(group, word)}.html">{plain(clipped(word, 40))} '
        f'<span class="count">{len(groups[word]):,}</span></a>'
        for word in often
    )
    more = ""
    if len(groups) > MANY:
        more = f'<p><a href="{up(path)}{group}s.html">All {len(groups):,}</a></p>'
    return f'<div class="tags">{links}</div>{more}' if links else '<p class="soft">None.</p>'


def groups_page(site: Site, group: str, title: str, groups: Mapping[str, Sequence[str]]) -> str:
    """Return the page that lists all tags, or all sources."""
    lines = "\n".join(
        f'<tr><th scope="row"><a href="{site.list_page(group, word)}.html">{plain(word)}</a></th>'
        f'<td class="num">{len(keys):,}</td></tr>'
        for word, keys in groups.items()
    )
    table = (
        f'<table><thead><tr><th scope="col">{title[:-1]}</th><th scope="col" class="num">Entries</th></tr></thead>'
        f"<tbody>\n{lines}\n</tbody></table>"
    )
    body = f"<div class='narrow'><h1>{title}</h1>{table if lines else '<p class=soft>None.</p>'}</div>"
    return frame(site, f"{group}s", title, body, f"{group}s")


def list_pages(site: Site, group: str, word: str, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield path and text of each page that lists the entries of a kind, a tag or a source."""
    pages = [keys[start : start + PER_PAGE] for start in range(0, len(keys), PER_PAGE)]
    for number, shown in enumerate(pages):
        path = site.list_page(group, word, number)
        turns = ""
        if len(pages) > 1:
            turns = '<nav class="turns" aria-label="Pages of the list">' + " ".join(
                f'<a href="{up(path)}{site.list_page(group, word, each)}.html"'
                f"{' aria-current=' + chr(34) + 'page' + chr(34) if each == number else ''}>{each + 1}</a>"
                for each in range(len(pages))
            )
            turns += "</nav>"
        title = word.replace("_", " ") if group == "kind" else word
        body = (
            f'<header class="list-head"><p class="kind">{group}</p><h1>{plain(title)}</h1>'
            f'<p class="soft">{count(len(keys), "entry", "entries")}</p></header>{turns}\n'
            f"{rows(site, path, shown)}\n{turns}"
        )
        yield path, frame(site, path, title, body)


def graph_page(site: Site) -> str | None:
    """Return the page with every reference as one drawing; None where there is none that can be read."""
    graph = site.whole_graph()
    if graph is None:
        return None
    drawn = drawing(
        graph.nodes,
        graph.edges,
        title="What refers to what",
        href=lambda node: f"{site.page(node.id)}.html" if node.id in site.entries else None,
    )
    body = f"""<header class="list-head"><h1>What refers to what</h1>
<p class="soft">From left to right: an entry, and what it names. {count(len(graph.nodes), "entry", "entries")},
{count(len(graph.edges), "reference", "references")}.</p></header>
<div class="graph-frame tall" tabindex="0" role="region" aria-label="Drawing, scrolls">{drawn}</div>
<details><summary>As text</summary><pre class="drawn" tabindex="0"><code>{plain(graph.text())}</code></pre></details>"""
    return frame(site, "graph", "What refers to what", body, "graph")
