"""Vectors get a checksum, so that a flipped byte of one is noticed.

Revision: 0004
Follows: 0003
"""

from zlib import crc32

import sqlalchemy as sa
from alembic import op

from catalog.store.downgrades import refuse

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = ("entry_id", "embedder_id", "part")


def upgrade() -> None:
    op.add_column("vector", sa.Column("checksum", sa.BigInteger, nullable=False, server_default="0"))
    vector = sa.table("vector", *map(sa.column, (*_KEY, "vector", "checksum")))
    same = sa.and_(*(vector.c[name] == sa.bindparam(f"_{name}") for name in _KEY))
    update = sa.update(vector).where(same).values(checksum=sa.bindparam("_checksum"))
    connection = op.get_bind()
    columns = [vector.c[name] for name in _KEY]
    keys = connection.execute(sa.select(*columns).order_by(*columns)).all()
    for start in range(0, len(keys), 1_000):  # the vectors themselves may not fit into memory
        first, last = tuple(keys[start]), tuple(keys[min(start + 1_000, len(keys)) - 1])
        place = sa.tuple_(*columns)
        rows = connection.execute(sa.select(*columns, vector.c.vector).where(place >= first, place <= last)).all()
        sums = [
            {"_checksum": crc32(row[-1]), **{f"_{name}": value for name, value in zip(_KEY, row, strict=False)}}
            for row in rows
            if isinstance(row[-1], bytes)  # anything else is damage, and stays so
        ]
        if sums:
            connection.execute(update, sums)


def downgrade() -> None:
    # An upgrade would make the checksums again, also those of vectors that are no longer what was stored.
    vector = sa.table("vector", sa.column("vector"), sa.column("checksum"))
    rows = op.get_bind().execute(sa.select(vector.c.vector, vector.c.checksum)).yield_per(1_000)
    if any(not isinstance(stored, bytes) or crc32(stored) != checksum for stored, checksum in rows):
        refuse(revision, "what shows that a vector is damaged")
    op.drop_column("vector", "checksum")
