"""The matrix in memory: exact, never behind the database, and safe to take from a file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factories import blank_catalog, some, tool
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.embedders.hashed import HashEmbedder
from catalog.entry.embedding_text import texts_of
from catalog.entry.entry import Entry
from catalog.errors import SearchError
from catalog.search import sketch as sketch_module
from catalog.search import vector_index as index_module
from catalog.search import vector_rows
from catalog.search.fusion import spread
from catalog.search.vector_file import file_beside
from catalog.search.vector_index import VectorIndex
from catalog.store import vectors
from catalog.store.entry_rows import pulled
from catalog.store.mapping import entry_from_row
from catalog.store.opening import open_store
from catalog.store.store import Store

HASH = HashEmbedder(16)


def put(store: Store, *entries: Entry) -> None:
    """Store entries."""
    with store.writing(actor="test") as transaction:
        transaction.put(entries, "register")


def remove(store: Store, *names: str) -> None:
    """Take tools away."""
    with store.writing(actor="test") as transaction:
        transaction.remove([("tool", name) for name in names], "unregister")


def embed(store: Store, embedder: HashEmbedder = HASH, limit: int = 1_000) -> None:
    """Embed the first *limit* texts that lack a vector."""
    batch, _ = vectors.pending(store.reader, embedder.name, limit=limit)
    made = vectors.pack(embedder.encode([one.text for one in batch]))
    with store.writing(actor="test") as transaction:
        rows = [(one.entry_id, one.part, one.hash, vector) for one, vector in zip(batch, made, strict=True)]
        transaction.put_vectors(embedder.name, embedder.width, rows)


def entries(store: Store) -> dict[int, Entry]:
    """Return every stored entry by id."""
    found = {}
    for (id_,) in store.reader.all("SELECT id FROM entry"):
        row = store.reader.one(vectors.BY_ID, (id_,))
        assert row is not None
        found[id_] = entry_from_row(row)
    return found


def rows_of(store: Store, embedder: HashEmbedder = HASH) -> dict[int, list[float]]:
    """Return the row each entry must have, made from what it says now; as if all were embedded."""
    found = {}
    for id_, entry in entries(store).items():
        made = embedder.encode(texts_of(entry))
        row = pulled(made[:1], made[1:], [0] * (len(made) - 1))[0]
        if made.any():
            found[id_] = row.tolist()
    return found


def shown(index: VectorIndex) -> dict[int, list[float]]:
    """Return the rows that count in *index* now."""
    index.refresh()
    found = {}
    assert index.state is not None
    for piece in index.state.pieces:
        for place, (id_, row) in enumerate(zip(piece.ids.tolist(), piece.rows.tolist(), strict=True)):
            if place not in piece.dead:
                assert id_ not in found, "an entry counts twice"
                found[id_] = row
    return found


def many(count: int, start: int = 0) -> list[Entry]:
    """Return tools that say different things, every third with examples."""
    words = ["plot", "draw", "mail", "send", "table", "chart", "read", "file", "sum", "price"]
    return [
        tool(
            f"t{i}",
            description=" ".join(words[(i * step) % 10] for step in (1, 3, 7)) + f" number{i % 37}",
            examples=[f"{words[i % 10]} my {words[(i + 3) % 10]}", f"please {words[i % 7]}"] if i % 3 == 0 else (),
        )
        for i in range(start, start + count)
    ]


@pytest.fixture
def filled(store: Store) -> Store:
    """A store of 60 embedded tools."""
    put(store, *many(60))
    embed(store)
    return store


def test_a_sample_is_of_rows_that_count(filled: Store) -> None:
    """A sample holds evenly spaced rows of entries as they are now, all of them if there are no more than asked for."""
    index = VectorIndex(filled.reader, HASH.name, file=False)
    index.refresh()
    remove(filled, "t3", "t17")
    put(filled, tool("t5", description="something else"))
    embed(filled)
    expected = sorted(rows_of(filled).values())
    assert np.allclose(sorted(index.sample(1_000).tolist()), expected, atol=1e-6)
    some = index.sample(20).tolist()
    assert len(some) == 20
    assert all(any(np.allclose(row, one, atol=1e-6) for one in expected) for row in some)


def query(text: str, embedder: HashEmbedder = HASH) -> Any:
    """Return the vector of a request."""
    return embedder.encode([text])[0]


def by_hand(store: Store, text: str, k: int, allowed: Sequence[int] | None = None) -> dict[int, float]:
    """Return what an index must answer, computed entry by entry in double precision."""
    exact = query(text).astype(np.float64)
    similar = {
        id_: round(float(np.einsum("i,i->", np.array(row), exact)), 6)
        for id_, row in rows_of(store).items()
        if allowed is None or id_ in allowed
    }
    cut = sorted(similar.values(), reverse=True)[:k][-1] if similar and k else 2.0
    return {id_: value for id_, value in similar.items() if value >= cut}


def answer(index: VectorIndex, text: str, k: int, *args: Any, **given: Any) -> dict[int, float]:
    """Return ids and similarities of an answer."""
    found = index.search(query(text), k, *args, **given)
    return dict(zip(found.ids.tolist(), found.similarities[0].tolist(), strict=True))


# -- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 10, 59, 60, 1_000])
@pytest.mark.parametrize("text", ["draw a chart", "mail the file", "number7"])
def test_the_nearest_are_those_a_full_comparison_finds(filled: Store, text: str, k: int) -> None:
    """The answer holds the k most similar entries, those that tie with the last, and no other."""
    assert answer(VectorIndex(filled.reader, HASH.name), text, k) == pytest.approx(by_hand(filled, text, k), abs=2e-6)


@pytest.mark.parametrize("count", [1, 5, 20, 59])
def test_filters_apply_before_ranking(filled: Store, count: int) -> None:
    """The k best of the allowed entries are given, whether few or most are allowed, and unknown ids do no harm."""
    allowed = list(range(60, 60 - count, -1))
    found = answer(VectorIndex(filled.reader, HASH.name), "draw a chart", 4, [*allowed, 777, -5])
    assert found == pytest.approx(by_hand(filled, "draw a chart", 4, allowed), abs=2e-6)


def test_entries_that_are_left_out_are_in_no_answer(filled: Store) -> None:
    """An entry another tier wins over does not take the place of one that counts."""
    index = VectorIndex(filled.reader, HASH.name)
    best = list(by_hand(filled, "draw a chart", 3))
    rest = [id_ for id_ in range(1, 61) if id_ not in best]
    assert answer(index, "draw a chart", 3, without=[*best, 999]) == answer(index, "draw a chart", 3, rest)
    assert answer(index, "draw a chart", 3, best, without=best[:1]) == answer(index, "draw a chart", 3, best[1:])
    assert answer(index, "draw a chart", 3, without=best, also=best) == answer(index, "draw a chart", 3, rest)


def test_what_words_found_is_given_beside_the_nearest(filled: Store) -> None:
    """Entries named with `also` come with their similarity, if they are allowed and have a row."""
    index = VectorIndex(filled.reader, HASH.name)
    every = by_hand(filled, "draw a chart", 60)
    best = set(by_hand(filled, "draw a chart", 2))
    rest = [id_ for id_ in every if id_ not in best][:3]
    found = index.search(query("draw a chart"), 2, also=[*rest, 888])
    assert found.ids.tolist() == sorted(best.union(rest))
    only = index.search(query("draw a chart"), 0, also=[*rest, 888])
    assert only.ids.tolist() == sorted(rest)
    assert answer(index, "draw a chart", 0, [rest[0]], also=rest) == pytest.approx({rest[0]: every[rest[0]]}, abs=2e-6)


def test_a_request_of_several_parts_has_the_nearest_of_each(filled: Store) -> None:
    """Every row of the request brings its own nearest, and has a similarity to all that is given."""
    index = VectorIndex(filled.reader, HASH.name)
    texts = ["draw a chart and then mail the file", "draw a chart", "mail the file"]
    found = index.search(HASH.encode(texts), 3)
    assert found.ids.tolist() == sorted({id_ for text in texts for id_ in by_hand(filled, text, 3)})
    for text, similar, how in zip(texts, found.similarities.tolist(), found.spreads, strict=True):
        every = by_hand(filled, text, 60)
        assert similar == pytest.approx([every[id_] for id_ in found.ids.tolist()], abs=2e-6)
        assert tuple(how) == pytest.approx(tuple(spread(list(every.values()))), abs=1e-5)


def test_the_spread_is_that_of_all_entries_whatever_the_filter(filled: Store) -> None:
    """Filtering changes which entries are given and not how they stand out; rows that are gone do not count."""
    index = VectorIndex(filled.reader, HASH.name)
    everything = index.search(query("draw"), 3).spreads
    assert index.search(query("draw"), 3, [5], without=[7]).spreads == everything
    remove(filled, "t3", "t4")
    every = by_hand(filled, "draw", 60)
    assert len(every) == 58
    assert tuple(index.search(query("draw"), 3).spreads[0]) == pytest.approx(
        tuple(spread(list(every.values()))), abs=1e-5
    )


def test_equal_entries_are_equally_similar_wherever_they_lie(store: Store) -> None:
    """Entries that say the same tie exactly, also when one of them came later, and all that tie are given."""
    put(store, *many(41), tool("same", description="draw a chart of prices"))
    embed(store)
    index = VectorIndex(store.reader, HASH.name)
    index.refresh()
    with store.writing(actor="test") as transaction:
        twin = tool("same", description="draw a chart of prices")
        transaction.put([twin.model_copy(update={"kind": kind}) for kind in ("prompt", "agent", "model")], "register")
    embed(store)
    found = answer(index, "draw a chart of prices", 1)
    assert sorted(found) == [42, 43, 44, 45]
    assert len(set(found.values())) == 1


def test_a_request_without_direction_is_near_to_nothing(filled: Store) -> None:
    """A vector of zeros, as of an emoji, brings nothing but what words found."""
    index = VectorIndex(filled.reader, HASH.name)
    found = index.search(np.zeros(16, np.float32), 10, also=[3])
    assert (found.ids.tolist(), found.similarities.tolist()) == ([3], [[0.0]])
    both = index.search(np.stack([query("draw"), np.zeros(16, np.float32)]), 2)
    assert both.ids.tolist() == sorted(by_hand(filled, "draw", 2))


@pytest.mark.parametrize("bad", [np.full(16, np.nan), np.full(16, np.inf), np.ones(8), np.ones((2, 17))])
def test_a_vector_that_does_not_fit_is_refused(filled: Store, bad: Any) -> None:
    """Another width and numbers that are none raise SearchError instead of giving nonsense."""
    with pytest.raises(SearchError):
        VectorIndex(filled.reader, HASH.name).search(bad, 3)


def test_an_index_without_vectors_answers_with_nothing(store: Store) -> None:
    """No embedder, no entries and no vectors are all no reason to fail."""
    index = VectorIndex(store.reader, HASH.name)
    assert index.search(query("draw"), 5).ids.tolist() == []
    put(store, tool("draw"))
    assert index.search(HASH.encode(["draw", "x"]), 5, [1], also=[1]).similarities.shape == (2, 0)
    assert (len(index), index.nbytes, index.vector(1), index.example(1, ["a"], query("a"))) == (0, 0, None, None)
    embed(store)
    assert answer(index, "draw", 5) == {1: 1.0}
    remove(store, "draw")
    assert answer(index, "draw", 5) == {}


def test_an_entry_is_pulled_towards_its_examples(store: Store) -> None:
    """Its row lies between its text and its examples, and `example` tells which of these is nearest."""
    put(store, tool("alpha", examples=["send a mail", "", "paint the house"]))
    embed(store)
    index = VectorIndex(store.reader, HASH.name)
    assert index.vector(1).tolist() == rows_of(store)[1]
    text, mail, _, paint = HASH.encode(texts_of(entries(store)[1]))
    alone = float(text @ query("paint the house"))
    assert alone < answer(index, "paint the house", 1)[1] < 1
    assert index.example(1, ["send a mail", "", "paint the house"], paint) == (2, 1.0)
    assert index.example(1, ["send a mail", "something else"], mail) == (0, 1.0)
    assert index.example(1, ["something else"], mail) is None


# -- never behind ----------------------------------------------------------------------------------------------------


def test_each_change_is_seen_by_the_next_search(filled: Store, url: str) -> None:
    """Edits, removals, new entries and new vectors, made here or in another process, are in the very next answer."""
    index, other = VectorIndex(filled.reader, HASH.name), open_store(url)
    assert shown(index) == rows_of(filled)
    for step, store in enumerate([filled, other] * 4):
        put(store, tool(f"t{step}", description=f"changed {step}"), tool(f"new{step}", examples=["new"]))
        remove(store, f"t{20 + step}")
        without = set(rows_of(filled)) - set(shown(index))
        assert {entries(filled)[id_].name for id_ in without} == {f"t{step}", f"new{step}"}
        embed(store)
        assert shown(index) == rows_of(filled)
        assert len(index) == len(rows_of(filled))
    other.close()


def test_one_registration_rebuilds_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The large matrix is the very same object before and after, and the database is not read from end to end."""
    monkeypatch.setattr(vector_rows, "SMALL", 8)
    index = VectorIndex(filled.reader, HASH.name)
    index.refresh()
    before = index.state.pieces[0].rows
    monkeypatch.setattr(index_module, "fresh", lambda *_: pytest.fail("everything was read again"))
    for step in range(20):
        put(filled, tool(f"new{step}"))
        embed(filled)
        index.refresh()
    assert index.state.pieces[0].rows is before
    assert [len(piece.ids) for piece in index.state.pieces] == [60, 20]
    assert shown(index) == rows_of(filled)


def test_rows_that_no_longer_count_are_let_go(filled: Store) -> None:
    """A piece half of whose rows are gone is made again without them."""
    index = VectorIndex(filled.reader, HASH.name)
    index.refresh()
    for step in range(45):
        remove(filled, f"t{step}")
        index.refresh()
    assert sum(len(piece.ids) for piece in index.state.pieces) <= 30
    assert shown(index) == rows_of(filled)
    assert len(index) == 15


def test_a_search_keeps_the_state_it_began_with(filled: Store) -> None:
    """A change that comes while a search runs alters none of the arrays that search reads."""
    index = VectorIndex(filled.reader, HASH.name)
    index.refresh()
    state = index.state
    before = [[array.copy() for array in piece[:3]] for piece in state.pieces]
    put(filled, *many(30))
    put(filled, tool("t0", description="changed"))
    embed(filled)
    index.refresh()
    assert index.state is not state
    for piece, arrays in zip(state.pieces, before, strict=True):
        assert all((one == other).all() for one, other in zip(piece[:3], arrays, strict=True))
        assert not any(array.flags.writeable for array in piece[:3])


def test_a_known_generation_is_not_asked_for_again(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the caller says which generation it is, an index that shows it asks the database nothing."""
    index = VectorIndex(filled.reader, HASH.name)
    generation = index.refresh()
    assert generation == filled.state()[0]
    monkeypatch.setattr(index_module, "changed_since", lambda *_: pytest.fail("the database was asked"))
    assert len(index.search(query("draw"), 3, generation=generation).ids) >= 3


def test_an_embedder_that_goes_takes_its_rows_along(filled: Store) -> None:
    """After its vectors are removed nothing is found, and after they are made again everything is."""
    index = VectorIndex(filled.reader, HASH.name)
    index.refresh()
    with filled.writing(actor="test") as transaction:
        transaction.remove_vectors(HASH.name)
    assert shown(index) == {}
    embed(filled, limit=10)
    put(filled, tool("t3", description="changed"))
    assert set(shown(index)) <= set(rows_of(filled))
    embed(filled)
    assert shown(index) == rows_of(filled)


def test_threads_that_search_while_others_write_see_whole_states(filled: Store) -> None:
    """No search fails or gives an entry twice while entries come and go."""
    index = VectorIndex(filled.reader, HASH.name)
    faults: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                found = index.search(query("draw a chart"), 10)
                assert len(set(found.ids.tolist())) == len(found.ids)
                assert np.isfinite(found.similarities).all()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for step in range(30):
        put(filled, tool(f"t{step}", description=f"changed {step}"), tool(f"new{step}"))
        remove(filled, f"t{59 - step}")
        embed(filled)
    done.set()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert shown(index) == rows_of(filled)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_can_search_while_its_parent_was_updating(run_python: Callable[..., str], url: str) -> None:
    """A fork while another thread holds the index's lock leaves the child an index that works."""
    code = """
import os, sys, threading, warnings
warnings.simplefilter("ignore")
import numpy as np
from catalog.search.vector_index import VectorIndex
from catalog.store.opening import open_store
store = open_store(sys.argv[1])
index = VectorIndex(store.reader, "e")
index._lock.acquire()
child = os.fork()
if child == 0:
    found = len(index.search(np.ones(4, np.float32), 3).ids)
    os._exit(found)
print(os.waitpid(child, 0)[1])
store.close()
"""
    assert run_python(code, url) == "0"


# -- large indexes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sketches and files for a few dozen rows."""
    monkeypatch.setattr(vector_rows, "SKETCHED_FROM", 40)
    monkeypatch.setattr(vector_rows, "SMALL", 8)
    monkeypatch.setattr(index_module, "KEPT_FROM", 10)
    monkeypatch.setattr(sketch_module, "SHARES", (1.0,))


def test_an_index_with_a_damaged_file_reads_the_database(filled: Store, small: None) -> None:
    """The search that meets the damage answers as if there were no file, and writes a sound one."""
    first = VectorIndex(filled.reader, HASH.name)
    first.refresh()
    assert first.path is not None
    assert first.state is not None
    assert first.state.pieces[0].sketch is not None
    place = Path(first.path)
    sound = place.read_bytes()
    data = bytearray(sound)
    for row in range(60):
        data[4_096 + 512 + row * 4 * HASH.width] ^= 1
    place.write_bytes(data)
    second = VectorIndex(filled.reader, HASH.name)
    second.refresh()
    assert answer(second, "draw a chart", 5) == pytest.approx(by_hand(filled, "draw a chart", 5), abs=2e-6)
    assert place.read_bytes() == sound


def test_an_index_with_a_sketch_follows_the_database(filled: Store, small: None) -> None:
    """What is registered, changed and taken away after the file was written is seen by the next search."""
    VectorIndex(filled.reader, HASH.name).refresh()
    index = VectorIndex(filled.reader, HASH.name)
    for step in range(12):
        put(filled, tool(f"t{step}", description=f"bake bread {step}"), tool(f"new{step}", description="send a letter"))
        embed(filled)
        for seeing in (index, VectorIndex(filled.reader, HASH.name)):
            assert answer(seeing, "bake bread", 3) == pytest.approx(by_hand(filled, "bake bread", 3), abs=2e-6)
    assert shown(index) == rows_of(filled)
    assert index.state is not None
    assert [piece.sketch is not None for piece in index.state.pieces] == [True, False, False]


def test_rows_that_can_not_be_kept_get_a_sketch_when_it_is_worth_it(filled: Store, small: None) -> None:
    """A process that can't write the file looks at every row at first, and no longer after twenty searches."""
    index = VectorIndex(filled.reader, HASH.name, file=False)
    for _ in range(25):
        assert answer(index, "draw a chart", 5) == pytest.approx(by_hand(filled, "draw a chart", 5), abs=2e-6)
        has = [index.state is not None and piece.sketch is not None for piece in index.state.pieces]  # type: ignore[union-attr]  # searched
    assert has == [True]
    assert index.recall >= sketch_module.RECALL


# -- random histories ------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["draw", "send_mail", "readFile"])
_TEXTS = st.sampled_from(["draw a chart", "send a mail", "read the file", ""])
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "description": _TEXTS,
        "tags": st.lists(st.sampled_from(["plot", "io"]), max_size=2),
        "examples": st.lists(_TEXTS, max_size=3),
        "priority": st.integers(0, 2),
    },
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _NAMES, _FIELDS),
        st.tuples(st.just("import"), st.lists(st.tuples(_NAMES, _FIELDS), max_size=3)),
        st.tuples(st.just("remove"), _NAMES),
        st.tuples(st.just("restore"), _NAMES, st.integers(0, 5)),
        st.tuples(st.just("embed"), st.sampled_from([8, 16]), st.integers(1, 4)),
        st.tuples(st.just("late"), st.sampled_from([8, 16]), _NAMES, _FIELDS),
        st.tuples(st.just("template")),
        st.tuples(st.just("forget"), st.sampled_from([8, 16])),
        st.tuples(st.just("backup")),
        st.tuples(st.just("put back")),
    ),
    max_size=25,
)


class History:
    """A catalog that things happen to, with an index that lives through it all for each of two embedders."""

    def __init__(self, path: Path) -> None:
        self.path = blank_catalog(path)
        self.embedders = [HashEmbedder(8), HashEmbedder(16)]
        self.past: dict[str, list[Entry]] = {}
        self.open()
        self.backup()

    def open(self) -> None:
        self.store = Store(f"sqlite:///{self.path}")
        self.indexes = [VectorIndex(self.store.reader, one.name) for one in self.embedders]

    def put(self, *records: tuple[str, dict[str, Any]]) -> None:
        made = [tool(name, **fields) for name, fields in records]
        for entry in made:
            self.past.setdefault(entry.name, []).append(entry)
        put(self.store, *made)

    def restore(self, name: str, which: int) -> None:
        if past := self.past.get(name):
            put(self.store, past[which % len(past)])

    def embed(self, width: int, limit: int) -> None:
        embed(self.store, HashEmbedder(width), limit)

    def late(self, width: int, name: str, fields: dict[str, Any]) -> None:
        """Embed what was read before another change."""
        embedder = HashEmbedder(width)
        batch, _ = vectors.pending(self.store.reader, embedder.name)
        made = vectors.pack(embedder.encode([one.text for one in batch]))
        self.put((name, fields))
        with self.store.writing(actor="test") as transaction:
            rows = [(one.entry_id, one.part, one.hash, vector) for one, vector in zip(batch, made, strict=True)]
            transaction.put_vectors(embedder.name, width, rows)

    def template(self) -> None:
        """Make the database look as one whose hashes and vectors came from the template before this one."""
        connection = sqlite3.connect(self.path)
        connection.executescript(
            "UPDATE entry_text SET hash = 'f' || substr(hash, 2); UPDATE vector SET hash = 'f' || substr(hash, 2), "
            "template = template - 1; UPDATE catalog_state SET text_version = text_version - 1"
        )
        connection.close()
        with self.store.writing(actor="test") as transaction:
            transaction.reindex()

    def backup(self) -> None:
        Path(f"{self.path}.backup").unlink(missing_ok=True)
        self.store.backup(f"{self.path}.backup")

    def put_back(self) -> None:
        """Put the backup in place of the database; the files of rows beside it stay."""
        self.store.close()
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        shutil.copyfile(f"{self.path}.backup", self.path)
        self.open()

    def do(self, what: str, *given: Any) -> None:
        if what == "put":
            self.put(given)
        elif what == "import":
            self.put(*given[0])
        elif what == "remove":
            remove(self.store, *given)
        elif what == "forget":
            with self.store.writing(actor="test") as transaction:
                transaction.remove_vectors(HashEmbedder(*given).name)
        else:
            getattr(self, what.replace(" ", "_"))(*given)

    def check(self) -> None:
        """Compare all that can be read with what the entries say now."""
        now = entries(self.store)
        for embedder, index in zip(self.embedders, self.indexes, strict=True):
            _, rows = vectors.fresh(self.store.reader, embedder.name)
            said = {id_: embedder.encode(texts_of(entry)) for id_, entry in now.items()}
            there: dict[int, list[int]] = {}
            for id_, part, vector in zip(rows.entry_ids.tolist(), rows.parts.tolist(), rows.vectors, strict=True):
                assert vector.tolist() == said[id_][part].tolist(), "a vector whose text has changed"
                there.setdefault(id_, []).append(part)
            expected = {}
            for id_, numbers in there.items():
                text = said[id_][:1] * (0 in numbers)
                shown_examples = said[id_][sorted(number for number in numbers if number)]
                expected[id_] = pulled(text, shown_examples, [0] * len(shown_examples))[0].tolist()
            assert shown(index) == expected
            assert shown(VectorIndex(self.store.reader, embedder.name)) == expected  # as another process sees it


@pytest.mark.sqlite("a backup is put in its place")
@settings(max_examples=some(60))
@given(_STEPS)
def test_no_history_brings_a_vector_whose_text_has_changed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Whatever happens to entries, vectors, templates, backups and files, what is read is what the entries say."""
    patch = pytest.MonkeyPatch()
    patch.setattr(index_module, "KEPT_FROM", 1)
    patch.setattr(vector_rows, "SMALL", 2)
    folder = tmp_path_factory.mktemp("history")
    history = History(folder / "catalog.db")
    try:
        for step in steps:
            history.do(*step)
            history.check()
    finally:
        history.store.close()
        patch.undo()
        shutil.rmtree(folder)


# -- the file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(filled: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of rows of a store of 60 tools."""
    monkeypatch.setattr(index_module, "KEPT_FROM", 10)
    VectorIndex(filled.reader, HASH.name).refresh()
    path = Path(file_beside(filled.path, HASH.name))
    assert path.is_file()
    return path


@pytest.fixture
def never_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where all vectors are read from the database."""
    monkeypatch.setattr(index_module, "fresh", lambda *_: pytest.fail("everything was read again"))


@pytest.mark.sqlite("the vector file lies beside it")
def test_small_catalogs_have_no_file(filled: Store, database: Path) -> None:
    """Beside a catalog of a few entries nothing appears."""
    VectorIndex(filled.reader, HASH.name).refresh()
    assert [path.name for path in database.parent.iterdir() if "vectors" in path.name] == []


@pytest.mark.sqlite("the vector file lies beside it")
@pytest.mark.usefixtures("kept", "never_all")
def test_another_process_maps_the_file(filled: Store) -> None:
    """The rows come from the file as they were."""
    assert shown(VectorIndex(filled.reader, HASH.name)) == rows_of(filled)


@pytest.mark.sqlite("the vector file lies beside it")
def test_a_file_of_before_is_brought_up_to_date(filled: Store, kept: Path, never_all: None) -> None:
    """What changed after the file was written is read from the database, row by row, and the file stays."""
    before = kept.read_bytes()
    put(filled, tool("t3", description="changed"), tool("new"))
    remove(filled, "t5")
    embed(filled, limit=1)
    index = VectorIndex(filled.reader, HASH.name)
    assert set(rows_of(filled)) - set(shown(index)) == {61}
    assert shown(index).items() <= rows_of(filled).items()
    assert kept.read_bytes() == before


@pytest.mark.sqlite("the vector file lies beside it")
def test_every_damage_to_the_file_is_noticed(filled: Store, kept: Path) -> None:
    """A flipped bit anywhere, a cut, an empty file and a folder in its place: the rows come from the database."""
    good = kept.read_bytes()
    step = max(1, len(good) // 97)
    used = [at for at in range(0, len(good), step) if good[at] or at >= 4096]
    for at in used:
        kept.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
        assert shown(VectorIndex(filled.reader, HASH.name)) == rows_of(filled), at
    for cut in (0, 7, 100, 4096, len(good) - 4):
        kept.write_bytes(good[:cut])
        assert shown(VectorIndex(filled.reader, HASH.name)) == rows_of(filled), cut
    kept.unlink()
    kept.mkdir()
    assert shown(VectorIndex(filled.reader, HASH.name)) == rows_of(filled)
    kept.rmdir()


@pytest.mark.sqlite("the vector file lies beside it")
def test_a_damaged_or_removed_file_is_written_again(filled: Store, kept: Path) -> None:
    """The next process but one maps it."""
    good = kept.read_bytes()
    kept.write_bytes(good[:-9])
    VectorIndex(filled.reader, HASH.name).refresh()
    assert kept.read_bytes() == good
    kept.unlink()
    VectorIndex(filled.reader, HASH.name).refresh()
    assert kept.read_bytes() == good
    assert sorted(path.name for path in kept.parent.glob(f"{kept.name}*")) == [kept.name]


@pytest.mark.sqlite("the vector file lies beside it")
def test_a_file_of_another_embedder_or_history_is_not_used(filled: Store, kept: Path, tmp_path: Path) -> None:
    """Put in place of the right one, it gives none of its rows."""
    other = HashEmbedder(8)
    shutil.copyfile(kept, file_beside(filled.path, other.name))
    assert shown(VectorIndex(filled.reader, other.name)) == {}
    copy = blank_catalog(tmp_path / "copy.db")
    store = Store(f"sqlite:///{copy}")
    put(store, *many(60, start=100))
    embed(store)
    while store.state()[0] < filled.state()[0]:
        put(store, tool("more", description=str(store.state()[0])))
    shutil.copyfile(kept, file_beside(str(copy), HASH.name))
    assert shown(VectorIndex(store.reader, HASH.name)).items() <= rows_of(store).items()
    store.close()


@pytest.mark.sqlite("the vector file lies beside it")
def test_the_file_is_for_those_who_may_read_the_database(filled: Store, kept: Path, database: Path) -> None:
    """A private database has a private file."""
    os.chmod(database, 0o600)
    kept.unlink()
    VectorIndex(filled.reader, HASH.name).refresh()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.sqlite("the vector file lies beside it")
def test_a_folder_one_may_not_write_to_is_no_hindrance(
    filled: Store, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file the index works, and nothing is left behind."""
    kept.unlink()

    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "replace", refuse)
    assert shown(VectorIndex(filled.reader, HASH.name)) == rows_of(filled)
    assert list(kept.parent.glob(f"{kept.name}*")) == []


@pytest.mark.sqlite("the vector file lies beside it")
def test_what_a_killed_process_left_is_cleared_away(filled: Store, kept: Path) -> None:
    """An unfinished file of long ago goes with the next that is written; one of now may be somebody's work."""
    old, new = kept.with_name(f"{kept.name}.aaaa.tmp"), kept.with_name(f"{kept.name}.bbbb.tmp")
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (1, 1))
    kept.unlink()
    VectorIndex(filled.reader, HASH.name).refresh()
    assert (old.exists(), new.exists(), kept.exists()) == (False, True, True)


@pytest.mark.sqlite("the vector file lies beside it")
def test_an_index_that_may_keep_no_file_keeps_none(
    filled: Store, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`file=False` writes nothing, however many rows there are."""
    monkeypatch.setattr(index_module, "KEPT_FROM", 1)
    VectorIndex(filled.reader, HASH.name, file=False).refresh()
    assert [path.name for path in database.parent.iterdir() if "vectors" in path.name] == []
