"""What changed about code that drifted: signature, description, parameters, and the source where the old is kept."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from catalog.discovery.find_document import Documents
from catalog.errors import EntryNotFoundError
from catalog.store.sources import kept_sources
from catalog.verbs.renames import FOUND_IN_CODE
from catalog.verbs.repair import listed_now
from catalog.verbs.sources_of_pins import MOST_SOURCE
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.loader.verify import Drift
    from catalog.source.places import Places


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed about the code of an entry.

    Attributes:
        key: of the entry.
        ref: its reference.
        fields: by name, what was recorded and what is there now, each None where it is not there: ``signature``,
            ``description``, and each parameter that changed as ``parameters.NAME``, with its JSON Schema.
        source: the source as a unified diff; None if the old source is not kept, or there is no new one.
        why_not: why there is no diff of the source; empty if there is one.
    """

    key: str
    ref: str
    fields: dict[str, tuple[Any, Any]]
    source: str | None
    why_not: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data, each field with ``old`` and ``new``."""
        named = {name: {"old": old, "new": new} for name, (old, new) in self.fields.items()}
        return {**asdict(self), "fields": named}


NOT_KEPT = "the old source was not kept; `catalog pin` keeps it"


def changes(ws: Workspace, drifts: Iterable[Drift]) -> list[Changed]:
    """Return what changed about the code of each of *drifts*; see :meth:`catalog.Catalog.changes`."""
    from catalog.source.places import Places  # reading source code is for those who ask for it

    places, documents, found = Places(), Documents(), []
    drifts = list(drifts)
    kept = kept_sources(ws.store.reader, [drift.key for drift in drifts])
    listed = listed_now(ws, (seen := {(drift.kind, drift.name): drift for drift in drifts}), seen)
    for drift in drifts:
        try:
            entry = ws.entry(drift.kind, drift.name)
        except EntryNotFoundError:  # somebody took it away meanwhile
            continue
        if (drift.kind, drift.name) in listed:
            found.append(_in_data(entry, listed[drift.kind, drift.name] or entry, drift))
        elif entry.document:
            found.append(_in_document(entry, drift, documents))
        else:
            found.append(_changed(entry, drift, kept.get(drift.key), places))
    return found


def _in_document(entry: Entry, drift: Drift, documents: Documents) -> Changed:
    """Return what changed about what a document holds: the record is all of it, so there is always a diff."""
    from catalog.verbs.documents import as_it_is_now

    return _in_data(entry, as_it_is_now(entry, documents), drift)


def _in_data(entry: Entry, now: Entry, drift: Drift) -> Changed:
    fields: dict[str, tuple[Any, Any]] = {}
    for name in ("signature", "description"):
        if getattr(entry, name) != getattr(now, name):
            fields[name] = (getattr(entry, name), getattr(now, name))
    fields |= _in_parameters(entry.parameters, now.parameters)
    if now is entry:
        return Changed(drift.key, drift.ref, {}, None, f"there is no new source: {drift.message}")
    old, new = (json.dumps(each.spec, indent=2, ensure_ascii=False).splitlines() for each in (entry, now))
    lines = difflib.unified_diff(old, new, f"{drift.key} as recorded", f"{drift.ref} now", lineterm="")
    return Changed(drift.key, drift.ref, fields, "".join(f"{line}\n" for line in lines), "")


def _in_parameters(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the parameters that differ between two schemas, each as it was and as it is."""
    before, there = old.get("properties"), new.get("properties", {})
    if not isinstance(before, dict):
        return {}
    names = dict.fromkeys([*before, *there])
    return {f"parameters.{name}": (o, n) for name in names if (o := before.get(name)) != (n := there.get(name))}


def _changed(entry: Entry, drift: Drift, kept: dict[str, Any] | None, places: Places) -> Changed:
    from catalog.loader.pinned import said, source_text
    from catalog.source.describe import find_described
    from catalog.source.find import Missing

    locator = places.of(entry.root)
    described = find_described(drift.ref, locator)
    if kept is not None and kept["checksum"] != drift.old_source_checksum:
        kept = None  # of another state than the one that was recorded
    if isinstance(described, Missing):
        return Changed(drift.key, drift.ref, {}, None, f"there is no new source: {described.message}")
    definition, parameters, _ = described
    fields: dict[str, tuple[Any, Any]] = {}
    if drift.old_signature != definition.signature:
        fields["signature"] = (drift.old_signature, definition.signature)
    now = said(drift.ref, locator)
    if kept is not None:
        old = kept["said"]
    else:  # what a person wrote says nothing about the code
        old = entry.description if entry.source.startswith(FOUND_IN_CODE) else now
    if old != now:
        fields["description"] = (old, now)
    fields |= _in_parameters(entry.parameters, parameters)
    text = source_text(drift.ref, locator, MOST_SOURCE)
    if kept is None or text is None:
        return Changed(drift.key, drift.ref, fields, None, NOT_KEPT if kept is None else "the new source is too long")
    lines = difflib.unified_diff(
        kept["text"].splitlines(),
        text.splitlines(),
        f"{drift.key} as recorded",
        f"{drift.ref} now",
        lineterm="",
    )
    return Changed(drift.key, drift.ref, fields, "".join(f"{line}\n" for line in lines), "")
