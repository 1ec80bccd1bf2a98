"""Mutated references, searches, imports, specs, sources, locks, settings: only CatalogError, nothing half-written.

    python -m benchmarks fuzz                     # ten minutes
    python -m benchmarks fuzz --minutes 0.1 --seed 7

Guided by what comes back: an input with an answer nobody has seen is kept and mutated further. Counts, whose floor is
zero: other exceptions, failed writes that changed the catalog. Exit status 1 if any is above zero.
"""

from __future__ import annotations

import importlib
import io
import json
import random
import re
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.options import Parser
from catalog import Catalog, CatalogError, ObjectRef, Settings, load_settings, validate_council
from catalog.discovery.scan import scan

LOCKS = (("catalog.entry.lock", "parse_lock"), ("catalog.verbs.pins", "parse_lock"), ("catalog.lock", "parse_lock"))
"""Where the parser of lock files may be; the first that exists is fuzzed with their text."""

PIECES = (
    *(
        "\0",
        "\n",
        "\r",
        "\t",
        " ",
        '"',
        "'",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        ",",
        ".",
        "*",
        "#",
        "=",
        "@",
        "-",
    ),
    *(
        "\ud800",
        "\udcff",
        "\u202e",
        "\u200b",
        "\x1b[31m",
        "\u0130",
        "数据",
        "🧪",
        "NaN",
        "1e999",
        "-Infinity",
        "null",
        "true",
    ),
    *("[" * 300, "{'a':" * 120, "9" * 400, "9" * 5000, "x" * 5000, "AND", "NEAR(", 'a"*', "../../x", "builtins:eval"),
    *(
        "\\ud800",
        "lambda: 0",
        "if x:\n    ",
        "def f(a=1): ...\n",
        "class A(B): ...\n",
        "import os\n",
        "f'{x:9}'",
        "\n\n",
    ),
)
SEEDS: dict[str, list[str]] = {
    "references": ["package.module:name", "a.b.c:Class.method", "os:getcwd", "a:b"],
    "searches": ["draw a chart", '"exact words" AND tag:plot', "createScatterPlot", "a* OR (b NOT c)", "数据 plot"],
    "imports": [
        '{"kind": "tool", "name": "pie", "ref": "plots:pie", "description": "Draws.", "tags": ["plot"], "priority": 3}',
        '{"kind": "prompt", "name": "hi", "spec": {"text": "Hello {name}"}, "metadata": {"a": [1, 2.5, null, true]}}',
        '{"kind": "schema", "name": "v", "spec": {"type": "object", "properties": {"a": {"type": "string"}}}}\n'
        '{"kind": "tool", "name": "bar", "ref": "plots:bar", "examples": ["bar chart"], "match": "^bar"}',
        '{"kind": "tool", "name": "v", "ref": "a:b", "vectors": {"hash": [["AAAA"]]}}',
    ],
    "specs": [
        '{"members": [{"id": "a", "model": "x/y"}, {"id": "b", "agent": "x"}], "rounds": [{"type": "debate"}]}',
        '{"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"enum": [1, "b", null]}}}',
        '{"chair": {"id": "c", "profile": "p"}, "members": [], "metadata": {"x": {}}, "schema_version": 1}',
    ],
    "sources": [
        "from catalog import tool\nA = 'x' + 'y'\n@tool(name=A, tags=['a', A.replace('x', 'zz')])\n"
        "def f(x: int = 1) -> str:\n"
        "    '''Does it.\n\n    Args:\n        x: what.\n    '''\n",
        "import sys\nfrom enum import Enum\nclass E(Enum):\n    A = 'a'\nif sys.version_info > (3, 8):\n"
        "    from catalog import tool\n"
        "else:\n    tool = None\n@tool\ndef g(e: E, *a, k: 'dict[str, E] | None' = None, **kw): ...\n",
    ],
    "configurations": [
        'url = "sqlite:///c.db"\nverify = "source"\nkinds = ["dataset"]\n[entries.tool]\npie = "plots:pie"\n',
        '[entries.tool.bar]\nref = "plots:bar"\ntags = ["x"]\n[scope]\nsources = ["scan:x"]\n'
        '[recognise.decorators]\nx = {kind = "tool"}\n',
    ],
    "locks": [
        'version = 1\n[[entry]]\nkey = "tool:pie"\nref = "plots:pie"\nchecksum = "00"\n',
        '{"version": 1, "entries": []}',
    ],
}


class Fuzz:
    """One run over one catalog in one folder."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Open a catalog in *folder*; the same *seed* gives the same inputs as far as the clock lets it."""
        self.chance = random.Random(seed)
        self.folder = folder
        self.catalog = Catalog(f"sqlite:///{folder / 'fuzz.db'}", settings=Settings(embedder="none"))
        self.catalog.register("tool", "kept", "os:getcwd", description="stays as it is")
        self.tried: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.crashes: dict[str, str] = {}
        self.half_written: list[str] = []
        self.corpus = {name: list(seeds) for name, seeds in SEEDS.items()}
        self.known: set[str] = set()
        self.targets: dict[str, Callable[[str], object]] = {
            "references": ObjectRef.parse,
            "searches": lambda text: self.catalog.search(text, limit=3),
            "imports": self._import,
            "specs": self._spec,
            "sources": self._source,
            "configurations": self._configuration,
        }
        parser = lock_parser()
        if parser is not None:
            self.targets["locks"] = parser

    def run(self, seconds: float) -> None:
        """Try one input after the other until the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, target in self.targets.items():
                self._try(name, target)

    def _try(self, name: str, target: Callable[[str], object]) -> None:
        text = self._mutated(self.chance.choice(self.corpus[name]))
        before = self._state() if name in ("imports", "specs") else None
        self.tried[name] += 1
        answer = "fine"
        try:
            target(text)
        except CatalogError as error:
            self.refused[name] += 1
            answer = f"{error.code} {re.sub(r'[0-9]+|.[^ ]*[^a-z ].?', '', str(error))[:80]}"
            if before is not None and self._state() != before:
                self.half_written.append(f"{name}: {text[:300]!r}")
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{name}: {type(error).__name__} in {Path(where.filename).name}:{where.lineno}"
            self.crashes.setdefault(key, f"{str(error)[:200]} of {text[:600]!r}")
            answer = key
        if (known := f"{name} {answer}") not in self.known:
            self.known.add(known)
            self.corpus[name].append(text[:20_000])

    def _mutated(self, text: str) -> str:
        chance = self.chance
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            start = chance.randrange(len(text) + 1)
            stop = min(len(text), start + chance.choice((0, 1, 1, 2, 5, 20)))
            way = chance.randrange(5)
            if way == 0:
                text = text[:start] + text[stop:]
            elif way == 1:
                text = text[:stop] + text[start:]  # a part twice
            elif way == 2:
                text = text[:start] + chr(chance.randrange(0x110000)) + text[stop:]
            else:
                text = text[:start] + chance.choice(PIECES) + text[stop:]
        return text

    def _state(self) -> tuple[int, int]:
        return sum(len(self.catalog.list(kind)) for kind in self.catalog.kinds()), self.catalog.generation

    def _import(self, text: str) -> None:
        self.catalog.import_jsonl(io.StringIO(text))

    def _spec(self, text: str) -> None:
        try:
            data: Any = json.loads(text)
        except (ValueError, RecursionError):
            data = {"members": [text], text: [text]}
        if self.chance.random() < 0.1:
            data = _deep(data, self.chance.randrange(3000))
        if self.chance.random() < 0.05:
            circle: dict[str, Any] = {"data": data}
            circle["members"] = [circle]
            data = circle
        validate_council(data, self.catalog)
        self.catalog.register(self.chance.choice(("council", "schema", "prompt")), "fuzzed", data)

    def _source(self, text: str) -> None:
        path = self.folder / "fuzzed.py"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        scan(path, public=True)

    def _configuration(self, text: str) -> None:
        path = self.folder / "catalog.toml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        load_settings(file=path, env={})


def _deep(data: Any, levels: int) -> Any:
    for _ in range(levels):
        data = {"metadata": [data]}
    return data


def lock_parser() -> Callable[[str], object] | None:
    """Return the function that reads the text of a lock file, or None where there is none."""
    for module, name in LOCKS:
        try:
            parser = getattr(importlib.import_module(module), name, None)
        except ImportError:
            continue
        if callable(parser):
            return parser
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was tried and what broke; return 1 if anything did."""
    parser = Parser("fuzz", __doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.options(arguments)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder), options.seed)
        fuzz.run(60 * options.minutes)
        fuzz.catalog.close()
    for name in fuzz.targets:
        kept = len(fuzz.corpus[name])
        print(f"{name:15} {fuzz.tried[name]:8,} tried, {fuzz.refused[name]:8,} refused, {kept:5,} kept for mutation")
    if "locks" not in fuzz.targets:
        print("locks           no parser")
    for key, about in fuzz.crashes.items():
        print(f"crash: {key}: {about!a}")
    for about in fuzz.half_written:
        print(f"half written: {about!a}")
    print(f"crashes {len(fuzz.crashes)}, half written {len(fuzz.half_written)}")
    return int(bool(fuzz.crashes or fuzz.half_written))
