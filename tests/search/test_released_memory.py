"""What a process holds of the vectors while nobody searches: nothing that the file has, and a search brings it back."""

from __future__ import annotations

import asyncio
import platform
import subprocess
import sys
from itertools import chain, count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from factories import tool

from catalog import Catalog, HashEmbedder, Settings, release_when_idle
from catalog.search import vector_index
from catalog.search.vector_index import VectorIndex
from catalog.verbs import resting

pytestmark = [
    pytest.mark.sqlite("the vector file lies beside it"),
    pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux says there what is resident"),
]
COUNT, WIDTH = 400, 256


def resident(path: str) -> int:
    """Return how many bytes of the file at *path* are resident here, in any mapping of it."""
    size, is_of_file = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            is_of_file = line.endswith(path)
        elif line.startswith("Rss:") and is_of_file:
            size += 1024 * int(line.split()[1])
    return size


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A catalog whose vectors are worth a file, opened by a process that has not searched yet."""
    monkeypatch.setattr(vector_index, "KEPT_FROM", 100)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    cat = Catalog(f"sqlite:///{tmp_path / 'c.db'}", embedder=HashEmbedder(WIDTH), settings=Settings())
    cat.register_many([tool(f"t{i}", description=f"Draw chart number {i}.") for i in range(COUNT)])
    cat.embed_update()
    return cat


def searched(cat: Catalog) -> list[tuple[str, float]]:
    """Return what a search by meaning gives."""
    return [(hit.key, hit.score) for hit in cat.search("draw chart number 7", mode="semantic", limit=5)]


def index_of(cat: Catalog) -> VectorIndex:
    """Return the only index of a catalog that was searched."""
    (index,) = cat.workspace.embedding.indexes.values()
    return index


def test_who_writes_the_file_maps_it_like_all_others(large: Catalog) -> None:
    """The process that makes the file keeps no copy of the rows in memory of its own, and has the same rows."""
    with large:
        searched(large)
        index = index_of(large)
        assert index.state is not None
        (piece,) = index.state.pieces
        assert piece.file is not None
        assert np.shares_memory(piece.rows, np.frombuffer(piece.file, np.uint8))
        other = VectorIndex(large.workspace.store.reader, index.embedder)
        assert other.take_file()
        assert other.state is not None
        assert (other.state.pieces[0].rows == piece.rows).all()


def test_released_rows_come_back_with_the_next_search(large: Catalog) -> None:
    """After a release nothing of the file is resident; a search gives the same as before; and no release hurries."""
    with large:
        before = searched(large)
        index = index_of(large)
        assert index.path is not None
        assert resident(index.path) >= COUNT * WIDTH * 4
        index.release_memory(60)  # a search was made just now
        assert resident(index.path) >= COUNT * WIDTH * 4
        index.release_memory(0)
        assert resident(index.path) == 0
        assert searched(large) == before
        assert resident(index.path) > 0


def test_an_idle_server_releases_by_itself(large: Catalog) -> None:
    """Once no search has been made for the time given, the memory is released, and again after the next search."""

    async def rest() -> list[int]:
        resting = asyncio.create_task(release_when_idle(large, 0.02))
        seen = []
        for _ in range(2):
            await asyncio.to_thread(searched, large)
            path = index_of(large).path
            assert path is not None
            for _ in range(500):
                await asyncio.sleep(0.01)
                if not resident(path):
                    break
            seen.append(resident(path))
        resting.cancel()
        return seen

    with large:
        assert asyncio.run(rest()) == [0, 0]


def test_rows_that_are_in_no_file_stay(large: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rows are this process's own memory, a release leaves them and what a search gives as they are."""
    monkeypatch.setattr(vector_index, "KEPT_FROM", COUNT + 1)
    with large:
        before = searched(large)
        index_of(large).release_memory(0)
        assert searched(large) == before


FREED = """
import threading
from pathlib import Path
from catalog.verbs.resting import give_back_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

kept, gate = [], threading.Barrier(8)

def work():
    gate.wait()
    blocks = [bytearray(4_000) for _ in range(4_000)]
    kept.append(blocks[-1])  # what is left at the end of a heap keeps all before it
    gate.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
before = resident()
give_back_memory()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the C library of GNU keeps what was freed")
def test_freed_memory_is_given_back() -> None:
    """Of 128 MB that threads have used and freed at least half is the system's again."""
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 64_000_000


@pytest.mark.parametrize(
    ("used", "times"),
    [([0, 1, 1, 1, 1], 1), ([0, 1, 2, 3, 4], 0), ([0, 0.1, 0.1, 0.1], 0), ([0, 1, 1, 2, 2, 2], 2)],
    ids=["once after work", "not while it works", "not for little", "again after more work"],
)
def test_memory_is_given_back_when_a_process_rests(
    large: Catalog, monkeypatch: pytest.MonkeyPatch, used: list[float], times: int
) -> None:
    """After work, once, when hardly any time of a processor was used for a while."""
    given: list[int] = []
    clock = chain(used, count(used[-1] + 1))  # works on
    over = asyncio.Event()

    def process_time() -> float:
        value = next(clock)
        if value > used[-1]:
            over.set()
        return value

    async def rest() -> None:
        resting_task = asyncio.create_task(release_when_idle(large, 0.01))
        await over.wait()
        resting_task.cancel()

    monkeypatch.setattr(resting, "time", SimpleNamespace(process_time=process_time))
    monkeypatch.setattr(resting, "give_back_memory", lambda: given.append(1))
    with large:
        asyncio.run(rest())
    assert len(given) == times
