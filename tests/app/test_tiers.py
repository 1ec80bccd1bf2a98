"""Runtime over persistent over config; what is registered stays, or was never there."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from factories import LendUrl, open_catalog, some, temporary_catalog, tool
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from strategies import entries, few_names, json_values

from catalog import Catalog, Settings
from catalog.entry.entry import FIELDS, make_entry
from catalog.errors import (
    DuplicateEntryError,
    EntryError,
    EntryNotFoundError,
    InvalidEntryError,
    InvalidReferenceError,
    NotImportableError,
    UnknownKindError,
)

SET_BY_STORE = ("revision", "created_at", "updated_at", "tier")


def written(entry) -> dict[str, Any]:
    """Return the fields a caller gives."""
    return {name: getattr(entry, name) for name in FIELDS if name not in SET_BY_STORE}


TIERS = st.sets(st.sampled_from(["runtime", "persistent", "config"]), min_size=1)


@settings(max_examples=some(15))
@given(TIERS, st.permutations(["runtime", "persistent"]), st.integers(1, 2))
def test_the_higher_tier_wins_in_whatever_order(
    lend_url: LendUrl, tiers: set[str], order: list[str], times: int
) -> None:
    """The winner is the highest tier that has the key, whatever was registered first or twice."""
    configured = {"tool": {"x": "os:getpid"}} if "config" in tiers else {}
    with temporary_catalog(lend_url) as blank, open_catalog(blank.url, settings=Settings(entries=configured)) as cat:
        for tier in [one for one in order if one in tiers] * times:
            if tier == "runtime":
                cat.register("tool", "x", os.getppid, runtime=True)
            else:
                cat.register("tool", "x", "os:getcwd")
        ranked = [tier for tier in ("runtime", "persistent", "config") if tier in tiers]
        live = {"runtime": os.getppid, "persistent": os.getcwd, "config": os.getpid}
        assert [standing.tier for standing in cat.which("tool", "x")] == ranked
        assert [standing.wins for standing in cat.which("tool", "x")] == [True] + [False] * (len(ranked) - 1)
        assert cat.entry("tool", "x").tier == ranked[0]
        assert cat["tool", "x"] is live[ranked[0]]
        assert [(hit.key, hit.tier) for hit in cat.search("x")] == [("tool:x", ranked[0])]
        assert [(hit.key, hit.tier) for hit in cat.search(kind="tool")] == [("tool:x", ranked[0])]
        assert (cat.list("tool"), len(cat.tools), list(cat.entries())) == (["x"], 1, [cat.entry("tool", "x")])
        for tier in ranked:  # taken away from the top, the next one shows
            if tier == "config":
                with pytest.raises(EntryError, match="is configured in"):
                    cat.unregister("tool", "x")
            else:
                assert cat.unregister("tool", "x").tier == tier
        assert cat.list("tool") == (["x"] if "config" in tiers else [])


@settings(max_examples=some(20))
@given(st.lists(entries(), max_size=6, unique_by=lambda entry: entry.key))
def test_stored_entries_come_back_as_they_were_given(
    lend_url: LendUrl, tmp_path_factory: pytest.TempPathFactory, given_: list[Any]
) -> None:
    """Every field of every entry survives storing, closing, opening, listing and export."""
    with temporary_catalog(lend_url) as first:
        assert first.register_many(given_) == len(given_)
        file = tmp_path_factory.mktemp("export") / "entries.jsonl"
        with open_catalog(first.url) as cat:
            for entry in given_:
                assert written(cat.entry(entry.kind, entry.name)) == written(entry)
            ordered = sorted(given_, key=lambda entry: (entry.kind, entry.name))
            assert [written(entry) for entry in cat.entries()] == [written(entry) for entry in ordered]
            assert cat.export_jsonl(file) == len(given_)
            assert cat.register_many(given_) == 0  # the same again changes nothing
            assert len(cat.log(100)) == len(given_)
            assert cat.check() == []
        with lend_url() as url, open_catalog(url) as other:
            assert other.import_jsonl(file, restore=True) == len(given_)
            assert [written(entry) for entry in other.entries()] == [written(entry) for entry in ordered]


@settings(max_examples=some(30))
@given(json_values.filter(lambda value: value is not None and not isinstance(value, str)))
def test_data_is_handed_out_as_it_was_registered(lend_url: LendUrl, value: Any) -> None:
    """Any JSON but text is registered as data; changing what was taken changes it for nobody else."""
    with temporary_catalog(lend_url) as cat:
        cat.register("schema", "data", value)
        taken = cat["schema", "data"]
        assert (taken, type(taken)) == (value, type(value))
        before = json.dumps(cat.entry("schema", "data").spec)
        if isinstance(taken, dict):
            taken["changed"] = True
        elif isinstance(taken, list):
            taken.append("changed")
        assert json.dumps(cat.entry("schema", "data").spec) == before
        assert json.dumps(cat["schema:data"]) == before


BAD = [
    ({"kind": "tool", "name": "", "ref": "a:b"}, InvalidEntryError),
    ({"kind": "tool", "name": "x"}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "ref": "a:b", "spec": {}}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "ref": "no colon"}, InvalidReferenceError),
    ({"kind": "tool", "name": "x", "ref": "a:b", "colour": "red"}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "spec": {"n": float("nan")}}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "spec": "half \ud800"}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "ref": "a:b", "tags": "plot"}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "ref": "a:b", "tags": ["a\nb"]}, InvalidEntryError),
    ({"kind": "tool", "name": "x", "ref": "a:b", "priority": 2**31}, InvalidEntryError),
    ({"kind": "gadget", "name": "x", "ref": "a:b"}, UnknownKindError),
    ({"kind": "tool", "name": "good 3", "ref": "c:d"}, DuplicateEntryError),
    ({"kind": "tool", "name": "x", "value": lambda: 1}, NotImportableError),
    ("tool:x", InvalidEntryError),
]


@pytest.mark.parametrize(("bad", "error"), BAD, ids=[str(number) for number in range(len(BAD))])
@pytest.mark.parametrize("place", [0, 5])
def test_a_batch_with_one_fault_writes_nothing(catalog: Catalog, bad: Any, error: type, place: int) -> None:
    """One wrong entry among good ones raises its own error, and no entry, tag, word or revision is written."""
    batch: list[Any] = [{"kind": "tool", "name": f"good {n}", "ref": "a:b", "tags": ["t"]} for n in range(5)]
    batch.insert(place, bad)
    before = catalog.generation
    with pytest.raises(error):
        catalog.register_many(batch)
    assert (catalog.list("tool"), catalog.log(), catalog.generation) == ([], [], before)
    assert catalog.check() == []


class History(RuleBasedStateMachine):
    """Registering, taking away, restoring and moving entries, against a dictionary that does the same."""

    def __init__(self, lend_url: LendUrl) -> None:
        """Begin with nothing."""
        super().__init__()
        self._lend_url = lend_url
        self._context = temporary_catalog(lend_url)
        self.cat = self._context.__enter__()
        self.now: dict[str, str] = {}
        self.past: dict[str, list[str | None]] = {}

    def teardown(self) -> None:
        """Close."""
        self._context.__exit__(None, None, None)

    def _note(self, name: str, text: str | None) -> None:
        before = self.now.get(name)
        if text != before or name not in self.now:
            self.past.setdefault(name, []).append(text)
        if text is None:
            del self.now[name]
        else:
            self.now[name] = text

    @rule(name=few_names, text=st.sampled_from("xyz"))
    def register(self, name: str, text: str) -> None:
        """Register one."""
        stored = self.cat.register("tool", name, "zz_no_such:thing", description=text)
        self._note(name, text)
        assert stored.revision == len(self.past[name])

    @rule(names=st.lists(few_names, unique=True), text=st.sampled_from("xyz"))
    def register_many(self, names: list[str], text: str) -> None:
        """Register several."""
        changed = sum(self.now.get(name) != text for name in names)
        given_ = [tool(name, ref="zz_no_such:thing", description=text) for name in names]
        assert self.cat.register_many(given_) == changed
        for name in names:
            self._note(name, text)

    @rule(name=few_names)
    def unregister(self, name: str) -> None:
        """Take one away."""
        if name in self.now:
            self.cat.unregister("tool", name)
            self._note(name, None)
        else:
            with pytest.raises(EntryNotFoundError):
                self.cat.unregister("tool", name)

    @rule(name=few_names, data=st.data())
    def restore(self, name: str, data: st.DataObject) -> None:
        """Bring back any revision."""
        past = self.past.get(name, [])
        if not past:
            with pytest.raises(EntryNotFoundError):
                self.cat.restore("tool", name)
            return
        number = data.draw(st.integers(1, len(past)))
        text = past[number - 1]
        if text is None:
            with pytest.raises(EntryNotFoundError):
                self.cat.restore("tool", name, revision=number)
        else:
            assert self.cat.restore("tool", name, revision=number).description == text
            self._note(name, text)

    @rule()
    def export_and_import(self) -> None:
        """Write everything to a file and read it into another catalog and into this one."""
        file = io.StringIO()
        self.cat.export_jsonl(file)
        with temporary_catalog(self._lend_url) as other:
            assert other.import_jsonl(io.StringIO(file.getvalue()), restore=True) == len(self.now)
            assert {entry.name: entry.description for entry in other.entries()} == self.now
        assert self.cat.import_jsonl(io.StringIO(file.getvalue()), restore=True) == 0

    @invariant()
    def agrees(self) -> None:
        """The catalog says what the dictionary says."""
        assert {entry.name: entry.description for entry in self.cat.entries("tool")} == self.now
        assert self.cat.list("tool") == sorted(self.now)
        for name, past in self.past.items():
            history = self.cat.history("tool", name)
            assert [(one.revision, one.data and one.data["description"]) for one in history] == [
                (number, text) for number, text in reversed(list(enumerate(past, 1)))
            ]


def test_any_history(lend_url: LendUrl) -> None:
    """Whatever happens to a catalog, entries and history are those of the dictionary."""
    run_state_machine_as_test(
        lambda: History(lend_url), settings=settings(max_examples=8, stateful_step_count=15, deadline=None)
    )


def test_restore_without_a_number_goes_one_back(catalog: Catalog) -> None:
    """Of an entry that is there `restore` brings the state before; of one taken away the last it had."""
    catalog.register("tool", "x", "os:getcwd", description="first")
    catalog.register("tool", "x", "os:getcwd", description="second")
    assert catalog.restore("tool", "x").description == "first"
    catalog.unregister("tool", "x")
    restored = catalog.restore("tool", "x")
    assert (restored.description, restored.revision) == ("first", 5)
    assert [one.action for one in catalog.history("tool", "x")] == [
        "restore", "unregister", "restore", "register", "register",
    ]  # fmt: skip


def test_a_revision_says_who_when_and_what(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log names the actor and the fields that changed."""
    monkeypatch.setenv("CATALOG_ACTOR", "ann")
    catalog.register("tool", "x", "os:getcwd", description="first")
    catalog.register("tool", "x", "os:getcwd", description="second", tags=["t"])
    newer, older = catalog.log()
    assert (newer.key, newer.revision, newer.actor, newer.action) == ("tool:x", 2, "ann", "register")
    assert newer.changed(older) == {"description": ("first", "second"), "tags": ([], ["t"])}
    assert older.at.utcoffset().total_seconds() == 0
    assert newer.entry is not None
    assert newer.entry.description == "second"


def test_a_miss_names_what_is_close(catalog: Catalog) -> None:
    """EntryNotFoundError names similar names, tells of one taken away, and case counts."""
    catalog.register("tool", "create_scatter", "os:getcwd")
    with pytest.raises(EntryNotFoundError, match="did you mean 'tool:create_scatter'") as caught:
        catalog["tool", "Create_Scatter"]
    assert caught.value.facts["close"] == ["tool:create_scatter"]
    assert str(caught.value) == caught.value.message
    catalog.unregister("tool", "create_scatter")
    with pytest.raises(EntryNotFoundError, match="catalog restore tool:create_scatter"):
        catalog.entry("tool", "create_scatter")
    assert catalog.get("tool", "create_scatter", 7) == 7
    with pytest.raises(UnknownKindError, match="did you mean 'tool'"):
        catalog.list("tools")


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "", " x", "n" * 5000, "'; DROP TABLE entry; --"])
def test_a_name_nothing_can_have_is_a_miss(catalog: Catalog, name: str) -> None:
    """Looking for an impossible name is a miss, never another error."""
    assert ("tool", name) not in catalog
    assert catalog.get("tool", name) is None
    assert catalog.history("tool", name) == []
    with pytest.raises(EntryNotFoundError):
        catalog.entry("tool", name)
    with pytest.raises(EntryNotFoundError):
        catalog.unregister("tool", name)


@pytest.mark.parametrize("key", ["tool:x", ("tool",), ("tool", 1), None, 7, ("tool", "x", "y"), (["tool"], "x")])
def test_what_is_no_key_is_in_no_catalog(catalog: Catalog, key: object) -> None:
    """`in` answers False for anything that is no pair of texts."""
    assert (key in catalog) is False


def test_runtime_objects_are_kept_as_they_are(catalog: Catalog, url: str) -> None:
    """A runtime entry gives the very object, is seen by this catalog only, and goes with `reset_runtime`."""
    thing = object()
    entry = catalog.register("tool", "mine", thing, runtime=True, description="Mine alone.", tags=["t"])
    assert (entry.tier, entry.ref, entry.spec, entry.description) == ("runtime", None, None, "Mine alone.")
    assert catalog["tool", "mine"] is thing
    with open_catalog(url) as other:
        assert other.list("tool") == []
    assert catalog.log() == []
    catalog.reset_runtime()
    assert catalog.list("tool") == []
    assert catalog.get("tool", "mine") is None


def test_thousands_of_runtime_entries_stay_quick_to_search(catalog: Catalog) -> None:
    """Three thousand objects of this process are listed, filtered and searched with the stored ones."""
    catalog.register_many([tool(f"stored {n}", description="Draw a plot.") for n in range(50)])
    for n in range(3000):
        catalog.register("tool", f"mine {n}", n.__add__, runtime=True, tags=["even" if n % 2 == 0 else "odd"])
    assert len(catalog.list("tool")) == 3050
    assert len(catalog.search(tags=["even"], limit=None)) == 1500
    assert catalog.search("mine 77")[0].key == "tool:mine 77"
    assert catalog.search("plot")[0].name.startswith("stored")


def test_a_search_for_all_of_many_has_them_all(catalog: Catalog) -> None:
    """More entries than SQLite takes parameters are one transaction, and `limit=None` finds each of them."""
    many = [tool(f"entry {n}", description="draw", tags=[f"t{n % 7}"]) for n in range(33_000)]
    before = catalog.generation
    assert catalog.register_many(many) == 33_000
    assert catalog.generation == before + 1
    assert len(catalog.search("draw", limit=None)) == 33_000
    assert len(catalog.search("draw", tags=["t3"], limit=None)) == len(range(3, 33_000, 7))
    assert [hit.name for hit in catalog.search("entry 31999", limit=1)] == ["entry 31999"]


@pytest.mark.sqlite("a server keeps no NUL; tests/postgresql says what comes of one")
def test_very_long_texts_are_kept_whole(catalog: Catalog) -> None:
    """A description of a million characters, with NUL and every line end, comes back character by character."""
    text = "scatter \0\r\n\u2028\x1b[0m" + "é🧪" * 250_000 + "x" * 500_000
    catalog.register("tool", "long", "os:getcwd", description=text)
    assert catalog.entry("tool", "long").description == text
    assert [hit.name for hit in catalog.search("scatter")] == ["long"]


def test_nested_data_is_kept_or_refused(catalog: Catalog) -> None:
    """Data a hundred levels deep is kept; what is too deep to check is refused as an invalid entry."""

    def nested(levels: int) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = {"a": [value]}
        return value

    catalog.register("schema", "deep", nested(50))
    assert catalog["schema", "deep"] == nested(50)
    with pytest.raises(InvalidEntryError):
        catalog.register("schema", "deeper", nested(5000))


@pytest.mark.sqlite("a server has its own clock")
def test_a_clock_that_goes_back_disturbs_nothing(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revisions are ordered by their number, whatever the clock says."""
    from datetime import UTC, datetime

    from catalog.store import writer

    class Back(datetime):
        year_now = 2030

        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            cls.year_now -= 1
            return datetime(cls.year_now, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(writer, "datetime", Back)
    for text in "abc":
        catalog.register("tool", "x", "os:getcwd", description=text)
    assert [one.revision for one in catalog.history("tool", "x")] == [3, 2, 1]
    assert catalog.entry("tool", "x").description == "c"
    assert catalog.entry("tool", "x").updated_at < catalog.entry("tool", "x").created_at


LINES = [
    ("not json", "line 2: not JSON"),
    ("[1, 2]", "line 2: not a JSON object"),
    ('{"kind": "tool", "name": "b", "ref": "a:b", "colour": 1}', "colour: no such field"),
]


@pytest.mark.parametrize(("line", "said"), LINES)
def test_a_wrong_line_is_named_and_nothing_is_imported(catalog: Catalog, tmp_path: Path, line: str, said: str) -> None:
    """An import with one wrong line says which, and writes none of the others."""
    good = '{"kind": "tool", "name": "a", "ref": "a:b"}'
    (tmp_path / "in.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(InvalidEntryError, match=said):
        catalog.import_jsonl(tmp_path / "in.jsonl")
    assert catalog.list("tool") == []


def test_lines_may_come_from_a_file_that_is_open(catalog: Catalog, lend_url: LendUrl) -> None:
    """Import and export take open files, blank lines included."""
    import io

    out = io.StringIO()
    catalog.register("tool", "a", "os:getcwd", tags=["t"])
    assert catalog.export_jsonl(out) == 1
    assert set(json.loads(out.getvalue())) == set(FIELDS)
    with temporary_catalog(lend_url) as other:
        assert other.import_jsonl(io.StringIO(f"\n{out.getvalue()}\n\n"), restore=True) == 1
        assert written(other.entry("tool", "a")) == written(catalog.entry("tool", "a"))


def test_parameters_follow_a_copy() -> None:
    """A copy of an entry with other metadata has the parameters of that metadata."""
    entry = make_entry({"kind": "tool", "name": "x", "ref": "a:b", "metadata": {"parameters": {"properties": {}}}})
    assert entry.parameters == {"properties": {}}
    copy = entry.model_copy(update={"metadata": {"parameters": {"properties": {"n": {}}}}})
    assert copy.parameters == {"properties": {"n": {}}}
