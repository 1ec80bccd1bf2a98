"""Other people's search over the same vectors: each a function from the vector of a request to ten rows.

A peer that is not installed, or can't be imported, is one line; the functions here import theirs when they are called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

Search = Callable[[Any], list[Any]]

CHROMA_COLD = """
import sys
import chromadb
import numpy as np
client = chromadb.PersistentClient(sys.argv[1], settings=chromadb.Settings(anonymized_telemetry=False))
vector = np.load(sys.argv[2])
print(client.get_collection("tools", embedding_function=None).query(query_embeddings=[vector], n_results=10)["ids"])
"""


def semantic_router(matrix: Any, folder: Path) -> Search:
    return _semantic_router(matrix.tolist())  # as its own encoders give them, and its signature says: lists of floats


def semantic_router_float32(matrix: Any, folder: Path) -> Search:
    return _semantic_router(list(matrix))  # half the memory to read, for those who know


def _semantic_router(embeddings: list[Any]) -> Search:
    from semantic_router.index.local import LocalIndex

    index = LocalIndex()
    names = [f"r{row}" for row in range(len(embeddings))]
    index.add(embeddings=embeddings, routes=names, utterances=names)
    return lambda vector: index.query(vector, top_k=10)[1]


def lancedb(matrix: Any, folder: Path) -> Search:
    import lancedb
    import pyarrow as pa

    vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])
    data = pa.table({"id": pa.array(range(len(matrix))), "vector": vectors})
    table = lancedb.connect(str(folder / "lance")).create_table("tools", data, mode="overwrite")
    return lambda vector: (
        table.search(vector).distance_type("dot").select(["id", "_distance"]).limit(10).to_arrow()["id"].to_pylist()
    )


def sqlite_vec(matrix: Any, folder: Path) -> Search:
    import apsw  # Python's own sqlite3 is often built without extensions
    import sqlite_vec

    database = apsw.Connection(":memory:")
    database.enable_load_extension(True)
    database.load_extension(sqlite_vec.loadable_path())
    # Of unit vectors, the nearest by cosine are the nearest by distance, which it computes faster.
    database.execute(f"CREATE VIRTUAL TABLE v USING vec0(e float[{matrix.shape[1]}])")
    with database:
        database.executemany("INSERT INTO v (rowid, e) VALUES (?, ?)", ((i, e.tobytes()) for i, e in enumerate(matrix)))
    sql = "SELECT rowid FROM v WHERE e MATCH ? AND k = 10"
    return lambda vector: [row[0] for row in database.execute(sql, (vector.tobytes(),))]


def chroma(matrix: Any, folder: Path) -> Search:
    import chromadb

    client = chromadb.PersistentClient(str(folder / "chroma"), settings=chromadb.Settings(anonymized_telemetry=False))
    made = client.get_or_create_collection("tools", configuration={"hnsw": {"space": "ip"}}, embedding_function=None)
    for start in range(0, len(matrix), 5_000):
        rows = matrix[start : start + 5_000]
        made.add(ids=[str(start + row) for row in range(len(rows))], embeddings=rows)
    return lambda vector: made.query(query_embeddings=[vector], n_results=10, include=[])["ids"][0]


PEERS: dict[str, tuple[Callable[[Any, Path], Search], tuple[str, ...]]] = {
    "semantic-router": (semantic_router, ("semantic_router.index.local",)),
    "semantic-router (float32)": (semantic_router_float32, ("semantic_router.index.local",)),
    "LanceDB": (lancedb, ("lancedb", "pyarrow")),
    "sqlite-vec": (sqlite_vec, ("sqlite_vec", "apsw")),
    "Chroma": (chroma, ("chromadb",)),
}
"""How each peer is built, and what it is imported from."""


@cache
def imported(peer: str, *modules: str) -> bool:
    """Import *modules* of a peer; return whether that worked. Where it did not, print one line, once."""
    try:
        for module in modules:
            import_module(module)
    except Exception as error:  # a peer may be installed beside versions of libraries that it can't be imported with
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in {
            module.partition(".")[0] for module in modules
        }
        why = "not installed" if missing else f"can't be imported ({type(error).__name__}: {_first_line(error)})"
        print(f"peer {peer}: {why}; skipped", flush=True)
        return False
    return True


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def build(name: str, matrix: Any, folder: Path) -> Search | None:
    """Return the search of the peer *name* over the rows of *matrix*; None, and one line, without the peer."""
    make, modules = PEERS[name]
    return make(matrix, folder) if imported(name, *modules) else None


def ratel(tools: Iterable[tuple[str, str, dict[str, Any]]]) -> Search | None:
    """Return ratel-ai's search by words over *tools* (name, text, parameters); None, and one line, without ratel-ai."""
    if not imported("ratel-ai", "ratel_ai"):
        return None
    from ratel_ai import Tool, ToolRegistry

    registry = ToolRegistry()

    async def fill() -> None:
        for name, text, parameters in tools:
            await registry.register(Tool(name, name, text, parameters))

    asyncio.run(fill())
    return lambda text: [hit.tool_id for hit in registry.search(text, 10)]
