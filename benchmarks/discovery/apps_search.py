"""How well a catalog of whole repositories is searched: 50 requests that somebody would ask, written before the search.

    python -m benchmarks apps_search REPO…                    # scan the folders into one catalog, then search it
    python -m benchmarks apps_search REPO… --embedder none    # by words only

The requests and the answers that are right are in `benchmarks/apps/requests.json`; an answer is a pattern for the name
of an entry, and after `@` for the place of its code. Counted is a request with a right answer among the first three;
goal 45 of 50. Requests that no entry of the catalog answers are named apart: a scan missed it, or its repository is not
among those given.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import benchmarks.apps
from benchmarks.apps.files import version_of
from benchmarks.measure import versions
from benchmarks.options import Parser
from catalog import Catalog, Entry

FIRST = 3
GOAL = 0.9


class Request(NamedTuple):
    """What somebody asks, and patterns of what is right."""

    ask: str
    right: tuple[str, ...]


def requests() -> list[Request]:
    """Return the requests, as they are kept beside the benchmarks."""
    path = Path(benchmarks.apps.__path__[0]) / "requests.json"
    return [Request(each["ask"], tuple(each["right"])) for each in json.loads(path.read_text(encoding="utf-8"))]


def folded(text: str) -> str:
    """Return *text* as patterns are written: in small letters, with ``_`` for spaces and dashes."""
    return re.sub(r"[\s-]+", "_", text.lower())


def place_of(entry: Entry) -> str:
    """Return where the code of an entry is: its file where the catalog knows it, and its module."""
    module, _, name = str(entry.ref or "").partition(":")
    parts = (entry.source, entry.root or "", str(entry.metadata.get("file", "")), module.replace(".", "/"), name)
    return "/".join(part for part in parts if part)


def is_right(entry: Entry, request: Request) -> bool:
    """Tell whether an entry is one of the answers to a request."""
    given = str(entry.metadata.get("given_name", ""))
    names = {folded(name) for each in (entry.name, given) if each for name in (each, re.split(r"[/.]", each)[-1])}
    place = folded(place_of(entry))
    for pattern in request.right:
        wanted, _, where = pattern.partition(" @ ")
        kind, colon, wanted = wanted.rpartition(":")
        if colon and kind != entry.kind:
            continue
        if where and not fnmatchcase(place, folded(where)):
            continue
        if any(fnmatchcase(name, folded(wanted)) for name in names):
            return True
    return False


def measure(catalog: Catalog, mode: str) -> tuple[int, int]:
    """Print each miss and how many requests are answered; return that, and how many there are."""
    entries = list(catalog.entries())
    right, asked = 0, requests()
    for request in asked:
        hits = catalog.search(request.ask, limit=10, mode=mode)
        good = [place for place, hit in enumerate(hits, 1) if is_right(hit.entry, request)]
        if good and good[0] <= FIRST:
            right += 1
            continue
        there = sum(1 for entry in entries if is_right(entry, request))
        why = f"{there} right, none among the first 10" if there else "nothing is right"
        why = f"right at {good[0]}" if good else why
        print(f"  missed: {request.ask!r}: {why}")
        for hit in hits[:FIRST]:
            print(f"      {hit.entry.kind}:{hit.entry.name}  {hit.entry.description[:70]!r}")
    print(f"{mode:<10} {right} of {len(asked)} among the first {FIRST}  ratio {right / len(asked):.3f}  goal >= {GOAL}")
    return right, len(asked)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser("apps_search", __doc__)
    parser.add_argument("repositories", nargs="*", type=Path, metavar="REPO", help="folders of repositories")
    parser.add_argument("--embedder", default="wordllama", help="its name, or none (default: %(default)s)")
    parser.add_argument("--catalog", metavar="URL", help="a catalog to keep the scans in (default: none is kept)")
    parser.add_argument("--no-scan", action="store_true", help="search --catalog as it is")
    options = parser.options(arguments)
    if not options.repositories and not options.no_scan:
        print("no repository is given: python -m benchmarks apps_search REPO…; skipped")
        return 0
    print(versions("wordllama"))
    with tempfile.TemporaryDirectory() as folder:
        url = options.catalog or f"sqlite:///{os.path.join(folder, 'apps.db')}"
        with Catalog(url, embedder=options.embedder) as catalog:
            for top in () if options.no_scan else options.repositories:
                report = catalog.scan(str(top))
                print(f"{top.name} ({version_of(top)}): {len(report.found):,} new entries, {report.seconds:.1f} s")
            print(f"{sum(1 for _ in catalog.entries()):,} entries")
            modes = ("lexical",) if options.embedder == "none" else ("auto", "lexical")
            right, asked = next(iter([measure(catalog, mode) for mode in modes]))
    return 0 if right >= GOAL * asked else 1


if __name__ == "__main__":
    raise SystemExit(main())
