"""Golden cases and logged decisions: rows that routing is tested with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.store.forms import NONE, NUMBER, TEXT, TEXT_OR_NONE, is_row, parsed, passed_over, sound
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
    """A prompt and one entry that is right for it; kind and name are empty if no entry fits."""

    text: str
    kind: str
    name: str
    added_at: str


class Logged(NamedTuple):
    """One logged decision of a router.

    Attributes:
        number: grows with every decision.
        at: when, as ISO 8601 with the zone.
        generation: the generation of the catalog at that time.
        prompt_hash: SHA-256 of the prompt.
        prompt: the prompt itself, if the project allows that; else None.
        router: the router's options as JSON; see :mod:`catalog.routing.log`.
        decision: the decision as JSON.
    """

    number: int
    at: str
    generation: int
    prompt_hash: str
    prompt: str | None
    router: dict[str, Any]
    decision: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the decision with what asked for it as data for JSON."""
        return {
            "number": self.number,
            "at": self.at,
            "generation": self.generation,
            "prompt": self.prompt,
            "prompt_hash": self.prompt_hash,
            "router": self.router,
            "decision": self.decision,
        }


def golden(reader: Reader) -> list[Golden]:
    """Return all golden cases, the oldest first."""
    return [Golden(row[0], row[1], row[2], str(row[3])) for row in sound(reader.all(GOLDEN), _GOLDEN, "golden_case")]


def logged(reader: Reader, limit: int | None = None) -> list[Logged]:
    """Return the last *limit* logged decisions, or all (None), the newest first."""
    found, damaged = [], 0
    for row in reader.all(LOGGED, (-1 if limit is None else limit,)):
        try:
            if not is_row(row, _LOGGED):
                raise ValueError("a value of a wrong type")
            datetime.fromisoformat(row[1])
            router, decision = parsed(row[5], dict), parsed(row[6], dict)
            found.append(Logged(*row)._replace(router=_NAMED | router, decision=_MADE | decision))
        except ValueError:
            damaged += 1
    if damaged:
        passed_over("decision_log", damaged)
    return found


_GOLDEN = (TEXT, TEXT, TEXT, (str, bytes, int, float, NONE))
_LOGGED = (NUMBER, TEXT, NUMBER, TEXT, TEXT_OR_NONE, TEXT, TEXT)
_NAMED: dict[str, Any] = {"name": "?"}
_MADE: dict[str, Any] = {"key": None, "score": None, "strategy": "?", "reason": "", "candidates": [], "steps": []}
"""What those who show decisions rely on, for one that has lost it."""


# -- writing, on the connection of a transaction; no entry changes ---------------------------------------------------


def add_golden(run: Connection, rows: Iterable[tuple[str, str, str]], now: str) -> int:
    """Add golden cases as (text, kind, name) and return how many were new; cases that exist stay as they are."""
    inserted = run.exec_driver_sql(
        "INSERT INTO golden_case (text, kind, name, added_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (text, kind, name) DO NOTHING",
        [(*row, now) for row in rows],
    )
    return int(inserted.rowcount)


def remove_golden(run: Connection, rows: Sequence[tuple[str, str, str]]) -> int:
    """Remove golden cases, given as (text, kind, name); return how many existed."""
    deleted = run.exec_driver_sql("DELETE FROM golden_case WHERE text = ? AND kind = ? AND name = ?", list(rows))
    return int(deleted.rowcount)


def log_decision(run: Connection, row: Logged, most: int) -> None:
    """Add a decision, whose number is assigned here, and delete all but the last *most* decisions."""
    run.exec_driver_sql(
        "INSERT INTO decision_log (at, generation, prompt_hash, prompt, router, decision) VALUES (?, ?, ?, ?, ?, ?)",
        (row.at, row.generation, row.prompt_hash, row.prompt, to_json(row.router), to_json(row.decision)),
    )
    run.exec_driver_sql(
        # Counted, not reckoned from the largest number: damage may have made that any number.
        "DELETE FROM decision_log WHERE id <= (SELECT id FROM decision_log ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (most,),
    )


def forget_decisions(run: Connection) -> int:
    """Delete all logged decisions; return how many there were."""
    return int(run.exec_driver_sql("DELETE FROM decision_log").rowcount)
