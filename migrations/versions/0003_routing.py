"""What entries refer to; calibrations, golden cases and the log of the router; what was taken after which request.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

from catalog.store.downgrades import refuse_to_lose

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_reference",
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.Column("path", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "path", name="pk_entry_reference"),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name="fk_entry_reference_entry_id_entry", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_reference_kind_name", "entry_reference", ["kind", "name"])
    op.create_table(
        "calibration",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_calibration"),
    )
    op.create_table(
        "golden_case",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_golden_case"),
        sa.UniqueConstraint("text", "kind", "name", name="uq_golden_case_text_kind_name"),
        sa.CheckConstraint("(kind = '') = (name = '')", name="ck_golden_case_whole_key"),
    )
    op.create_index("ix_golden_case_kind_name", "golden_case", ["kind", "name"])
    op.create_table(
        "decision_log",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("prompt_hash", sa.String(64), nullable=False),
        sa.Column("prompt", sa.Text),
        sa.Column("router", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision_log"),
    )
    op.create_table(
        "used",
        sa.Column("query", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("text", sa.Text),
        sa.PrimaryKeyConstraint("query", "kind", "name", name="pk_used"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_used_kind_name", "used", ["kind", "name"])
    # The references of what is stored are made when the catalog is opened next, with the words.
    op.execute("UPDATE catalog_state SET words_version = 0")


def downgrade() -> None:
    refuse_to_lose(op.get_bind(), revision, "used", "decision_log", "golden_case", "calibration")
    for table in ("used", "decision_log", "golden_case", "calibration", "entry_reference"):
        op.drop_table(table)
