"""`catalog docs build`: a page for every entry, the same bytes each time, whole or not at all, nothing imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from factories import LendUrl, open_catalog, tool

from catalog import DOCS_FORMATS, BuiltDocs, Catalog, InvalidFilterError, build_docs
from catalog.docs_site.site import slug

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](http://evil.example/p.png) `</code><b>` \x1b[31m"
COUNCIL = {
    "name": "seo",
    "members": [
        {"id": "writer", "profile": "mini", "tools": ["plot"]},
        {"id": "critic", "profile": "missing", "tools": ["plot"]},
    ],
    "rounds": [{"type": "independent_analysis"}, {"type": "vote"}],
    "chair": "critic",
}


def fill(cat: Catalog) -> None:
    """Put in what has a drawing, what is hostile, what is marked and what differs by case alone."""
    cat.register("council", "seo", COUNCIL, description="Audits a page.", tags=["web"])
    cat.register("profile", "mini", {"model": "openai/gpt-4o-mini"}, description="Fast.")
    cat.register("prompt", "greet", "Hello {name}, about {{ topic }}.", description="Greets.")
    cat.register_many(
        [
            tool("plot", description="Draws charts.", tags=["plot"], examples=["draw it"], signature="(path: str)"),
            tool("Plot", description="Another."),
            tool("<b>/..exe", description=HOSTILE, tags=["<i>"], examples=[HOSTILE]),
            tool("old", description="Had its day."),
        ]
    )
    cat.deprecate("tool:old", instead="tool:plot", reason="it is slow")


@pytest.fixture(scope="module")
def cat(lend_url: LendUrl) -> Iterator[Catalog]:
    """A filled catalog, which no test changes."""
    with lend_url() as url, open_catalog(url) as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def site(cat: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as HTML."""
    out = tmp_path_factory.mktemp("built") / "site"
    build_docs(cat, out, title="Team tools")
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Links(HTMLParser):
    """The links, ids and tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("form", DOCS_FORMATS)
def test_the_same_entries_give_the_same_bytes(cat: Catalog, tmp_path: Path, form: str) -> None:
    """A second build, over the first or beside it, has the same files with the same bytes."""
    first = build_docs(cat, tmp_path / "one", form=form)
    before = contents(tmp_path / "one")
    assert build_docs(cat, tmp_path / "one", form=form) == first
    build_docs(cat, tmp_path / "two", form=form)
    assert contents(tmp_path / "one") == before == contents(tmp_path / "two")
    assert first.to_dict() == {
        "folder": str(tmp_path / "one"),
        "entries": 7,
        "files": len(before) - 1,  # without the marker by which the folder is known
        "links": first.links,
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_every_link_leads_to_a_file_and_every_file_can_be_reached(site: Path) -> None:
    """From the first page one comes to every page; no link leads nowhere, or to a server that no entry links."""
    seen: set[Path] = set()
    waiting = [site / "index.html"]
    outside: set[str] = set()
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        assert page.is_file(), page
        if page.suffix == ".html":
            for link in Links(page.read_text("utf-8")).links:
                if ":" in link:
                    outside.add(link)
                elif not link.startswith("#"):
                    waiting.append((page.parent / link.partition("#")[0]).resolve())
    pages = set(site.resolve().rglob("*.html"))
    assert pages - seen == set()
    assert outside == {"http://evil.example/p.png"}  # said by an entry


def test_what_entries_say_is_text(site: Path) -> None:
    """Hostile names, tags, descriptions and examples make no tag, no handler, no link to another place, no script."""
    allowed = {
        "a",
        "article",
        "aside",
        "body",
        "b",
        "circle",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
    }
    allowed |= {
        "g",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "input",
        "kbd",
        "label",
        "li",
        "link",
        "main",
        "meta",
    }
    allowed |= {"nav", "p", "path", "pre", "rect", "script", "section", "span", "strong", "summary", "svg", "table"}
    allowed |= {"tbody", "td", "text", "th", "thead", "title", "tr", "ul"}
    parsed = [Links(path.read_text("utf-8")) for path in site.rglob("*.html")]
    assert set().union(*(page.tags for page in parsed)) - allowed == set()
    assert [page.handlers for page in parsed if page.handlers] == []
    assert {link for page in parsed for link in page.links if "script:" in link} == set()
    text = "".join("".join(page.words) for page in parsed)
    assert "<script>alert(1)</script> [x](javascript:alert(1))" in text
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    scripts = "".join(path.read_text("utf-8") for path in (site / "index").iterdir())
    assert "</script" not in scripts


def test_the_markdown_of_hostile_entries_is_text(cat: Catalog, tmp_path: Path) -> None:
    """In the Markdown form no entry brings HTML, a picture or a link of its own, code apart."""
    build_docs(cat, tmp_path / "md", form="markdown")
    (page,) = [path for path in (tmp_path / "md" / "entry" / "tool").glob("*.md") if "exe" in path.name]
    text = re.sub(r"`[^`\n]*`", "", page.read_text("utf-8"))
    assert re.findall(r"<[a-z/]", text) == []
    assert re.findall(r"(?<!\\)\]\((?!\.\./)[^)]*", text) == []
    assert "\x1b" not in text


def test_names_that_differ_by_case_have_files_of_their_own() -> None:
    """Files of different names differ where case does not count, and hold no path."""
    names = ["plot", "Plot", "PLOT", "a/b", "a-b", "a b", "..", "a.", "…", "x" * 200, "a-x0123456789", "con", "a:b"]
    slugs = [slug(name) for name in names]
    assert len({each.lower() for each in slugs}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_.-]{1,90}", each) and set(each) != {"."} for each in slugs)


def test_a_page_shows_what_is_known(site: Path) -> None:
    """Pages of a council, a prompt and a deprecated entry show drawing, variables, and what to use instead."""
    council = (site / "entry" / "council" / "seo.html").read_text("utf-8")
    assert council.count('<svg xmlns="http://www.w3.org/2000/svg" class="graph"') == 1
    assert '<a href="../../entry/tool/plot.html"><g class="node tool">' in council
    assert "profile:missing" in council
    assert 'class="state missing">missing</span>' in council
    prompt = (site / "entry" / "prompt" / "greet.html").read_text("utf-8")
    assert re.findall(r'class="variable">([^<]+)<', prompt) == ["{name}", "{{ topic }}"]
    old = (site / "entry" / "tool" / "old.html").read_text("utf-8")
    assert '<strong>Deprecated.</strong> Deprecated: it is slow; use <a href="../../entry/tool/plot.html">' in old


def test_a_difference_of_two_builds_is_what_has_changed(tmp_path: Path, lend_url: LendUrl) -> None:
    """A page says what is new, changed and gone since an earlier build, and other pages are as they were."""
    with lend_url() as url, open_catalog(url) as changing:
        fill(changing)
        build_docs(changing, tmp_path / "before")
        changing.update("tool:plot", description="Draws every chart.")
        changing.unregister("prompt:greet")
        changing.register("tool", "fresh", "json:dumps", description="New here.")
        build_docs(changing, tmp_path / "after", since=tmp_path / "before")
    page = (tmp_path / "after" / "changes.html").read_text("utf-8")
    parts = re.split(r"<h2>(.*?) <span", page)
    assert parts[1::2] == ["New", "Changed", "No longer there"]
    found = [re.findall(r"(?:entry/|class=\"mono\">)([\w/:]+)", part) for part in parts[2::2]]
    assert found == [["tool/fresh"], ["tool/plot"], ["prompt:greet"]]
    assert '<span class="soft">description</span>' in parts[4]
    before, after = contents(tmp_path / "before"), contents(tmp_path / "after")
    entries = {path for path in before.keys() | after.keys() if path.startswith("entry/")}
    assert {path for path in entries if before.get(path) != after.get(path)} >= {
        "entry/prompt/greet.html",
        "entry/tool/fresh.html",
        "entry/tool/plot.html",
    }
    with pytest.raises(InvalidFilterError, match="is no earlier build of a documentation site"):
        build_docs(changing, tmp_path / "never", since=tmp_path)


def test_a_folder_of_somebody_else_is_left_alone(cat: Catalog, tmp_path: Path) -> None:
    """A folder with anything in it, or a file, is no place for a site; an empty folder and a link to one are."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    with pytest.raises(FileExistsError, match="is no documentation site"):
        build_docs(cat, tmp_path / "mine")
    with pytest.raises(NotADirectoryError):
        build_docs(cat, tmp_path / "file")
    assert contents(tmp_path) == {"file": b"keep", "mine/notes.txt": b"keep"}
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    build_docs(cat, tmp_path / "link")
    assert (tmp_path / "empty" / "index.html").is_file()
    assert (tmp_path / "link").is_symlink()


def test_a_build_that_fails_leaves_the_old_site(cat: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full in the middle, or the new folder can't be put there, the old site is as it was."""
    build_docs(cat, tmp_path / "site")
    before = contents(tmp_path / "site")
    renames = os.rename

    def refuse(source: str, target: str) -> None:
        if source.endswith("new"):
            raise OSError(28, "No space left on device", source)
        renames(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="No space left") as raised:
        build_docs(cat, tmp_path / "site", title="Other")
    assert raised.value.filename == str(tmp_path / "site")
    assert contents(tmp_path / "site") == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_site_of_nothing_says_how_to_fill_it(tmp_path: Path, lend_url: LendUrl) -> None:
    """The first page of an empty catalog's site names the commands that fill it."""
    with lend_url() as url, open_catalog(url) as empty:
        assert build_docs(empty, tmp_path / "site").entries == 0
    assert "catalog scan my_package" in (tmp_path / "site" / "index.html").read_text("utf-8")


def test_long_lists_have_several_pages(tmp_path: Path, lend_url: LendUrl) -> None:
    """A kind of more than 500 entries is listed on several pages, each entry once, whatever a tag is called."""
    with lend_url() as url, open_catalog(url) as many:
        many.register_many([tool(f"t{number:04}", tags=["a", "a-2", "a-xp2"]) for number in range(501)])
        built = build_docs(many, tmp_path / "site")
    assert isinstance(built, BuiltDocs)
    pages = [path.read_text("utf-8") for path in sorted((tmp_path / "site" / "kind").iterdir())]
    listed = [re.findall(r'class="name" href="\.\./entry/tool/(t\d+)\.html"', page) for page in pages]
    assert sorted(name for names in listed for name in names) == [f"t{number:04}" for number in range(501)]
    assert len(list((tmp_path / "site" / "tag").iterdir())) == 6


def test_a_form_that_is_not_there_is_named(cat: Catalog, tmp_path: Path) -> None:
    """Another form is refused, with the one that was meant."""
    with pytest.raises(InvalidFilterError, match="has no form 'htm'; did you mean"):
        build_docs(cat, tmp_path / "x", form="htm")
