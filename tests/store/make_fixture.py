"""Keep a database of the schema of today, so that every later version is tested to upgrade it.

    python tests/store/make_fixture.py               # from the checkout whose schema is to be kept

It writes ``fixtures/REVISION.sql``, the database as SQL, and ``fixtures/REVISION.json``, what the program that made it
says is in it: entries, histories, what searches find. Both are never changed afterwards. It runs with the program of
any revision (``PYTHONPATH=old/checkout``): what an old one can't do yet is left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import struct
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"

MODULE = '''"""Charts for the team."""

import catalog


@catalog.tool(tags=["chart"])
def pie(values: list[float], title: str = "") -> bytes:
    """Draw a pie chart of shares."""
    return b""
'''

REQUESTS = ("draw a scatter plot", "bars", "shares of a pie", "Größe", "summer", "nothing like it")
TEAM = "/srv/team"
"""Stands in the fixture for the folder the module was scanned in."""


class Tiny:
    """An embedder of eight numbers: what is kept of it can be read in a review."""

    name = "tiny"
    width = 8

    def encode(self, texts: Sequence[str]) -> Any:
        """Return a row for each text: a sum of what its words are hashed to, of length 1."""
        import numpy as np

        rows = np.zeros((len(texts), self.width), np.float32)
        for place, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                rows[place] += np.array(struct.unpack("<8b", hashlib.sha256(word.encode()).digest()[:8]), np.float32)
            length = float(np.linalg.norm(rows[place]))
            rows[place] /= length or 1.0
        return rows


def fill(cat: Any, folder: Path) -> None:
    """Store something of everything that the program knows to store."""
    (folder / "charts.py").write_text(MODULE)
    cat.register_many(
        [
            {"kind": "tool", "name": "scatter", "ref": "plots:scatter", "description": "Draw a scatter plot.",
             "tags": ["plot", "io"], "examples": ["plot price against size", "show me the dots"], "priority": 3,
             "providers": ["openai"], "match": "re:scatter", "metadata": {"owner": "Ann", "cost": 0.5}},
            {"kind": "tool", "name": "bars", "ref": "plots:bars", "description": "Draw bars."},
            {"kind": "tool", "name": "gone", "ref": "plots:gone", "tags": ["io"]},
            {"kind": "model", "name": "openai/gpt-4o", "ref": "models:gpt", "description": "Für jede Größe, 日本語."},
            {"kind": "schema", "name": "verdict", "spec": {"type": "object", "properties": {"ok": {"minimum": 1}}}},
            {"kind": "schema", "name": "twelve", "spec": "12"},
            {"kind": "profile", "name": "mini", "spec": {"model": "openai/gpt-4o"}},
        ]
    )  # fmt: skip
    cat.register("tool", "bars", "plots:bars", description="Draw tall bars.", tags=["plot"])
    cat.unregister("tool", "gone")
    cat.register("tool", "back", "plots:back", description="Add up a summer's numbers.")
    cat.unregister("tool", "back")
    cat.restore("tool", "back", 1)
    cat.scan(str(folder / "charts.py"))
    if hasattr(cat, "embed_update"):
        cat.embed_update()
    if hasattr(cat, "golden"):
        cat.golden.add("draw a chart for me", "tool:scatter")
        cat.golden.add("what a day", None)
        cat.record_use("price and size", "tool:scatter")
        with cat.workspace.writing() as transaction:
            transaction.put_calibration("c" * 64, {"embedder": "tiny"}, bytes(range(16)))
        from catalog import AutoCouncil

        AutoCouncil(cat, "rules", kind="tool", on_no_match="abstain").resolve("a scatter, please")
    if hasattr(cat, "alias"):
        from catalog import DriftError
        from catalog.verbs.refusals import record_refusal

        cat.update("tool:bars", description="Draw very tall bars.", reason="they are taller now")
        cat.alias("tool:bars", "prod", revision=2)
        cat.alias("tool:bars", "latest")
        cat.alias("tool:scatter", "old", revision=1)
        cat.unalias("tool:scatter", "old")
        record_refusal(cat.workspace, "tool:bars", DriftError("it drifted", ref="plots:bars"))


def said(cat: Any) -> dict[str, Any]:
    """Return what the catalog says is in it, as data for JSON: what an upgrade must not change."""
    entries = sorted(cat.entries(), key=lambda entry: (entry.kind, entry.name))
    keys = sorted({(change.kind, change.name) for change in cat.log(1_000)})
    told: dict[str, Any] = {
        "generation": cat.generation,
        "entries": [json.loads(entry.model_dump_json()) for entry in entries],
        "history": {
            f"{kind}:{name}": [
                [change.revision, change.action, change.actor, change.at.isoformat(), change.data]
                for change in cat.history(kind, name)
            ]
            for kind, name in keys
        },
        "by words": {text: [hit.key for hit in cat.search(text, mode="lexical")] for text in REQUESTS},
        "by tag": {tag: [hit.key for hit in cat.search(tags=[tag])] for tag in ("plot", "io", "chart")},
    }
    if hasattr(cat, "embed_status") and getattr(cat, "embedder", "tiny"):
        told["by meaning"] = {
            text: [hit.key for hit in cat.search(text, mode="semantic", limit=5)] for text in REQUESTS
        }
        told["vectors"] = {name: status._asdict() for name, status in cat.embed_status().items()}
    if hasattr(cat, "golden"):
        told["golden"] = sorted([case.text, list(case.names)] for case in cat.golden)
        told["uses"] = sorted([use.query, use.kind, use.name, use.weight, use.at] for use in cat.uses())
        told["references"] = sorted(map(list, cat.references("profile", "mini")))
        from catalog import logged_decisions

        told["decisions"] = [one.decision for one in logged_decisions(cat)]
    return told


def as_sql(file: Path) -> Iterator[str]:
    """Yield the statements that make the database: its schema first, then the rows of each table by their key.

    SQLite's own tables of the full-text index are left out: its triggers fill them again.
    """
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = str
        made = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT IN "
            "(SELECT name FROM pragma_table_list WHERE type = 'shadow') AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        ).fetchall()
        yield from (f"{sql};" for _, _, sql in made)
        virtual = "SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow')"
        skipped = {row[0] for row in connection.execute(virtual)}
        for kind, name, _ in made:
            if kind != "table" or name in skipped:
                continue
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            listed = ", ".join(f'"{column}"' for column in columns)
            quoted = " || ', ' || ".join(f'quote("{column}")' for column in columns)
            for (values,) in connection.execute(f"SELECT {quoted} FROM {name} ORDER BY {listed}").fetchall():
                if name == "catalog_state":  # the migrations that the schema stands for have made it
                    yield "DELETE FROM catalog_state;"
                yield f"INSERT INTO {name} ({listed}) VALUES ({values});"


def make(folder: Path, fixtures: Path) -> str:
    """Make the fixture of the program that is imported in *fixtures*; return its revision."""
    from catalog import Catalog, Settings
    from catalog.store.schema import HEAD

    os.environ["CATALOG_ACTOR"] = "ann"
    given: dict[str, Any] = {"embedder": "none"}
    known = getattr(Settings, "model_fields", None) or Settings.__dataclass_fields__
    given |= {key: value for key, value in {"learn": "explicit", "route_log": "text"}.items() if key in known}
    embedder = "none" if HEAD == "0001" else "make_fixture:Tiny"
    file = folder / "catalog.db"
    with Catalog(f"sqlite:///{file}", embedder=embedder, settings=Settings(**given)) as cat:
        fill(cat, folder)
        told = said(cat)
    text = neutral("\n".join(as_sql(file)), folder)
    (fixtures / f"{HEAD}.sql").write_text(f"BEGIN;\n{text}\nCOMMIT;\n", encoding="utf-8")
    data = neutral(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True), folder)
    (fixtures / f"{HEAD}.json").write_text(f"{data}\n", encoding="utf-8")
    return HEAD


def neutral(text: str, folder: Path) -> str:
    """Return *text* without the folders of the machine it was made on."""
    for place, stands in ((str(folder), TEAM), (sys.prefix, f"{TEAM}/venv")):
        text = text.replace(place, stands)
    return text


def load(sql: Path, file: Path) -> None:
    """Make the database *file* that a fixture holds, in the mode of a catalog."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(sql.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(f"wrote {FIXTURES / make(Path(place), FIXTURES)}.sql and .json")
