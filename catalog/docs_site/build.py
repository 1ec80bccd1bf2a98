"""Building the site: pages, drawings and the index, every link checked, whole or not at all."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from catalog import InvalidFilterError, close_matches, did_you_mean
from catalog.docs_site import markdown_pages
from catalog.docs_site.changes import RECORD, changes, record_lines, recorded
from catalog.docs_site.entry_page import entry_page
from catalog.docs_site.frame import frame, rows
from catalog.docs_site.lists import graph_page, groups_page, list_pages, overview
from catalog.docs_site.search_index import index_files
from catalog.docs_site.site import Site
from catalog.docs_site.whole_folder import whole_folder
from catalog.look.markdown import plain
from catalog.look.parts import asset

if TYPE_CHECKING:
    from catalog import Catalog

DOCS_FORMATS = ("html", "markdown")
"""The forms of a documentation site: pages to open from disk, or Markdown for MkDocs, Sphinx and their like."""

_STATIC = ("docs.css", "search.js", "stemmers.js", "LICENSE-snowball.txt")


@dataclass(frozen=True, slots=True)
class BuiltDocs:
    """What a build of the documentation site wrote.

    Attributes:
        folder: where it is.
        entries: how many entries have a page.
        files: how many files there are.
        links: how many links between them were followed.
    """

    folder: str
    entries: int
    files: int
    links: int

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as data for JSON."""
        return {"folder": self.folder, "entries": self.entries, "files": self.files, "links": self.links}


def build_docs(
    catalog: Catalog,
    out: str | os.PathLike[str],
    *,
    form: str = "html",
    title: str = "catalog",
    since: str | os.PathLike[str] | None = None,
) -> BuiltDocs:
    """Write a documentation site of all entries to the folder *out*; nothing is imported.

    The same entries give the same bytes. A site that is there is replaced as a whole, anything else is left alone.

    Args:
        catalog: whose entries.
        out: the folder, which is made.
        form: one of :data:`DOCS_FORMATS`.
        title: what the site is called.
        since: the folder of an earlier build; a page then says what has changed since.

    Raises:
        InvalidFilterError: there is no such form, or *since* holds no earlier build.
        OSError: the folder can't be written, or holds something else; what was there is as it was.
    """
    if form not in DOCS_FORMATS:
        hint = did_you_mean(close_matches(form, DOCS_FORMATS)) or f"; choose one of {', '.join(DOCS_FORMATS)}"
        raise InvalidFilterError(f"a documentation site has no form {form!r}{hint}", form=form)
    before = None if since is None else _before(since)
    site = Site(catalog, " ".join(title.split()) or "catalog")
    written: set[str] = set()
    made_folders: set[str] = set()
    links: dict[str, set[str]] = {}
    made = markdown_pages.pages(site) if form == "markdown" else _pages(site, before)
    with whole_folder(out) as folder:
        for path, text in made:
            place = os.path.join(folder, *path.split("/"))
            if (above := os.path.dirname(place)) not in made_folders:
                os.makedirs(above, exist_ok=True)
                made_folders.add(above)
            with open(place, "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            written.add(path)
            if path.endswith((".html", ".md")):
                links[path] = _links(path, text)
        with open(os.path.join(folder, RECORD), "x", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in record_lines(site))
        broken = sorted((page, link) for page, found in links.items() for link in found - written)
        assert not broken, f"{len(broken)} links of the site lead nowhere, the first from {broken[0]}"
    return BuiltDocs(os.path.realpath(out), len(site.entries), len(written) + 1, sum(map(len, links.values())))


def _before(since: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    try:
        return recorded(since)
    except (OSError, ValueError) as error:
        raise InvalidFilterError(
            f"{os.fspath(since)} is no earlier build of a documentation site: {error}; name its folder",
            since=os.fspath(since),
        ) from None


def _pages(site: Site, before: dict[str, dict[str, Any]] | None) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file of the site as HTML."""
    yield "assets/look.css", asset("look.css")
    yield "assets/icon.svg", _ICON
    static = files("catalog.docs_site").joinpath("static")
    for name in _STATIC:
        yield f"assets/{name}", static.joinpath(name).read_text(encoding="utf-8")
    for name, text in index_files(site):
        yield f"index/{name}", text
    yield "index.html", overview(site)
    yield "tags.html", groups_page(site, "tag", "Tags", site.by_tag)
    yield "sources.html", groups_page(site, "source", "Sources", site.by_source)
    for group, groups in (("kind", site.by_kind), ("tag", site.by_tag), ("source", site.by_source)):
        for word, keys in groups.items():
            for path, text in list_pages(site, group, word, keys):
                yield f"{path}.html", text
    graph = graph_page(site)
    if graph is not None:
        yield "graph.html", graph
    if before is not None:
        yield "changes.html", _changes_page(site, before)
    for key in site.entries:
        yield f"{site.page(key)}.html", entry_page(site, key)


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="#0b6b62" '
    'd="M2 3h7v3H5v8h4v3H2zM11 3h7v14h-7v-3h4V6h-4z"/></svg>\n'
)


def _changes_page(site: Site, before: dict[str, dict[str, Any]]) -> str:
    found = changes(before, site)
    parts = []
    for word, title in (("new", "New"), ("changed", "Changed"), ("gone", "No longer there")):
        if not found[word]:
            continue
        if word == "new":
            shown = rows(site, "changes", [key for key, _ in found[word]])
        else:
            lines = (
                f'<li>{_named(site, key)} <span class="soft">{plain(", ".join(fields))}</span></li>\n'
                for key, fields in found[word]
            )
            shown = f'<ul class="plain-list">{"".join(lines)}</ul>'
        parts.append(f"<section><h2>{title} <span class='count'>{len(found[word]):,}</span></h2>{shown}</section>")
    body = "\n".join(parts) or '<p class="soft">Nothing has changed.</p>'
    return frame(site, "changes", "Changes", f'<div class="body changes"><h1>Changes</h1>{body}</div>', "changes")


def _named(site: Site, key: str) -> str:
    if key in site.entries:
        return f'<a class="mono" href="{site.page(key)}.html">{plain(key)}</a>'
    return f'<span class="mono">{plain(key)}</span>'


_HREF = re.compile(r'(?:href|src)="([^"#?:]+)(?:[#?][^"]*)?"')
_MARKDOWN = re.compile(r"(?<!\\)\]\(([^)#:\s]+)\)")


def _links(path: str, text: str) -> set[str]:
    """Return the files of the site that a page leads to."""
    found = (_HREF if path.endswith(".html") else _MARKDOWN).findall(text)
    above = posixpath.dirname(path)
    return {posixpath.normpath(posixpath.join(above, unescape(link))) for link in found}
