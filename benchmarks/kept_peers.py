"""Other people's indexes over the same vectors, kept in a folder between runs: building them takes most of an hour.

Each peer is searched with the least effort, of those it offers, that finds the share of the nearest asked for.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers import Search, imported

K = 10


class Kept(NamedTuple):
    """A peer.

    Attributes:
        modules: what it is imported from.
        build: makes its index of a matrix in a folder.
        open: gives the search of that index with an effort; 0: it has none to choose.
        efforts: ascending.
        most: rows beyond which it is left out, since building takes too long; None: never.
    """

    modules: tuple[str, ...]
    build: Callable[[Any, Path], object]
    open: Callable[[Path, int], Search]
    efforts: tuple[int, ...] = (0,)
    most: int | None = None


def _build_faiss(matrix: Any, folder: Path) -> None:
    import faiss

    index = faiss.IndexHNSWFlat(matrix.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 80
    index.add(matrix)
    faiss.write_index(index, str(folder / "index"))


def _open_faiss(folder: Path, effort: int) -> Search:
    import faiss

    index = faiss.read_index(str(folder / "index"))
    index.hnsw.efSearch = effort
    return lambda vector: index.search(vector[None], K)[1][0].tolist()


def _build_usearch(matrix: Any, folder: Path) -> None:
    import numpy as np
    from usearch.index import Index

    index = Index(ndim=matrix.shape[1], metric="ip", dtype="f16", connectivity=16, expansion_add=64)
    index.add(np.arange(len(matrix)), matrix)
    index.save(str(folder / "index"))


def _open_usearch(folder: Path, effort: int) -> Search:
    from usearch.index import Index

    index = Index.restore(str(folder / "index"), view=True)
    index.expansion_search = effort
    return lambda vector: index.search(vector, K).keys.tolist()


def _build_sqlite_vec(matrix: Any, folder: Path) -> None:
    database = _sqlite_vec(folder)
    database.execute(f"CREATE VIRTUAL TABLE v USING vec0(e float[{matrix.shape[1]}])")
    with database:
        database.executemany("INSERT INTO v (rowid, e) VALUES (?, ?)", ((i, e.tobytes()) for i, e in enumerate(matrix)))
    database.close()


def _sqlite_vec(folder: Path) -> Any:
    import apsw  # Python's own sqlite3 is often built without extensions
    import sqlite_vec

    database = apsw.Connection(str(folder / "index"))
    database.enable_load_extension(True)
    database.load_extension(sqlite_vec.loadable_path())
    return database


def _open_sqlite_vec(folder: Path, effort: int) -> Search:
    database = _sqlite_vec(folder)
    sql = f"SELECT rowid FROM v WHERE e MATCH ? AND k = {K}"
    return lambda vector: [row[0] for row in database.execute(sql, (vector.tobytes(),))]


def _build_lance(matrix: Any, folder: Path) -> None:
    import lancedb
    import pyarrow as pa

    vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    data = pa.table({"id": pa.array(range(len(matrix))), "vector": vectors})
    lancedb.connect(str(folder / "lance")).create_table("tools", data, mode="overwrite")


def _open_lance(folder: Path, effort: int) -> Search:
    import lancedb

    table = lancedb.connect(str(folder / "lance")).open_table("tools")
    return lambda vector: (
        table.search(vector).distance_type("dot").select(["id", "_distance"]).limit(K).to_arrow()["id"].to_pylist()
    )


def _chroma(folder: Path) -> Any:
    import chromadb

    settings = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(folder / "chroma"), settings=settings)
    return client.get_or_create_collection("tools", configuration={"hnsw": {"space": "ip"}}, embedding_function=None)


def _build_chroma(matrix: Any, folder: Path) -> None:
    made = _chroma(folder)
    for start in range(0, len(matrix), 5_000):
        rows = matrix[start : start + 5_000]
        made.add(ids=[str(start + row) for row in range(len(rows))], embeddings=rows)


def _open_chroma(folder: Path, effort: int) -> Search:
    made = _chroma(folder)
    return lambda vector: [int(one) for one in made.query(query_embeddings=[vector], n_results=K, include=[])["ids"][0]]


PEERS = {
    "faiss HNSW": Kept(("faiss",), _build_faiss, _open_faiss, (16, 32, 64, 128, 256, 512)),
    "usearch f16": Kept(("usearch.index",), _build_usearch, _open_usearch, (64, 128, 256, 512)),
    "sqlite-vec": Kept(("sqlite_vec", "apsw"), _build_sqlite_vec, _open_sqlite_vec),
    "LanceDB": Kept(("lancedb", "pyarrow"), _build_lance, _open_lance),
    "Chroma": Kept(("chromadb",), _build_chroma, _open_chroma),
}


def prepared(name: str, matrix: Any, folder: Path) -> tuple[Kept, Path, float] | None:
    """Return a peer, where its index is, and the seconds its building took, if that was now (0: it was there).

    None, and one line, where the peer is not installed or would take too long.
    """
    peer = PEERS[name]
    if not imported(name, *peer.modules):
        return None
    if peer.most is not None and len(matrix) > peer.most:
        print(f"peer {name}: building {len(matrix):,} rows would take too long; skipped", flush=True)
        return None
    place = folder / name.replace(" ", "-")
    if (place / "done").exists():
        return peer, place, 0.0
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    begin = time.perf_counter()
    peer.build(matrix, place)
    (place / "done").touch()
    return peer, place, time.perf_counter() - begin


def recall(search: Search, vectors: Any, exact: Sequence[set[int]]) -> float:
    """Return the share of the ten nearest that *search* finds."""
    return statistics.mean(len(set(search(one)) & known) / K for one, known in zip(vectors, exact, strict=True))


def searching(
    peer: Kept, place: Path, vectors: Any, exact: Sequence[set[int]], wanted: float
) -> tuple[Search, int, float]:
    """Return the search with the least effort that finds the share *wanted*, else with the most; effort and share."""
    for effort in peer.efforts:
        search = peer.open(place, effort)
        share = recall(search, vectors, exact)
        if share >= wanted:
            break
    return search, effort, share
