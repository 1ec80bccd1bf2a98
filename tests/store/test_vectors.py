"""Vectors in the database: what comes in, what is read, and what no reading ever gives."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from factories import ROOT, blank_catalog, run_sql, tool

from catalog.embedders.hashed import HashEmbedder
from catalog.entry.embedding_text import TEMPLATE_VERSION, hashes, text_hash, texts_of
from catalog.entry.entry import Entry
from catalog.entry.words import WORDS_VERSION
from catalog.errors import EmbedderError
from catalog.store import schema, vectors
from catalog.store.engine import make_engine
from catalog.store.mapping import entry_from_row
from catalog.store.opening import open_store
from catalog.store.store import Store
from catalog.store.vectors import Pending, Status, pack

HASH = HashEmbedder(16)
SCATTER = tool("scatter", description="Draw a scatter plot.", examples=["plot price against size", "dots"])
BARS = tool("bars", description="Draw bars.", tags=["plot"])


def put(store: Store, *entries: Entry) -> None:
    """Store entries."""
    with store.writing(actor="test") as transaction:
        transaction.put(entries, "register")


def put_vectors(store: Store, batch: Sequence[Pending], embedder: HashEmbedder = HASH) -> int:
    """Embed and store what is pending."""
    made = pack(embedder.encode([one.text for one in batch]))
    rows = [(one.entry_id, one.part, one.hash, vector) for one, vector in zip(batch, made, strict=True)]
    with store.writing(actor="test") as transaction:
        return transaction.put_vectors(embedder.name, embedder.width, rows, given="hash:16")


def embed(store: Store, embedder: HashEmbedder = HASH, limit: int = 100) -> int:
    """Embed all that lacks a vector."""
    after: tuple[int, int] | None = (-1, 0)
    stored = 0
    while after is not None:
        batch, after = vectors.pending(store.reader, embedder.name, after, limit)
        stored += put_vectors(store, batch, embedder)
    return stored


def read(store: Store, embedder: HashEmbedder = HASH) -> dict[tuple[int, int], list[float]]:
    """Return every vector that reading gives."""
    _, rows = vectors.fresh(store.reader, embedder.name)
    keys = zip(rows.entry_ids.tolist(), rows.parts.tolist(), strict=True)
    return dict(zip(keys, rows.vectors.tolist(), strict=True))


def wanted(store: Store, embedder: HashEmbedder = HASH) -> dict[tuple[int, int], list[float]]:
    """Return the vectors of what every entry says now."""
    found = {}
    for (id_,) in store.reader.all("SELECT id FROM entry"):
        row = store.reader.one(vectors.BY_ID, (id_,))
        assert row is not None
        texts = texts_of(entry_from_row(row))
        found |= {(id_, part): one for part, one in enumerate(embedder.encode(texts).tolist()) if any(one)}
    return found


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two entries that are embedded: ids 1 (three parts) and 2 (one)."""
    put(store, SCATTER, BARS)
    assert embed(store) == 4
    return store


STATEMENTS = sorted(
    name for name, value in vars(vectors).items() if isinstance(value, str) and value.startswith("SELECT")
)


@pytest.mark.sqlite("plans are SQLite's")
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_about_vectors_prepares_on_a_migrated_database(database: Path, name: str) -> None:
    """Every reading statement kept as text fits the tables."""
    sql = getattr(vectors, name)
    connection = sqlite3.connect(database)
    try:
        connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
    finally:
        connection.close()


@pytest.mark.sqlite("plans are SQLite's")
@pytest.mark.parametrize(
    ("statement", "plan"),
    [
        ("FRESH", ["SCAN v", "SEARCH t USING PRIMARY KEY (entry_id=? AND part=?)"]),
        (
            "OF_ENTRY",
            [
                "SEARCH v USING INDEX sqlite_autoindex_vector_1 (entry_id=? AND embedder_id=?)",
                "SEARCH t USING PRIMARY KEY (entry_id=? AND part=?)",
            ],
        ),
        (
            "PENDING",
            [
                "SEARCH t USING PRIMARY KEY ((entry_id,part)>(?,?))",
                "CORRELATED SCALAR SUBQUERY 1",
                "SEARCH v USING INDEX sqlite_autoindex_vector_1 (entry_id=? AND embedder_id=? AND part=?)",
            ],
        ),
    ],
)
def test_a_statement_about_vectors_follows_the_indexes(database: Path, statement: str, plan: list[str]) -> None:
    """Reading all is one pass over the vectors; reading some never is."""
    sql = getattr(vectors, statement)
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * sql.count("?")).fetchall()
    finally:
        connection.close()
    assert [row[3] for row in rows] == plan


# -- hashes go with their entries ------------------------------------------------------------------------------------


def stored_hashes(store: Store) -> dict[int, list[str]]:
    """Return the hashes of every entry, by id."""
    found: dict[int, list[str]] = {}
    for id_, _, hashed in store.reader.all("SELECT entry_id, part, hash FROM entry_text ORDER BY entry_id, part"):
        found.setdefault(id_, []).append(hashed)
    return found


def test_hashes_follow_every_change_of_an_entry(store: Store) -> None:
    """After each transaction the hashes are those of what the entries say."""
    put(store, SCATTER, BARS)
    assert stored_hashes(store) == {1: hashes(SCATTER), 2: hashes(BARS)}
    fewer = tool("scatter", description="Draw dots.", examples=["dots"])
    put(store, fewer)
    assert stored_hashes(store) == {1: hashes(fewer), 2: hashes(BARS)}
    with store.writing(actor="test") as transaction:
        transaction.remove([("tool", "scatter")], "unregister")
    assert stored_hashes(store) == {2: hashes(BARS)}


def test_a_change_that_is_rolled_back_changes_no_hash(filled: Store) -> None:
    """Entry, hashes and vectors stay together when a transaction fails."""
    before = read(filled)
    with pytest.raises(EmbedderError, match="width 0"), filled.writing(actor="test") as transaction:  # noqa: PT012
        transaction.put([tool("scatter", description="Something else.")], "register")
        transaction.put_vectors(HASH.name, 0, [])
    assert stored_hashes(filled) == {1: hashes(SCATTER), 2: hashes(BARS)}
    assert read(filled) == before == wanted(filled)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (tool("scatter", description="Draw dots.", examples=["plot price against size", "dots"]), [1, 2]),
        (SCATTER.model_copy(update={"tags": ("new",)}), [1, 2]),
        (SCATTER.model_copy(update={"examples": (*SCATTER.examples, "a third")}), [0, 1, 2]),
        (SCATTER.model_copy(update={"examples": ("dots", "plot price against size")}), [0]),
        (SCATTER.model_copy(update={"examples": ("plot price against size",)}), [0, 1]),
        (SCATTER.model_copy(update={"priority": 7}), [0, 1, 2]),
    ],
    ids=["edit", "retag", "add example", "swap examples", "remove example", "priority"],
)
def test_what_a_change_leaves_fresh(filled: Store, change: Entry, left: list[int]) -> None:
    """Only the vectors of parts that still say the same are given, from the moment of the change on."""
    put(filled, change)
    assert sorted(part for id_, part in read(filled) if id_ == 1) == left
    assert read(filled).items() <= wanted(filled).items()
    embed(filled)
    assert read(filled) == wanted(filled)


def test_an_entry_that_says_again_what_it_said_has_its_vectors_back(filled: Store) -> None:
    """A vector is judged by its text, so restoring a revision brings its vectors back without embedding."""
    before = read(filled)
    put(filled, tool("scatter", description="Something else.", examples=SCATTER.examples))
    assert vectors.status(filled.reader) == {HASH.name: Status(3, 1, 0)}
    put(filled, SCATTER)
    assert read(filled) == before
    assert vectors.status(filled.reader) == {HASH.name: Status(4, 0, 0)}


def test_a_removed_entry_takes_its_vectors_along(filled: Store) -> None:
    """No row about it is left, and an entry that gets its number starts without vectors."""
    with filled.writing(actor="test") as transaction:
        transaction.remove([("tool", "bars")], "unregister")
    assert filled.reader.all("SELECT entry_id FROM vector WHERE entry_id = 2") == []
    put(filled, tool("lines", description="Draw lines."))
    assert filled.reader.all("SELECT id FROM entry WHERE name = 'lines'") == [(2,)]
    assert set(read(filled)) == {(1, 0), (1, 1), (1, 2)}


# -- what comes in ---------------------------------------------------------------------------------------------------


def test_a_vector_of_an_old_text_never_comes_in(filled: Store, url: str) -> None:
    """What another process changed while a text was being embedded is not overwritten with the old text's vector."""
    put(filled, tool("lines", description="Draw lines."), tool("areas", description="Draw areas."))
    batch, _ = vectors.pending(filled.reader, HASH.name)
    assert [one.text for one in batch] == ["lines\nDraw lines.", "areas\nDraw areas."]
    other = open_store(url)
    put(other, tool("lines", description="Draw curves."))
    with other.writing(actor="test") as transaction:
        transaction.remove([("tool", "areas")], "unregister")
    assert put_vectors(filled, batch) == 0
    assert read(filled) == read(other) == {k: v for k, v in wanted(filled).items() if k[0] < 3}
    assert embed(other) == 1
    assert read(filled) == wanted(filled)
    other.close()


def test_a_vector_for_no_part_of_the_entry_is_left_out(filled: Store) -> None:
    """Rows for unknown entries, parts and hashes are passed over, the others are stored."""
    made = pack(HASH.encode(["bars"]))[0]
    good = hashes(BARS)[0]
    with filled.writing(actor="test") as transaction:
        rows = [(2, 0, "0" * 64, made), (2, 5, good, made), (99, 0, good, made), (2, 0, good, made)]
        assert transaction.put_vectors(HASH.name, 16, rows) == 1


UNIT = pack(HASH.encode(["bars"]))[0]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (UNIT[:-4], "has 60 bytes; 64 are 16 numbers"),
        (UNIT + b"\0\0\0\0", "has 68 bytes; 64 are 16 numbers"),
        (np.full(16, np.nan, "<f4").tobytes(), "not finite"),
        (np.full(16, np.inf, "<f4").tobytes(), "not finite"),
        (np.full(16, 3e38, "<f4").tobytes(), "has the length"),
        (np.full(16, 0.3, "<f4").tobytes(), "has the length 1.2000, not 1"),
        (np.zeros(16, "<f4").tobytes(), "has the length 0.0000, not 1"),
    ],
)
@pytest.mark.parametrize("among", [1, 3])
def test_a_vector_that_would_poison_a_search_is_refused(filled: Store, bad: bytes, said: str, among: int) -> None:
    """A wrong width, a number that is none and a wrong length are refused, and nothing of the batch is stored."""
    before = read(filled)
    rows = [(1, part, hashed, UNIT) for part, hashed in enumerate(hashes(SCATTER))]
    rows = [*rows[: among - 1], (2, 0, hashes(BARS)[0], bad)]
    with pytest.raises(EmbedderError, match=said), filled.writing(actor="test") as transaction:
        transaction.put_vectors(HASH.name, 16, rows)
    assert read(filled) == before


def test_an_embedder_that_changes_its_width_is_refused(filled: Store) -> None:
    """The name must change when the output does."""
    with (
        pytest.raises(EmbedderError, match="has vectors of 16 numbers here, not 8"),
        filled.writing(actor="test") as transaction,
    ):
        transaction.put_vectors(HASH.name, 8, [])


@pytest.mark.parametrize(("name", "width"), [("", 16), ("n" * 201, 16), ("e", 0)])
def test_an_embedder_without_a_usable_name_or_width_is_refused(store: Store, name: str, width: int) -> None:
    """Names have 1 to 200 characters and widths begin at 1."""
    with pytest.raises(EmbedderError), store.writing(actor="test") as transaction:
        transaction.put_vectors(name, width, [])


def test_a_text_without_anything_to_embed_is_done_and_never_read(store: Store) -> None:
    """A row of zeros is remembered as "nothing to embed": fresh, not pending, and no vector."""
    put(store, tool("draw", examples=["", "dots"]))
    assert embed(store) == 3
    assert vectors.status(store.reader) == {HASH.name: Status(3, 0, 0)}
    assert vectors.pending(store.reader, HASH.name) == ([], None)
    assert sorted(read(store)) == [(1, 0), (1, 2)]


def test_a_damaged_vector_is_not_read(filled: Store, url: str) -> None:
    """A row whose bytes were cut by somebody else does not reach a matrix."""
    run_sql(url, "UPDATE vector SET vector = substr(vector, 1, 32) WHERE entry_id = 2")
    assert sorted(read(filled)) == [(1, 0), (1, 1), (1, 2)]


def test_packing_and_unpacking_give_the_same_numbers() -> None:
    """A vector comes back bit by bit, in little-endian order; zeros are no bytes."""
    rows = HASH.encode(["draw dots", "", "bars"])
    packed = pack(rows)
    assert packed[1] == b""
    assert vectors.unpack(packed[0]).tolist() == rows[0].tolist()
    assert np.frombuffer(packed[2], "<f4").tolist() == rows[2].tolist()


# -- counting and going on -------------------------------------------------------------------------------------------


def test_status_counts_fresh_stale_and_missing_of_each_embedder(filled: Store) -> None:
    """Each embedder is counted on its own; one that is unknown here lacks everything."""
    other = HashEmbedder(8)
    put_vectors(filled, vectors.pending(filled.reader, other.name, limit=2)[0], other)
    put(filled, tool("scatter", description="New.", examples=[*SCATTER.examples, "a third"]))
    assert vectors.status(filled.reader) == {other.name: Status(1, 1, 3), HASH.name: Status(3, 1, 1)}
    assert vectors.status(filled.reader, HASH.name) == {HASH.name: Status(3, 1, 1)}
    assert vectors.status(filled.reader, "none such") == {"none such": Status(0, 0, 5)}


def test_pending_goes_on_where_it_stopped(store: Store) -> None:
    """Batches of two go through seven texts in order, also when nothing is stored in between."""
    put(store, *(tool(f"t{i}", examples=["one", "two"][: i % 3]) for i in range(4)))
    seen, after, batches = [], (-1, 0), 0
    while after is not None:
        batch, after = vectors.pending(store.reader, HASH.name, after, 2)
        seen += [(one.entry_id, one.part, one.text) for one in batch]
        batches += 1
    assert seen == [
        (1, 0, "t0"), (2, 0, "t1"), (2, 1, "one"), (3, 0, "t2"), (3, 1, "one"), (3, 2, "two"), (4, 0, "t3"),
    ]  # fmt: skip
    assert batches == 4


def test_an_embedder_is_complete_once_nothing_is_missing(filled: Store) -> None:
    """It is not while a text lacks a vector, is from then on, and stays so when entries come after."""
    other = HashEmbedder(8)
    put_vectors(filled, vectors.pending(filled.reader, other.name, limit=3)[0], other)
    with filled.writing(actor="test") as transaction:
        assert not transaction.complete(other.name)
        assert not transaction.complete("none such")
        assert transaction.complete(HASH.name)
    assert [(known.name, known.given, known.width) for known in vectors.embedders(filled.reader)] == [
        (HASH.name, "hash:16", 16),
        (other.name, "hash:16", 8),
    ]
    first = [known.complete is not None for known in vectors.embedders(filled.reader)]
    assert first == [True, False]
    embed(filled, other)
    with filled.writing(actor="test") as transaction:
        assert transaction.complete(other.name)
    put(filled, tool("late"))
    with filled.writing(actor="test") as transaction:
        assert transaction.complete(other.name)
    assert [known.name for known in vectors.embedders(filled.reader)] == [other.name, HASH.name]


def test_removing_an_embedder_leaves_the_others_alone(filled: Store) -> None:
    """Its vectors go, those of another stay."""
    other = HashEmbedder(8)
    embed(filled, other)
    with filled.writing(actor="test") as transaction:
        assert transaction.remove_vectors(HASH.name) == 4
        assert transaction.remove_vectors("none such") == 0
    assert read(filled) == {}
    assert read(filled, other) == wanted(filled, other)


# -- changes since ---------------------------------------------------------------------------------------------------


def test_what_changed_since_is_read_entry_by_entry(filled: Store) -> None:
    """Edited, removed and embedded entries are named, with the vectors they have now; others are not touched."""
    put(filled, tool("lines"), tool("areas"))
    embed(filled)
    mark, _ = vectors.fresh(filled.reader, HASH.name)
    assert vectors.changed_since(filled.reader, HASH.name, mark, 10).touched.tolist() == []
    put(filled, tool("lines", description="New."), tool("new"), tool("newer"))
    with filled.writing(actor="test") as transaction:
        transaction.remove([("tool", "areas")], "unregister")
    put_vectors(filled, [one for one in vectors.pending(filled.reader, HASH.name)[0] if one.text == "new"])
    changes = vectors.changed_since(filled.reader, HASH.name, mark, 10)
    assert changes.mark == vectors.fresh(filled.reader, HASH.name)[0]
    assert changes.touched.tolist() == [3, 4, 5]
    assert (changes.rows.entry_ids.tolist(), changes.rows.parts.tolist()) == ([5], [0])
    assert changes.rows.vectors.tolist() == HASH.encode(["new"]).tolist()
    assert vectors.changed_since(filled.reader, HASH.name, mark, 2) is None


def test_another_embedders_work_touches_nothing(filled: Store) -> None:
    """Building the vectors of a second embedder gives the index of the first nothing to do."""
    mark, _ = vectors.fresh(filled.reader, HASH.name)
    embed(filled, HashEmbedder(8))
    assert vectors.changed_since(filled.reader, HASH.name, mark, 10).touched.tolist() == []


@pytest.mark.sqlite("a backup of it is opened")
def test_a_mark_of_another_history_means_reading_everything(filled: Store, tmp_path: Path, url: str) -> None:
    """After a backup was put back, generations count the same numbers again; the token tells them apart."""
    filled.backup(str(tmp_path / "backup.db"))
    put(filled, tool("scatter", description="One future."))
    mark, _ = vectors.fresh(filled.reader, HASH.name)
    other = Store(f"sqlite:///{tmp_path / 'backup.db'}")
    put(other, tool("bars", description="Another future."))
    assert vectors.fresh(other.reader, HASH.name)[0].generation == mark.generation
    assert vectors.changed_since(other.reader, HASH.name, mark, 10) is None
    put(other, tool("more"))
    assert vectors.changed_since(other.reader, HASH.name, mark, 10) is None
    other.close()


def test_a_mark_is_forgotten_after_a_thousand_generations(store: Store, url: str) -> None:
    """The table of marks stays small, and a mark that is too old means reading everything."""
    put(store, BARS)
    embed(store)
    mark, _ = vectors.fresh(store.reader, HASH.name)
    run_sql(url, "UPDATE catalog_state SET generation = 1098")
    put(store, tool("a"))
    assert vectors.changed_since(store.reader, HASH.name, mark, 10) is not None
    put(store, tool("b"))
    assert vectors.changed_since(store.reader, HASH.name, mark, 10) is None


def test_an_embedder_that_was_removed_and_came_back_means_reading_everything(filled: Store) -> None:
    """The vectors of before are not taken for those of after."""
    mark, _ = vectors.fresh(filled.reader, HASH.name)
    with filled.writing(actor="test") as transaction:
        transaction.remove_vectors(HASH.name)
    assert vectors.changed_since(filled.reader, HASH.name, mark, 10) is None
    put_vectors(filled, vectors.pending(filled.reader, HASH.name, limit=1)[0])
    assert vectors.changed_since(filled.reader, HASH.name, mark, 10) is None


# -- older databases, templates, crashes -----------------------------------------------------------------------------


def old_database(path: Path) -> Path:
    """Put a database of schema 0001 with entries, tags, revisions and search at *path*."""
    from alembic import command

    from catalog.store.engine import keys_off

    blank_catalog(path)
    store = Store(f"sqlite:///{path}")
    put(store, SCATTER, BARS)
    put(store, tool("bars", description="Draw tall bars.", tags=["plot", "tall"]))
    store.close()
    engine = make_engine(f"sqlite:///{path}").execution_options(sqlite_begin="IMMEDIATE")
    with engine.connect() as connection, keys_off(connection), connection.begin():
        command.downgrade(schema.alembic_config(connection=connection), "0001")
    engine.dispose()
    return path


OLD_TABLES = {
    "entry": "*",
    "entry_tag": "*",
    "revision": "*",
    "source": "*",
    "search_doc": "*",
    "catalog_state": "id, generation",
}


def old_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row that schema 0001 has."""
    connection = sqlite3.connect(path)
    try:
        return {table: sorted(connection.execute(f"SELECT {c} FROM {table}")) for table, c in OLD_TABLES.items()}
    finally:
        connection.close()


@pytest.mark.filterwarnings("ignore:.*the file as it was is kept as")
def test_a_catalog_of_schema_0001_comes_out_with_everything_and_hashes(tmp_path: Path) -> None:
    """Migration 0002 loses no row, and the first transaction makes the hashes of what was there."""
    path = old_database(tmp_path / "old.db")
    before = old_rows(path)
    assert schema.current(str(path)) == "0001"
    store = Store(f"sqlite:///{path}")
    after = old_rows(path)
    # The newest schema has two columns more for revisions: a reason, and the generation, which a downgrade forgets.
    assert {**after, "revision": [row[:8] for row in after["revision"]]} == {
        **before,
        "revision": [row[:8] for row in before["revision"]],
    }
    assert {cell for row in after["revision"] for cell in row[8:]} <= {None}
    assert [len(rows) for rows in before.values()] == [2, 2, 3, 1, 2, 1]
    assert stored_hashes(store) == {}
    with store.writing(actor="test") as transaction:
        assert transaction.versions() == (0, 0)
        assert transaction.reindex() == 2
        assert transaction.versions() == (WORDS_VERSION, TEMPLATE_VERSION)
    bars = tool("bars", description="Draw tall bars.", tags=["plot", "tall"])
    assert stored_hashes(store) == {1: hashes(SCATTER), 2: hashes(bars)}
    assert embed(store) == 4
    assert read(store) == wanted(store)
    assert store.check() == []
    store.close()


def test_a_template_of_another_version_makes_every_vector_stale(filled: Store, url: str) -> None:
    """What an older template embedded is not read, before and after the hashes are made again."""
    run_sql(
        url,
        "UPDATE entry_text SET hash = 'f' || substr(hash, 2)",
        "UPDATE vector SET hash = 'f' || substr(hash, 2), template = template - 1",
        "UPDATE catalog_state SET text_version = text_version - 1",
    )
    assert read(filled) == {}
    assert vectors.pending(filled.reader, HASH.name) == ([], None)
    with filled.writing(actor="test") as transaction:
        assert not transaction.complete(HASH.name)
        transaction.reindex()
    assert read(filled) == {}
    assert vectors.status(filled.reader) == {HASH.name: Status(0, 4, 0)}
    assert embed(filled) == 4
    assert read(filled) == wanted(filled)


def test_making_the_hashes_again_keeps_the_vectors(filled: Store) -> None:
    """`reindex` on a catalog that is all right makes nothing stale."""
    before = read(filled)
    with filled.writing(actor="test") as transaction:
        transaction.reindex()
    assert read(filled) == before
    assert filled.reader.all("SELECT 1 FROM entry_text WHERE hash = ?", (text_hash("dots"),)) == [(1,)]


_EMBEDDING = """
import sys
from catalog.embedders.hashed import HashEmbedder
from catalog.store import vectors
from catalog.store.opening import open_store
store, embedder, after = open_store(sys.argv[1]), HashEmbedder(16), (-1, 0)
while after is not None:
    batch, after = vectors.pending(store.reader, embedder.name, after, 5)
    made = vectors.pack(embedder.encode([one.text for one in batch]))
    with store.writing(actor="test") as transaction:
        transaction.put_vectors(embedder.name, 16, [(*one[:3], made[i]) for i, one in enumerate(batch)])
        print("putting", flush=True)
"""


@pytest.fixture
def killed_while_embedding(store: Store, url: str) -> list[Status]:
    """What was counted after each of four processes was killed in the middle of embedding 400 entries."""
    put(store, *(tool(f"t{i}", description=f"Number {i}.") for i in range(400)))
    counted = []
    for batches in (1, 2, 5, 9):
        child = subprocess.Popen([sys.executable, "-c", _EMBEDDING, url], stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert child.stdout is not None
        for _ in range(batches):
            assert child.stdout.readline() == "putting\n"
        child.send_signal(signal.SIGKILL)
        child.wait(30)
        child.stdout.close()
        counted.append(vectors.status(store.reader, HASH.name)[HASH.name])
    return counted


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_killing_an_update_loses_a_batch_at_the_most(store: Store, killed_while_embedding: list[Status]) -> None:
    """After each kill -9 whole batches are stored, nothing wrong is read, and the next process goes on."""
    fresh = [0, *(one.fresh for one in killed_while_embedding)]
    assert [number % 5 for number in fresh] == [0] * 5
    assert fresh == sorted(fresh)
    assert fresh[-1] > 0
    assert read(store).items() <= wanted(store).items()
    assert len(read(store)) == fresh[-1]
    assert store.check() == []
    assert embed(store) == 400 - fresh[-1]
    assert read(store) == wanted(store)


@pytest.mark.sqlite("a backup of it is opened")
def test_a_copy_of_the_file_has_its_own_history(filled: Store, tmp_path: Path) -> None:
    """Two copies that go different ways keep their vectors apart."""
    filled.backup(str(tmp_path / "a.db"))
    shutil.copyfile(tmp_path / "a.db", tmp_path / "b.db")
    one, other = Store(f"sqlite:///{tmp_path / 'a.db'}"), Store(f"sqlite:///{tmp_path / 'b.db'}")
    put(one, tool("bars", description="New."))
    assert sorted(read(one)) == [(1, 0), (1, 1), (1, 2)]
    assert read(other) == wanted(other)
    assert vectors.fresh(one.reader, HASH.name)[0] != vectors.fresh(other.reader, HASH.name)[0]
    one.close()
    other.close()
