"""The frame of every page, and rows of lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.look import parts
from catalog.look.markdown import plain

if TYPE_CHECKING:
    from catalog.docs_site.site import Site


def up(path: str) -> str:
    """Return the way from the page at *path* to the top of the site."""
    return "../" * path.count("/")


def count(number: int, singular: str, plural: str) -> str:
    """Return a number with its word."""
    return f"{number:,} {singular if number == 1 else plural}"


def frame(site: Site, path: str, title: str, body: str, current: str = "") -> str:
    """Return a whole page.

    Args:
        site: the site it is a page of.
        path: of the page, without its ending.
        title: of the page.
        body: what stands in it, as HTML.
        current: which link of the top it is behind.
    """
    top = up(path)
    links = [("index", "Overview"), ("tags", "Tags"), ("sources", "Sources")]
    links += [("graph", "Graph")] if site.whole_graph_drawn else []
    here = ' aria-current="page"'
    nav = "".join(f'<a href="{top}{name}.html"{here if name == current else ""}>{word}</a>' for name, word in links)
    whole = plain(title if title == site.title else f"{title} · {site.title}")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="catalog docs build">
<title>{whole}</title>
<link rel="icon" href="{top}assets/icon.svg">
<link rel="stylesheet" href="{top}assets/look.css">
<link rel="stylesheet" href="{top}assets/docs.css">
<script src="{top}assets/stemmers.js" defer></script>
<script src="{top}assets/search.js" data-top="{top}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="top-row">
<a class="brand" href="{top}index.html">{parts.MARK}{plain(site.title)}</a>
<nav class="nav" aria-label="Pages">{nav}</nav>
<div class="top-end"><form class="finder" role="search" hidden><label class="unseen" for="q">Search</label>
<input id="q" type="search" placeholder="Search entries" autocomplete="off" spellcheck="false" aria-controls="results">
<kbd aria-hidden="true">/</kbd></form></div>
</div></header>
<main id="main" tabindex="-1">
<section id="results" aria-live="polite" hidden></section>
<div id="page">
{body}
</div>
</main>
<footer><div><span>{count(len(site.entries), "entry", "entries")}</span>
<span>Made by <code>catalog docs build</code>; nothing was imported.</span></div></footer>
</body>
</html>
"""


def rows(site: Site, path: str, keys: Iterable[str]) -> str:
    """Return entries as a list of rows, each with a link to its page."""
    top = up(path)
    lines = []
    for key in keys:
        entry = site.entries[key]
        text = parts.summary(entry.description)
        tags = " ".join(parts.tag(tag, None) for tag in entry.tags[:3])
        lines.append(
            f'<li><div class="row"><div class="row-name"><a class="name" href="{top}{site.page(key)}.html">'
            f"{plain(entry.name)}</a>{parts.kind(entry.kind)}{parts.state(site.state(key))}</div>\n"
            f'<div class="row-end">{tags}</div>\n<div class="row-text">{plain(text)}</div></div></li>'
        )
    joined = "\n".join(lines)
    return f'<ul class="rows">\n{joined}\n</ul>'
