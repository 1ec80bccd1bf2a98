"""No search goes by a vector whose text has changed: compared with an oracle that shares no code with the catalog."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from factories import ON_SERVER, LendUrl, damage, run_sql, some
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import catalog.workspace.embedding as meaning_module
from benchmarks.store.staleness import (
    DIGEST,
    OWN,
    dot,
    edited,
    interrupted,
    near,
    row,
    texts_of,
    vector,
)
from catalog import Catalog, Settings
from catalog.search import vector_index as index_module
from catalog.search import vector_rows
from catalog.search.fusion import GAIN, spread

NAMES = ("draw_dots", "mail_it", "read_file")
FIELDS = st.fixed_dictionaries(
    {
        "description": st.sampled_from(["", "Draw dots.", "Send a mail.", "Read the file."]),
        "tags": st.sampled_from([("marker",), ("marker", "plot"), ("io", "marker")]),
        "examples": st.sampled_from([(), ("draw dots",), ("send a mail", "draw dots"), ("draw dots", "send a mail")]),
        "priority": st.integers(0, 1),  # says nothing
    }
)
EMBEDDERS = ("hash:16", "hash:8", OWN)
CATALOGS = st.integers(0, 3)

Fields = dict[str, Any]
Place = tuple[str, int]


def parts(name: str, fields: Fields) -> list[str]:
    """Return the texts an entry is embedded by."""
    return texts_of(name, fields["description"], fields["tags"], fields["examples"])


class Model:
    """What must be known: entries, their past, and of which text each embedder's vectors are."""

    def __init__(self) -> None:
        self.entries: dict[str, Fields] = {}
        self.ids: dict[str, int] = {}
        self.past: dict[str, list[Fields | None]] = {}
        self.vectors: dict[str, dict[Place, str]] = {one: {} for one in EMBEDDERS}
        self.complete: dict[str, int] = {}
        self.known: set[str] = set()  # those that have had a vector here

    def texts(self) -> dict[Place, str]:
        """Return every text there is now, in the order in which updates take them."""
        found = {
            (name, part): text for name, fields in self.entries.items() for part, text in enumerate(parts(name, fields))
        }
        return {place: found[place] for place in sorted(found, key=lambda place: (self.ids[place[0]], place[1]))}

    def put(self, name: str, fields: Fields, embedder: str | None) -> bool:
        """Store an entry; an embedder that costs nothing embeds it at once. Tell whether it said something else."""
        if self.entries.get(name) == fields:
            return False
        if name not in self.entries:
            self.ids[name] = 1 + max(self.ids.values(), default=0)
        self.entries[name] = fields
        self.past.setdefault(name, []).append(fields)
        count = len(parts(name, fields))
        for kept in self.vectors.values():
            for place in [place for place in kept if place[0] == name and place[1] >= count]:
                del kept[place]
        if embedder is not None and embedder != OWN:
            self.keep(embedder, {(name, part): text for part, text in enumerate(parts(name, fields))})
        return True

    def keep(self, embedder: str, vectors: dict[Place, str]) -> None:
        """Store vectors."""
        self.vectors[embedder] |= vectors
        if vectors:
            self.known.add(embedder)

    def remove(self, name: str) -> None:
        """Take an entry away."""
        del self.entries[name], self.ids[name]
        self.past[name].append(None)
        for kept in self.vectors.values():
            for place in [place for place in kept if place[0] == name]:
                del kept[place]

    def pending(self, embedder: str, after: tuple[int, int] = (-1, 0)) -> dict[Place, str]:
        """Return the texts without a vector of their own, behind a place."""
        kept = self.vectors[embedder]
        return {
            place: text
            for place, text in self.texts().items()
            if (self.ids[place[0]], place[1]) > after and kept.get(place) != text
        }

    def note_complete(self, embedder: str) -> None:
        """Note that nothing is missing, if so."""
        if embedder not in self.complete and embedder in self.known and not self.pending(embedder):
            self.complete[embedder] = len(self.complete)

    def answering(self, embedder: str) -> str:
        """Return the embedder by which a catalog configured with this one answers; no database says what to import."""
        if embedder in self.complete or not self.complete:
            return embedder
        kept = self.vectors
        known = [one for one in self.complete if one != OWN and len(kept[one]) > len(kept[embedder])]
        return max(known, key=lambda one: self.complete[one]) if known else embedder

    def fresh(self, embedder: str, name: str) -> list[int]:
        """Return the parts of an entry whose vectors are of what it says."""
        kept = self.vectors[embedder]
        return [part for part, text in enumerate(parts(name, self.entries[name])) if kept.get((name, part)) == text]


class Histories(RuleBasedStateMachine):
    """Four catalogs on one database, warm all the time, with three embedders; they say what is true."""

    def __init__(self, lend_url: LendUrl) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(index_module, "KEPT_FROM", 1)
        self.patch.setattr(vector_rows, "SMALL", 2)
        self.patch.setattr(meaning_module, "BATCH", 2)
        self.folder = tempfile.TemporaryDirectory(prefix="catalog-tests-")
        self.lent = lend_url()
        self.url = self.lent.__enter__()
        self.model = Model()
        self.own: list[dict[str, Fields]] = [{}, {}, {}, {}]  # what each catalog has registered for itself
        self.open: list[tuple[Catalog, str]] = []

    @initialize()
    def begin(self) -> None:
        """Open the catalogs: two that embed at once, two that do so when they are told."""
        self.open = [(self.opened(one), one) for one in (*EMBEDDERS, OWN)]

    def opened(self, embedder: str) -> Catalog:
        return Catalog(self.url, settings=Settings(embedder=embedder))

    def after(self, embedder: str, wrote: bool) -> None:
        """What storing entries brings about."""
        if wrote and embedder != OWN:
            self.model.note_complete(embedder)

    @rule(which=CATALOGS, name=st.sampled_from(NAMES), fields=FIELDS)
    def edit(self, which: int, name: str, fields: Fields) -> None:
        """Register, edit, re-tag, or give examples to an entry."""
        cat, embedder = self.open[which]
        cat.register("tool", name, "nowhere.to_be_found:thing", **fields)
        self.after(embedder, self.model.put(name, fields, embedder))

    @rule(which=CATALOGS, lines=st.dictionaries(st.sampled_from(NAMES), FIELDS, min_size=1))
    def import_(self, which: int, lines: dict[str, Fields]) -> None:
        """Import a file over what there is."""
        cat, embedder = self.open[which]
        file = Path(self.folder.name) / "lines.jsonl"
        file.write_text(
            "\n".join(
                json.dumps({"kind": "tool", "name": name, "ref": "nowhere.to_be_found:thing", **fields})
                for name, fields in lines.items()
            )
        )
        wrote = [self.model.put(name, fields, embedder) for name, fields in lines.items()]
        assert cat.import_jsonl(file, restore=True) == sum(wrote)
        self.after(embedder, any(wrote))

    @rule(which=CATALOGS, name=st.sampled_from(NAMES))
    def unregister(self, which: int, name: str) -> None:
        """Take an entry away; a runtime entry of that name goes first."""
        if self.own[which].pop(name, None) is not None or name in self.model.entries:
            runtime = self.open[which][0].unregister("tool", name).tier == "runtime"
            if not runtime:
                self.model.remove(name)

    @rule(which=CATALOGS, name=st.sampled_from(NAMES), back=st.integers(0, 3))
    def restore(self, which: int, name: str, back: int) -> None:
        """Bring a revision back."""
        past = [(number, one) for number, one in enumerate(self.model.past.get(name, []), 1) if one is not None]
        if past:
            number, fields = past[back % len(past)]
            cat, embedder = self.open[which]
            cat.restore("tool", name, number)
            self.after(embedder, self.model.put(name, fields, embedder))

    @rule(which=CATALOGS, name=st.sampled_from(NAMES), fields=FIELDS)
    def runtime(self, which: int, name: str, fields: Fields) -> None:
        """Register something for one catalog alone, which hides what is stored."""
        self.open[which][0].register("tool", name, lambda: None, runtime=True, **fields)
        self.own[which][name] = fields

    @rule(which=CATALOGS)
    def update(self, which: int) -> None:
        """Embed all that is missing."""
        cat, embedder = self.open[which]
        pending = self.model.pending(embedder)
        assert cat.embed_update() == len(pending)
        self.model.keep(embedder, pending)
        self.model.note_complete(embedder)

    @rule(which=CATALOGS, batches=st.integers(1, 2))
    def update_interrupted(self, which: int, batches: int) -> None:
        """Embed until somebody presses Ctrl-C."""
        cat, embedder = self.open[which]
        left = batches

        def progress(done: int, of: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KeyboardInterrupt

        pending = list(self.model.pending(embedder).items())
        with suppress(KeyboardInterrupt):
            cat.embed_update(progress=progress)
        self.model.keep(embedder, dict(pending[: 2 * batches]))
        if len(pending) < 2 * batches:  # the last batch was not full, so it was known to be the last
            self.model.note_complete(embedder)

    @rule(which=CATALOGS, name=st.sampled_from(NAMES), fields=FIELDS)
    def update_while_others_edit(self, which: int, name: str, fields: Fields) -> None:
        """An entry changes while the first batch of an update is being embedded."""
        pending = list(self.model.pending(OWN).items())
        updating = [cat for cat, embedder in self.open if embedder == OWN]
        if not pending or not updating:
            return
        other, embedder = self.open[which]

        def edit() -> None:
            DIGEST.before = None
            other.register("tool", name, "nowhere.to_be_found:thing", **fields)

        DIGEST.before = edit
        try:
            updating[0].embed_update()
        finally:
            DIGEST.before = None
        batch = pending[:2]
        last = batch[-1][0]
        after = (self.model.ids[last[0]], last[1])
        self.after(embedder, self.model.put(name, fields, embedder))
        now = self.model.texts()
        self.model.keep(OWN, {place: text for place, text in batch if now.get(place) == text})
        self.model.known.add(OWN)
        if len(pending) >= 2:
            self.model.keep(OWN, self.model.pending(OWN, after))
        self.model.note_complete(OWN)

    @rule(which=CATALOGS, embedder=st.sampled_from(EMBEDDERS))
    def change_embedder(self, which: int, embedder: str) -> None:
        """Open a catalog again with another embedder, or with the same and a cold index."""
        self.open[which][0].close()
        self.open[which] = (self.opened(embedder), embedder)
        self.own[which] = {}

    @rule()
    def change_template(self) -> None:
        """The database is as a version with another template left it: each hash and vector is of another text."""
        run_sql(self.url, "UPDATE entry_text SET hash = 'f' || substr(hash, 2)")
        run_sql(self.url, "UPDATE vector SET hash = 'f' || substr(hash, 2), template = template - 1")
        damage(self.url, "UPDATE catalog_state SET text_version = text_version - 1")
        for kept in self.model.vectors.values():
            kept.update(dict.fromkeys(kept, "a text of the other version"))

    @invariant()
    def what_is_found_is_what_entries_say(self) -> None:
        """Each hit has the similarity of the texts whose vectors are fresh, and of no other."""
        for (cat, embedder), own in zip(self.open, self.own, strict=True):
            answering = self.model.answering(embedder)
            query = vector(answering, "marker")
            stored = {
                name: row(answering, parts(name, fields), self.model.fresh(answering, name))
                for name, fields in self.model.entries.items()
            }
            around = spread([dot(one, query) for one in stored.values() if one is not None])
            seen = {}
            for hit in cat.search("marker", limit=None):
                mine = own.get(hit.name)
                fields = mine if mine is not None else self.model.entries[hit.name]
                assert (hit.tier == "runtime") == (mine is not None)
                assert (hit.entry.description, hit.entry.examples) == (fields["description"], fields["examples"])
                texts = parts(hit.name, fields)
                found = stored[hit.name] if mine is None else row(answering, texts, range(len(texts)))
                similarity = None if found is None else dot(found, query)
                assert near(hit.why.get("similarity"), similarity), (hit.key, hit.why, similarity)
                assert ("vector" in hit.why) == (similarity is None)
                if similarity is not None:
                    points = GAIN * (similarity - around.mean) / around.deviation
                    assert hit.why["semantic"] == pytest.approx(points, abs=1e-3)
                shown = self.model.fresh(answering, hit.name) if mine is None else range(len(texts))
                nearest = [dot(vector(answering, texts[part]), query) for part in shown if part]
                assert near(hit.why.get("example", {}).get("similarity"), max(nearest, default=None))
                seen[hit.name] = similarity
            assert set(seen) == {*self.model.entries, *own}

    @invariant()
    def what_is_similar_is_so(self) -> None:
        """`similar` goes by the same vectors."""
        for (cat, embedder), own in zip(self.open[1:3], self.own[1:3], strict=True):
            answering = self.model.answering(embedder)
            rows = {
                name: row(answering, parts(name, fields), self.model.fresh(answering, name))
                for name, fields in self.model.entries.items()
            }
            for name, fields in own.items():
                rows[name] = row(answering, texts := parts(name, fields), range(len(texts)))
            for name, mine in rows.items():
                found = {hit.name: hit.score for hit in cat.similar("tool", name, floor=-1)}
                expected = {
                    other: dot(mine, one)
                    for other, one in rows.items()
                    if mine is not None and one is not None and other != name
                }
                assert found == pytest.approx(expected, abs=3e-6)

    @invariant()
    def what_is_counted_is_so(self) -> None:
        """`embed_status` counts what is fresh, and what lacks a vector of its own."""
        for cat, embedder in self.open[:3]:
            found = {name: (one.fresh, one.stale + one.missing) for name, one in cat.embed_status().items()}
            pending, texts = len(self.model.pending(embedder)), len(self.model.texts())
            assert (texts - pending, pending) in found.values()

    def teardown(self) -> None:
        for cat, _ in self.open:
            cat.close()
        self.lent.__exit__(None, None, None)
        self.folder.cleanup()
        self.patch.undo()


def test_any_history_of_vectors(lend_url: LendUrl) -> None:
    """Whatever happens to four catalogs, each search answers by what is there then."""
    many = settings(max_examples=5 if ON_SERVER else some(25), stateful_step_count=25)  # each opens four catalogs
    run_state_machine_as_test(lambda: Histories(lend_url), settings=many)


# -- in the middle of a search ---------------------------------------------------------------------------------------


@pytest.fixture
def edits_while_searching(url: str) -> Iterator[tuple[Catalog, list[str]]]:
    """A warm catalog of two embedded tools, and a list of descriptions: each search takes the next on its way, and
    gives it to one of the tools after it has begun."""
    waiting: list[str] = []
    with (
        Catalog(url, settings=Settings(embedder=OWN)) as cat,
        Catalog(url, settings=Settings(embedder="none")) as other,
    ):
        for name in NAMES[:2]:
            other.register("tool", name, "nowhere.to_be_found:thing", description="First.", tags=["marker"])
        cat.embed_update()
        assert len(cat.search("marker")) == 2

        def edit() -> None:
            if waiting:
                other.register(
                    "tool", NAMES[0], "nowhere.to_be_found:thing", description=waiting.pop(), tags=["marker"]
                )

        DIGEST.before = edit
        try:
            yield cat, waiting
        finally:
            DIGEST.before = None


def test_an_edit_in_the_middle_of_a_search_is_seen_by_it(
    edits_while_searching: tuple[Catalog, list[str]],
) -> None:
    """The hit shows the new text and says that no vector of it is fresh; the other one keeps its similarity."""
    cat, waiting = edits_while_searching
    waiting.append("Later.")
    found = {hit.name: (hit.description, "similarity" in hit.why) for hit in cat.search("marker")}
    assert found == {NAMES[0]: ("Later.", False), NAMES[1]: ("First.", True)}
    cat.embed_update()
    assert [(hit.name, hit.description) for hit in cat.similar("tool", NAMES[1], floor=-1)] == [(NAMES[0], "Later.")]


def test_an_entry_that_never_stands_still_is_found_by_its_words(
    edits_while_searching: tuple[Catalog, list[str]],
) -> None:
    """While every attempt at a search meets another edit, words answer; a search by vectors alone leaves it out."""
    cat, waiting = edits_while_searching
    waiting += map(str, range(100))
    hits = cat.search("marker")
    assert {hit.name for hit in hits} == set(NAMES[:2])
    assert not any("similarity" in hit.why for hit in hits)
    assert NAMES[0] not in [hit.name for hit in cat.search("marker", mode="semantic")]
    assert waiting


# -- processes -------------------------------------------------------------------------------------------------------


def test_what_another_process_edits_is_never_found_by_its_old_text(tmp_path: Path) -> None:
    """While one process edits without a pause, searches with a warm index in two others show no similarity of a text
    other than the one they show."""
    seen = edited(tmp_path / "edited.db", seconds=2)
    assert (seen.wrong, seen.failures) == ([], [])
    assert min(seen.edits, seen.searches, seen.hits) > 10


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_an_update_that_is_killed_leaves_nothing_stale(tmp_path: Path) -> None:
    """After each kill -9 in the middle of `embed_update` what was stored stays, no hit goes by another text's vector,
    and the next update makes all that is missing."""
    seen = interrupted(tmp_path / "killed.db", times=3)
    assert seen._replace(searched=0) == (3, 0, [], 0, 0, [])
    assert seen.searched == 600
