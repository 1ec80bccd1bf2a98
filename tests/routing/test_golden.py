"""Golden cases: kept with the catalog, several right entries or none, gone entries, files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from factories import LendUrl, open_catalog, temporary_catalog, tool
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from catalog import AutoCouncil, Catalog, EntryNotFoundError, RoutingError
from catalog.routing.evaluation.golden import MOST_CHARACTERS, cases_for
from catalog.routing.labelled import Case


@pytest.fixture
def letters(catalog: Catalog) -> Catalog:
    """A catalog of the tools a and b, and the agent b."""
    catalog.register_many([tool("a"), tool("b")])
    catalog.register("agent", "b", "os:getcwd")
    return catalog


def test_cases_are_kept_in_order_with_keys(letters: Catalog) -> None:
    """A name becomes a key; a second entry makes either right; what is there already adds nothing."""
    golden = letters.golden
    assert [golden.add("x", "a"), golden.add("none", None), golden.add("x", "agent:b"), golden.add("x", "tool:a")] == [
        1, 1, 1, 0,
    ]  # fmt: skip
    assert golden.add("both", ["tool:b", "a"]) == 2
    assert list(golden) == [Case("x", ("tool:a", "agent:b")), Case("none"), Case("both", ("tool:b", "tool:a"))]
    assert len(golden) == 3
    assert golden.list("a") == [Case("x", ("tool:a", "agent:b")), Case("both", ("tool:b", "tool:a"))]
    assert golden.list("tool:b") == [Case("both", ("tool:b", "tool:a"))]
    assert golden.list("c") == []


def test_another_process_sees_them_and_no_entry_changes(letters: Catalog) -> None:
    """They are in the database; the generation, and with it what is remembered, stays."""
    before = letters.generation
    letters.golden.add("x", "a")
    with open_catalog(letters.url) as other:
        assert list(other.golden) == [Case("x", ("tool:a",))]
        assert other.golden.remove("x") == 1
    assert list(letters.golden) == []
    assert letters.generation == before


def test_a_text_can_not_fit_some_and_none(letters: Catalog) -> None:
    """Said to fit an entry it can't be said to fit none, nor the other way round; nothing of a batch is kept."""
    golden = letters.golden
    golden.add("x", "a")
    golden.add("y", None)
    with pytest.raises(RoutingError, match="'x' is golden for tool:a already; take that away first"):
        golden.add("x", None)
    with pytest.raises(RoutingError, match="'y' is golden for no entry already"):
        golden.add("y", "a")
    with pytest.raises(RoutingError, match="'z' is golden for tool:a already"):
        golden.add_many([Case("w"), Case("z", ("a",)), Case("z")])
    assert list(golden) == [Case("x", ("tool:a",)), Case("y")]


def test_what_can_not_be_a_case_is_refused(letters: Catalog) -> None:
    """Blank and endless texts, unknown names, and names that several entries have."""
    golden = letters.golden
    for text in ("", " \n", "x" * (MOST_CHARACTERS + 1)):
        with pytest.raises(RoutingError, match="a golden case has a text of 1 to 20,000 characters"):
            golden.add(text, "a")
    with pytest.raises(RoutingError, match=r"'\\ud800' is no text that can be kept: it holds half a character"):
        golden.add("\ud800", "a")
    with pytest.raises(EntryNotFoundError, match="'b' is the name of 2 entries; write a key, as in tool:b"):
        golden.add("x", "b")
    with pytest.raises(EntryNotFoundError, match="no entry is called 'tool:aa'; did you mean 'tool:a'"):
        golden.add("x", "tool:aa")
    with pytest.raises(RoutingError, match="say which golden cases to take away"):
        golden.remove()
    assert len(golden) == 0


def test_cases_outlive_their_entry(letters: Catalog) -> None:
    """An entry that is gone keeps its cases until they are taken away; a router is not asked about them."""
    golden = letters.golden
    golden.add_many([Case("x", ("a",)), Case("both", ("a", "tool:b")), Case("agent", ("agent:b",)), Case("none")])
    letters.unregister("tool", "a")
    assert golden.list("tool:a") == [Case("x", ("tool:a",)), Case("both", ("tool:a", "tool:b"))]
    mine, others = cases_for(letters, AutoCouncil(letters, "rules", "tool").pool())
    assert mine == [Case("both", ("tool:b",)), Case("none")]
    assert others == [Case("x", ("tool:a",)), Case("agent", ("agent:b",))]
    assert golden.remove("both", "tool:a") == 1
    assert golden.remove(entry="a") == 1
    assert list(golden) == [Case("both", ("tool:b",)), Case("agent", ("agent:b",)), Case("none")]


def test_files_of_cases_come_and_go(letters: Catalog, tmp_path: Path) -> None:
    """An export read into another catalog gives the same cases; a bad line or name adds nothing."""
    letters.golden.add_many([Case("ein „Text“\n", ("a", "tool:b")), Case("none")])
    path = tmp_path / "golden.jsonl"
    assert letters.golden.export_jsonl(path) == 2
    assert path.read_text(encoding="utf-8") == (
        '{"text": "ein „Text“\\n", "gold": ["tool:a", "tool:b"]}\n{"text": "none", "gold": []}\n'
    )
    kept = list(letters.golden)
    letters.golden.remove(entry="tool:a")
    assert letters.golden.import_jsonl(path) == 1
    assert sorted(letters.golden) == sorted(
        [Case("ein „Text“\n", ("tool:b", "tool:a")), Case("none")]
    )  # the oldest first
    letters.golden.remove(kept[0].text)
    with pytest.raises(RoutingError, match="standard input, line 2: not JSON"):
        letters.golden.import_jsonl(io.StringIO('{"text": "new", "gold": "a"}\n{\n'))
    with pytest.raises(EntryNotFoundError, match="no entry is called 'zzz'"):
        letters.golden.import_jsonl(io.StringIO('{"text": "new", "gold": "a"}\n{"text": "new", "gold": "zzz"}\n'))
    assert list(letters.golden) == [Case("none")]
    stream = io.StringIO()
    assert letters.golden.export_jsonl(stream) == 1
    assert stream.getvalue() == '{"text": "none", "gold": []}\n'


@given(st.lists(st.tuples(texts, st.sampled_from(["tool:a", "tool:b"])), max_size=12))
def test_any_text_comes_back_as_it_was(lend_url: LendUrl, rows: list[tuple[str, str]]) -> None:
    """Cases read are those added, merged by text, whatever characters they have; removing each leaves none."""
    rows = [(text, key) for text, key in rows if text.strip()]
    expected: dict[str, dict[str, None]] = {}
    for text, key in rows:
        expected.setdefault(text, {})[key] = None
    with temporary_catalog(lend_url) as cat:
        cat.register_many([tool("a"), tool("b")])
        assert sum(cat.golden.add(text, key) for text, key in rows) == len(set(rows))
        assert list(cat.golden) == [Case(text, tuple(keys)) for text, keys in expected.items()]
        assert sum(cat.golden.remove(text) for text in expected) == len(set(rows))
        assert list(cat.golden) == []
