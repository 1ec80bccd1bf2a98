"""``sources`` and ``distributions``: one project's share of a shared database; the scope is their default."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import LendUrl, open_catalog, some, temporary_catalog, tool
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import AutoCouncil, Catalog, Settings, SettingsError, load_settings
from catalog.entry.filters import Filters, folded
from catalog.errors import InvalidFilterError, StrategyError

ENTRIES = [
    tool("a", source="scan:mine", distribution="my_dist==1.0", description="Draw a chart.", tags=["x"]),
    tool("b", source="scan:mine.tools", description="Draw a picture.", examples=["paint the sea"]),
    tool("c", source="scan:mine2", distribution="other==2.0", description="Draw a map."),
    tool("d", source="scan:/srv/theirs", distribution="my-dist-extra==1", description="Draw a plan."),
    tool("e", source="manual", description="Draw a face.", tags=["x"]),
]


@pytest.fixture
def shared(url: str) -> Iterator[Catalog]:
    """A catalog of entries from several sources, without a scope."""
    with open_catalog(url, settings=Settings(embedder="hash")) as cat:
        cat.register_many(ENTRIES)
        yield cat


@pytest.mark.parametrize("text", ["", "draw", "draw a chart"])
@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
@pytest.mark.parametrize(
    ("origin", "names"),
    [
        ({"sources": ["scan:mine"]}, "ab"),
        ({"sources": ["scan:mine2", "manual"]}, "ce"),
        ({"sources": ["scan"]}, "abcd"),
        ({"sources": ["scan:/srv"]}, "d"),
        ({"sources": ["scan:/srv/"]}, "d"),
        ({"sources": ["scan:min"]}, ""),
        ({"distributions": ["my-dist"]}, "a"),
        ({"distributions": ["My.Dist", "other==2.0"]}, "ac"),
        ({"distributions": ["other==2"]}, ""),
        ({"sources": ["scan:mine"], "distributions": ["my_dist"]}, "a"),
        ({"sources": ["scan", "manual"], "tags": ["x"]}, "ae"),
        ({"sources": ()}, "abcde"),
    ],
)
def test_only_entries_of_the_origin_are_found(
    shared: Catalog, origin: dict[str, list[str]], names: str, text: str, mode: str
) -> None:
    """Whatever is searched and how, hits come from the sources and distributions that are named, and all of these."""
    found = shared.search(text, mode=mode, limit=None, **origin)  # type: ignore[arg-type]
    assert sorted(hit.name for hit in found) == sorted(names)


def test_a_name_of_another_origin_is_not_found(shared: Catalog) -> None:
    """An entry that is called what was asked for comes first only if its origin is asked for, too."""
    assert [hit.name for hit in shared.search("d", sources=["scan:/srv"])] == ["d"]
    assert [hit.name for hit in shared.search("tool:d", sources=["scan:mine"])] == []


def test_entries_takes_origins(shared: Catalog) -> None:
    """`entries` yields those of the sources and distributions that are named."""
    assert [entry.name for entry in shared.entries("tool", sources=["scan:mine"])] == ["a", "b"]
    assert [entry.name for entry in shared.entries(distributions=["other"])] == ["c"]
    assert len([*shared.entries()]) == 5


@pytest.mark.parametrize("given_origin", [{"sources": "manual"}, {"sources": [""]}, {"distributions": [3]}])
def test_what_is_no_list_of_origins_is_refused(shared: Catalog, given_origin: dict[str, list[str]]) -> None:
    """A text instead of a list, an empty text, or a number is an error that names the filter."""
    with pytest.raises(InvalidFilterError, match=next(iter(given_origin))):
        shared.search("x", **given_origin)  # type: ignore[arg-type]
    with pytest.raises((InvalidFilterError, StrategyError), match=next(iter(given_origin))):
        AutoCouncil(shared, kind="tool", **given_origin)


texts = st.text("am:/.2\\", min_size=1, max_size=4)


@settings(max_examples=some(60), deadline=None)
@given(st.lists(st.tuples(texts, st.none() | st.text("aA_-.=1", max_size=4)), max_size=6), st.lists(texts, max_size=2),
       st.lists(st.text("aA_-.=1", min_size=1, max_size=3), max_size=2))  # fmt: skip
def test_the_database_and_the_tiers_agree(
    lend_url: LendUrl, made: list[tuple[str, str | None]], sources: list[str], distributions: list[str]
) -> None:
    """What SQL lets pass is what `Filters.passes` lets pass, for any source and any distribution."""
    entries = [tool(f"t{at}", source=source, distribution=name) for at, (source, name) in enumerate(made)]
    filters = Filters(sources=tuple(sources), distributions=tuple(map(folded, distributions)))
    with temporary_catalog(lend_url) as cat:
        cat.register_many(entries)
        found = [hit.name for hit in cat.search(sources=sources, distributions=distributions, limit=None)]
    assert found == [entry.name for entry in entries if filters.passes(entry)]


def write(tmp_path: Path, text: str) -> Path:
    """Write a configuration file."""
    file = tmp_path / "catalog.toml"
    file.write_text(text)
    return file


def test_the_scope_is_the_default_of_searches_and_routers(shared: Catalog, tmp_path: Path) -> None:
    """With a scope, searches and routers see its entries and those of process and configuration; () means all."""
    file = write(
        tmp_path,
        'embedder = "hash"\nscope = {sources = ["scan:mine"]}\n[entries.tool]\nf = {ref = "os:getcwd", '
        'description = "Draw a line."}\n',
    )
    with open_catalog(shared.url, settings=load_settings(file=file)) as cat:
        cat.register("tool", "g", print, runtime=True, description="Draw a circle.")
        for text in ("", "draw"):
            assert sorted(hit.name for hit in cat.search(text)) == ["a", "b", "f", "g"]
            assert sorted(hit.name for hit in cat.search(text, sources=["manual"])) == ["e"]
            assert sorted(hit.name for hit in cat.search(text, sources=())) == list("abcdefg")
        assert [entry.name for entry in AutoCouncil(cat, kind="tool").pool().entries] == ["a", "b", "f", "g"]
        assert [e.name for e in AutoCouncil(cat, kind="tool", sources=["scan:mine2"]).pool().entries] == ["c"]
        assert [e.name for e in AutoCouncil(cat, kind="tool", sources=()).pool().entries] == list("abcdefg")
        assert (cat.entry("tool:e").name, len(cat.list("tool"))) == ("e", 7)  # a key is a key


def test_entries_of_other_projects_leave_a_calibration_alone(shared: Catalog) -> None:
    """What another project stores is no candidate, and does not make a calibration stale."""
    router = AutoCouncil(shared, kind="tool", strategy="embedding", sources=["scan:mine"], on_no_match="abstain")
    labels = [("chart of sales", "a"), ("draw a chart", "a"), ("paint the sea", "b"), ("a picture of it", "b")]
    router.fit([*labels, ("capital of peru", None), ("bake bread", None)] * 3)
    before = router.resolve("paint the sea")
    shared.register("tool", "h", "os:getpid", description="Paint the sea, and the sky.", examples=["paint the sea"])
    after = router.resolve("paint the sea")
    assert (after.name, after.score, after.reason) == (before.name, before.score, before.reason)
    assert [candidate.name for candidate in after.candidates] == [candidate.name for candidate in before.candidates]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('scope = {source = ["x"]}', r"scope.source is no part of a scope; did you mean 'sources'\?"),
        ('scope = {zzz = ["x"]}', "scope.zzz is no part of a scope; there are sources and distributions"),
        ('scope = {sources = "x"}', r'scope.sources must be a list of texts, as \["scan:mypkg"\]'),
        ('scope = {distributions = [""]}', "scope.distributions must be a list of texts"),
        ('scope = "x"', "scope must be a table"),
        ("scop = {}", r"scop is not a setting; did you mean 'scope'"),
    ],
)
def test_a_wrong_scope_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """A scope of another form is an error that names the place, and what is meant."""
    with pytest.raises(SettingsError, match=fault):
        load_settings(file=write(tmp_path, text))
