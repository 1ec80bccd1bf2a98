"""Whatever is typed is safe, filters hold, ranking is FTS5's, and plans use their indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from factories import LendUrl, some, temporary_catalog, tool
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import few_tags, queries

from catalog import Catalog
from catalog.entry.filters import Filters
from catalog.errors import InvalidFilterError, SearchError, UnknownKindError
from catalog.search import keyword
from catalog.search.bm25 import bm25, idf
from catalog.store import fulltext
from catalog.store.fulltext import WEIGHTS
from catalog.store.queries import matching

WORDS = ("draw", "plot", "file", "read", "scatter", "bar", "数据可视化", "rare")


@pytest.fixture(scope="module")
def full(lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog of 300 tools and models, some runtime, some shadowed; tests only read it."""
    with temporary_catalog(lend_url) as cat:
        entries = []
        for n in range(300):
            text = " ".join(word for place, word in enumerate(WORDS) if n % (place + 1) == 0)
            tags = [
                tag for place, tag in enumerate(("plot", "Plot", "io", "🧪", "it's", 'say "x"')) if n % (place + 2) == 0
            ]
            kind = "tool" if n % 3 else "model"
            entries.append(
                {"kind": kind, "name": f"{WORDS[n % 8]}_{n}", "ref": "zz_no:x", "description": text, "tags": tags}
            )
        cat.register_many(entries)
        cat.register("tool", "plot_1", len, runtime=True, tags=["io"], description="draw otherwise")
        cat.register("tool", "only_here", len, runtime=True, tags=["plot", "🧪"], description="scatter")
        yield cat


TAGS = st.lists(few_tags, max_size=2)


@settings(max_examples=some(120))
@given(text=queries)
def test_any_text_is_a_safe_query(full: Catalog, text: str) -> None:
    """Whatever a person types, with or without filters, search answers with a list, and explains each hit."""
    found = full.search(text, limit=5)
    assert isinstance(found, list)
    assert isinstance(full.search(text, kind="tool", tags=["plot"], exclude_tags=[text]), list)
    assert isinstance(full.search("", any_tags=[text]), list)
    assert [set(hit.why) <= {"matched"} for hit in found] == [True] * len(found)


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "plot " * 10**5, "🧪", "数据可视化", "رسم بياني", "\0", "\ud800", "a" + "\u0301" * 500]
)
def test_a_strange_text_is_a_safe_query(full: Catalog, text: str) -> None:
    """A million characters, one emoji, Chinese, Arabic, NUL and half a surrogate are answered with a list."""
    assert isinstance(full.search(text), list)


@settings(max_examples=some(150))
@given(
    kind=st.none() | st.sampled_from(["tool", "model", ("tool", "model"), "agent"]),
    tags=TAGS, any_tags=TAGS, exclude=TAGS,
    limit=st.none() | st.integers(0, 40),
    text=st.sampled_from(["", " ", "draw", "scatter rare", "file nowhere"]),
)  # fmt: skip
def test_filters_give_what_looking_at_each_entry_gives(
    full: Catalog, kind: object, tags: list[str], any_tags: list[str], exclude: list[str], limit: int | None, text: str
) -> None:
    """Kind, all, any and none of the tags together give what testing every entry gives, and no more than asked."""
    kinds = (kind,) if isinstance(kind, str) else kind
    passing = [
        entry.key
        for entry in full.entries()
        if (kinds is None or entry.kind in kinds)
        and set(tags) <= set(entry.tags)
        and (not any_tags or set(any_tags) & set(entry.tags))
        and not set(exclude) & set(entry.tags)
    ]
    found = [
        hit.key for hit in full.search(text, kind=kind, tags=tags, any_tags=any_tags, exclude_tags=exclude, limit=limit)
    ]
    if text.strip():
        everything = {hit.key for hit in full.search(text, limit=None)}
        assert set(found) <= set(passing)
        assert len(found) == len(set(found))
        assert len(found) == min(len(everything & set(passing)), 10**9 if limit is None else limit)
    else:
        assert found == passing[:limit]


@settings(max_examples=some(60))
@given(text=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), limit=st.integers(1, 50))
def test_hits_come_best_first_and_ties_by_key(full: Catalog, text: str, limit: int) -> None:
    """Scores fall, equal scores go by kind and name, and a longer answer begins with the shorter one."""
    found = full.search(text, limit=limit)
    order = [(-hit.score, hit.kind, hit.name) for hit in found]
    assert order == sorted(order)
    assert [hit.key for hit in full.search(text, limit=limit + 7)][:limit] == [hit.key for hit in found]


@settings(max_examples=some(40))
@given(
    wanted=st.lists(
        st.sampled_from(["draw", "plot", "file", "read", "scatter", "bar", "rare"]), min_size=1, unique=True
    )
)
def test_our_bm25_is_that_of_fts5(full: Catalog, wanted: list[str]) -> None:
    """The score computed in Python is FTS5's own to a billionth, for every entry that has a word."""
    view = full.workspace.snapshot()
    corpus = view.corpus()
    idfs = {word: idf(corpus.total, corpus.frequency(word)) for word in wanted}
    theirs = dict(fulltext.rank(corpus.reader, " OR ".join(f'"{word}"' for word in wanted), Filters(), 10_000))
    ours = {
        id_: bm25(doc, WEIGHTS, idfs, corpus.average_length)
        for id_, *doc in fulltext.documents(corpus.reader, list(theirs))
    }
    assert set(ours) == set(theirs)
    assert max(abs(ours[id_] - score) for id_, score in theirs.items()) < 1e-9


@settings(max_examples=some(40))
@given(text=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), tags=TAGS, exclude=TAGS)
def test_common_words_take_the_short_way_and_obey_the_filters(
    full: Catalog, text: str, tags: list[str], exclude: list[str]
) -> None:
    """With every word too common to rank all its rows, hits still pass the filters, have a word, and come in order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyword, "SMALL", 0)
        patch.setattr(keyword, "budget", lambda total: 20)
        found = full.search(text, kind="tool", tags=tags, exclude_tags=exclude)
        everything = {hit.key for hit in full.search(text, kind="tool", tags=tags, exclude_tags=exclude, limit=None)}
    slow = {hit.key for hit in full.search(text, kind="tool", tags=tags, exclude_tags=exclude, limit=None)}
    assert everything == slow
    assert {hit.key for hit in found} <= slow
    assert len(found) == min(10, len(slow))
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_a_name_comes_first_and_a_beginning_will_do(full: Catalog) -> None:
    """The entry called exactly what was typed leads, by name or key; a word nothing has stands for longer ones."""
    assert full.search("scatter_4", limit=3)[0].key == "tool:scatter_4"
    assert full.search("tool:scatter_4", limit=3)[0].key == "tool:scatter_4"
    assert {hit.name.partition("_")[0] for hit in full.search("scat", limit=3)} <= {"scatter", "draw", "only", *WORDS}
    assert full.search("scat")


def test_a_runtime_word_that_begins_a_stored_one_is_found(catalog: Catalog) -> None:
    """A runtime tool called `scat` is found by its name though the database knows `scatter`."""
    catalog.register("tool", "scatter", "os:getcwd")
    catalog.register("tool", "scat", len, runtime=True)
    assert catalog.search("scat")[0].name == "scat"


def test_entries_named_like_operators_are_found(catalog: Catalog) -> None:
    """Names that are SQL, FTS operators, emoji or punctuation are found by typing them."""
    names = ["DROP TABLE entry", "AND", "NOT", "NEAR(", '"', "'", "*", "🧪", "++", "a:b:c", "name : x", "数据", "is"]
    catalog.register_many([tool(name) for name in names])
    assert {name: catalog.search(name)[0].name for name in names} == {name: name for name in names}


@pytest.mark.parametrize("many", [40, 200])
def test_many_filters_at_once(catalog: Catalog, many: int) -> None:
    """Forty and two hundred tags at once, wanted or not wanted, with text and without, are answered."""
    tags = [f"t{n}" for n in range(many)]
    catalog.register("tool", "all", "os:getcwd", tags=tags, description="draw")
    catalog.register("tool", "none", "os:getcwd", description="draw")
    for text in ("", "draw"):
        assert [hit.name for hit in catalog.search(text, tags=tags)] == ["all"]
        assert [hit.name for hit in catalog.search(text, any_tags=tags)] == ["all"]
        assert [hit.name for hit in catalog.search(text, exclude_tags=tags)] == ["none"]


@pytest.mark.parametrize(
    ("given_", "error"),
    [
        ({"limit": -1}, InvalidFilterError),
        ({"limit": 1.5}, InvalidFilterError),
        ({"tags": "plot"}, InvalidFilterError),
        ({"any_tags": [1]}, InvalidFilterError),
        ({"mode": "psychic"}, InvalidFilterError),
        ({"mode": "hybrid"}, SearchError),
        ({"kind": "tol"}, UnknownKindError),
        ({"kind": ("tool", "tol")}, UnknownKindError),
    ],
)
def test_a_wrong_filter_is_refused(full: Catalog, given_: dict, error: type) -> None:
    """A filter with a value it can't have raises, instead of finding nothing."""
    with pytest.raises(error):
        full.search("draw", **given_)


def test_no_limit_is_too_large(full: Catalog) -> None:
    """A limit beyond every number of SQLite means all; 0 means none."""
    everything = [hit.key for hit in full.search("draw", limit=None)]
    assert [hit.key for hit in full.search("draw", limit=10**30)] == everything
    assert len(full.search(limit=10**30)) == len(list(full.entries()))
    assert (full.search("draw", limit=0), full.search(limit=0)) == ([], [])
    assert len(full.log(10**30)) >= 300


def test_a_hit_is_as_it_was_found(catalog: Catalog) -> None:
    """The entry of a hit is the one that was found, though it was changed and taken away since."""
    catalog.register("tool", "x", "os:getcwd", description="first", tags=["t"])
    (hit,) = catalog.search("first")
    catalog.register("tool", "x", "os:getpid", description="second")
    catalog.unregister("tool", "x")
    assert (hit.entry.description, hit.entry.ref, hit.tags, hit.why) == (
        "first", "os:getcwd", ("t",), {"matched": {"description": ["first"]}},
    )  # fmt: skip


def test_the_entries_of_hits_are_read_together(full: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entries of all hits of a search take a single statement, and are those that lookups give."""
    hits = full.search("draw plot", limit=20)
    expected = [full.entry(hit.kind, hit.name) for hit in hits]
    reader = type(full.workspace.store.reader)
    all_rows, one_row, said = reader.all, reader.one, []
    monkeypatch.setattr(reader, "all", lambda self, sql, *args: said.append(sql) or all_rows(self, sql, *args))
    monkeypatch.setattr(reader, "one", lambda self, sql, *args: said.append(sql) or one_row(self, sql, *args))
    assert [hit.entry for hit in hits] == expected
    assert (len(hits), len(said)) == (20, 1)


FILTERS = [
    Filters(kinds, tags, any_tags, exclude, *origin)
    for kinds in ((), ("tool",), ("tool", "model"))
    for tags in ((), ("plot",), ("plot", "io"))
    for any_tags in ((), ("io", "🧪"))
    for exclude in ((), ("Plot",))
    for origin in ((), (("manual",), ("plots",)))
]


@pytest.mark.sqlite("plans are SQLite's")
@pytest.mark.parametrize("filters", FILTERS, ids=lambda one: "-".join(map(str, map(len, one[:6]))))
def test_no_plan_reads_a_whole_table(full: Catalog, filters: Filters, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every combination of filters, with text and without, goes by an index and asks the text index once."""
    reader = full.workspace.store.reader
    said: list[tuple[str, list[str]]] = []
    all_rows = type(reader).all

    def explained(self, sql: str, params=()):
        said.append((sql, [row[3] for row in all_rows(self, f"EXPLAIN QUERY PLAN {sql}", params)]))
        return all_rows(self, sql, params)

    monkeypatch.setattr(type(reader), "all", explained)
    matching(reader, filters, 20)
    fulltext.rank(reader, '"draw"', filters, 20)
    fulltext.listed(reader, '"draw"', filters, 20)
    fulltext.candidates(reader, ['"draw"'], filters, 20, 20)
    assert len(said) >= 4
    for sql, plan in said:
        tables = [line for line in plan if re.match(r"SCAN (e|entry|x|t|entry_tag|k)\b", line)]
        ordered = filters.kinds == () and "USING INDEX" in " ".join(tables)  # by key, through the index of the keys
        assert tables == [] or ordered, (sql, plan)
        assert sum("VIRTUAL TABLE" in line for line in plan) == ("MATCH" in sql), (sql, plan)
