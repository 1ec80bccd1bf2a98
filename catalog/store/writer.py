"""Every change of the persistent tier: one transaction a call, one revision a change, one generation a transaction."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import Key, name_fault
from catalog.entry.kinds import is_kind_name
from catalog.errors import CatalogError, StoreError
from catalog.store import (
    aliases,
    derived,
    golden_and_decisions,
    revisions,
    scan_records,
    state,
    tables,
    use,
    vector_writes,
    vectors,
)
from catalog.store.derived import CHUNK, LATER, insert_rows, quoted
from catalog.store.engine import make_engine
from catalog.store.foreign import ensure_ours
from catalog.store.forms import MOST, is_number, parsed, text_or_bytes
from catalog.store.golden_and_decisions import Logged
from catalog.store.mapping import COLUMNS, WRITABLE, columns, content, entry_from_row, row_of, to_json
from catalog.store.reader import BUSY_MS, Row, store_error

_MARKS = 1_000
"""How many generations an index file may be behind and still be brought up to date row by row."""

# Statements that run for thousands of keys at once are text: the keys travel as one JSON parameter.
_EXISTING = sa.text(
    f"SELECT e.id, {columns()} FROM json_each(:keys) AS k "
    "JOIN entry AS e ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]')"
)
_LAST_REVISIONS = sa.text(
    "SELECT r.kind, r.name, max(r.revision) FROM json_each(:keys) AS k "
    "JOIN revision AS r ON r.kind = json_extract(k.value, '$[0]') AND r.name = json_extract(k.value, '$[1]') "
    f"WHERE r.revision BETWEEN 1 AND {MOST} GROUP BY r.kind, r.name"  # a damaged number must not be counted on from
)
_LAST_ID = sa.select(sa.func.max(tables.entry.c.id)).where(tables.entry.c.id < sa.literal(MOST, sa.BigInteger))
_NOTE_CHANGE = (
    "INSERT INTO entry_change (entry_id, generation) VALUES (?, ?) "
    "ON CONFLICT (entry_id) DO UPDATE SET generation = excluded.generation"
)


_Change = tuple[int, int, str, Entry]
"""Id, new revision, recorded content and entry of one row to write."""


class Written(NamedTuple):
    """What one call of :meth:`Transaction.put` did.

    Attributes:
        added: keys that were not stored before.
        changed: keys whose entries differed.
        unchanged: keys whose entries were equal; nothing was written for them.
        entries: id and entry of everything that was written.
    """

    added: list[Key]
    changed: list[Key]
    unchanged: list[Key]
    entries: list[tuple[int, Entry]]


class Writer:
    """The engine that writes, and its transactions."""

    def __init__(self, path: str, *, busy_ms: int = BUSY_MS) -> None:
        """Connect to the SQLite file *path* when the first transaction begins."""
        self.path = path
        url = sa.URL.create("sqlite", database=path)
        self._engine = make_engine(url, busy_ms=busy_ms).execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def transaction(self, *, actor: str, reason: str | None = None) -> Iterator[Transaction]:
        """Begin a transaction, taking the write lock at once; commit at the end, or roll back whole on an error.

        Raises:
            StoreBusyError: another process held the lock for longer than the busy timeout.
        """
        try:
            with self._engine.begin() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.text_factory = text_or_bytes  # a text that is not UTF-8 must not take others down
                # With the write lock held, so that it stays so.
                connection.info["schema"] = ensure_ours(raw, self.path, connection.info.get("schema"))
                transaction = Transaction(connection, actor, reason)
                yield transaction
                transaction.finish()
        except sa.exc.DBAPIError as error:
            raise store_error(error.orig or error, self.path) from error
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        except UnicodeEncodeError as error:  # SQLite keeps text in UTF-8; most texts are checked before they come here
            raise StoreError(
                f"{error.object[:200]!r} is not Unicode text and can't be kept; nothing was changed. Is it, or is it "
                "in, a path that is not in UTF-8? Rename that",
                url=self.path,
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


class Transaction:
    """Changes that become visible to readers together, at the commit.

    Attributes:
        connection: what is written on.
        actor: in whose name.
        reason: why, in their words.
        now: the moment of the changes, as ISO 8601 with the zone.
        changed: whether the generation grows at the end.
        damaged: keys whose rows can't be read; writing them is a change even if they are equal.
    """

    def __init__(self, connection: sa.Connection, actor: str, reason: str | None = None) -> None:
        """Write on *connection* in the name of *actor*."""
        self.connection = connection
        self.actor = actor
        self.reason = reason
        self.now = datetime.now(UTC).isoformat(timespec="microseconds")
        self.changed = False
        self._next: int | None = None
        self.damaged: set[Key] = set()

    def generation(self) -> int:
        """Return the generation this transaction will be."""
        if self._next is None:
            found = self.connection.execute(sa.select(tables.state.c.generation)).scalar()
            self._next = 1 + (int(found or 0) if is_number(found) else state.last_generation(self.connection))
        return self._next

    def versions(self) -> tuple[int, int]:
        """Return the versions of the words in the full-text index and of the texts to embed."""
        known = tables.state.c
        row = self.connection.execute(sa.select(known.words_version, known.text_version)).first()
        return (row[0], row[1]) if row is not None else (-1, -1)

    def existing(self, keys: Iterable[Key]) -> dict[Key, tuple[int, Entry]]:
        """Return id and entry of each of *keys* that is stored, as this transaction sees them.

        For a damaged row the entry is what the last revision recorded, so that the row can be replaced or removed.
        """
        stored: dict[Key, tuple[int, Entry]] = {}
        for row in self._by_keys(_EXISTING, keys):
            try:
                entry = entry_from_row(row[1:])
            except StoreError:
                number = row[1 + COLUMNS.index("revision")]
                if not is_number(number, 1):
                    number = max([1, *(int(most) for *_, most in self._by_keys(_LAST_REVISIONS, [(row[1], row[2])]))])
                entry = self._as_recorded(row[1], row[2], number)
                self.damaged.add((entry.kind, entry.name))
            stored[entry.kind, entry.name] = row[0], entry
        return stored

    def _as_recorded(self, kind: str, name: str, revision: int) -> Entry:
        """Return the entry that the history recorded last, as *revision*; an empty entry if that can't be read."""
        for (data,) in self.connection.execute(revisions.LAST_DATA, {"kind": kind, "name": name}).all():
            with suppress(ValueError, TypeError, CatalogError):
                return make_entry({**parsed(data, dict), "kind": kind, "name": name, "revision": revision})
        return Entry(kind=kind, name=name, spec={}, revision=revision)

    def last_actions(self, keys: Iterable[Key]) -> list[tuple[str, str, str]]:
        """Return kind, name and last recorded action of each of *keys* that has a history."""
        return [(row[0], row[1], row[2]) for row in self._by_keys(revisions.LAST_ACTIONS, keys)]

    def _by_keys(self, statement: sa.TextClause, keys: Iterable[Key]) -> Iterator[Row]:
        every = list(keys)
        for start in range(0, len(every), CHUNK):
            chunk = json.dumps(every[start : start + CHUNK])
            yield from map(tuple, self.connection.execute(statement, {"keys": chunk}))

    def _beginning(self) -> tuple[bool, int]:
        """Return whether there is no history yet, and the largest id."""
        empty = self.connection.execute(sa.select(tables.revision.c.id).limit(1)).first() is None
        return empty, self.connection.execute(_LAST_ID).scalar() or 0

    def put(self, entries: Sequence[Entry], action: str) -> Written:
        """Store *entries*, each over the entry with the same key; an entry that changes nothing writes nothing.

        Args:
            entries: valid, of the persistent tier. If a key repeats, the last entry counts.
            action: the word that the history records for these revisions.
        """
        wanted = {(entry.kind, entry.name): entry for entry in entries}
        # An empty catalog has nothing to look up; that makes the first import of many entries faster.
        empty, top = self._beginning()
        stored = {} if empty else self.existing(wanted)
        new_keys = [key for key in wanted if key not in stored]
        # A key that was removed before goes on counting its revisions where it stopped.
        last: dict[Key, int] = {}
        if not empty:
            last = {(kind, name): int(most) for kind, name, most in self._by_keys(_LAST_REVISIONS, new_keys)}
        written = Written([], [], [], [])
        inserts: list[_Change] = []
        updates: list[_Change] = []
        for key, entry in wanted.items():
            before = stored.get(key)
            data = content(entry)
            if before is None:
                top += 1
                inserts.append((top, last.get(key, 0) + 1, data, entry))
                written.added.append(key)
            elif content(before[1]) == data and key not in self.damaged:
                written.unchanged.append(key)
            else:
                updates.append((before[0], before[1].revision + 1, data, entry))
                written.changed.append(key)
        self._write(inserts, updates, action)
        written.entries.extend((id_, entry) for id_, _, _, entry in (*inserts, *updates))
        return written

    def _write(self, inserts: list[_Change], updates: list[_Change], action: str) -> None:
        changes = inserts + updates
        if not changes:
            return
        updated = [id_ for id_, *_ in updates]
        if updates:
            # By UPDATE, not by REPLACE: REPLACE deletes the row first, and its vectors would go with it.
            self.connection.exec_driver_sql(
                f"UPDATE entry SET {', '.join(f'{quoted(name)} = ?' for name in WRITABLE)} WHERE id = ?",
                [(*row_of(entry, revision, self.now), id_) for id_, revision, _, entry in updates],
                execution_options=LATER,
            )
            derived.delete_derived(self.connection, updated)
            self._note_changes(updated)
        insert_rows(
            self.connection,
            "entry",
            ("id", "kind", "name", *WRITABLE, "created_at"),
            [
                (id_, entry.kind, entry.name, *row_of(entry, revision, self.now), self.now)
                for id_, revision, _, entry in inserts
            ],
        )
        derived.insert_derived(self.connection, [(id_, entry) for id_, _, _, entry in changes])
        if updates:
            vector_writes.delete_without_text(self.connection, updated)
        self._revise([(entry.kind, entry.name, revision, data) for _, revision, data, entry in changes], action)
        self.changed = True

    def _note_changes(self, ids: Iterable[int]) -> None:
        """Make indexes in memory read again what they hold of these entries. New entries they find by their vectors."""
        rows = [(id_, self.generation()) for id_ in ids]
        if rows:
            self.connection.exec_driver_sql(_NOTE_CHANGE, rows, execution_options=LATER)

    def _revise(self, changes: list[tuple[str, str, int, str | None]], action: str) -> None:
        by = (action, self.actor, self.now, self.reason, self.generation())
        insert_rows(
            self.connection,
            "revision",
            ("kind", "name", "revision", "data", "action", "actor", "at", "reason", "generation"),
            [(*change, *by) for change in changes],
        )

    def remove(self, keys: Iterable[Key], action: str) -> list[Key]:
        """Remove entries, and record that as *action*; return the keys that were stored. Their history stays."""
        stored = self.existing(keys)
        if not stored:
            return []
        ids = [id_ for id_, _ in stored.values()]
        self._note_changes(ids)
        derived.delete_derived(self.connection, ids)
        for column in (tables.vector.c.entry_id, tables.entry.c.id):
            self.connection.execute(
                sa.delete(column.table).where(column == sa.bindparam("_id")), [{"_id": id_} for id_ in ids]
            )
        self._revise([(*key, entry.revision + 1, None) for key, (_, entry) in stored.items()], action)
        self.changed = True
        return list(stored)

    def prune(self, keep: int, before: str | None) -> int:
        """Delete old revisions; see :func:`catalog.store.revisions.prune`. No entry changes."""
        return revisions.prune(self.connection, max(keep, 1), before or "9999")

    def rename(self, key: Key, new: str) -> None:
        """Give the entry *key* the name *new*; see :func:`catalog.store.revisions.rename`. A put must follow."""
        revisions.rename(self.connection, key, new)
        self.damaged.add((key[0], new))  # so that put writes it though its content is that of the row
        self.changed = True

    def point(self, key: Key, alias: str, action: str, revision: int | None) -> None:
        """Note a move of an alias; see :func:`catalog.store.aliases.point`."""
        by = (self.actor, self.now, self.reason, self.generation())
        aliases.point(self.connection, key, alias, action, revision, by)
        self.changed = True

    def reindex(self) -> int:
        """Make words, text hashes and references of every entry again; return the number of entries."""
        self._note_changes(self.connection.execute(sa.select(tables.vector.c.entry_id).distinct()).scalars())
        done = derived.remake(self.connection)
        self.changed = True
        return done

    def bring_back(self) -> list[Key]:
        """Store again what the history says is there and no row has; return the keys."""
        found = [tuple(row) for row in self.connection.execute(revisions.WITHOUT_ROW)]
        keys = [(kind, name) for kind, name in found if is_kind_name(kind) and not name_fault(name)]
        entries = [self._as_recorded(kind, name, 0) for kind, name in keys]
        known = [entry for entry in entries if entry.spec != {} or entry.ref is not None or entry.description]
        self.put(known, "repair")
        return [(entry.kind, entry.name) for entry in known]

    # -- vectors -----------------------------------------------------------------------------------------------------

    def put_vectors(
        self,
        embedder: str,
        width: int,
        rows: Iterable[tuple[int, int, str, bytes]],
        *,
        given: str | None = None,
        counted: bool = True,
    ) -> int:
        """Store vectors, each only if its entry still says what was embedded; return how many were stored.

        Args:
            embedder: the embedder's name.
            width: how many numbers a vector has; it never changes for an embedder.
            rows: (entry id, part, hash of the text, vector). A vector is little-endian float32 of length 1 (see
                :func:`catalog.store.vectors.pack`), or no bytes at all where the text has nothing to embed.
            given: the word the embedder is chosen by.
            counted: whether the number is wanted.

        Raises:
            EmbedderError: *width* is not the embedder's, or a vector has another width or length, or is not finite.
        """
        rows = list(rows)
        vectors.check(embedder, width, [row[3] for row in rows])
        id_, changed = vector_writes.ensure_embedder(self.connection, embedder, width, given, self.generation())
        done = vector_writes.put(self.connection, id_, self.generation(), rows, counted) if rows else 0
        self.changed = self.changed or changed or done > 0
        return done

    def complete(self, embedder: str) -> bool:
        """Note that *embedder* has a fresh vector for every text, if that is so; return whether it has or once had.

        Search changes over to an embedder when it becomes complete, and keeps to it when new entries still lack
        vectors. So the texts are looked through only until then.
        """
        complete, changed = vector_writes.mark_complete(self.connection, embedder, self.generation())
        self.changed = self.changed or changed
        return complete

    def drop_vectors(self, embedder: str, places: Sequence[tuple[int, int]]) -> int:
        """Delete damaged vectors of *embedder*, given as (entry id, part), so that they are made again."""
        dropped = vector_writes.delete_some(self.connection, embedder, places)
        if dropped:
            self._note_changes({entry_id for entry_id, _ in places})
            self.changed = True
        return dropped

    def remove_vectors(self, embedder: str) -> int:
        """Remove every vector of *embedder*, and the embedder itself; return the number of vectors."""
        removed = vector_writes.remove(self.connection, embedder)
        self.changed = self.changed or removed is not None
        return removed or 0

    # -- what is kept beside the entries -----------------------------------------------------------------------------

    def record_use(
        self, features: Sequence[tuple[str, str]], key: Key, weight: float, now: float, text: str | None
    ) -> None:
        """Record that an entry was taken after a request; see :func:`catalog.store.use.record`. No entry changes."""
        use.record(self.connection, features, key, weight, now, text)

    def forget_uses(self, key: Key | None) -> int:
        """Forget the uses of one entry, or of all (None); return the number of rows."""
        return use.forget(self.connection, key)

    def save_source(
        self, target: str, options: dict[str, Any], distribution: str | None, files: dict[str, Any]
    ) -> None:
        """Remember what the files of a scanned *target* looked like. No entry changes."""
        scan_records.save(self.connection, target, options, distribution, files, self.now)

    def forget_source(self, target: str) -> None:
        """Forget a scanned *target*."""
        self.connection.execute(sa.delete(tables.source).where(tables.source.c.target == target))

    def add_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Add golden cases, given as (text, kind, name); return how many were new. No entry changes."""
        return golden_and_decisions.add_golden(self.connection, rows, self.now) if rows else 0

    def remove_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Remove golden cases, given as (text, kind, name); return how many were stored."""
        return golden_and_decisions.remove_golden(self.connection, rows) if rows else 0

    def log_decision(self, row: Logged, most: int) -> None:
        """Log a decision of a router at the time of this transaction; only the last *most* decisions are kept."""
        golden_and_decisions.log_decision(self.connection, row._replace(at=self.now), most)

    def forget_decisions(self) -> int:
        """Forget all logged decisions; return how many there were."""
        return golden_and_decisions.forget_decisions(self.connection)

    def forget_calibration(self, key: str) -> bool:
        """Forget what a router has learned; return whether there was anything."""
        done = self.connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        self.changed = self.changed or done.rowcount > 0
        return done.rowcount > 0

    def put_calibration(self, key: str, about: Mapping[str, Any], data: bytes) -> None:
        """Store what a router has learned, over what it had learned before.

        No entry changes, but the generation grows: decisions may differ from now on.
        """
        self.connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        insert_rows(
            self.connection,
            "calibration",
            ("key", "about", "data", "made_at"),
            [(key, to_json(about), data, self.now)],
        )
        self.changed = True

    def finish(self) -> None:
        """Raise the generation if anything has changed. Called before the commit."""
        if self.changed:
            generation = self.generation()
            run = self.connection.exec_driver_sql
            run(
                "INSERT INTO history_mark (generation, token) VALUES (?, ?) "
                "ON CONFLICT (generation) DO UPDATE SET token = excluded.token",
                (generation, secrets.token_hex(16)),
                execution_options=LATER,
            )
            if run("UPDATE catalog_state SET generation = ?", (generation,)).rowcount == 0:
                state.make(self.connection, generation)
            if generation % 100 == 0:  # often enough to keep the table small, seldom enough to cost nothing
                run("DELETE FROM history_mark WHERE generation <= ?", (generation - _MARKS,))
