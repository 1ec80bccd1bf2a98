"""Vectors, the hashes of the texts they must come from, and what tells an index what has changed.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

from catalog.store.downgrades import refuse_to_lose

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_text",
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "part", name="pk_entry_text"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_entry_text_entry_id_entry", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "embedder",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("given", sa.Text),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("complete", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_embedder"),
        sa.UniqueConstraint("name", name="uq_embedder_name"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="ck_embedder_name_length"),
        sa.CheckConstraint("width >= 1", name="ck_embedder_width_positive"),
    )
    op.create_table(
        "vector",
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("embedder_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("template", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("stamp", sa.BigInteger, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "embedder_id", "part", name="pk_vector"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_vector_entry_id_entry", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["embedder_id"], ["embedder.id"], name="fk_vector_embedder_id_embedder", ondelete="CASCADE"
        ),
        sa.CheckConstraint("length(vector) % 4 = 0", name="ck_vector_whole_floats"),
    )
    op.create_index("ix_vector_embedder_id_stamp", "vector", ["embedder_id", "stamp"])
    op.create_table(
        "entry_change",
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_entry_change"),
    )
    op.create_index("ix_entry_change_generation", "entry_change", ["generation"])
    op.create_table(
        "history_mark",
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("generation", name="pk_history_mark"),
        sqlite_with_rowid=False,
    )
    # Version 0: the hashes have never been made. The words are made again with them, when the catalog is opened next.
    op.add_column("catalog_state", sa.Column("text_version", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE catalog_state SET words_version = 0")


def downgrade() -> None:
    refuse_to_lose(op.get_bind(), revision, "vector", "embedder")
    op.drop_column("catalog_state", "text_version")
    for table in ("history_mark", "entry_change", "vector", "embedder", "entry_text"):
        op.drop_table(table)
