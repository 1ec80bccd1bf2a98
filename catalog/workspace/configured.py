"""What is recorded of the code behind configured entries: they have no row, so it is kept beside the sources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key, format_key

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

CONFIGURED = "config:"
"""Begins the name of the record of what a configuration file's entries stand for; the path of the file follows."""

_TEXTS = ("ref", "signature", "checksum", "source_checksum", "description", "root")

Record = dict[str, dict[str, Any]]
"""By key: ``ref``, and ``signature checksum source_checksum description parameters root marks`` where known."""


def described(entries: Mapping[Key, Entry], known: Record, folder: str) -> Record:
    """Return the record of *entries*: what is *known* of them, and what the source says of the others; nothing is run.

    Args:
        entries: as configured.
        known: an earlier record; what it says of another reference does not count.
        folder: of the configuration file; modules are looked for there too.
    """
    record: Record = {}
    unknown: list[Entry] = []
    for (kind, name), entry in entries.items():
        if entry.ref is None:
            continue
        item = known.get(format_key(kind, name))
        if isinstance(item, dict) and item.get("ref") == entry.ref and _is_in_form(item):
            record[entry.key] = item
        if "checksum" not in record.get(entry.key, {}):
            unknown.append(entry)
    if unknown:
        from catalog.source.describe import find_described  # reading source code: only what was never read
        from catalog.source.find import Missing
        from catalog.source.places import Places

        places = Places()
        for entry in sorted(unknown, key=lambda entry: str(entry.ref)):  # by module: each file is parsed once
            root = folder if _is_in(folder, str(entry.ref)) else None
            found = find_described(str(entry.ref), places.of(root))
            if isinstance(found, Missing):
                continue
            definition, parameters, summary = found
            record[entry.key] = {
                "ref": entry.ref,
                "signature": definition.signature,
                "checksum": definition.checksum,
                "source_checksum": definition.source_checksum,
                **({"description": summary} if summary else {}),
                **({"parameters": parameters} if parameters.get("properties") else {}),
                **({"root": folder} if root else {}),
            }
    return record


def with_record(entry: Entry, item: Mapping[str, Any] | None) -> Entry:
    """Return a configured *entry* with what is recorded of its code; what the configuration says stays."""
    if not item:
        return entry
    update: dict[str, Any] = {}
    if not entry.description and "description" in item:
        update["description"] = item["description"]
    if entry.checksum is None and entry.source_checksum is None:
        update |= {field: item.get(field) for field in ("checksum", "source_checksum")}
    if entry.signature is None:
        update["signature"] = item.get("signature")
    metadata = {field: item[field] for field in ("parameters", "root") if field in item}
    update["metadata"] = {**metadata, **entry.metadata, **item.get("marks", {})}
    return entry.model_copy(update=update)


def _is_in_form(item: Mapping[str, Any]) -> bool:
    """Tell whether what another program may have written can be used."""
    objects = all(isinstance(item.get(field, {}), dict) for field in ("parameters", "marks"))
    return objects and all(isinstance(item.get(field), (str, type(None))) for field in _TEXTS)


def _is_in(folder: str, ref: str) -> bool:
    """Tell whether *folder* holds the top-level module of *ref*."""
    place = os.path.join(folder, ref.partition(":")[0].partition(".")[0])
    return os.path.isdir(place) or os.path.isfile(place + ".py")
