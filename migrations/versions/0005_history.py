"""Reasons of changes and the generation each belongs to; names that point at revisions; loads that were refused.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

from catalog.store.downgrades import refuse, refuse_to_lose

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revision", sa.Column("reason", sa.Text))
    op.add_column("revision", sa.Column("generation", sa.BigInteger))
    op.create_table(
        "alias",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("alias", sa.String(200), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alias"),
        sa.CheckConstraint("length(alias) BETWEEN 1 AND 200", name="ck_alias_alias_length"),
        sa.CheckConstraint("revision IS NULL OR revision >= 1", name="ck_alias_revision_positive"),
    )
    op.create_index("ix_alias_kind_name_alias", "alias", ["kind", "name", "alias"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("ref", sa.Text),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )


def downgrade() -> None:
    refuse_to_lose(op.get_bind(), revision, "alias", "audit")
    table = sa.table("revision", sa.column("reason"))
    if op.get_bind().execute(sa.select(table.c.reason).where(table.c.reason.is_not(None)).limit(1)).first() is not None:
        refuse(revision, "the reasons of changes")
    for table in ("audit", "alias"):
        op.drop_table(table)
    for column in ("generation", "reason"):
        op.drop_column("revision", column)
