"""What learning from use brings in nDCG@10, and what it may cost, wrong uses included.

    python -m benchmarks use                     # every set of tools, the default embedder
    python -m benchmarks use --encoder minilm --sample 2000
    python -m benchmarks use --grid              # other constants, each set judged by the choice of the others
    python -m benchmarks use --time              # what a search and a record cost instead

Requests of a set are parted at random. For those of one part what is right is recorded as used, and nDCG@10 is measured
on the other part before and after:

half      half of the requests are recorded
10% wrong the same, where one record in ten names an entry at random
tenth     a tenth of the requests are recorded
again     half are recorded, and the very same are asked again
unseen    requests are recorded for half of the tools only, and asked for the other half: what can only be lost
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.corpus import entries
from benchmarks.data import sets
from benchmarks.measure import compare, one_core, timed, versions
from benchmarks.options import Parser
from benchmarks.search.quality import Data, load, measure
from catalog import Catalog, Settings
from catalog.search import use_boost

Query = dict[str, Any]
CASES = ("half", "10% wrong", "tenth", "again", "unseen")
GRID = {
    "BOUND": (6.0, 12.0, 24.0),
    "NOISE": (0.0, 2.0, 4.0),
    "POINTS": tuple({"r": 16.0, "w": words, "p": words} for words in (2.0, 4.0)),
}


def parted(data: Data, case: str, most: int) -> tuple[list[tuple[str, str]], list[Query]]:
    """Return what is recorded (request, name) and what is asked, at most so many."""
    chance = random.Random(case)
    queries = list(data.queries)
    chance.shuffle(queries)
    if case == "unseen":
        names = sorted({name for query in queries for name in query["gold"]})
        known = set(chance.sample(names, len(names) // 2))
        taught = [query for query in queries if known.issuperset(query["gold"])]
        asked = [query for query in queries if known.isdisjoint(query["gold"])]
    else:
        cut = len(queries) // (10 if case == "tenth" else 2)
        taught, asked = queries[:cut], queries[:cut] if case == "again" else queries[cut:]
    wrong = 0.1 if case == "10% wrong" else 0.0
    records = [
        (query["text"], chance.choice(data.names) if chance.random() < wrong else name)
        for query in taught
        for name in query["gold"]
    ]
    return records, asked[:most]


def gains(data: Data, cat: Catalog, case: str, most: int, each: Callable[[], Iterator[Any]]) -> dict[Any, float]:
    """Return the points of nDCG@10 that use brings, for each of the constants that *each* sets in turn."""
    records, asked = parted(data, case, most)

    def ndcg() -> float:
        return measure(lambda text: [hit.name for hit in cat.search(text, limit=10)], asked)["nDCG@10"]

    before = ndcg()
    for text, name in records:
        cat.record_use(text, ("tool", name))
    points = {constants: ndcg() - before for constants in each()}
    cat.reset_uses()
    return points


def as_they_are() -> Iterator[str]:
    yield "as they are"


def grid() -> Iterator[tuple[Any, ...]]:
    """Set the constants to one combination after the other."""
    kept = {name: getattr(use_boost, name) for name in GRID}
    for values in itertools.product(*GRID.values()):
        for name, value in zip(GRID, values, strict=True):
            setattr(use_boost, name, value)
        yield tuple(str(value) for value in values)
    for name, value in kept.items():
        setattr(use_boost, name, value)


def worth_of(points: dict[str, dict[Any, float]]) -> dict[Any, float]:
    """Return the worth of each choice of constants: the gains on other requests, and three times what others lose.

    Asking the same again does not count: the larger the bound, the better it is, whatever that does to the rest.
    """
    return {
        constants: points["half"][constants]
        + points["10% wrong"][constants]
        + points["tenth"][constants]
        + 3 * points["unseen"][constants]
        for constants in points["half"]
    }


def choose(worth: dict[str, dict[Any, float]], points: dict[str, dict[str, dict[Any, float]]]) -> None:
    """Print, for each set, what the constants that are best on the others give there."""
    total = {constants: sum(gain[constants] for gain in worth.values()) for constants in next(iter(worth.values()))}
    print(f"\nworth (half + 10% wrong + tenth + 3 unseen), mean of the sets, for {', '.join(GRID)}")
    for constants in sorted(total, key=lambda c: -total[c]):
        mean = {case: sum(each[case][constants] for each in points.values()) / len(points) for case in CASES}
        cases = "  ".join(f"{case} {gain:+.1f}" for case, gain in mean.items())
        print(f"  {total[constants] / len(worth):6.2f}  {cases}  {constants}")
    for left_out, gain in worth.items():
        # Sets that differ only in having examples would give each other away.
        others = [other for name, other in worth.items() if name.split("+")[0] != left_out.split("+")[0]]
        if others:
            best = max(total, key=lambda constants: sum(other[constants] for other in others))
            own = max(gain, key=lambda constants: gain[constants])
            cases = "  ".join(f"{case} {points[left_out][case][best]:+.1f}" for case in CASES)
            print(
                f"{left_out}: chosen by the others {best}: {gain[best]:+.2f}; its own best {gain[own]:+.2f}\n   {cases}"
            )


def times(count: int = 10_000) -> None:
    """Print what a record, a search without any use, and one with uses cost."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/c.db"
        with Catalog(url, settings=Settings(learn="off")) as off, Catalog(url, settings=Settings()) as on:
            off.register_many(entries(count))
            text = off.entry("tool", off.list("tool")[0]).description[:60]
            for cat in (off, on):
                cat.search(text)
            compare_search(off, on, text, "nothing recorded")
            for name in on.list("tool")[:200]:
                on.record_use("another request", ("tool", name))
            compare_search(off, on, text, "something else recorded")
            for name in on.list("tool")[:200]:
                on.record_use(text, ("tool", name))
            compare_search(off, on, text, "this request recorded 200 times")
            name = on.list("tool")[0]
            print(f"record_use: {timed(lambda: on.record_use(text, ('tool', name)), 500) * 1e6:.0f} us")


def compare_search(off: Catalog, on: Catalog, text: str, what: str) -> None:
    compare(f"search, {what} / learning off", lambda: on.search(text), lambda: off.search(text), goal="-", repeat=50)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser("use", __doc__)
    parser.add_argument("--encoder", default="wordllama", help="name of an embedder")
    parser.add_argument("--sample", type=int, help="at most so many requests a set, recorded and asked")
    parser.add_argument("--asked", type=int, default=1_500, help="at most so many requests asked")
    parser.add_argument("--grid", action="store_true", help="compare constants")
    parser.add_argument("--time", action="store_true", help="measure time instead")
    options = parser.options(arguments)
    if options.time:
        one_core()
        times()
        return
    folders = sets("tools.jsonl", "queries*.jsonl")
    print(versions(options.encoder, "numpy"))
    print(f"\npoints of nDCG@10, {options.encoder}\n{'':<22}" + "".join(f"{case:>11}" for case in CASES), flush=True)
    worth: dict[str, dict[Any, float]] = {}
    kept: dict[str, dict[str, dict[Any, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        for data in itertools.chain.from_iterable(load(folder, options.sample) for folder in folders):
            with Catalog(f"sqlite:///{place}/{data.name}.db", embedder=options.encoder, settings=Settings()) as cat:
                cat.register_many(data.entries)
                cat.embed_update()
                each = grid if options.grid else as_they_are
                points = kept[data.name] = {case: gains(data, cat, case, options.asked, each) for case in CASES}
            worth[data.name] = worth_of(points)
            here = next(iter(points["half"]))
            print(f"{data.name:<22}" + "".join(f"{points[case][here]:+11.1f}" for case in CASES), flush=True)
    if options.grid:
        choose(worth, kept)


if __name__ == "__main__":
    main()
