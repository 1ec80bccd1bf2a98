"""The tables, as SQLAlchemy sees them; ``migrations/`` owns how they came to be.

``entry`` holds the record. ``entry_tag``, ``search_doc``, ``entry_text`` and ``entry_reference`` are indexes over it
that the same transaction keeps: what they say can be made again from ``entry``. ``revision`` keeps every past state,
also of entries that are gone. A row of ``vector`` counts as long as its hash is the one ``entry_text`` has for the same
part of its entry.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC: ``timestamptz`` on PostgreSQL, ISO 8601 text with its offset on SQLite.

    SQLAlchemy's own type loses the zone on SQLite.
    """

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the column type of *dialect*."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Write *value* in UTC."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Read a moment back with its zone."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value


def json_type() -> sa.types.TypeEngine[Any]:
    """Return JSON as text on SQLite and as ``jsonb`` on PostgreSQL; None is SQL's NULL, not JSON's.

    Not SQLAlchemy's JSON on SQLite: a column of that name has numeric affinity, which turns the text ``12`` into a
    number, and one of twenty digits into another number.
    """
    return sa.Text().with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


metadata = sa.MetaData(naming_convention=NAMING)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("ref", sa.Text),
    sa.Column("spec", json_type()),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("tags", json_type(), nullable=False),
    sa.Column("examples", json_type(), nullable=False),
    sa.Column("match", sa.Text),
    sa.Column("providers", json_type()),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("metadata", json_type(), nullable=False),
    sa.Column("signature", sa.Text),
    sa.Column("checksum", sa.Text),
    sa.Column("source_checksum", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("distribution", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("kind", "name"),
    sa.CheckConstraint("(ref IS NULL) <> (spec IS NULL)", name="ref_or_spec"),
    sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    sa.CheckConstraint("length(kind) BETWEEN 1 AND 40", name="kind_length"),
    sa.CheckConstraint("revision >= 1", name="revision_positive"),
    sa.Index(None, "ref"),
    sa.Index(None, "source"),
)

entry_tag = sa.Table(
    "entry_tag",
    metadata,
    # kind and name stand here too, so that "the first of this tag, by key" reads one stretch of one index.
    sa.Column("tag", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), nullable=False),
    sa.UniqueConstraint("entry_id", "tag"),
    sa.CheckConstraint("length(tag) BETWEEN 1 AND 200", name="tag_length"),
    sqlite_with_rowid=False,
)

search_doc = sa.Table(
    "search_doc",
    metadata,
    # What full-text search reads: words split and stemmed by catalog.entry.words, joined by spaces.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("params", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("facets", sa.Text, nullable=False),  # kind and tags as words no text has, to filter by
)

revision = sa.Table(
    "revision",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("data", json_type()),  # the entry after the change; NULL where it was taken away
    sa.UniqueConstraint("kind", "name", "revision"),
    sa.CheckConstraint("revision >= 1", name="revision_positive"),
)

source = sa.Table(
    "source",
    metadata,
    # What has been scanned, and how each file looked then: the second scan reads only what has changed since.
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("options", json_type(), nullable=False),
    sa.Column("distribution", sa.Text),
    sa.Column("files", json_type(), nullable=False),
    sa.Column("scanned_at", UtcDateTime, nullable=False),
)

entry_text = sa.Table(
    "entry_text",
    metadata,
    # The hashes of what an entry says now: part 0 the text about it, parts 1 and up its examples.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sqlite_with_rowid=False,
)

embedder = sa.Table(
    "embedder",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("given", sa.Text),  # the word it is chosen by, so that another process can have it too
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),  # the generation that brought it
    sa.Column("complete", sa.BigInteger),  # the generation at which no vector was missing; NULL before the first such
    sa.UniqueConstraint("name"),
    sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    sa.CheckConstraint("width >= 1", name="width_positive"),
)

vector = sa.Table(
    "vector",
    metadata,
    # By entry first: taking an entry away must find its vectors. With rowids, as SQLite keeps wide rows badly in an
    # index. Little-endian float32, of length 1; no bytes at all: the text has nothing to embed.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("embedder_id", sa.Integer, sa.ForeignKey("embedder.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("template", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("stamp", sa.BigInteger, nullable=False),  # the generation that wrote it
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("length(vector) % 4 = 0", name="whole_floats"),
    sa.Index(None, "embedder_id", "stamp"),
)

entry_change = sa.Table(
    "entry_change",
    metadata,
    # The last generation in which a stored entry was changed or taken away, for indexes in memory: what they hold of
    # it they must read again. No foreign key: it is about what is gone, too.
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Index(None, "generation"),
)

history_mark = sa.Table(
    "history_mark",
    metadata,
    # Generations are numbers, and a restored backup counts the same numbers again. The token tells which generation
    # it was; the last thousand are kept.
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("token", sa.String(32), nullable=False),
    sqlite_with_rowid=False,
)

entry_reference = sa.Table(
    "entry_reference",
    metadata,
    # What the spec of an entry names: at "members.0.profile" the entry profile:mini. It may not exist.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.String(500), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Index(None, "kind", "name"),
    sqlite_with_rowid=False,
)

calibration = sa.Table(
    "calibration",
    metadata,
    # What a router has learned from labelled prompts; the key is a hash of the router it belongs to.
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("about", json_type(), nullable=False),  # of which candidates, embedder and data, and how good it is
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)

golden_case = sa.Table(
    "golden_case",
    metadata,
    # A prompt and the entry it must be routed to; kind and name are empty where none fits. No foreign key: entries of
    # every tier have golden cases, and one taken away must not take its cases with it.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("added_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("text", "kind", "name"),
    sa.CheckConstraint("(kind = '') = (name = '')", name="whole_key"),
    sa.Index(None, "kind", "name"),
)

decision_log = sa.Table(
    "decision_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("prompt_hash", sa.String(64), nullable=False),
    sa.Column("prompt", sa.Text),  # only where the project allows it
    sa.Column("router", json_type(), nullable=False),  # what is needed to ask the same again
    sa.Column("decision", json_type(), nullable=False),
)

used = sa.Table(
    "used",
    metadata,
    # Which entry was taken after which request; the weight is what is left of it at the moment ``at`` (seconds).
    sa.Column("query", sa.String(64), primary_key=True),  # a hash
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("text", sa.Text),  # only where the project allows it
    sa.Index(None, "kind", "name"),
    sqlite_with_rowid=False,
)

state = sa.Table(
    "catalog_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("words_version", sa.Integer, nullable=False),
    sa.Column("text_version", sa.Integer, nullable=False, server_default="0"),  # of the template behind entry_text
    sa.CheckConstraint("id = 1", name="one_row"),
)
