"""What a scan leaves for the next: rows instead of one document for each target.

Revision: 0006
Follows: 0005
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MAPPINGS = ("files", "documents", "outside")
LISTS = ("findings", "clashes", "faults")

SOURCE = sa.table("source", sa.column("target"), sa.column("files"))
PART = sa.table("source_part", *map(sa.column, ("target", "part", "place", "data")))
BLANK = re.compile(r"[ \t\n\r]*")
MOST = 1_000


def upgrade() -> None:
    op.create_table(
        "source_part",
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("target", "part", "place", name="pk_source_part"),
        sa.ForeignKeyConstraint(["target"], ["source.target"], name="fk_source_part_target_source", ondelete="CASCADE"),
    )
    run = op.get_bind()
    for (target,) in run.execute(sa.select(SOURCE.c.target)).all():
        document = run.execute(sa.select(SOURCE.c.files).where(SOURCE.c.target == target)).scalar()
        if not isinstance(document, str) or '"findings":' not in document:
            continue  # of something that was not scanned; or damaged, which is left for `db check` to name
        point = run.begin_nested()
        try:
            head = _move(run, target, document)
        except (ValueError, IndexError, RecursionError):
            point.rollback()
        else:
            run.execute(SOURCE.update().where(SOURCE.c.target == target).values(files=_text(head)))
            point.commit()


def _move(run: sa.Connection, target: str, document: str) -> dict[str, Any]:
    """Put what grows with the code into rows; return the rest, with the number of rows of each part."""
    head: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    rows: list[dict[str, str]] = []
    for name, place, value in _values(document):
        if place is None:
            head[name] = value
            continue
        lengths.setdefault(name, 0)
        if place:
            lengths[name] += 1
            rows.append({"target": target, "part": name, "place": place, "data": _text(value)})
        if len(rows) >= MOST:
            run.execute(PART.insert(), rows)
            rows = []
    if rows:
        run.execute(PART.insert(), rows)
    return {**head, "parts": lengths}


def _values(text: str) -> Iterator[tuple[str, str | None, Any]]:
    """Yield name, place and value of what the document holds, value by value: as a whole it may not fit into memory.

    The place is None for what is no part, and empty once for each part, which may hold nothing.
    """
    decode = json.JSONDecoder().raw_decode
    at = _past(text, 0, "{")
    while text[at] != "}":
        name, at = decode(text, at)
        at = _past(text, at, ":")
        opened = "{" if name in MAPPINGS else "[" if name in LISTS else ""
        if not opened or text[at] != opened:
            value, at = decode(text, at)
            yield name, None, value
        else:
            yield name, "", None
            at, number = _past(text, at, opened), 0
            while text[at] not in "}]":
                place = f"{number:010d}"
                if opened == "{":
                    place, at = decode(text, at)
                    at = _past(text, at, ":")
                value, at = decode(text, at)
                yield name, place, value
                number += 1
                at = _past(text, at, ",}]")
            at = _past(text, at, "}]")
        at = _past(text, at, ",}")


def _past(text: str, at: int, expected: str) -> int:
    """Return where the text goes on behind one of the *expected* signs; a bracket that closes is not passed."""
    at = BLANK.match(text, at).end()  # type: ignore[union-attr]
    if at >= len(text) or text[at] not in expected:
        raise ValueError(f"no {expected} at {at}")
    if text[at] in "}]" and expected != "}]":
        return at
    return BLANK.match(text, at + 1).end()  # type: ignore[union-attr]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def downgrade() -> None:
    run = op.get_bind()
    for target, document in run.execute(sa.select(SOURCE)).all():
        if not isinstance(document, str) or '"parts":' not in document:
            continue
        rows = run.execute(
            sa.select(PART.c.part, PART.c.place, PART.c.data).where(PART.c.target == target).order_by(PART.c.place)
        ).all()
        whole = json.loads(document)
        whole |= {name: [] if name in LISTS else {} for name in whole.pop("parts")}
        for name, place, data in rows:
            if name in LISTS:
                whole[name].append(json.loads(data))
            else:
                whole[name][place] = json.loads(data)
        run.execute(SOURCE.update().where(SOURCE.c.target == target).values(files=_text(whole)))
    op.drop_table("source_part")
