"""References and files on the edge: kept for one process, or written elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog import Catalog, InvalidEntryError


def test_a_reference_may_be_kept_for_this_process_only(catalog: Catalog) -> None:
    """A runtime entry given as a reference is resolved when it is taken, and nothing is stored."""
    entry = catalog.register("tool", "dumps", "json:dumps", runtime=True)
    assert (entry.tier, entry.ref) == ("runtime", "json:dumps")
    assert catalog["tool", "dumps"] is json.dumps
    assert catalog.history("tool", "dumps") == []


def test_an_import_takes_a_byte_order_mark_and_refuses_other_encodings(catalog: Catalog, tmp_path: Path) -> None:
    """A file with a UTF-8 byte-order mark is read; one in another encoding is an error that names it."""
    line = '{"kind": "tool", "name": "ü", "ref": "json:dumps"}\n'
    (tmp_path / "marked.jsonl").write_text(line, encoding="utf-8-sig")
    (tmp_path / "latin.jsonl").write_text(line, encoding="latin-1")
    assert catalog.import_jsonl(tmp_path / "marked.jsonl") == 1
    with pytest.raises(InvalidEntryError, match=r"latin\.jsonl, line 1: not UTF-8, from character 27 on"):
        catalog.import_jsonl(tmp_path / "latin.jsonl")
