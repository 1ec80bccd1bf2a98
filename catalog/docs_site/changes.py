"""What has changed between two builds: `entries.jsonl` of each says what it was made of."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from catalog import bounded_lines, open_text, read_json, signature_line

if TYPE_CHECKING:
    from catalog.docs_site.site import Site

RECORD = "entries.jsonl"


def record_lines(site: Site) -> list[str]:
    """Return one line of JSON for each entry, by key: what a reader of the site would notice."""
    return [
        json.dumps(_record(site, key), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        for key in site.entries
    ]


def _record(site: Site, key: str) -> dict[str, Any]:
    entry = site.entries[key]
    return {
        "key": key,
        "description": entry.description,
        "signature": signature_line(entry),
        "tags": list(entry.tags),
        "examples": list(entry.examples),
        "state": site.state(key) or "approved",
        "reference": entry.ref,
        "spec": entry.spec,
    }


def recorded(folder: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """Return the entries that the build in *folder* was made of, by key.

    Raises:
        OSError: there is no build.
        ValueError: its record is damaged.
    """
    with open_text(os.path.join(folder, RECORD)) as file:
        found = [read_json(line) for line in bounded_lines(file) if line.strip()]
    if not all(isinstance(record, dict) and isinstance(record.get("key"), str) for record in found):
        raise ValueError("a line is no record of an entry")
    return {record["key"]: record for record in found}


def changes(before: dict[str, dict[str, Any]], site: Site) -> dict[str, list[tuple[str, list[str]]]]:
    """Return the keys that are ``new``, ``changed`` and ``gone`` since *before*, with the fields that changed."""
    now = {key: _record(site, key) for key in site.entries}
    changed = [
        (key, [field for field in now[key] if before[key].get(field) != now[key][field]])
        for key in now
        if key in before
    ]
    return {
        "new": _listed(key for key in now if key not in before),
        "changed": [(key, fields) for key, fields in changed if fields],
        "gone": _listed(key for key in sorted(before) if key not in now),
    }


def _listed(keys: Iterable[str]) -> list[tuple[str, list[str]]]:
    return [(key, []) for key in keys]
