"""On PostgreSQL with pgvector: a column of vectors, for an HNSW index of each embedder. A file has no use for it.

The rows and indexes are derived, so `db upgrade` makes them also where pgvector came later.

Revision: 0007
Follows: 0006
"""

from alembic import op

from catalog.store.postgres import row_index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        row_index.prepare(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in row_index.REMOVE:
            op.get_bind().exec_driver_sql(statement)
