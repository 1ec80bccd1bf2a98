"""Every change of the persistent tier: one transaction a call, a revision a change, one step of the generation."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from catalog.entry.embedding_text import TEMPLATE_VERSION, hashes
from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import Key
from catalog.entry.references import REFERRING, references_of
from catalog.entry.words import WORDS_VERSION
from catalog.errors import CatalogError, EmbedderError, StoreError
from catalog.store import tables
from catalog.store.engine import make_engine
from catalog.store.mapping import COLUMNS, columns, content, entry_from_row, words_of
from catalog.store.reader import BUSY_MS, Row, store_error

if TYPE_CHECKING:
    from catalog.store.golden_and_decisions import Logged

_CHUNK = 2_000
_MARKS = 1_000
"""How many generations back an index kept in a file may lie and still be brought up to date row by row."""

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
_PUT_VECTOR = (
    # Only where the entry says still what was embedded: whoever changed it in between has the last word.
    "INSERT INTO vector (entry_id, embedder_id, part, template, hash, stamp, vector) "
    "SELECT t.entry_id, ?, t.part, ?, t.hash, ?, ? FROM entry_text AS t "
    "WHERE t.entry_id = ? AND t.part = ? AND t.hash = ? "
    "ON CONFLICT (entry_id, embedder_id, part) DO UPDATE SET "
    "template = excluded.template, hash = excluded.hash, stamp = excluded.stamp, vector = excluded.vector"
)
_NOTE_CHANGE = (
    "INSERT INTO entry_change (entry_id, generation) VALUES (?, ?) "
    "ON CONFLICT (entry_id) DO UPDATE SET generation = excluded.generation"
)
_LAST_DATA = sa.text(
    "SELECT data FROM revision WHERE kind = :kind AND name = :name AND data IS NOT NULL ORDER BY revision DESC LIMIT 1"
)
_UNPLACED = (  # vectors of examples that are no more
    "DELETE FROM vector WHERE entry_id = ? AND NOT EXISTS "
    "(SELECT 1 FROM entry_text AS t WHERE t.entry_id = vector.entry_id AND t.part = vector.part)"
)
_ANY_PENDING = sa.text(
    "SELECT 1 FROM entry_text AS t WHERE NOT EXISTS (SELECT 1 FROM vector AS v WHERE v.entry_id = t.entry_id "
    "AND v.embedder_id = :id AND v.part = t.part AND v.hash = t.hash AND v.template = :template) LIMIT 1"
)


class Written(NamedTuple):
    """What one call of :meth:`Transaction.put` did.

    Attributes:
        added: keys that were not there.
        changed: keys that said something else.
        unchanged: keys that said the same; nothing was written.
        entries: id and entry of all that was written.
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
        """Begin to write: the lock is taken now; everything is committed at the end, or nothing.

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

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


class Transaction:
    """Changes that become visible together."""

    def __init__(self, connection: sa.Connection, actor: str) -> None:
        """Write on *connection* in the name of *actor*."""
        self._connection = connection
        self._actor = actor
        self._now = datetime.now(UTC).isoformat(timespec="microseconds")
        self._changed = False
        self._next: int | None = None
        self._damaged: set[Key] = set()

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
        """Return id and entry of those *keys* that are stored, as this transaction sees them.

        Of a damaged row it is what its last revision says, so that it can be replaced or taken away.
        """
        found: dict[Key, tuple[int, Entry]] = {}
        for row in self._by_keys(_EXISTING, keys):
            try:
                entry = entry_from_row(row[1:])
            except StoreError:
                entry = self._as_recorded(row[1], row[2], row[1 + COLUMNS.index("revision")])
                self._damaged.add((entry.kind, entry.name))
            found[entry.kind, entry.name] = row[0], entry
        return found

    def _as_recorded(self, kind: str, name: str, revision: int) -> Entry:
        """Return what the last revision of a key says, as *revision*; nothing but the key if that can't be read."""
        data = self._connection.execute(_LAST_DATA, {"kind": kind, "name": name}).scalar()
        with suppress(ValueError, TypeError, CatalogError):
            return make_entry({**json.loads(str(data)), "revision": revision})
        return Entry(kind=kind, name=name, spec={}, revision=revision)

    def last_actions(self, keys: Iterable[Key]) -> list[tuple[str, str, str]]:
        """Return kind, name and the last logged action of those *keys* that have a history."""
        return [(row[0], row[1], row[2]) for row in self._by_keys(_LAST_ACTIONS, keys)]

    def _by_keys(self, statement: sa.TextClause, keys: Iterable[Key]) -> Iterator[Row]:
        waiting = list(keys)
        for start in range(0, len(waiting), _CHUNK):
            chunk = json.dumps(waiting[start : start + _CHUNK])
            yield from map(tuple, self._connection.execute(statement, {"keys": chunk}))

    def put(self, entries: Sequence[Entry], action: str) -> Written:
        """Store *entries*, each over what has its key; one that changes nothing writes nothing.

        Args:
            entries: valid, of the persistent tier; keys may repeat, the last one counts.
            action: the word their revisions are logged under.
        """
        wanted = {(entry.kind, entry.name): entry for entry in entries}
        empty = self._connection.execute(sa.select(tables.revision.c.id).limit(1)).first() is None
        old = {} if empty else self.existing(wanted)
        new_keys = [key for key in wanted if key not in old]
        # A key that was taken away before goes on counting where it stopped.
        last = (
            {} if empty else {(kind, name): int(most) for kind, name, most in self._by_keys(_LAST_REVISIONS, new_keys)}
        )
        top = self._connection.execute(sa.select(sa.func.max(tables.entry.c.id))).scalar() or 0
        written = Written([], [], [], [])
        inserts: list[tuple[int, int, str, Entry]] = []  # id, revision, content, entry
        updates: list[tuple[int, int, str, Entry]] = []
        for key, entry in wanted.items():
            before = old.get(key)
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

    def _write(
        self,
        inserts: list[tuple[int, int, str, Entry]],
        updates: list[tuple[int, int, str, Entry]],
        action: str,
    ) -> None:
        changes = inserts + updates
        if not changes:
            return
        if updates:
            ids = [{"_id": id_} for id_, *_ in updates]
            # By key, not by REPLACE: that would take the row's children with it.
            self._connection.exec_driver_sql(
                f"UPDATE entry SET {', '.join(f'{_quoted(name)} = ?' for name in _SETTABLE)} WHERE id = ?",
                [(*self._values(entry, revision)[2:], id_) for id_, revision, _, entry in updates],
            )
            for table in (tables.entry_tag, tables.search_doc, tables.entry_text, tables.entry_reference):
                self._connection.execute(sa.delete(table).where(table.c.entry_id == sa.bindparam("_id")), ids)
            self._note_changes(id_ for id_, *_ in updates)
        self._insert(
            "entry",
            ("id", "kind", "name", *_SETTABLE, "created_at"),
            [(id_, *self._values(entry, revision), self._now) for id_, revision, _, entry in inserts],
        )
        self._insert(
            "entry_tag",
            ("tag", "kind", "name", "entry_id"),
            [(tag, entry.kind, entry.name, id_) for id_, _, _, entry in changes for tag in entry.tags],
        )
        self._insert("search_doc", _DOC, [(id_, *words_of(entry)) for id_, _, _, entry in changes])
        self._insert_hashes((id_, entry) for id_, _, _, entry in changes)
        self._insert_references((id_, entry) for id_, _, _, entry in changes)
        if updates:
            self._connection.exec_driver_sql(_UNPLACED, [(id_,) for id_, *_ in updates])
        self._revise([(entry.kind, entry.name, revision, data) for _, revision, data, entry in changes], action)
        self._changed = True

    def _values(self, entry: Entry, revision: int) -> tuple[Any, ...]:
        """Return kind, name and the columns of :data:`_SETTABLE`."""
        return (
            entry.kind,
            entry.name,
            entry.ref,
            _json(entry.spec),
            entry.description,
            _json(entry.tags),
            _json(entry.examples),
            entry.match,
            _json(entry.providers),
            entry.priority,
            _json(entry.metadata),
            entry.signature,
            entry.checksum,
            entry.source_checksum,
            entry.source,
            entry.distribution,
            revision,
            self._now,
        )

    def _insert(self, table: str, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        # Through the driver: SQLAlchemy's own executemany turns each row into two dictionaries first, which costs as
        # much as SQLite's work.
        if rows:
            self._connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(map(_quoted, names))}) VALUES ({', '.join('?' * len(names))})",
                rows,
            )

    def _insert_hashes(self, entries: Iterable[tuple[int, Entry]]) -> None:
        rows = [(id_, part, hashed) for id_, entry in entries for part, hashed in enumerate(hashes(entry))]
        self._insert("entry_text", ("entry_id", "part", "hash"), rows)

    def _insert_references(self, entries: Iterable[tuple[int, Entry]]) -> None:
        rows = [
            (id_, *named)
            for id_, entry in entries
            if entry.kind in REFERRING or "references" in entry.metadata  # few do, and the others cost nothing
            for named in references_of(entry.kind, entry.spec, entry.metadata)
        ]
        self._insert("entry_reference", ("entry_id", "path", "kind", "name"), rows)

    def _note_changes(self, ids: Iterable[int]) -> None:
        """Tell indexes in memory to read again what they hold of these entries. New ones they find by their vectors."""
        rows = [(id_, self._generation()) for id_ in ids]
        if rows:
            self._connection.exec_driver_sql(_NOTE_CHANGE, rows)

    def _revise(self, changes: list[tuple[str, str, int, str | None]], action: str) -> None:
        self._insert(
            "revision",
            ("kind", "name", "revision", "data", "action", "actor", "at"),
            [(*change, action, self._actor, self._now) for change in changes],
        )

    def remove(self, keys: Iterable[Key], action: str) -> list[Key]:
        """Take entries away and log it; return the keys that were there. Their history stays."""
        there = self.existing(keys)
        if not there:
            return []
        ids = [{"_id": id_} for id_, _ in there.values()]
        self._note_changes(id_ for id_, _ in there.values())
        for table, column in (
            (tables.entry_tag, tables.entry_tag.c.entry_id),
            (tables.search_doc, tables.search_doc.c.entry_id),
            (tables.entry_text, tables.entry_text.c.entry_id),
            (tables.entry_reference, tables.entry_reference.c.entry_id),
            (tables.vector, tables.vector.c.entry_id),
            (tables.entry, tables.entry.c.id),
        ):
            self._connection.execute(sa.delete(table).where(column == sa.bindparam("_id")), ids)
        self._revise([(*key, entry.revision + 1, None) for key, (_, entry) in there.items()], action)
        self._changed = True
        return list(there)

    # -- vectors -----------------------------------------------------------------------------------------------------

    def put_vectors(
        self,
        embedder: str,
        width: int,
        rows: Iterable[tuple[int, int, str, bytes]],
        *,
        given: str | None = None,
    ) -> int:
        """Store vectors, each where its entry says still what was embedded; return how many were.

        Args:
            embedder: the embedder's name.
            width: how many numbers a vector has; the same as the last time.
            rows: (entry id, part, hash of the text, vector), the vector as little-endian float32 of length 1 (see
                :func:`catalog.store.vectors.pack`), or without any bytes where the text has nothing to embed.
            given: the word the embedder is chosen by.

        Raises:
            EmbedderError: the width is not the one this embedder had, or a vector has another, or is not finite.
        """
        from catalog.store.vectors import check

        rows = list(rows)
        check(embedder, width, [row[3] for row in rows])
        id_ = self._embedder(embedder, width, given)
        if not rows:
            return 0
        stamp = self._generation()
        done = self._connection.exec_driver_sql(
            _PUT_VECTOR, [(id_, TEMPLATE_VERSION, stamp, vector, *row) for *row, vector in rows]
        ).rowcount
        self._changed = self._changed or done > 0
        return done

    def _embedder(self, name: str, width: int, given: str | None) -> int:
        table = tables.embedder
        row = self._connection.execute(
            sa.select(table.c.id, table.c.width, table.c.given).where(table.c.name == name)
        ).first()
        if row is None:
            self._insert("embedder", ("name", "given", "width", "since"), [(name, given, width, self._generation())])
            self._changed = True
            return int(self._connection.execute(sa.select(table.c.id).where(table.c.name == name)).scalar_one())
        if row[1] != width:
            raise EmbedderError(
                f"embedder '{name}' has vectors of {row[1]} numbers here, not {width}; one that gives others "
                "needs another name",
                embedder=name,
                width=width,
                expected=row[1],
            )
        if given is not None and given != row[2]:
            self._connection.execute(sa.update(table).where(table.c.id == row[0]).values(given=given))
            self._changed = True
        return int(row[0])

    def complete(self, embedder: str) -> bool:
        """Note that *embedder* has a fresh vector for every text, if that is so; tell whether it is or once was.

        Searching changes to an embedder when it is complete for the first time, and stays when entries come after; so
        the texts are looked through only until then.
        """
        table = tables.embedder
        row = self._connection.execute(sa.select(table.c.id, table.c.complete).where(table.c.name == embedder)).first()
        if row is None or row[1] is not None:
            return row is not None
        pending = self._connection.execute(_ANY_PENDING, {"id": row[0], "template": TEMPLATE_VERSION}).first()
        if pending is not None or self.versions()[1] != TEMPLATE_VERSION:
            return False
        self._connection.execute(sa.update(table).where(table.c.id == row[0]).values(complete=self._generation()))
        self._changed = True
        return True

    def remove_vectors(self, embedder: str) -> int:
        """Take every vector of *embedder* away, and the embedder itself; return their number."""
        table = tables.embedder
        id_ = self._connection.execute(sa.select(table.c.id).where(table.c.name == embedder)).scalar()
        if id_ is None:
            return 0
        gone = self._connection.execute(sa.delete(tables.vector).where(tables.vector.c.embedder_id == id_)).rowcount
        self._connection.execute(sa.delete(table).where(table.c.id == id_))
        self._changed = True
        return gone

    def record_use(
        self, features: Sequence[tuple[str, str]], key: Key, weight: float, now: float, text: str | None
    ) -> None:
        """Record that an entry was taken after a request; see :func:`catalog.store.use.record`. No change of it."""
        from catalog.store import use

        use.record(self._connection, features, key, weight, now, text)

    def forget_uses(self, key: Key | None) -> int:
        """Forget the uses of one entry, or of all (None); return how many rows that were."""
        from catalog.store import use

        return use.forget(self._connection, key)

    def save_source(
        self, target: str, options: dict[str, Any], distribution: str | None, files: dict[str, Any]
    ) -> None:
        """Remember how the files of a scanned *target* looked; this is no change of any entry."""
        self.forget_source(target)
        self._insert(
            "source",
            ("target", "options", "distribution", "files", "scanned_at"),
            [(target, _json(options), distribution, _json(files), self._now)],
        )

    def forget_source(self, target: str) -> None:
        """Forget a scanned *target*."""
        self._connection.execute(sa.delete(tables.source).where(tables.source.c.target == target))

    def add_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Add golden cases as (text, kind, name); return how many were new. No change of any entry."""
        from catalog.store import golden_and_decisions

        return golden_and_decisions.add_golden(self._connection, rows, self._now) if rows else 0

    def remove_golden(self, rows: Sequence[tuple[str, str, str]]) -> int:
        """Take golden cases away; return how many were there."""
        from catalog.store import golden_and_decisions

        return golden_and_decisions.remove_golden(self._connection, rows) if rows else 0

    def log_decision(self, row: Logged, most: int) -> None:
        """Keep a decision of a router, the last *most* of them; the moment is that of this transaction."""
        from catalog.store import golden_and_decisions

        golden_and_decisions.log_decision(self._connection, row._replace(at=self._now), most)

    def forget_decisions(self) -> int:
        """Forget the decisions that were kept; return how many there were."""
        from catalog.store import golden_and_decisions

        return golden_and_decisions.forget_decisions(self._connection)

    def put_calibration(self, key: str, about: Mapping[str, Any], data: bytes) -> None:
        """Keep what a router has learned, over what it had learned before. Decisions change with it: a generation."""
        self._connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        self._insert("calibration", ("key", "about", "data", "made_at"), [(key, _json(about), data, self._now)])
        self._changed = True

    def forget_calibration(self, key: str) -> bool:
        """Forget what a router has learned; tell whether there was anything."""
        done = self._connection.execute(sa.delete(tables.calibration).where(tables.calibration.c.key == key))
        self._changed = self._changed or done.rowcount > 0
        return done.rowcount > 0

    def reindex(self) -> int:
        """Make again from the entries what is derived of them: words, hashes, references; return their number."""
        run = self._connection.execute
        run(sa.delete(tables.search_doc))
        run(sa.delete(tables.entry_text))
        run(sa.delete(tables.entry_reference))
        self._note_changes(run(sa.select(tables.vector.c.entry_id).distinct()).scalars())
        done = 0
        rows = run(sa.text(f"SELECT e.id, {columns()} FROM entry AS e ORDER BY e.id")).all()
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            entries = []
            for row in chunk:
                with suppress(StoreError):  # a damaged row is found no more, and keeps no other from being found
                    entries.append((row[0], entry_from_row(row[1:])))
            self._insert("search_doc", _DOC, [(id_, *words_of(entry)) for id_, entry in entries])
            self._insert_hashes(entries)
            self._insert_references(entries)
            done += len(entries)
        run(sa.update(tables.state).values(words_version=WORDS_VERSION, text_version=TEMPLATE_VERSION))
        self._changed = True
        return done

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
            if generation % 100 == 0:
                run("DELETE FROM history_mark WHERE generation <= ?", (generation - _MARKS,))


_DOC = tuple(column.name for column in tables.search_doc.c)
_SETTABLE = tuple(c for c in COLUMNS if c not in ("kind", "name", "created_at"))


def _quoted(name: str) -> str:
    return f'"{name}"' if name == "match" else name


def _json(value: Any) -> str | None:
    if value is None:
        return None
    if value == () or value == {}:  # most tags, examples and metadata
        return "[]" if value == () else "{}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
