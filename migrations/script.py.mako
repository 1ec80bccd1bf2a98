"""${message}

Before you commit, check on a database with entries, tags, revisions and a full-text index:
rows and keys survive, constraints have names, a failure half-way leaves nothing, `downgrade` undoes `upgrade` or
refuses where rows would be lost (catalog.store.downgrades). Then keep a database of this schema for all later versions:
`python tests/store/make_fixture.py`.
SQL by name only: never import catalog.store.tables, which moves on while this file stays.

Revision: ${up_revision}
Follows: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
