"""The tables as they are at the newest revision; ``migrations/`` creates them. A test checks that both agree.

``entry`` holds the records. ``entry_tag``, ``search_doc``, ``entry_text`` and ``entry_reference`` are derived from it
by the same transaction and can be made again at any time. ``revision`` keeps every past state, also of removed entries.
A row of ``vector`` counts only while ``entry_text`` has the same hash for the same part of its entry.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A time in UTC as ISO 8601 text with its offset: it sorts, and SQLAlchemy's type loses the zone on SQLite."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Return *value* in the form the database stores, in UTC."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Return a stored time with its time zone."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class JsonText(sa.Text):
    """Text that holds JSON.

    Attributes:
        form: ``object``, ``texts`` (an array of texts), or ``any``.
    """

    cache_ok = True

    def __init__(self, form: str = "any", length: int | None = None) -> None:
        """Hold JSON of this *form*."""
        super().__init__(length)
        self.form = form


def json_type(form: str = "any") -> sa.types.TypeEngine[Any]:
    """Return a column type for JSON of a *form*: text. None is stored as NULL."""
    # Not SQLAlchemy's JSON: a column declared JSON has numeric affinity in SQLite, which turns the text 12 into a
    # number, and a text of twenty digits into another number; and PostgreSQL's jsonb sorts the properties of a schema.
    return JsonText(form)


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
    sa.Column("tags", json_type("texts"), nullable=False),
    sa.Column("examples", json_type("texts"), nullable=False),
    sa.Column("match", sa.Text),
    sa.Column("providers", json_type("texts")),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("metadata", json_type("object"), nullable=False),
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
    # Kind and name are repeated here, so that a listing of a tag in the order of keys reads one range of one index.
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
    # What full-text search reads: words, split and stemmed by catalog.entry.words, separated by spaces.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("params", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("examples", sa.Text, nullable=False),
    sa.Column("facets", sa.Text, nullable=False),  # kind and tags as words that no text contains, for filters
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
    sa.Column("data", json_type("object")),  # the entry after the change; NULL if it was removed
    sa.Column("reason", sa.Text),  # what whoever made the change said of it
    sa.Column("generation", sa.BigInteger),  # of the transaction; NULL if it was written before this was kept
    sa.UniqueConstraint("kind", "name", "revision"),
    sa.CheckConstraint("revision >= 1", name="revision_positive"),
)

source = sa.Table(
    "source",
    metadata,
    # What has been scanned, and what is kept of it beside what has rows of its own in source_part.
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("options", json_type("object"), nullable=False),
    sa.Column("distribution", sa.Text),
    sa.Column("files", json_type("object"), nullable=False),
    sa.Column("scanned_at", UtcDateTime, nullable=False),
)

source_part = sa.Table(
    "source_part",
    metadata,
    # What each file of a source looked like when it was scanned, what was found in it, and so on: the next scan reads
    # only changed files. The place is a path, or in a list the number, of ten digits. See catalog.store.scan_records.
    sa.Column("target", sa.Text, sa.ForeignKey("source.target", ondelete="CASCADE"), primary_key=True),
    sa.Column("part", sa.String(20), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("data", json_type(), nullable=False),
)

entry_text = sa.Table(
    "entry_text",
    metadata,
    # Hashes of the texts to embed: part 0 is the text that describes the entry, parts from 1 on are its examples.
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
    sa.Column("given", sa.Text),  # the word it is chosen by, so that another process can open it
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),  # the generation that added it
    sa.Column("complete", sa.BigInteger),  # the first generation at which no vector was missing
    sa.UniqueConstraint("name"),
    sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    sa.CheckConstraint("width >= 1", name="width_positive"),
)

vector = sa.Table(
    "vector",
    metadata,
    # The key begins with the entry, because removing an entry must find its vectors. The table has rowids, because
    # SQLite stores wide rows badly in an index. A vector is little-endian float32 of length 1; no bytes mean that the
    # text has nothing to embed.
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("embedder_id", sa.Integer, sa.ForeignKey("embedder.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("template", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("stamp", sa.BigInteger, nullable=False),  # the generation that wrote it
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Column("checksum", sa.BigInteger, nullable=False, server_default="0"),  # CRC-32 of the vector
    sa.CheckConstraint("length(vector) % 4 = 0", name="whole_floats"),
    sa.Index(None, "embedder_id", "stamp"),
)

entry_change = sa.Table(
    "entry_change",
    metadata,
    # The last generation that changed or removed an entry: indexes in memory must read its vectors again. There is no
    # foreign key, because rows of removed entries must stay.
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Index(None, "generation"),
)

history_mark = sa.Table(
    "history_mark",
    metadata,
    # A restored backup counts the same generations again, so the number alone does not identify a state. The random
    # token does. The last thousand generations are kept.
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("token", sa.String(32), nullable=False),
    sqlite_with_rowid=False,
)

entry_reference = sa.Table(
    "entry_reference",
    metadata,
    # Which entries the spec of an entry names: at "members.0.profile", for example, profile:mini. It may not exist.
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
    # What a router has learned from labelled prompts. The key is a hash of the router it belongs to.
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("about", json_type("object"), nullable=False),  # candidates, embedder, data, and how good it is
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)

golden_case = sa.Table(
    "golden_case",
    metadata,
    # A prompt and the entry it must be routed to; kind and name are empty if no entry fits. There is no foreign key:
    # entries of every tier can have golden cases, and a removed entry must not take its cases with it.
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
    sa.Column("prompt", sa.Text),  # NULL unless the project allows it
    sa.Column("router", json_type("object"), nullable=False),  # the options needed to route the prompt again
    sa.Column("decision", json_type("object"), nullable=False),
)

used = sa.Table(
    "used",
    metadata,
    # How often an entry was taken after a request. The weight fades; "at" is the time, in seconds, it was computed for.
    sa.Column("query", sa.String(64), primary_key=True),  # a hash; empty in the row with the key of the hashes
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("text", sa.Text),  # NULL unless the project allows it
    sa.Index(None, "kind", "name"),
    sqlite_with_rowid=False,
)

alias = sa.Table(
    "alias",
    metadata,
    # Every move of every alias; of each the newest row counts. A revision of NULL follows the newest of the entry.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("alias", sa.String(200), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),  # "alias", or "unalias" where it was taken away
    sa.Column("revision", sa.Integer),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.CheckConstraint("length(alias) BETWEEN 1 AND 200", name="alias_length"),
    sa.CheckConstraint("revision IS NULL OR revision >= 1", name="revision_positive"),
    sa.Index(None, "kind", "name", "alias"),
)

audit = sa.Table(
    "audit",
    metadata,
    # Loads that were refused. The newest ten thousand are kept.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("ref", sa.Text),
    sa.Column("code", sa.String(40), nullable=False),  # of the error
    sa.Column("message", sa.Text, nullable=False),
)

state = sa.Table(
    "catalog_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("words_version", sa.Integer, nullable=False),
    sa.Column("text_version", sa.Integer, nullable=False, server_default="0"),  # of the texts hashed in entry_text
    sa.CheckConstraint("id = 1", name="one_row"),
)
