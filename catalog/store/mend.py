"""Mending what :mod:`catalog.store.damage` finds, in one transaction.

What is made from something else is made again. Entries come back from their history, else with what of their row can be
read. What is in no other place is taken away, and said to be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import format_key
from catalog.errors import CatalogError
from catalog.store import derived, fulltext, state, tables
from catalog.store.aliases import UNSET
from catalog.store.damage import DERIVED, Damage, damaged_rows
from catalog.store.forms import is_number, parsed, parsed_texts
from catalog.store.mapping import JSON_COLUMNS, content, to_json

if TYPE_CHECKING:
    from catalog.store.writer import Transaction

_ORDER = ("revision", "entry")
"""The history first, because entries come back from it."""

_SCAN_OPTIONS = {"public": False, "schemas": False}
_LOST = {
    "golden_case": "a golden case",
    "calibration": "what a router had learned",
    "decision_log": "a logged decision",
    "used": "what was learned from a use",
    "source": "which source was scanned",
    "alias": "a move of an alias",
    "audit": "a line about a load that was refused",
}
"""Tables whose rows are in no other place, and what is lost with a row."""


def mend(transaction: Transaction) -> list[str]:
    """Mend every damaged row, and make again what is made from entries; return what was lost, in words."""
    mending = Mending(transaction)
    mending.all()
    transaction.changed = True
    return mending.lost


class Mending:
    """One transaction's work of mending.

    Attributes:
        lost: what could not be brought back, in words.
    """

    def __init__(self, transaction: Transaction) -> None:
        """Mend in *transaction*."""
        self._run = transaction.connection
        self._transaction = transaction
        self._now = transaction.now
        self.lost: list[str] = []

    def all(self) -> None:
        """Mend every damaged row, then make again what is made from entries."""
        raw: Any = self._run.connection.dbapi_connection
        self._drop_index()
        for name in DERIVED:  # also where their rows are of what is not there, or wrong in a way no form tells
            self._sql(f"DELETE FROM {name}")
        # Before anything is read by way of an index, all are made again: one that lacks a row would hide it.
        self._sql("REINDEX")
        found = list(damaged_rows(raw, tuple(t for t in tables.metadata.tables if t not in DERIVED)))
        for name in (*_ORDER, *(t for t in tables.metadata.tables if t not in _ORDER)):
            rows = [damage for damage in found if damage.table == name]
            if rows:
                self._mend(name, rows)
        self._loose()
        self._sql("DELETE FROM history_mark")  # indexes in memory must read everything again
        derived.remake(self._run, tags=True)
        for statement in (*fulltext.INSTALL, fulltext.REBUILD):  # last: without triggers the rows above are no words
            self._sql(statement)

    def _sql(self, statement: str, *parameters: Any) -> sa.CursorResult[Any]:
        return self._run.exec_driver_sql(statement, parameters)

    def _drop_index(self) -> None:
        for statement in fulltext.REMOVE:
            self._sql(statement)

    def _mend(self, table: str, rows: list[Damage]) -> None:
        if table == "catalog_state":
            self._sql("DELETE FROM catalog_state")
            state.make(self._run, state.last_generation(self._run))
        elif table in ("history_mark", "entry_change"):
            self._sql(f"DELETE FROM {table}")
        elif table == "used":
            self._uses(rows)
        else:
            ways = {"entry": self._entry, "revision": self._revision, "embedder": self._embedder, "alias": self._alias}
            one = ways.get(table)
            for damage in rows:
                if one is not None:
                    one(damage)
                else:
                    self._row(damage)

    # -- any row -----------------------------------------------------------------------------------------------------

    def _row(self, damage: Damage) -> None:
        """Put what a column may hold into the damaged columns of a row, or take the row away."""
        table = tables.metadata.tables[damage.table]
        better: dict[str, Any] = {}
        for name in damage.faults:
            column = table.c[name]
            known = _INSTEAD.get((damage.table, name))
            if known is not None:
                better[name] = known(damage.row)
            elif column.nullable:
                better[name] = None
            elif isinstance(column.type, tables.UtcDateTime):
                better[name] = self._now
            else:
                self._delete(damage)
                return
        if damage.table == "source" and "options" in better:
            self.lost.append(f"the options that '{damage.row['target']}' was scanned with; the default ones are noted")
        self._set(damage, better)

    def _set(self, damage: Damage, values: Mapping[str, Any]) -> None:
        said = ", ".join(f"{derived.quoted(name)} = ?" for name in values)
        self._sql(f"UPDATE {damage.table} SET {said} WHERE rowid = ?", *values.values(), damage.rowid)

    def _delete(self, damage: Damage) -> None:
        self._sql(f"DELETE FROM {damage.table} WHERE rowid = ?", damage.rowid)
        if damage.table in _LOST:
            self.lost.append(f"{_LOST[damage.table]} ({', '.join(damage.faults)} could not be read)")

    def _embedder(self, damage: Damage) -> None:
        better: dict[str, Any] = {"since": 0, "complete": None, "given": None}
        if set(damage.faults) <= set(better):
            self._set(damage, {name: better[name] for name in damage.faults})
        else:
            self._sql("DELETE FROM vector WHERE embedder_id = ?", damage.row["id"])
            self._delete(damage)

    def _alias(self, damage: Damage) -> None:
        """Mend a move of an alias; where it pointed can't be guessed, so such an alias is taken away."""
        row, bad = damage.row, set(damage.faults)
        if bad & {"kind", "name", "alias"} or not bad & {"action", "revision"}:
            self._row(damage)
            return
        self._set(damage, {**dict.fromkeys(bad & {"at"}, self._now), "action": UNSET, "revision": None})
        self.lost.append(f"where the alias {format_key(row['kind'], row['name'])}@{row['alias']} pointed")
        if left := bad - {"action", "revision", "at"}:
            self._row(damage._replace(faults=dict.fromkeys(left, "")))

    def _uses(self, rows: list[Damage]) -> None:
        """Keep the sound rows: without rowids, a damaged row can't be named to be deleted."""
        columns = [column.name for column in tables.used.c]
        bad = [tuple(damage.row[name] for name in columns) for damage in rows]
        kept = [tuple(row) for row in self._sql(f"SELECT {', '.join(columns)} FROM used").all()]
        kept = [row for row in kept if row not in bad]
        has_key = any(row[0] == "" for row in kept)
        self._sql("DELETE FROM used")
        if has_key:  # without the key of the hashes no row can be understood
            derived.insert_rows(self._run, "used", columns, kept)
            self.lost += [f"{_LOST['used']} ({', '.join(damage.faults)} could not be read)" for damage in rows]
        else:
            self.lost.append(f"what was learned from all {len(kept) + len(bad)} uses: the key of the hashes is damaged")

    # -- the history -------------------------------------------------------------------------------------------------

    def _revision(self, damage: Damage) -> None:
        row, bad = damage.row, set(damage.faults)
        better: dict[str, Any] = dict.fromkeys(bad & {"action", "actor"}, "unknown")
        better |= dict.fromkeys(bad & {"reason", "generation"})
        if "at" in bad:
            better["at"] = self._time_near(damage)
        said: dict[str, Any] = {}
        with suppress(ValueError):
            said = parsed(row["data"], dict)
        for name in bad & {"kind", "name"}:
            if type(said.get(name)) is str:
                better[name] = said[name]
        key = better.get("kind", row["kind"]), better.get("name", row["name"])
        if bad & {"kind", "name"} <= set(better):
            if "revision" in bad:
                better["revision"] = self._number(damage, key[0], key[1])
            if "data" in bad:
                data = self._data_of_entry(key[0], key[1], better.get("revision", row["revision"]))
                if data is not None:
                    better["data"] = data
        if bad <= set(better):
            self._set(damage, better)
            return
        self._sql("DELETE FROM revision WHERE rowid = ?", damage.rowid)
        what = f"revision {row['revision']} of {format_key(*map(str, key))}" if "kind" not in bad else "a revision"
        self.lost.append(f"{what} ({', '.join(sorted(bad))} could not be read)")

    def _time_near(self, damage: Damage) -> str:
        """Return the time of the nearest revision whose time can be read: of the one before, if there is one."""
        for order, than in (("DESC", "<"), ("ASC", ">")):
            rows = self._sql(
                f"SELECT at FROM revision WHERE rowid {than} ? AND at LIKE '____-__-__T%+00:00' "
                f"ORDER BY rowid {order} LIMIT 1",
                damage.rowid,
            ).all()
            if rows and type(rows[0][0]) is str:
                return str(rows[0][0])
        return self._now

    def _number(self, damage: Damage, kind: str, name: str) -> int:
        """Return the number after that of the revision of the same key that was written before."""
        taken = [
            row[0]
            for row in self._sql(
                "SELECT revision FROM revision WHERE kind = ? AND name = ? AND rowid <> ?", kind, name, damage.rowid
            )
            if is_number(row[0], 1)
        ]
        before = self._sql(
            "SELECT max(revision) FROM revision WHERE kind = ? AND name = ? AND rowid < ? "
            "AND typeof(revision) = 'integer' AND revision < ?",
            kind,
            name,
            damage.rowid,
            1 << 53,
        ).scalar()
        wanted = (before or 0) + 1
        return wanted if wanted not in taken else max(taken) + 1

    def _data_of_entry(self, kind: str, name: str, revision: Any) -> str | None:
        """Return what a revision must have recorded, if it is the one that the entry shows now."""
        stored = self._transaction.existing([(kind, name)]).get((kind, name))
        if stored is None or (kind, name) in self._transaction.damaged or stored[1].revision != revision:
            return None
        return content(stored[1])

    # -- entries -----------------------------------------------------------------------------------------------------

    def _entry(self, damage: Damage) -> None:
        row = dict(damage.row)
        if "id" in damage.faults:
            free = self._sql("SELECT max(id) + 1 FROM entry WHERE id < ?", 1 << 53).scalar() or 1
            self._sql("DELETE FROM vector WHERE entry_id = ?", damage.rowid)
            self._set(damage, {"id": free})
            damage = damage._replace(rowid=free)
        if {"kind", "name"} & set(damage.faults):
            key = self._key_in_history(damage)
            if key is None:
                self._lose(damage, "a key that can't be read")
                return
            self._set(damage, {"kind": key[0], "name": key[1]})
            row |= {"kind": key[0], "name": key[1]}
        key = row["kind"], row["name"]
        entry = self._recorded(*key) or _from_row(row, damage.faults)
        if entry is None:
            self._lose(damage, format_key(*key))
            return
        times = {name: self._now for name in ("created_at", "updated_at") if name in damage.faults}
        if times:
            self._set(damage, times)
        self._transaction.existing([key])
        self._transaction.damaged.add(key)  # written even if only a time was damaged, which no content shows
        self._transaction.put([entry], "repair")

    def _recorded(self, kind: str, name: str) -> Entry | None:
        rows = self._sql(
            "SELECT data FROM revision WHERE kind = ? AND name = ? AND data IS NOT NULL ORDER BY revision DESC",
            kind,
            name,
        )
        for (data,) in rows:
            with suppress(ValueError, CatalogError):
                return make_entry({**parsed(data, dict), "kind": kind, "name": name})
        return None

    def _key_in_history(self, damage: Damage) -> tuple[str, str] | None:
        """Return the key of a row that has lost it: of the revision that was written at the same moment, if it is one.

        The moment and the number tell revisions apart, except those of one scan: then what else the row says does.
        """
        row = damage.row
        where = ["data IS NOT NULL"]
        values: list[Any] = []
        for name, column in (("kind", "kind"), ("name", "name"), ("revision", "revision"), ("updated_at", "at")):
            if name not in damage.faults:
                where.append(f"{column} = ?")
                values.append(row[name])
        found = []
        rows = self._sql(f"SELECT kind, name, data FROM revision WHERE {' AND '.join(where)}", *values)
        for kind, name, data in [tuple(one) for one in rows]:
            with suppress(ValueError):
                said = parsed(data, dict)
                if all(row[one] == said.get(one) for one in ("ref", "description") if one not in damage.faults):
                    found.append((kind, name))
        taken = [key for key in found if self._sql("SELECT 1 FROM entry WHERE kind = ? AND name = ?", *key).all()]
        free = [key for key in found if key not in taken and all(type(part) is str for part in key)]
        return free[0] if len(free) == 1 else None

    def _lose(self, damage: Damage, what: str) -> None:
        self._sql("DELETE FROM entry WHERE rowid = ?", damage.rowid)
        self.lost.append(f"the entry {what}: neither its row nor its history can be read")

    # -- rows of what is not there -----------------------------------------------------------------------------------

    def _loose(self) -> None:
        raw: Any = self._run.connection.dbapi_connection
        loose = {(row[0], row[1]) for row in raw.execute("PRAGMA foreign_key_check").fetchall() if row[1] is not None}
        for table, rowid in sorted(loose):
            if table in tables.metadata.tables:
                self._sql(f"DELETE FROM {table} WHERE rowid = ?", rowid)


def _from_row(row: Mapping[str, Any], faults: Mapping[str, str]) -> Entry | None:
    """Return an entry of what can be read of its row, or None where that is no entry."""
    fields = {name: value for name, value in row.items() if name not in faults and name != "id" and value is not None}
    for name in JSON_COLUMNS:
        if name in fields:
            with suppress(ValueError):
                fields[name] = parsed_texts(fields[name]) if name not in ("spec", "metadata") else parsed(fields[name])
    for name in ("revision", "created_at", "updated_at"):
        fields.pop(name, None)
    try:
        return make_entry(fields)
    except CatalogError:
        return None


_INSTEAD: dict[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
    ("source", "files"): lambda row: "{}",  # unknown: the next refresh reads every file
    ("source", "options"): lambda row: to_json(_SCAN_OPTIONS),
    ("decision_log", "generation"): lambda row: 0,
    ("alias", "generation"): lambda row: 0,
    **{(table, name): lambda row: "unknown" for table in ("alias", "audit") for name in ("actor", "code", "message")},
}
"""What is as good as the damaged value, by table and column."""
