"""Golden cases and logged decisions: what routing is tested with, as it lies in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json import loads
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.store.mapping import to_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.store.reader import Reader

GOLDEN = "SELECT g.text, g.kind, g.name, g.added_at FROM golden_case AS g ORDER BY g.id"
LOGGED = (
    "SELECT d.id, d.at, d.generation, d.prompt_hash, d.prompt, d.router, d.decision FROM decision_log AS d "
    "ORDER BY d.id DESC LIMIT ?"
)


class Golden(NamedTuple):
    """One row: a text and one entry that is right for it; kind and name are empty where none fits."""

    text: str
    kind: str
    name: str
    added_at: str


class Logged(NamedTuple):
    """One decision that was kept.

    Attributes:
        number: grows with every decision.
        at: when, as ISO 8601 with the zone.
        generation: of the catalog that was asked.
        prompt_hash: SHA-256 of the prompt.
        prompt: its text, where that was allowed.
        router: what asked; see :mod:`catalog.routing.log`.
        decision: what came of it.
    """

    number: int
    at: str
    generation: int
    prompt_hash: str
    prompt: str | None
    router: dict[str, Any]
    decision: dict[str, Any]


def golden(reader: Reader) -> list[Golden]:
    """Return all golden rows, the oldest first."""
    return [Golden(*row) for row in reader.all(GOLDEN)]


def logged(reader: Reader, limit: int | None = None) -> list[Logged]:
    """Return the last decisions that were kept, the newest first."""
    rows = reader.all(LOGGED, (-1 if limit is None else limit,))
    return [Logged(*row)._replace(router=loads(row[5]), decision=loads(row[6])) for row in rows]


# -- writing: on the connection of a transaction; none of it is a change of any entry --------------------------------


def add_golden(run: Connection, rows: Iterable[tuple[str, str, str]], now: str) -> int:
    """Add (text, kind, name) rows; those that are there stay as they are. Return how many were new."""
    done = run.exec_driver_sql(
        "INSERT INTO golden_case (text, kind, name, added_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (text, kind, name) DO NOTHING",
        [(*row, now) for row in rows],
    )
    return int(done.rowcount)


def remove_golden(run: Connection, rows: Sequence[tuple[str, str, str]]) -> int:
    """Take (text, kind, name) rows away; return how many were there."""
    done = run.exec_driver_sql("DELETE FROM golden_case WHERE text = ? AND kind = ? AND name = ?", list(rows))
    return int(done.rowcount)


def log_decision(run: Connection, row: Logged, most: int) -> None:
    """Keep one decision (it gets a number here); only the last *most* stay."""
    run.exec_driver_sql(
        "INSERT INTO decision_log (at, generation, prompt_hash, prompt, router, decision) VALUES (?, ?, ?, ?, ?, ?)",
        (row.at, row.generation, row.prompt_hash, row.prompt, to_json(row.router), to_json(row.decision)),
    )
    run.exec_driver_sql("DELETE FROM decision_log WHERE id <= (SELECT max(id) FROM decision_log) - ?", (most,))


def forget_decisions(run: Connection) -> int:
    """Forget all decisions; return how many there were."""
    return int(run.exec_driver_sql("DELETE FROM decision_log").rowcount)
