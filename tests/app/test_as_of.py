"""``Catalog.as_of``: the stored entries as they were, in a catalog that can only be read."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factories import open_catalog, some
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog import Catalog, CatalogWarning, DriftError, InvalidFilterError, ReadOnlyError


def state(cat: Catalog) -> list[tuple[str, int, str | None, str, tuple[str, ...]]]:
    """Return what a catalog says of its entries."""
    return [(e.key, e.revision, e.ref, e.description, e.tags) for e in cat.entries()]


@pytest.fixture
def lived(catalog: Catalog) -> tuple[Catalog, list[datetime], list[list[tuple[object, ...]]]]:
    """A catalog, the moments after each of its changes, and its state at each."""
    moments: list[datetime] = []
    states: list[list[tuple[object, ...]]] = []
    for change in (
        lambda: catalog.register("tool", "plot", "os:getcwd", description="draw a scatter", tags=["a"]),
        lambda: catalog.register("tool", "send", "os:getpid", description="send an invoice"),
        lambda: catalog.update("tool:plot", description="draw a histogram", tags=["b"]),
        lambda: catalog.unregister("tool:send"),
        lambda: catalog.rename("tool:plot", "chart"),
        lambda: catalog.register("tool", "plot", "os:getppid", description="another plot"),
        lambda: catalog.restore("tool:send"),
        lambda: catalog.unregister("tool:chart"),
        lambda: catalog.rename("tool:plot", "chart"),
    ):
        change()
        moments.append(datetime.now(UTC))
        states.append(state(catalog))  # type: ignore[arg-type]
    return catalog, moments, states


def test_every_moment_is_as_it_was(lived) -> None:
    """Names, revisions, references and texts are those of then, through renames, removals and returns."""
    catalog, moments, states = lived
    expected = [*states]
    expected[8] = [(key, *rest) for key, *rest in states[8]]
    for moment, was in zip(moments, states, strict=True):
        with catalog.as_of(moment) as then:
            found = [(key, ref, text, tags) for key, _, ref, text, tags in state(then)]
            assert found == [(key, ref, text, tags) for key, _, ref, text, tags in was]
            assert then.list("tool") == [key.partition(":")[2] for key, *_ in was]
            assert then.check() == []
    with catalog.as_of(moments[0] - timedelta(days=1)) as then:
        assert (list(then.entries()), then.log()) == ([], [])


def test_every_generation_is_as_it_was(catalog: Catalog) -> None:
    """A generation says the same as its moment; one to come is refused."""
    numbers = []
    for number in range(3):
        catalog.register("tool", "x", "os:getcwd", description=f"text {number}")
        numbers.append(catalog.generation)
    for number, generation in enumerate(numbers):
        with catalog.as_of(generation) as then:
            assert (then.entry("tool:x").description, then.generation) == (f"text {number}", generation)
    with pytest.raises(InvalidFilterError, match="is to come; this is generation"):
        catalog.as_of(numbers[-1] + 1)


def test_all_that_reads_works(lived) -> None:
    """Loading, searching, history, references, kinds and export answer for the entries of then."""
    catalog, moments, _ = lived
    catalog.register("profile", "p", {"uses": []}, metadata={"references": ["tool:plot"]})
    with catalog.as_of(moments[2]) as then:
        assert then["tool:plot"] is os.getcwd
        assert then.get("tool", "chart") is None
        assert [hit.key for hit in then.search("histogram")] == ["tool:plot"]
        assert then.search("scatter") == []
        assert [hit.key for hit in then.search(tags=["b"])] == ["tool:plot"]
        assert [(c.key, c.action) for c in then.log()] == [
            ("tool:plot", "update"), ("tool:send", "register"), ("tool:plot", "register"),
        ]  # fmt: skip
        assert [c.revision for c in then.history("tool:plot")] == [2, 1]
        assert then.references("tool:plot") == []
        assert "tool" in then.kinds()
        with tempfile.TemporaryDirectory() as folder:
            assert then.export_jsonl(Path(folder) / "out.jsonl") == 2
        entry = then.entry("tool:plot")
        assert entry.updated_at is not None
        assert entry.created_at is not None
        assert entry.created_at < entry.updated_at <= moments[2]


def test_every_write_is_refused(lived, tmp_path: Path) -> None:
    """Whatever would write is refused with an error that says why; the catalog itself is as it was."""
    catalog, moments, states = lived
    with catalog.as_of(moments[2]) as then:
        before = state(then)
        for write in (
            lambda: then.register("tool", "new", "os:getcwd"),
            lambda: then.register("tool", "new", len, runtime=True),
            lambda: then.register_many([{"kind": "tool", "name": "new", "ref": "os:getcwd"}]),
            lambda: then.update("tool:plot", description="x"),
            lambda: then.rename("tool:plot", "x"),
            lambda: then.unregister("tool:plot"),
            lambda: then.restore("tool:plot", revision=1),
            lambda: then.alias("tool:plot", "prod"),
            lambda: then.unalias("tool:plot", "prod"),
            lambda: then.scan("json"),
            lambda: then.golden.add("draw", "tool:plot"),
            lambda: then.prune(keep=1, vacuum=True),
            lambda: then.mend(),
            lambda: then.reindex(),
            lambda: then.reset_runtime(),
            lambda: then.reset_uses(),
            lambda: then.record_use("a plot", "tool:plot"),
        ):
            with pytest.raises(ReadOnlyError, match="which can only be read; write to the catalog itself"):
                write()
        assert state(then) == before
    assert state(catalog) == states[-1]


def test_nothing_is_left_behind(lived, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its file is in a folder of this user only and goes when it is closed."""
    catalog, moments, _ = lived
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    then = catalog.as_of(moments[0])
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    then.close()
    assert list(temporary.iterdir()) == []
    with pytest.raises(InvalidFilterError):
        catalog.as_of("never")
    assert list(temporary.iterdir()) == []


def test_aliases_point_where_they_did(catalog: Catalog) -> None:
    """An alias of then names the revision of then, under the name of then."""
    for number in range(2):
        catalog.register("tool", "plot", "os:getcwd", description=f"text {number}")
    catalog.alias("tool:plot", "prod", revision=1)
    before = datetime.now(UTC)
    generation = catalog.generation
    catalog.alias("tool:plot", "prod", revision=2)
    catalog.rename("tool:plot", "chart")
    for when in (before, generation):
        with catalog.as_of(when) as then:
            assert then.aliases("tool:plot") == {"prod": 1}
            assert then.entry("tool:plot@prod").description == "text 0"
    assert catalog.entry("tool:chart@prod").description == "text 1"


def test_what_was_pruned_is_said_to_be_missing(catalog: Catalog) -> None:
    """An entry whose revision of then was deleted is left out with a warning that names it, never shown otherwise."""
    for name in ("one", "two"):
        for number in range(4):
            catalog.register("tool", name, "os:getcwd", description=f"text {number}")
            if name == "one" and number == 2:
                moment = datetime.now(UTC)
    catalog.alias("tool:one", "first", revision=1)
    catalog.prune(keep=1)
    with pytest.warns(CatalogWarning, match="the history was pruned: how tool:one, tool:two stood at .* is not known"):
        then = catalog.as_of(moment)
    assert then.list("tool") == []
    then.close()


@pytest.mark.parametrize(
    "when", ["", "soon", "2026-13-01", "9999-01-01", "-3", "3 fortnights ago", None, 1.5, True, -1]
)
def test_a_moment_that_is_none_is_refused(catalog: Catalog, when: object) -> None:
    """What is no moment, or is to come, is refused with what may be written."""
    with pytest.raises(InvalidFilterError, match=r"is no moment: write|is to come"):
        catalog.as_of(when)  # type: ignore[arg-type]


@pytest.mark.parametrize("when", ["1 hour ago", "2 days ago", "2020-01-31", "2020-01-31T12:00+02:00"])
def test_a_moment_may_be_said_in_words(catalog: Catalog, when: str) -> None:
    """An age or a date is a moment; before the first change there is nothing."""
    catalog.register("tool", "x", "os:getcwd")
    with catalog.as_of(when) as then:
        assert list(then.entries()) == []


def test_code_of_today_is_drift_then(catalog: Catalog, module_folder: Path) -> None:
    """What changed since is refused, as the checksum of then is not that of today."""
    code = module_folder / "past_code.py"
    code.write_text("def f(a): ...\n")
    catalog.register("tool", "f", "past_code:f")
    then = datetime.now(UTC)
    code.write_text("def f(a, b): ...\n")
    catalog.accept(catalog.verify())
    with catalog.as_of(then) as past, pytest.raises(DriftError):
        past["tool:f"]


def test_configured_entries_have_no_past(tmp_path: Path) -> None:
    """What the configuration says now it did not say then."""
    (tmp_path / "catalog.toml").write_text('[entries.tool]\nnow = "os:getcwd"\n')
    with open_catalog(tmp_path / "c.db", settings=tmp_path / "catalog.toml") as cat:
        cat.register("tool", "stored", "os:getpid")
        with cat.as_of(datetime.now(UTC)) as then:
            assert (cat.list("tool"), then.list("tool")) == (["now", "stored"], ["stored"])


NAMES = st.sampled_from(["a", "b", "c"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), NAMES, st.integers(0, 3)),
        st.tuples(st.just("remove"), NAMES, st.none()),
        st.tuples(st.just("rename"), NAMES, NAMES),
    ),
    max_size=14,
)


@settings(max_examples=some(25), deadline=None, suppress_health_check=list(HealthCheck))
@example(changes=[("put", "a", 0), ("rename", "a", "b"), ("put", "a", 0), ("remove", "a", None), ("rename", "b", "a")])
@given(changes=CHANGES)
def test_any_history_can_be_read_at_every_generation(changes, lend_url) -> None:
    """However entries were put, taken away and renamed, each generation shows exactly what was there."""
    from factories import temporary_catalog

    from catalog import CatalogError

    with temporary_catalog(lend_url) as cat:
        states = {}
        for what, name, more in changes:
            try:
                if what == "put":
                    cat.register("tool", name, "os:getcwd", description=f"text {more}")
                elif what == "remove":
                    cat.unregister("tool", name)
                else:
                    cat.rename("tool", name, more)
            except CatalogError:
                continue
            states[cat.generation] = [(e.key, e.description) for e in cat.entries()]
        for generation, was in states.items():
            with cat.as_of(generation) as then:
                assert [(e.key, e.description) for e in then.entries()] == was
