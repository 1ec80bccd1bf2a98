"""Large pieces are searched by a sketch: what it chooses, that it stays level with every change, and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.search import sketch as sketch_module
from catalog.search import sketched
from catalog.search.fusion import spread
from catalog.search.nearest import answer_of, chosen_places, products_of
from catalog.search.sketch import sketch_of
from catalog.search.vector_file import load, save
from catalog.search.vector_rows import DamagedRowsError, Piece, State, changed_state, joined, rows_at, state_of
from catalog.store.vectors import Changes, Mark, Rows

COUNT, WIDTH = 6_000, 64
NONE = np.empty(0, np.int64)


def unit(rows: Any) -> Any:
    """Return rows of length 1."""
    return (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)


def made(count: int, seed: int = 1) -> Any:
    """Return rows that lie about a few hundred places, off the middle, as those of texts do."""
    chance = np.random.default_rng(seed)
    places = np.random.default_rng(0).standard_normal((300, WIDTH)) + 0.5
    return unit(places[chance.integers(0, 300, count)] + 0.7 * chance.standard_normal((count, WIDTH)))


ROWS, REQUESTS = made(COUNT), made(200, seed=2)


def sketched_piece(rows: Any = ROWS) -> Piece:
    """Return a piece of all rows, with even ids, that has a sketch."""
    piece = Piece(2 * np.arange(len(rows)), rows, NONE, None, sketch_of(rows))
    assert piece.sketch is not None
    return piece


def of(state: State, query: Any, k: int = 10, *given: Any, also: Any = (), without: Any = ()) -> Any:
    """Return the answer by the sketch."""
    places, spreads = sketched.chosen_places(state, query[None], k, *(given or (None,)), also, without)
    return answer_of(state, places, query[None], spreads)


def exactly(state: State, query: Any, k: int = 10, *given: Any, also: Any = (), without: Any = ()) -> Any:
    """Return the answer that looks at every row."""
    products = products_of(state, query[None])
    spreads = [spread(row) for row in products]
    places = chosen_places(state, products, query[None], k, *(given or (None,)), also, without)
    return answer_of(state, places, query[None], spreads)


def recall(state: State, k: int = 10, **given: Any) -> float:
    """Return the share of the nearest that the sketch finds; what it finds must have the very same similarity."""
    shares = []
    for query in REQUESTS:
        found, known = of(state, query, k, **given), exactly(state, query, k, **given)
        exact = dict(zip(known.ids.tolist(), known.similarities[0].tolist(), strict=True))
        mine = dict(zip(found.ids.tolist(), found.similarities[0].tolist(), strict=True))
        assert all(mine[id_] == exact[id_] for id_ in mine.keys() & exact.keys())
        assert found.spreads[0] == pytest.approx(known.spreads[0], abs=3e-6)
        shares.append(len(mine.keys() & exact.keys()) / len(exact))
    return float(np.mean(shares))


def test_the_nearest_are_found() -> None:
    """At least the share that was measured when the sketch was made is found, and means and deviations are exact."""
    piece = sketched_piece()
    assert piece.sketch is not None
    assert piece.sketch.recall >= sketch_module.RECALL
    assert recall(state_of(Mark(1, "a", 1), [piece])) >= sketch_module.RECALL


@pytest.mark.parametrize("step", [3, 400])
def test_a_filter_loses_nothing(step: int) -> None:
    """Within a filter the share holds, too; where it leaves few entries, the answer is that of a full look."""
    state, allowed = state_of(Mark(1, "a", 1), [sketched_piece()]), 2 * np.arange(0, COUNT, step)
    shares = []
    for query in REQUESTS:
        found, known = of(state, query, 10, allowed), exactly(state, query, 10, allowed)
        assert not set(found.ids.tolist()) - set(allowed.tolist())
        shares.append(len(set(found.ids.tolist()) & set(known.ids.tolist())) / len(known.ids))
    assert np.mean(shares) >= (sketch_module.RECALL if step == 3 else 1)


def test_what_is_asked_for_besides_comes_and_what_is_hidden_does_not() -> None:
    """Entries that words found have their similarities, however far away; hidden ones are in no answer."""
    state, query = state_of(Mark(1, "a", 1), [sketched_piece()]), REQUESTS[0]
    best = of(state, query, 1).ids.tolist()
    far = [2 * int((ROWS @ query).argmin()), 1, 10**9]
    found = of(state, query, 5, also=[*far, *best], without=best)
    known = exactly(state, query, 5, also=[*far, *best], without=best)
    assert (found.ids.tolist(), found.similarities.tolist()) == (known.ids.tolist(), known.similarities.tolist())
    assert far[0] in found.ids.tolist()
    assert best[0] not in found.ids.tolist()


def test_asking_for_more_than_the_sketch_gives_looks_at_all() -> None:
    """Whoever asks for half of all entries gets exactly these; for a request without a vector, nothing is near."""
    state = state_of(Mark(1, "a", 1), [sketched_piece()])
    assert recall(state, COUNT // 2) == 1
    nothing = np.zeros(WIDTH, np.float32)
    assert of(state, nothing).ids.tolist() == []
    assert of(state, nothing, also=[8]).ids.tolist() == [8]


def test_every_change_counts_at_once() -> None:
    """Rows that changed, came and went are what the next search sees; the sums follow, the large arrays stay."""
    piece = sketched_piece()
    before = state_of(Mark(1, "a", 1), [piece])
    gone, changed, new = 2 * np.arange(0, 900, 9), 2 * np.arange(5, 800, 9), 2 * np.arange(50) + 1
    touched = np.concatenate([gone, changed, new])
    fresh = np.concatenate([changed, new])
    vectors = made(len(fresh), seed=3)
    vectors[-1] = REQUESTS[0]
    state = changed_state(
        before, Changes(Mark(2, "b", 1), touched, Rows(fresh, np.zeros(len(fresh), np.int32), vectors))
    )
    assert state.pieces[0].rows is piece.rows
    assert recall(state) >= sketch_module.RECALL
    assert of(state, REQUESTS[0], 1).ids.tolist() == [99]
    every = of(state, REQUESTS[1], COUNT).ids.tolist()
    assert every == sorted({*range(0, 2 * COUNT, 2)} - set(gone.tolist()) | set(fresh.tolist()))
    assert of(state, REQUESTS[1], COUNT, 2 * np.arange(450)).ids.tolist() == [
        id_ for id_ in every if id_ < 900 and not id_ % 2
    ]


def test_a_joined_piece_keeps_the_sketch() -> None:
    """Pieces that are joined have the bits and sums that the rows have; one of mostly other rows has none."""
    piece = sketched_piece()
    dead = np.arange(0, 500, 5)
    first = changed_state(
        state_of(Mark(1, "a", 1), [piece]),
        Changes(Mark(2, "b", 1), 2 * dead, Rows(NONE, NONE.astype(np.int32), ROWS[:0])),
    ).pieces[0]
    more = Piece(2 * np.arange(700) + 1, made(700, seed=4), NONE)
    both = joined([first, more])
    assert both.sketch is not None
    assert piece.sketch is not None
    assert (
        both.sketch.words == sketch_module.bits_of(both.rows, piece.sketch.turn, piece.sketch.centre)
    ).mean() > 0.999
    total, squares = sketch_module.moments(both.rows)
    assert np.allclose(both.sketch.total, total, atol=1e-3)
    assert np.allclose(both.sketch.squares, squares, atol=1e-3)
    assert recall(state_of(Mark(2, "b", 1), [both])) >= sketch_module.RECALL
    assert joined([first, Piece(2 * np.arange(4_000) + 1, made(4_000, seed=5), NONE)]).sketch is None


def test_rows_without_an_order_have_no_sketch() -> None:
    """Where no share of the rows holds the nearest, every row is looked at: the answer stays exact."""
    alike = np.repeat(unit(np.random.default_rng(1).standard_normal((1, WIDTH))), 5_000, axis=0)
    noise = np.random.default_rng(2).standard_normal((5_000, WIDTH)).astype(np.float32)
    assert sketch_of(unit(alike + np.float32(1e-5) * noise)) is None


@pytest.mark.parametrize("width", [3, 64, 100, 256, 384, 1_536])
def test_any_width_has_bits(width: int) -> None:
    """Few numbers are turned into 256 bits, many into up to 1,024; equal rows differ in none, opposite ones in all."""
    rows = unit(np.random.default_rng(width).standard_normal((200, width)))
    chance = np.random.default_rng(1)
    bits = min(max(256, -(-width // 64) * 64), 1_024)
    turn = chance.standard_normal((width, bits)).astype(np.float32)
    nothing = np.zeros(width, np.float32)
    made_of = sketch_module.Sketch(
        sketch_module.bits_of(rows, turn, nothing), turn, nothing, np.zeros(1), np.zeros(1), 0.1, 1.0
    )
    assert made_of.words.shape == (bits // 64, 200)
    assert sketch_module.differing(made_of, rows[7])[7] == 0
    assert sketch_module.differing(made_of, -rows[7])[7] == bits - 1


# -- the file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of rows that have a sketch."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    (tmp_path / "c.db").touch()
    save(str(tmp_path / "vectors"), "e", state_of(Mark(3, "c", 1), [sketched_piece()]), like=str(tmp_path / "c.db"))
    return tmp_path / "vectors"


def test_what_is_kept_answers_as_before(kept: Path) -> None:
    """A sketch read from a file gives the very answers of the one that was written."""
    state, before = load(str(kept), "e"), state_of(Mark(3, "c", 1), [sketched_piece()])
    assert state is not None
    for query in REQUESTS:
        one, other = of(state, query), of(before, query)
        assert (one.ids.tolist(), one.similarities.tolist(), one.spreads) == (
            other.ids.tolist(),
            other.similarities.tolist(),
            other.spreads,
        )
    save(str(kept), "e", state, like=str(kept.parent / "c.db"))
    assert load(str(kept), "e") is not None


def test_a_damaged_row_is_seen_when_it_is_looked_at(kept: Path) -> None:
    """Opening the file reads no row; the sum of a row tells as soon as a search, or a copy, takes it."""
    data = bytearray(kept.read_bytes())
    at = 4_096 + COUNT * 8 + -COUNT * 8 % 64 + 70 * 4 * WIDTH
    assert data[at : at + 8] == ROWS[70, :2].tobytes()
    data[at] ^= 1
    kept.write_bytes(data)
    state = load(str(kept), "e")
    assert state is not None
    assert np.array_equal(rows_at(state.pieces[0], np.array([69, 71])), ROWS[[69, 71]])
    for look in (
        lambda: of(state, ROWS[70]),
        lambda: joined(state.pieces),
        lambda: of(state, -ROWS[70], 1, also=[140]),
    ):
        with pytest.raises(DamagedRowsError):
            look()


@pytest.mark.parametrize("back", [1, 40_000, 200_000])
def test_a_damaged_sketch_does_not_count(kept: Path, back: int) -> None:
    """Bits, rotation and sums are compared when the file is opened."""
    data = bytearray(kept.read_bytes())
    data[-back] ^= 1
    kept.write_bytes(data)
    assert load(str(kept), "e") is None
