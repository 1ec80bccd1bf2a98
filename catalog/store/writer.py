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
from catalog.entry.key import Key
from catalog.errors import CatalogError, StoreError
from catalog.store import derived, golden_and_decisions, tables, use, vector_writes, vectors
from catalog.store.derived import CHUNK, insert_rows, quoted
from catalog.store.engine import make_engine
from catalog.store.golden_and_decisions import Logged
from catalog.store.mapping import COLUMNS, WRITABLE, columns, content, entry_from_row, row_of, to_json
from catalog.store.reader import BUSY_MS, Row, store_error

_MARKS = 1_000
"""How many generations an index file may be behind and still be brought up to date row by row."""

_REVISION = COLUMNS.index("revision")

# Statements that run for thousands of keys at once are text: the keys travel as one JSON parameter.
_EXISTING = sa.text(
    f"SELECT e.id, {columns()} FROM json_each(:keys) AS k "
    "JOIN entry AS e ON e.kind = json_extract(k.value, '$[0]') AND e.name = json_extract(k.value, '$[1]')"
)
_LAST_REVISIONS = sa.text(
    "SELECT r.kind, r.name, max(r.revision) FROM json_each(:keys) AS k "
    "JOIN revision AS r ON r.kind = json_extract(k.value, '$[0]') AND r.name = json_extract(k.value, '$[1]') "
    "GROUP BY r.kind, r.name"
)
_LAST_ACTIONS = sa.text(
    "SELECT r.kind, r.name, r.action, max(r.revision) FROM json_each(:keys) AS k "
    "JOIN revision AS r ON r.kind = json_extract(k.value, '$[0]') AND r.name = json_extract(k.value, '$[1]') "
    "GROUP BY r.kind, r.name"
)
_NOTE_CHANGE = (
    "INSERT INTO entry_change (entry_id, generation) VALUES (?, ?) "
    "ON CONFLICT (entry_id) DO UPDATE SET generation = excluded.generation"
)
_LAST_DATA = sa.text(
    "SELECT data FROM revision WHERE kind = :kind AND name = :name AND data IS NOT NULL ORDER BY revision DESC LIMIT 1"
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
    def transaction(self, *, actor: str) -> Iterator[Transaction]:
        """Begin a transaction, taking the write lock at once; commit at the end, or roll back whole on an error.

        Raises:
            StoreBusyError: another process held the lock for longer than the busy timeout.
        """
        try:
            with self._engine.begin() as connection:
                transaction = Transaction(connection, actor)
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
    """Changes that become visible to readers together, at the commit."""

    def __init__(self, connection: sa.Connection, actor: str) -> None:
        """Write on *connection* in the name of *actor*."""
        self._connection = connection
        self._actor = actor
        self._now = datetime.now(UTC).isoformat(timespec="microseconds")
        self._changed = False
        self._next: int | None = None
        self._damaged: set[Key] = set()  # keys whose rows can't be read; writing them is a change even if equal

    def _generation(self) -> int:
        """Return the generation this transaction will be."""
        if self._next is None:
            self._next = 1 + int(self._connection.execute(sa.select(tables.state.c.generation)).scalar_one())
        return self._next

    def versions(self) -> tuple[int, int]:
        """Return the versions of the words in the full-text index and of the texts to embed."""
        state = tables.state.c
        row = self._connection.execute(sa.select(state.words_version, state.text_version)).one()
        return row[0], row[1]

    def existing(self, keys: Iterable[Key]) -> dict[Key, tuple[int, Entry]]:
        """Return id and entry of each of *keys* that is stored, as this transaction sees them.

        For a damaged row the entry is what the last revision recorded, so that the row can be replaced or removed.
        """
        stored: dict[Key, tuple[int, Entry]] = {}
        for row in self._by_keys(_EXISTING, keys):
            try:
                entry = entry_from_row(row[1:])
            except StoreError:
                entry = self._as_recorded(row[1], row[2], row[1 + _REVISION])
                self._damaged.add((entry.kind, entry.name))
            stored[entry.kind, entry.name] = row[0], entry
        return stored

    def _as_recorded(self, kind: str, name: str, revision: int) -> Entry:
        """Return the entry that the history recorded last, as *revision*; an empty entry if that can't be read."""
        data = self._connection.execute(_LAST_DATA, {"kind": kind, "name": name}).scalar()
        with suppress(ValueError, TypeError, CatalogError):
            return make_entry({**json.loads(str(data)), "revision": revision})
        return Entry(kind=kind, name=name, spec={}, revision=revision)

    def last_actions(self, keys: Iterable[Key]) -> list[tuple[str, str, str]]:
        """Return kind, name and last recorded action of each of *keys* that has a history."""
        return [(row[0], row[1], row[2]) for row in self._by_keys(_LAST_ACTIONS, keys)]

    def _by_keys(self, statement: sa.TextClause, keys: Iterable[Key]) -> Iterator[Row]:
        every = list(keys)
        for start in range(0, len(every), CHUNK):
            chunk = json.dumps(every[start : start + CHUNK])
            yield from map(tuple, self._connection.execute(statement, {"keys": chunk}))

    def put(self, entries: Sequence[Entry], action: str) -> Written:
        """Store *entries*, each over the entry with the same key; an entry that changes nothing writes nothing.

        Args:
            entries: valid, of the persistent tier. If a key repeats, the last entry counts.
            action: the word that the history records for these revisions.
        """
        wanted = {(entry.kind, entry.name): entry for entry in entries}
        # An empty catalog has nothing to look up; that makes the first import of many entries faster.
        empty = self._connection.execute(sa.select(tables.revision.c.id).limit(1)).first() is None
        stored = {} if empty else self.existing(wanted)
        new_keys = [key for key in wanted if key not in stored]
        # A key that was removed before goes on counting its revisions where it stopped.
        last: dict[Key, int] = {}
        if not empty:
            last = {(kind, name): int(most) for kind, name, most in self._by_keys(_LAST_REVISIONS, new_keys)}
        top = self._connection.execute(sa.select(sa.func.max(tables.entry.c.id))).scalar() or 0
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
            elif content(before[1]) == data and key not in self._damaged:
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
            self._connection.exec_driver_sql(
                f"UPDATE entry SET {', '.join(f'{quoted(name)} = ?' for name in WRITABLE)} WHERE id = ?",
                [(*row_of(entry, revision, self._now), id_) for id_, revision, _, entry in updates],
            )
            derived.delete_derived(self._connection, updated)
            self._note_changes(updated)
        insert_rows(
            self._connection,
            "entry",
            ("id", "kind", "name", *WRITABLE, "created_at"),
            [
                (id_, entry.kind, entry.name, *row_of(entry, revision, self._now), self._now)
                for id_, revision, _, entry in inserts
            ],
        )
        derived.insert_derived(self._connection, [(id_, entry) for id_, _, _, entry in changes])
        if updates:
            vector_writes.delete_without_text(self._connection, updated)
        self._revise([(entry.kind, entry.name, revision, data) for _, revision, data, entry in changes], action)
        self._changed = True

    def _note_changes(self, ids: Iterable[int]) -> None:
        """Make indexes in memory read again what they hold of these entries. New entries they find by their vectors."""
        rows = [(id_, self._generation()) for id_ in ids]
        if rows:
            self._connection.exec_driver_sql(_NOTE_CHANGE, rows)

    def _revise(self, changes: list[tuple[str, str, int, str | None]], action: str) -> None:
        insert_rows(
            self._connection,
            "revision",
            ("kind", "name", "revision", "data", "action", "actor", "at"),
            [(*change, action, self._actor, self._now) for change in changes],
        )

    def remove(self, keys: Iterable[Key], action: str) -> list[Key]:
        """Remove entries, and record that as *action*; return the keys that were stored. Their history stays."""
        stored = self.existing(keys)
        if not stored:
            return []
        ids = [id_ for id_, _ in stored.values()]
        self._note_changes(ids)
        derived.delete_derived(self._connection, ids)
        for column in (tables.vector.c.entry_id, tables.entry.c.id):
            self._connection.execute(
                sa.delete(column.table).where(column == sa.bindparam("_id")), [{"_id": id_} for id_ in ids]
            )
        self._revise([(*key, entry.revision + 1, None) for key, (_, entry) in stored.items()], action)
        self._changed = True
        return list(stored)

    def prune(self, keep: int, before: str | None) -> int:
        """Delete revisions, but for the last *keep* of each entry and those made at *before* or later; return how many.

        The last revision of an entry always stays: it says what became of it.
        """
        done = self._connection.exec_driver_sql(
            "DELETE FROM revision WHERE id IN (SELECT id FROM (SELECT id, at, row_number() OVER "
            "(PARTITION BY kind, name ORDER BY revision DESC) AS place FROM revision) WHERE place > ? AND at < ?)",
            (max(keep, 1), before or "9999"),
        )
        return int(done.rowcount)

    def rename(self, key: Key, new: str) -> None:
        """Give the entry *key* the name *new*: in its row, its tags, its history, its golden cases and its uses.

        What is made from the name (words, texts) is made by the :meth:`put` that must follow. If there is a history of
        an entry that had the new name before, it comes first: the revisions of this entry count on from there.
        """
        kind, name = key
        run = self._connection.exec_driver_sql
        before = run("SELECT max(revision) FROM revision WHERE kind = ? AND name = ?", (kind, new)).scalar() or 0
        # In two steps: a revision may not stand on a number that another still has.
        move = "UPDATE revision SET name = ?, revision = revision + ? WHERE kind = ? AND name = ?"
        run(move, (new, 1 << 40, kind, name))
        back = "UPDATE revision SET revision = revision - ? + ? WHERE kind = ? AND name = ? AND revision > ?"
        run(back, (1 << 40, before, kind, new, 1 << 40))
        run("UPDATE entry SET name = ?, revision = revision + ? WHERE kind = ? AND name = ?", (new, before, kind, name))
        run("DELETE FROM entry_tag WHERE kind = ? AND name = ?", (kind, name))
        run("UPDATE OR REPLACE used SET name = ? WHERE kind = ? AND name = ?", (new, kind, name))
        run("UPDATE OR IGNORE golden_case SET name = ? WHERE kind = ? AND name = ?", (new, kind, name))
        run("DELETE FROM golden_case WHERE kind = ? AND name = ?", (kind, name))
        self._damaged.add((kind, new))  # so that put writes it though its content is that of the row
        self._changed = True

    def reindex(self) -> int:
        """Make words, text hashes and references of every entry again; return the number of entries."""
        self._note_changes(self._connection.execute(sa.select(tables.vector.c.entry_id).distinct()).scalars())
        done = derived.remake(self._connection)
        self._changed = True
        return done

    # -- vectors -----------------------------------------------------------------------------------------------------

    def put_vectors(
        self, embedder: str, width: int, rows: Iterable[tuple[int, int, str, bytes]], *, given: str | None = None
    ) -> int:
        """Store vectors, each only if its entry still says what was embedded; return how many were stored.

        Args:
            embedder: the embedder's name.
            width: how many numbers a vector has; it never changes for an embedder.
            rows: (entry id, part, hash of the text, vector). A vector is little-endian float32 of length 1 (see
                :func:`catalog.store.vectors.pack`), or no bytes at all where the text has nothing to embed.
            given: the word the embedder is chosen by.

        Raises:
            EmbedderError: *width* is not the embedder's, or a vector has another width or length, or is not finite.
        """
        rows = list(rows)
        vectors.check(embedder, width, [row[3] for row in rows])
        id_, changed = vector_writes.ensure_embedder(self._connection, embedder, width, given, self._generation())
        done = vector_writes.put(self._connection, id_, self._generation(), rows) if rows else 0
        self._changed = self._changed or changed or done > 0
        return done

    def complete(self, embedder: str) -> bool:
        """Note that *embedder* has a fresh vector for every text, if that is so; return whether it has or once had.

        Search changes over to an embedder when it becomes complete, and keeps to it when new entries still lack
        vectors. So the texts are looked through only until then.
        """
        complete, changed = vector_writes.mark_complete(self._connection, embedder, self._generation())
        self._changed = self._changed or changed
        return complete

    def remove_vectors(self, embedder: str) -> int:
        """Remove every vector of *embedder*, and the embedder itself; return the number of vectors."""
        removed = vector_writes.remove(self._connection, embedder)
        self._changed = self._changed or removed is not None
        return removed or 0

    # -- what is kept beside the entries -----------------------------------------------------------------------------

    def record_use(
        self, features: Sequence[tuple[str, str]], key: Key, weight: float, now: float, text: str | None
    ) -> None:
        """Record that an entry was taken after a request; see :func:`catalog.store.use.record`. No entry changes."""
        use.record(self._connection, features, key, weight, now, text)

    def forget_uses(self, key: Key | None) -> int:
        """Forget the uses of one entry, or of all (None); return the number of rows."""
        return use.forget(self._connection, key)

    def save_source(
        self, target: str, options: dict[str, Any], distribution: str | None, files: dict[str, Any]
    ) -> None:
        """Remember what the files of a scanned *target* looked like. No entry changes."""
        self.forget_source(target)
        insert_rows(
            self._connection,
            "source",
            ("target", "options", "distribution", "files", "scanned_at"),
            [(target, to_json(options), distribution, to_json(files), self._now)],
        )

    def forget_source(self, target: str) -> None:
        """Forget a scanned *target*."""
        self._connection.execute(sa.delete(tables.source).where(tables.source.c.target == target))

    def add_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Add golden cases, given as (text, kind, name); return how many were new. No entry changes."""
        return golden_and_decisions.add_golden(self._connection, rows, self._now) if rows else 0

    def remove_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Remove golden cases, given as (text, kind, name); return how many were stored."""
        return golden_and_decisions.remove_golden(self._connection, rows) if rows else 0

    def log_decision(self, row: Logged, most: int) -> None:
        """Log a decision of a router at the time of this transaction; only the last *most* decisions are kept."""
        golden_and_decisions.log_decision(self._connection, row._replace(at=self._now), most)

    def forget_decisions(self) -> int:
        """Forget all logged decisions; return how many there were."""
        return golden_and_decisions.forget_decisions(self._connection)

    def forget_calibration(self, key: str) -> bool:
        """Forget what a router has learned; return whether there was anything."""
        done = self._connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        self._changed = self._changed or done.rowcount > 0
        return done.rowcount > 0

    def put_calibration(self, key: str, about: Mapping[str, Any], data: bytes) -> None:
        """Store what a router has learned, over what it had learned before.

        No entry changes, but the generation grows: decisions may differ from now on.
        """
        self._connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        insert_rows(
            self._connection,
            "calibration",
            ("key", "about", "data", "made_at"),
            [(key, to_json(about), data, self._now)],
        )
        self._changed = True

    def finish(self) -> None:
        """Raise the generation if anything has changed. Called before the commit."""
        if self._changed:
            generation = self._generation()
            run = self._connection.exec_driver_sql
            run("UPDATE catalog_state SET generation = ?", (generation,))
            run(
                "INSERT INTO history_mark (generation, token) VALUES (?, ?) "
                "ON CONFLICT (generation) DO UPDATE SET token = excluded.token",
                (generation, secrets.token_hex(16)),
            )
            if generation % 100 == 0:  # often enough to keep the table small, seldom enough to cost nothing
                run("DELETE FROM history_mark WHERE generation <= ?", (generation - _MARKS,))
