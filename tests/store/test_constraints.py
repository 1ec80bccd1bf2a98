"""Every constraint of the tables refuses the row it forbids (trap 14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.store import tables
from catalog.store.engine import make_engine
from catalog.store.opening import server_at
from catalog.store.postgres import writer

NOW = "2026-01-01T00:00:00.000000+00:00"
ENTRY: dict[str, Any] = {
    "id": 1,
    "kind": "tool",
    "name": "plot",
    "ref": "a:b",
    "spec": None,
    "description": "",
    "tags": "[]",
    "examples": "[]",
    "match": None,
    "providers": None,
    "priority": 0,
    "metadata": "{}",
    "signature": None,
    "checksum": None,
    "source_checksum": None,
    "source": "manual",
    "distribution": None,
    "revision": 1,
    "created_at": NOW,
    "updated_at": NOW,
}
TAG: dict[str, Any] = {"tag": "io", "kind": "tool", "name": "plot", "entry_id": 1}
DOC: dict[str, Any] = {
    "entry_id": 1, "name": "plot", "description": "", "params": "", "tags": "", "examples": "", "facets": "",
}  # fmt: skip
REVISION: dict[str, Any] = {
    "id": 1, "kind": "tool", "name": "plot", "revision": 1, "action": "register", "actor": "ann", "at": NOW,
    "data": "{}",
}  # fmt: skip
SOURCE: dict[str, Any] = {
    "target": "pkg", "options": "{}", "distribution": None, "files": "{}", "scanned_at": NOW,
}  # fmt: skip
STATE: dict[str, Any] = {"id": 1, "generation": 0, "words_version": 0, "text_version": 0}
TEXT: dict[str, Any] = {"entry_id": 1, "part": 0, "hash": "0" * 64}
EMBEDDER: dict[str, Any] = {"id": 1, "name": "hash", "given": None, "width": 1, "since": 1, "complete": None}
VECTOR: dict[str, Any] = {
    "entry_id": 1, "embedder_id": 1, "part": 0, "template": 1, "hash": "0" * 64, "stamp": 1, "vector": b"0000",
}  # fmt: skip
ROWS = {
    "entry": ENTRY,
    "entry_tag": TAG,
    "search_doc": DOC,
    "revision": REVISION,
    "source": SOURCE,
    "source_part": {"target": "pkg", "part": "files", "place": "pkg/a.py", "data": "[]"},
    "catalog_state": STATE,
    "entry_text": TEXT,
    "embedder": EMBEDDER,
    "vector": VECTOR,
    "entry_change": {"entry_id": 1, "generation": 1},
    "history_mark": {"generation": 1, "token": "0" * 32},
    "entry_reference": {"entry_id": 1, "path": "members.0.profile", "kind": "profile", "name": "mini"},
    "calibration": {"key": "0" * 64, "about": "{}", "data": b"", "made_at": NOW},
    "golden_case": {"id": 1, "text": "plot it", "kind": "tool", "name": "plot", "added_at": NOW},
    "decision_log": {
        "id": 1, "at": NOW, "generation": 1, "prompt_hash": "0" * 64, "prompt": None, "router": "{}", "decision": "{}",
    },
    "used": {"query": "0" * 64, "kind": "tool", "name": "plot", "weight": 1.0, "at": 0.0, "text": None},
    "alias": {
        "id": 1, "kind": "tool", "name": "plot", "alias": "prod", "action": "alias", "revision": 1, "actor": "ann",
        "at": NOW, "reason": None, "generation": 1,
    },
    "audit": {
        "id": 1, "at": NOW, "actor": "ann", "key": "tool:plot", "ref": "a:b", "code": "drift", "message": "it drifted",
    },
}  # fmt: skip


@pytest.fixture
def connection(url: str) -> Iterator[sa.Connection]:
    """A connection to a database that holds one good row in each table."""
    address = server_at(url)
    engine = make_engine(url) if address is None else writer.make_engine(address)
    with engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM catalog_state")
        for table, row in ROWS.items():
            _insert(connection, table, row)
        yield connection
    engine.dispose()


def _insert(connection: sa.Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
    )


FORBIDDEN = [
    ("pk_alias", "alias", {}, "UNIQUE constraint failed: alias.id"),
    ("ck_alias_alias_length", "alias", {"id": 2, "alias": ""}, "ck_alias_alias_length"),
    ("ck_alias_alias_length", "alias", {"id": 2, "alias": "a" * 201}, "ck_alias_alias_length"),
    ("ck_alias_revision_positive", "alias", {"id": 2, "revision": 0}, "ck_alias_revision_positive"),
    ("pk_audit", "audit", {}, "UNIQUE constraint failed: audit.id"),
    ("pk_entry", "entry", {"name": "other"}, "UNIQUE constraint failed: entry.id"),
    ("uq_entry_kind_name", "entry", {"id": 2}, "UNIQUE constraint failed: entry.kind, entry.name"),
    ("ck_entry_ref_or_spec", "entry", {"id": 2, "name": "b", "ref": None}, "ck_entry_ref_or_spec"),
    ("ck_entry_ref_or_spec", "entry", {"id": 2, "name": "b", "spec": "{}"}, "ck_entry_ref_or_spec"),
    ("ck_entry_name_length", "entry", {"id": 2, "name": ""}, "ck_entry_name_length"),
    ("ck_entry_name_length", "entry", {"id": 2, "name": "n" * 201}, "ck_entry_name_length"),
    ("ck_entry_kind_length", "entry", {"id": 2, "kind": ""}, "ck_entry_kind_length"),
    ("ck_entry_kind_length", "entry", {"id": 2, "kind": "k" * 41}, "ck_entry_kind_length"),
    ("ck_entry_revision_positive", "entry", {"id": 2, "name": "b", "revision": 0}, "ck_entry_revision_positive"),
    (
        "pk_entry_tag",
        "entry_tag",
        {"entry_id": 2},
        "UNIQUE constraint failed: entry_tag.tag, entry_tag.kind, entry_tag.name",
    ),
    (
        "uq_entry_tag_entry_id_tag",
        "entry_tag",
        {"name": "b"},
        "UNIQUE constraint failed: entry_tag.entry_id, entry_tag.tag",
    ),
    (
        "fk_entry_tag_entry_id_entry",
        "entry_tag",
        {"tag": "x", "name": "b", "entry_id": 99},
        "FOREIGN KEY constraint failed",
    ),
    ("ck_entry_tag_tag_length", "entry_tag", {"tag": "", "name": "b"}, "ck_entry_tag_tag_length"),
    ("ck_entry_tag_tag_length", "entry_tag", {"tag": "t" * 201, "name": "b"}, "ck_entry_tag_tag_length"),
    ("pk_search_doc", "search_doc", {}, "UNIQUE constraint failed: search_doc.entry_id"),
    ("fk_search_doc_entry_id_entry", "search_doc", {"entry_id": 99}, "FOREIGN KEY constraint failed"),
    ("pk_revision", "revision", {"name": "b"}, "UNIQUE constraint failed: revision.id"),
    (
        "uq_revision_kind_name_revision",
        "revision",
        {"id": 2},
        "UNIQUE constraint failed: revision.kind, revision.name, revision.revision",
    ),
    ("ck_revision_revision_positive", "revision", {"id": 2, "revision": 0}, "ck_revision_revision_positive"),
    ("pk_source", "source", {}, "UNIQUE constraint failed: source.target"),
    (
        "pk_source_part",
        "source_part",
        {},
        "UNIQUE constraint failed: source_part.target, source_part.part, source_part.place",
    ),
    ("fk_source_part_target_source", "source_part", {"target": "other"}, "FOREIGN KEY constraint failed"),
    ("pk_catalog_state", "catalog_state", {}, "UNIQUE constraint failed: catalog_state.id"),
    ("ck_catalog_state_one_row", "catalog_state", {"id": 2}, "ck_catalog_state_one_row"),
    ("pk_entry_text", "entry_text", {}, "UNIQUE constraint failed: entry_text.entry_id, entry_text.part"),
    ("fk_entry_text_entry_id_entry", "entry_text", {"entry_id": 2}, "FOREIGN KEY constraint failed"),
    ("pk_embedder", "embedder", {"name": "other"}, "UNIQUE constraint failed: embedder.id"),
    ("uq_embedder_name", "embedder", {"id": 2}, "UNIQUE constraint failed: embedder.name"),
    ("ck_embedder_name_length", "embedder", {"id": 2, "name": ""}, "ck_embedder_name_length"),
    ("ck_embedder_name_length", "embedder", {"id": 2, "name": "n" * 201}, "ck_embedder_name_length"),
    ("ck_embedder_width_positive", "embedder", {"id": 2, "name": "b", "width": 0}, "ck_embedder_width_positive"),
    ("pk_vector", "vector", {}, "UNIQUE constraint failed: vector.entry_id, vector.embedder_id, vector.part"),
    ("fk_vector_entry_id_entry", "vector", {"entry_id": 2}, "FOREIGN KEY constraint failed"),
    ("fk_vector_embedder_id_embedder", "vector", {"embedder_id": 2}, "FOREIGN KEY constraint failed"),
    ("ck_vector_whole_floats", "vector", {"part": 1, "vector": b"000"}, "ck_vector_whole_floats"),
    ("pk_entry_change", "entry_change", {}, "UNIQUE constraint failed: entry_change.entry_id"),
    ("pk_history_mark", "history_mark", {}, "UNIQUE constraint failed: history_mark.generation"),
    (
        "pk_entry_reference",
        "entry_reference",
        {},
        "UNIQUE constraint failed: entry_reference.entry_id, entry_reference.path",
    ),
    ("fk_entry_reference_entry_id_entry", "entry_reference", {"entry_id": 2}, "FOREIGN KEY constraint failed"),
    ("pk_calibration", "calibration", {}, "UNIQUE constraint failed: calibration.key"),
    ("pk_golden_case", "golden_case", {"text": "b"}, "UNIQUE constraint failed: golden_case.id"),
    (
        "uq_golden_case_text_kind_name",
        "golden_case",
        {"id": 2},
        "UNIQUE constraint failed: golden_case.text, golden_case.kind, golden_case.name",
    ),
    ("ck_golden_case_whole_key", "golden_case", {"id": 2, "kind": ""}, "ck_golden_case_whole_key"),
    ("ck_golden_case_whole_key", "golden_case", {"id": 2, "name": ""}, "ck_golden_case_whole_key"),
    ("pk_decision_log", "decision_log", {}, "UNIQUE constraint failed: decision_log.id"),
    ("pk_used", "used", {}, "UNIQUE constraint failed: used.query, used.kind, used.name"),
]


@pytest.mark.parametrize(("constraint", "table", "change", "said"), FORBIDDEN)
def test_a_constraint_refuses_the_row_it_forbids(
    connection: sa.Connection, constraint: str, table: str, change: dict[str, Any], said: str
) -> None:
    """The row each constraint is there to keep out is refused by that constraint."""
    with pytest.raises((sa.exc.IntegrityError, sa.exc.DataError)) as caught:
        _insert(connection, table, {**ROWS[table], **change})
    on_server = constraint, "value too long for type character varying"
    assert any(
        text in str(caught.value.orig) for text in (on_server if connection.dialect.name == "postgresql" else [said])
    )


def test_every_constraint_has_its_forbidden_row() -> None:
    """No named constraint of the tables is without a row above."""
    named = {str(constraint.name) for table in tables.metadata.tables.values() for constraint in table.constraints}
    assert {constraint for constraint, *_ in FORBIDDEN} == named


NOT_NULL = [
    (table.name, column.name)
    for table in tables.metadata.sorted_tables
    for column in table.columns
    if not column.nullable and not (column.primary_key and isinstance(column.type, sa.Integer))
]


@pytest.mark.parametrize(("table", "column"), NOT_NULL)
def test_a_column_that_must_be_filled_refuses_null(connection: sa.Connection, table: str, column: str) -> None:
    """A column declared NOT NULL in the metadata refuses NULL in the migrated database."""
    with pytest.raises(sa.exc.IntegrityError) as caught:
        _insert(connection, table, {**ROWS[table], column: None})
    said = f"NOT NULL constraint failed: {table}.{column}", f'null value in column "{column}" of relation "{table}"'
    assert said[connection.dialect.name == "postgresql"] in str(caught.value.orig)


@pytest.mark.parametrize("table", ["entry_tag", "search_doc", "entry_text", "vector", "entry_reference"])
def test_what_hangs_on_an_entry_goes_with_it(connection: sa.Connection, table: str) -> None:
    """Deleting an entry deletes its tags, words, hashes, vectors and references."""
    connection.exec_driver_sql("DELETE FROM entry")
    assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
