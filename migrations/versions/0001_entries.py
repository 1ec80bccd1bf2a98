"""Entries, their tags, words and revisions, and what has been scanned.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

from catalog.store.downgrades import refuse_to_lose

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _json() -> sa.types.TypeEngine:
    # Text, as a column called JSON has numeric affinity in SQLite: it would turn the text "12" into a number.
    # And jsonb of PostgreSQL would sort the properties of a schema.
    return sa.Text()


def _moment() -> sa.types.TypeEngine:
    return sa.String(32)


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("spec", _json()),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", _json(), nullable=False),
        sa.Column("examples", _json(), nullable=False),
        sa.Column("match", sa.Text),
        sa.Column("providers", _json()),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("metadata", _json(), nullable=False),
        sa.Column("signature", sa.Text),
        sa.Column("checksum", sa.Text),
        sa.Column("source_checksum", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("distribution", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("updated_at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("kind", "name", name="uq_entry_kind_name"),
        sa.CheckConstraint("(ref IS NULL) <> (spec IS NULL)", name="ck_entry_ref_or_spec"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="ck_entry_name_length"),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 40", name="ck_entry_kind_length"),
        sa.CheckConstraint("revision >= 1", name="ck_entry_revision_positive"),
    )
    op.create_index("ix_entry_ref", "entry", ["ref"])
    op.create_index("ix_entry_source", "entry", ["source"])
    op.create_table(
        "entry_tag",
        sa.Column("tag", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tag", "kind", "name", name="pk_entry_tag"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_entry_tag_entry_id_entry", ondelete="CASCADE"),
        sa.UniqueConstraint("entry_id", "tag", name="uq_entry_tag_entry_id_tag"),
        sa.CheckConstraint("length(tag) BETWEEN 1 AND 200", name="ck_entry_tag_tag_length"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_doc",
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("examples", sa.Text, nullable=False),
        sa.Column("facets", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_search_doc"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_search_doc_entry_id_entry", ondelete="CASCADE"),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("data", _json()),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("kind", "name", "revision", name="uq_revision_kind_name_revision"),
        sa.CheckConstraint("revision >= 1", name="ck_revision_revision_positive"),
    )
    op.create_table(
        "source",
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("options", _json(), nullable=False),
        sa.Column("distribution", sa.Text),
        sa.Column("files", _json(), nullable=False),
        sa.Column("scanned_at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_source"),
    )
    op.create_table(
        "catalog_state",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("words_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_state"),
        sa.CheckConstraint("id = 1", name="ck_catalog_state_one_row"),
    )
    # words_version 0: the words have never been made, so the first open makes them.
    op.execute("INSERT INTO catalog_state (id, generation, words_version) VALUES (1, 0, 0)")


def downgrade() -> None:
    refuse_to_lose(op.get_bind(), revision, "entry", "revision", "source")
    for table in ("catalog_state", "source", "revision", "search_doc", "entry_tag", "entry"):
        op.drop_table(table)
