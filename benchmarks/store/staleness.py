"""Vectors that can't go stale, shown from outside: the similarities of hits are compared with the texts of the hits.

The comparison (:class:`Expected`) shares no code with the catalog: it puts the texts together, encodes and compares
them by itself, in double precision. :func:`interrupted` kills updates of vectors, :func:`edited` lets one process edit
while others search with a warm index; ``python -m benchmarks endurance`` runs both for long, the test suite briefly.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import struct
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.processes import start

if TYPE_CHECKING:
    from catalog import Hit

Vector = tuple[float, ...]

NEAR = 3e-6
"""How far two equal similarities may be apart: they have six decimals, and come from rows of float32."""


class DigestEmbedder:
    """An embedder whose vectors are hashes of the texts: two texts that differ in a letter have nothing in common.

    Attributes:
        encoded: every text that was encoded, in order.
        before: called before anything is encoded.
    """

    name = "digest-16"
    width = 16

    def __init__(self) -> None:
        self.encoded: list[str] = []
        self.before: Any = None

    def encode(self, texts: Sequence[str]) -> Any:
        import numpy as np

        if self.before is not None:
            self.before()
        self.encoded += texts
        return np.array([digest(text) for text in texts], np.float32)


class LoudEmbedder(DigestEmbedder):
    """The same vectors, with a dot on standard error for each batch, so that a process is killed in the middle."""

    def encode(self, texts: Sequence[str]) -> Any:
        os.write(2, b".")
        time.sleep(0.002)
        return super().encode(texts)


DIGEST = DigestEmbedder()


@lru_cache(maxsize=1 << 16)
def digest(text: str) -> Vector:
    """Return the vector :class:`DigestEmbedder` has for a text."""
    raw = sha256(text.encode("utf-8", "surrogatepass")).digest()
    return _unit([number - 32_767.5 for number in struct.unpack("<16H", raw)])


@lru_cache(maxsize=4)
def _hash_embedder(width: int) -> Any:
    from catalog.embedders.hashed import HashEmbedder

    return HashEmbedder(width)


@lru_cache(maxsize=1 << 16)
def vector(embedder: str, text: str) -> Vector:
    """Return the vector of one text, by the name the embedder is configured under."""
    if not text.strip():
        return (0.0,) * 16
    if embedder.startswith("hash:"):
        return tuple(_hash_embedder(int(embedder[5:])).encode([text])[0].tolist())
    return digest(text)


def _unit(numbers: Iterable[float]) -> Vector:
    row = tuple(numbers)
    length = math.sqrt(math.fsum(x * x for x in row))
    return tuple(x / length for x in row) if length else row


def _sum(rows: Iterable[Vector]) -> Vector:
    return tuple(map(math.fsum, zip(*rows, strict=True)))


def dot(one: Vector, other: Vector) -> float:
    return math.fsum(x * y for x, y in zip(one, other, strict=True))


def texts_of(name: str, description: str, tags: Sequence[str], examples: Sequence[str]) -> list[str]:
    """Return what is embedded of an entry without parameters: its text, then its examples."""
    lines = [name.replace("_", " "), *([description] if description else []), *([", ".join(tags)] if tags else [])]
    return ["\n".join(lines), *examples]


def part_vector(embedder: str, part: int, text: str) -> Vector:
    """Return the vector that is kept of one part of an entry."""
    if part:
        return vector(embedder, text)
    name, newline, rest = text.partition("\n")
    if not newline:
        return vector(embedder, text)
    return _unit(_sum([vector(embedder, rest), tuple(0.35 * x for x in vector(embedder, name))]))


def row(embedder: str, texts: Sequence[str], fresh: Iterable[int]) -> Vector | None:
    """Return the row an entry is compared by if the parts *fresh* have fresh vectors; None if none has."""
    chosen = {part: part_vector(embedder, part, texts[part]) for part in fresh}
    shown = [row for part, row in chosen.items() if part and any(row)]
    about = chosen.get(0)
    if about is None and not shown:
        return None
    if not shown:
        return about
    pull = _unit(_sum(shown))
    return _unit(_sum([about, pull]) if about is not None else pull)


class Expected:
    """The similarities that searches for *query* may give to an entry, computed from the texts of the entry alone."""

    def __init__(self, embedder: str, query: str) -> None:
        self.embedder = embedder
        self.query = vector(embedder, query)

    def similarity(self, texts: Sequence[str], fresh: Iterable[int]) -> float | None:
        """Return the similarity of an entry of which exactly the parts *fresh* have fresh vectors; None without any."""
        compared = row(self.embedder, texts, fresh)
        return None if compared is None else round(dot(compared, self.query), 6)

    def possible(self, texts: Sequence[str]) -> list[float]:
        """Return every similarity that vectors of these texts, and of no others, can give."""
        parts = range(len(texts))
        some = [chosen for size in range(1, len(texts) + 1) for chosen in combinations(parts, size)]
        similarities = (self.similarity(texts, chosen) for chosen in some)
        return [similarity for similarity in similarities if similarity is not None]

    def wrong(self, hit: Hit) -> str | None:
        """Return what is wrong with a hit, or None: its similarity must come from texts that the hit shows."""
        entry, why = hit.entry, hit.why
        texts = texts_of(entry.name, entry.description, entry.tags, entry.examples)
        if "similarity" in why and not any(
            abs(why["similarity"] - possible) < NEAR for possible in self.possible(texts)
        ):
            return f"{entry.key} says {texts}; its similarity {why['similarity']} is of another text"
        example = why.get("example")
        if example is not None and (
            example["text"] not in entry.examples
            or abs(example["similarity"] - dot(vector(self.embedder, example["text"]), self.query)) > NEAR
        ):
            return f"{entry.key} has the examples {entry.examples}, and was found by {example}"
        return None


# -- kill -9 ---------------------------------------------------------------------------------------------------------

OWN, LOUD = "benchmarks.store.staleness:DIGEST", "benchmarks.store.staleness:LoudEmbedder"

LIBRARY = """
import sys
import catalog.workspace.embedding
from catalog import Catalog, Settings
catalog.workspace.embedding.BATCH = 5
with Catalog(sys.argv[1], settings=Settings(embedder=sys.argv[2])) as cat:
    cat.embed_update()
"""

COMMAND = """
import sys
import catalog.workspace.embedding
from catalog_cli.app import main
catalog.workspace.embedding.BATCH = 5
sys.argv = ["catalog", "embed", "update", "--url", sys.argv[1], "--embedder", sys.argv[2]]
main()
"""


class Interrupted(NamedTuple):
    """What :func:`interrupted` saw.

    Attributes:
        killed: processes that were killed in the middle of an update.
        searched: hits that were compared.
        wrong: what is wrong with them.
        lost: fresh vectors that were there before a kill and not after it.
        left: texts without a fresh vector after the last update, which was not killed.
        faults: what the check of the database reports, and what the last update wrote to standard error.
    """

    killed: int
    searched: int
    wrong: list[str]
    lost: int
    left: int
    faults: list[str]


def interrupted(path: Path, *, times: int, code: str = LIBRARY, entries: int = 200, seed: int = 1) -> Interrupted:
    """Change entries and kill the update of their vectors, *times* times; compare what a warm catalog finds."""
    from catalog import Catalog, Settings

    url, chance = f"sqlite:///{path}", random.Random(seed)
    expected = Expected(OWN, "marker")
    wrong: list[str] = []
    faults: list[str] = []
    killed = searched = lost = 0
    with Catalog(url, settings=Settings(embedder=OWN)) as cat:
        cat.register_many(tool_at(number, 0) for number in range(entries))
        for turn in range(times):
            cat.register_many(tool_at(number, turn) for number in chance.sample(range(entries), entries // 8))
            before = cat.embed_status()[DIGEST.name].fresh
            process = start(code, url, LOUD)
            assert process.stderr is not None
            for _ in range(chance.randrange(1, 8)):
                process.stderr.read(1)
            time.sleep(chance.random() * 0.01)  # while a batch is made, or stored
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
            lost += max(0, before - cat.embed_status()[DIGEST.name].fresh)
            hits = cat.search("marker", limit=None)
            searched += len(hits)
            wrong += filter(None, map(expected.wrong, hits))
            if turn % 10 == 0 or turn == times - 1:
                faults += cat.check()
        faults += filter(None, [start(code, url, LOUD).communicate()[1].strip(".")])
        status = cat.embed_status()[DIGEST.name]
        for hit in cat.search("marker", limit=None):
            texts = texts_of(hit.name, hit.description, hit.tags, hit.entry.examples)
            if not near(hit.why.get("similarity"), expected.similarity(texts, range(len(texts)))):
                wrong.append(f"{hit.key} is found by {hit.why}")
    return Interrupted(killed, searched, wrong, lost, status.stale + status.missing, faults)


def near(one: float | None, other: float | None) -> bool:
    """Tell whether two similarities are equal, but for the last digit."""
    return one is other or (one is not None and other is not None and abs(one - other) < NEAR)


def tool_at(number: int, turn: int) -> dict[str, Any]:
    """Return the fields of an entry that differ each turn, sometimes in the description and sometimes in an example."""
    return {
        "kind": "tool",
        "name": f"tool_{number}",
        "ref": "nowhere.to_be_found:thing",
        "description": f"Does number {turn // 2}.",
        "tags": ["marker"],
        "examples": [f"example {turn}", "example for ever"][: number % 3],
    }


# -- two processes ---------------------------------------------------------------------------------------------------

EDITOR = """
import random, sys, time
from benchmarks.store.staleness import tool_at
from catalog import Catalog, EntryNotFoundError, Settings
url, end, entries = sys.argv[1], time.time() + float(sys.argv[2]), int(sys.argv[3])
chance, turn = random.Random(1), 0
first, second = (Settings(embedder=name) for name in ("hash:8", "none"))
with Catalog(url, settings=first) as cat, Catalog(url, settings=second) as bare:
    while time.time() < end or turn < 20:
        turn += 1
        writer = chance.choice((cat, bare))  # the second leaves behind vectors that are stale
        numbers = [chance.randrange(entries) for _ in range(chance.choice((1, 1, 3)))]
        what = chance.random()
        if what < 0.8:
            writer.register_many({number: tool_at(number, turn) for number in numbers}.values())
            continue
        try:
            if what < 0.9:
                writer.unregister("tool", f"tool_{numbers[0]}")
            else:
                writer.restore("tool", f"tool_{numbers[0]}")
        except EntryNotFoundError:
            pass
print(turn)
"""

SEARCHER = """
import json, os, sys
from benchmarks.store.staleness import Expected
from catalog import Catalog, Settings
url, stop = sys.argv[1:]
expected, searches, hits, wrong = Expected("hash:8", "marker"), 0, 0, []
with Catalog(url, settings=Settings(embedder="hash:8")) as cat:
    cat.search("marker")
    print("ready", flush=True)
    while not os.path.exists(stop):
        results = cat.search("marker", limit=None, mode=("auto", "semantic", "hybrid")[searches % 3])
        searches, hits = searches + 1, hits + len(results)
        wrong += filter(None, map(expected.wrong, results))
print(json.dumps([searches, hits, wrong]))
"""


class Edited(NamedTuple):
    """What :func:`edited` saw: edits, searches, hits compared, what is wrong with them, and errors of the processes."""

    edits: int
    searches: int
    hits: int
    wrong: list[str]
    failures: list[str]


def edited(path: Path, *, seconds: float, entries: int = 12, searchers: int = 2) -> Edited:
    """Let one process edit a few entries without a pause, and others search them with warm indexes."""
    from catalog import Catalog, Settings

    url = f"sqlite:///{path}"
    with Catalog(url, settings=Settings(embedder="hash:8")) as cat:
        cat.register_many(tool_at(number, 0) for number in range(entries))
    stop = Path(f"{path}.stop")
    searching = [start(SEARCHER, url, stop) for _ in range(searchers)]
    for process in searching:
        assert process.stdout is not None
        process.stdout.readline()  # its index is warm now
    outputs = [start(EDITOR, url, seconds, entries).communicate()]
    stop.touch()
    outputs += [process.communicate() for process in searching]
    failures = [error for _, error in outputs if error]
    searched = [json.loads(out) for out, _ in outputs[1:] if out]
    return Edited(
        int(outputs[0][0] or 0),
        sum(counts[0] for counts in searched),
        sum(counts[1] for counts in searched),
        [text for counts in searched for text in counts[2]],
        failures,
    )
