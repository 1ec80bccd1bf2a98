"""Descriptions as HTML: the Markdown that they use is shown, and nothing in them becomes markup of its own."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.look.markdown import LONGEST, markdown
from catalog.look.parts import marked, parameters_table, summary, template

TAGS = {"a", "code", "h4", "li", "ol", "p", "pre", "strong", "ul"}


class Nesting(HTMLParser):
    """Fails on a tag that is not allowed or not closed, and on an attribute that is not allowed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert [name for name, _ in attrs] == (["href", "rel"] if tag == "a" else [])
        if tag == "a":
            assert (attrs[0][1] or "").startswith(("http://", "https://"))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


MARKS = st.text(alphabet="`*_[]()<>&\"'# \n-1.:ahtps/\x00\u202e")


@given(st.one_of(st.text(), MARKS))
@example('[a](https://x.example/"onclick=1) **<b>** `<i>` https://y.example/?a=1&b=<2>')
@example("[**a](https://x.example) b** [`c](https://x.example)`")
@example("```\n<script>\n")
def test_any_text_gives_closed_and_allowed_tags(text: str) -> None:
    """Whatever a description holds, its HTML has only the tags of the shown part of Markdown, each closed in order."""
    Nesting(markdown(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Draws *one* **bold** chart.", "<p>Draws *one* <strong>bold</strong> chart.</p>"),
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("- a\n- b\n  more", "<ul><li>a</li><li>b more</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("Args:\n    x: the `x`.", "<h4>Args</h4>\n<p>x: the <code>x</code>.</p>"),
        ("```python\nx < 1\n```", "<pre><code>x &lt; 1</code></pre>"),
        (">>> plot()\n3", "<pre><code>&gt;&gt;&gt; plot()\n3</code></pre>"),
        ("See :class:`Entry`.", "<p>See <code>Entry</code>.</p>"),
        (
            "See [docs](https://x.example/a).",
            '<p>See <a href="https://x.example/a" rel="noopener noreferrer nofollow">docs</a>.</p>',
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("", ""),
    ],
)
def test_the_markdown_of_descriptions_is_shown(text: str, shown: str) -> None:
    """Paragraphs, lists, code, sections of docstrings and links are what they look like."""
    assert markdown(text) == shown


def test_a_very_long_description_is_cut() -> None:
    """Of a description of a megabyte the beginning is shown, and how much is left out."""
    shown = markdown("word " * 200_000)
    assert len(shown) < LONGEST + 200
    assert "and 800,000 characters more" in shown


def test_small_parts_escape_what_they_show() -> None:
    """Summaries lose their marks; tables, templates and marked words are escaped."""
    assert summary("**Draws** `a`\nchart.\n\nMore.", 12) == "Draws a cha…"
    assert (
        marked("a <b> plots", frozenset({"plot"}), lambda word: [word.rstrip("s")]) == "a &lt;b&gt; <mark>plots</mark>"
    )
    assert template("{a} <b> ${c}").count('class="variable"') == 2
    row = {"name": "<x>", "type": "<t>", "default": "required", "description": "<d>"}
    assert "&lt;x&gt;" in parameters_table([row])
    assert parameters_table([]) == ""
