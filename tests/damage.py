"""A catalog with rows in every table, and ways of damaging each column: for the tests of damage."""

from __future__ import annotations

import json
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from factories import blank_catalog, open_catalog

from catalog import AutoCouncil, Catalog, CatalogWarning, DriftError, Settings, logged_decisions
from catalog.routing.calibration.stored import router_key
from catalog.store import tables
from catalog.verbs.refusals import record_refusal

OTHERS = ["tool:alpha", "tool:beta", "tool:delta", "tool:gamma"]
"""The entries that are not damaged."""

MODULE = "".join(
    f'def {name}(x: int) -> str:\n    """{text}"""\n    return str(x)\n\n\n'
    for name, text in {
        "alpha": "Draw a scatter plot from a table.",
        "beta": "Send an invoice to a customer.",
        "gamma": "Translate a text into another language.",
        "delta": "Read the weather of a town.",
        "bad": "Sort the letters of the morning.",
    }.items()
)

FULL = Settings(embedder="hash", learn="explicit", learn_text=True, route_log="text")


def fill(folder: Path) -> Path:
    """Make a catalog in *folder* with rows in every table, of which NOT NULL is taken off; return its file.

    An entry called ``bad`` is there to be damaged; the others are sound.
    """
    (folder / "damage_tools.py").write_text(MODULE)
    file = blank_catalog(folder / "full.db")
    with open_catalog(file, settings=FULL) as cat:
        cat.scan(str(folder / "damage_tools.py"), public=True)
        for name in ("alpha", "bad"):
            cat.update("tool", name, tags=["plot"], examples=[f"please do {name}"])
        cat.register("council", "bad", {"members": [{"profile": "bad"}], "rounds": []}, description="Talk.")
        cat.unregister("council", "bad")
        cat.register("profile", "bad", {"uses": ["tool:alpha"]}, tags=["plot"])
        cat.golden.add("draw a chart for me", "tool:alpha")
        cat.golden.add("sort my letters", "tool:bad")
        for name in ("alpha", "bad"):
            cat.alias(f"tool:{name}", "prod", revision=1, reason="it is tried")
            record_refusal(cat.workspace, f"tool:{name}", DriftError("it has drifted", ref="x:y"))
        cat.record_use("a chart", "tool:bad")
        cat.record_use("a chart", "tool:alpha")
        router = AutoCouncil(cat, "embedding", kind="tool", on_no_match="abstain")
        for prompt in ("draw a scatter plot", "sort the letters"):
            router.resolve(prompt)
        with cat.workspace.writing() as transaction:
            transaction.put_calibration(router_key(router.context), {"embedder": "x"}, b"12345678")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "INSERT OR IGNORE INTO entry_reference SELECT id, 'members.0', 'tool', 'alpha' FROM entry "
            "WHERE kind = 'profile'"
        )
        connection.commit()
    loosen(file)
    return file


def loosen(file: Path) -> None:
    """Take NOT NULL off the tables of *file*, as damage does not know it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        for table in tables.metadata.sorted_tables:
            (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
            connection.execute(
                "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
                (sql.replace("NOT NULL", ""), table.name),
            )
        connection.execute("PRAGMA writable_schema=RESET")


# -- damaging --------------------------------------------------------------------------------------------------------

_BAD_TEXT = "CAST(X'C328FF' AS TEXT)"
_ANY = ("NULL", _BAD_TEXT, "X'00FF'")
_VALUES: dict[str, tuple[str, ...]] = {  # in a column of text a number becomes a text
    "integer": (*_ANY, "9223372036854775807", "-9223372036854775807", "1e300", "'abc'"),
    "float": (*_ANY, "9223372036854775807", "1e300", "9e999", "'abc'"),
    "bytes": ("NULL", "'abc'", "X'00FF'", "zeroblob(64)", "12"),
    "moment": (*_ANY, "'yesterday'", "'2026-13-45T00:00:00+00:00'", "1e300"),
    "text": (*_ANY, "9223372036854775807"),
    "object": (*_ANY, "'{'", "'[]'", "'[1]'", "'null'", "'\"x\"'", "1e300"),
    "texts": (*_ANY, "'{'", "'{}'", "'[1]'", "'null'", "'\"x\"'", "'[[\"x\"]]'", "1e300"),
    "any": (*_ANY, "'{'"),
}


def form_of(column: sa.Column[Any]) -> str:
    """Return what a column holds, in a word."""
    kind = column.type
    if isinstance(kind, tables.JsonText):
        return kind.form
    if isinstance(kind, tables.UtcDateTime):
        return "moment"
    if isinstance(kind, sa.Float):
        return "float"
    if isinstance(kind, sa.Integer):
        return "integer"
    return "bytes" if isinstance(kind, sa.LargeBinary) else "text"


COLUMNS = [(table.name, column.name) for table in tables.metadata.sorted_tables for column in table.c]
"""Every column of every table."""

_ROW = {
    "entry": "kind = 'tool' AND name = 'bad'",
    "revision": "kind = 'tool' AND name = 'bad' AND revision = 2",
    "entry_tag": "kind = 'tool' AND name = 'bad'",
    "golden_case": "name = 'bad'",
    "alias": "name = 'bad'",
    "audit": "key = 'tool:bad'",
    "used": "name = 'bad' AND query LIKE 'r:%'",
    "source": "target NOT LIKE 'plugins@%'",
    "decision_log": "id = 1",
    "history_mark": "generation = (SELECT max(generation) FROM history_mark)",
    **dict.fromkeys(
        ("entry_text", "search_doc", "vector", "entry_change"),
        "entry_id = (SELECT id FROM entry WHERE kind = 'tool' AND name = 'bad')",
    ),
}


class Way(NamedTuple):
    """One way of damaging a column.

    Attributes:
        name: what is put in.
        statement: what puts it in.
        is_noticed: whether the value differs in form from what may be there.
    """

    name: str
    statement: str
    is_noticed: bool


def ways(table: str, name: str) -> Iterator[Way]:
    """Yield the ways of damaging a column; what SQLite refuses is for the caller to skip."""
    column = tables.metadata.tables[table].c[name]
    form = form_of(column)
    where = f" WHERE {_ROW[table]}" if table in _ROW else ""
    for value in _VALUES[form]:
        lawful = (value == "NULL" and column.nullable) or (form == "text" and value[0] == "9")
        lawful = lawful or (table == "calibration" and name == "data")  # the router knows: a hash of it is recorded
        yield Way(value, f'UPDATE {table} SET "{name}" = {value}{where}', not lawful)


def chosen(table: str, name: str) -> tuple[int, frozenset[int]]:
    """Return which way of damaging a column to take if only one is taken, and which to look at if not at all.

    The first is the next for each column of a form; to look at there are so many more that no way is left out where a
    form has fewer columns than ways.
    """
    form = form_of(tables.metadata.tables[table].c[name])
    alike = [place for place in COLUMNS if form_of(tables.metadata.tables[place[0]].c[place[1]]) == form]
    place, number = alike.index((table, name)), len(_VALUES[form])
    return place % number, frozenset({place % number, *range(place, number, len(alike))})


def damaged_copy(full: Path, target: Path, statement: str) -> bool:
    """Copy *full* to *target* and damage it, as a disk does: no trigger runs. Return False if SQLite refuses."""
    shutil.copyfile(full, target)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")  # each change of the schema by itself would take longer than all together
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        try:
            done = connection.execute(statement).rowcount
        except sqlite3.IntegrityError:
            return False
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
        assert done > 0, statement
        return True


# -- reading ---------------------------------------------------------------------------------------------------------


@contextmanager
def quiet() -> Iterator[None]:
    """Let the catalog warn of what it passes over."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CatalogWarning)
        yield


def opened(file: Path) -> Catalog:
    """Open a catalog that learns, logs and embeds."""
    return open_catalog(file, settings=FULL)


def _others(keys: Any) -> list[str]:
    return sorted(key for key in keys if key in OTHERS)


def answers(cat: Catalog, folder: Path) -> dict[str, Any]:
    """Return what every call answers about the entries that are not damaged."""
    lines, uses, copy = folder / "out.jsonl", folder / "uses.jsonl", folder / "copy.db"
    copy.unlink(missing_ok=True)
    router = AutoCouncil(cat, "embedding", kind="tool", on_no_match="abstain", log="text")

    def exported() -> list[str]:
        cat.export_jsonl(lines)
        return [f"{one['kind']}:{one['name']}" for one in map(json.loads, lines.read_text().splitlines())]

    def backup() -> list[str]:
        cat.backup(copy)
        with opened(copy) as other:
            return _others(hit.key for hit in other.search())

    def written() -> list[str]:
        cat.register("tool", "new", "os:getcwd", description="Say where we are.")
        cat.update("tool", "beta", tags=["post"])
        cat.restore("tool", "beta")
        cat.unregister("tool", "new")
        return [hit.key for hit in cat.search("invoice", kind="tool", limit=1)]

    calls: dict[str, Callable[[], Any]] = {
        "ls": lambda: _others(hit.to_dict(ranked=False)["key"] for hit in cat.search()),
        "ls by tag": lambda: _others(hit.key for hit in cat.search(tags=["plot"])),
        "words": lambda: [hit.to_dict()["key"] for hit in cat.search("scatter plot", mode="lexical")][:1],
        "auto": lambda: [hit.to_dict()["key"] for hit in cat.search("scatter plot", kind="tool")][:1],
        "meaning": lambda: _others(
            hit.to_dict()["key"] for hit in cat.search("scatter plot", mode="semantic", limit=9)
        ),
        "similar": lambda: [hit.to_dict()["key"] in OTHERS for hit in cat.similar("tool", "alpha")][:0],
        "names": lambda: [f"tool:{name}" in OTHERS for name in cat.list("tool")].count(True),
        "entry": lambda: [cat.entry(key).description for key in OTHERS],
        "which": lambda: [cat.which(key)[0].entry.name for key in OTHERS],
        "entries": lambda: _others(entry.key for entry in cat.entries()),
        "history": lambda: [[one.revision for one in cat.history(key)] for key in OTHERS],
        "log": lambda: _others({one.key for one in cat.log(99)}),
        "references": lambda: [cat.references(key) for key in OTHERS],
        "used by": lambda: [[one.source for one in cat.used_by(key)][:0] for key in OTHERS],
        "all references": lambda: len(cat.all_references()) and 0,
        "verify": lambda: [one.key for one in cat.verify() if one.key in OTHERS],
        "diagnose": lambda: [one.key for one in cat.diagnose() if one.key in OTHERS],
        "export": lambda: _others(exported()),
        "uses": lambda: [use.name for use in cat.uses() if use.name == "alpha"][:1],
        "export uses": lambda: cat.export_uses(uses) and 0,
        "golden": lambda: [case.names for case in cat.golden if case.names == ("tool:alpha",)],
        "decisions": lambda: [one.prompt for one in logged_decisions(cat) if one.prompt == "sort the letters"],
        "route": lambda: router.resolve("draw a scatter plot from a table").name,
        "aliases": lambda: [cat.aliases("tool:alpha"), cat.entry("tool:alpha@prod").revision],
        "audit": lambda: [line.message for line in cat.audit() if line.key == "tool:alpha"],
        "embed status": lambda: len(cat.embed_status()) and 0,
        "embed update": lambda: cat.embed_update() and 0,
        "load": lambda: [cat.get(key) is not None for key in OTHERS],
        "backup": backup,
        "refresh": lambda: [report.gone for report in cat.refresh() if set(report.gone) & set(OTHERS)],
        "write": written,
        "ls again": lambda: _others(hit.key for hit in cat.search()),
    }
    return {name: call() for name, call in calls.items()}
