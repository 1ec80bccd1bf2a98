"""Entries whose data was read from a document: what it holds now, compared with what was recorded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from catalog.discovery.find_document import Documents, Lost
from catalog.discovery.finding import Finding
from catalog.entry.states import BROKEN, DRIFTED, GONE
from catalog.errors import DriftError, ResolveError
from catalog.loader.verify import Change, Drift, Examined, check_policy, drift_in_words

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def place_of(entry: Entry) -> str:
    """Return where an entry stands, as a reference is shown: the document, and its name there."""
    return f"{entry.metadata.get('file')}#{entry.given_name}"


def examine_document(entry: Entry, documents: Documents, policy: str = "source") -> Examined:
    """Return what reading the document of *entry* again shows, as `loader.verify.examine` does of code."""
    check_policy(policy)
    if policy == "off":
        return Examined()
    found = documents.find(entry)
    if isinstance(found, Lost):
        return _lost(entry, found)
    if not entry.checksum:
        text = f"{entry.key}: no checksum was recorded, so there is nothing to compare; `catalog verify --accept"
        return Examined(unchecked=_drift(entry, "unchecked", f"{text} {entry.key}` records it as it is now", found))
    if found.checksum != entry.checksum:
        change: Change = "signature"
    elif policy == "source" and found.source_checksum != entry.source_checksum:
        change = "source"
    else:
        return Examined()
    why = drift_in_words(change, entry.signature, found.signature)
    accept = f"if that is fine, accept it with `catalog verify --accept {entry.key}`"
    return Examined(
        _drift(entry, change, f"{entry.key}: in {entry.document} {why}; {accept}", found), None, DRIFTED, why
    )


def _lost(entry: Entry, lost: Lost) -> Examined:
    text = f"{entry.key}: {lost.message}"
    if lost.reason == "gone":
        return Examined(_drift(entry, "missing", text), None, GONE, lost.message)
    if lost.reason == "elsewhere":
        return Examined(_drift(entry, "elsewhere", f"{text}; it may be fine where it was recorded"), known=False)
    return Examined(_drift(entry, "unreadable", text), None, BROKEN, lost.message)


def _drift(entry: Entry, change: Change, message: str, now: Finding | None = None) -> Drift:
    return Drift(
        kind=entry.kind,
        name=entry.name,
        ref=place_of(entry),
        change=change,
        old_signature=entry.signature,
        new_signature=now.signature if now else None,
        old_checksum=entry.checksum,
        new_checksum=now.checksum if now else None,
        old_source_checksum=entry.source_checksum,
        new_source_checksum=now.source_checksum if now else None,
        message=message,
    )


def as_it_is_now(entry: Entry, documents: Documents) -> Entry:
    """Return *entry* with what its document says now; as it is where it is not found there."""
    found = documents.find(entry)
    if isinstance(found, Lost):
        return entry
    metadata = {**entry.metadata, **found.metadata}
    metadata.pop("parameters", None)
    if found.parameters:
        metadata["parameters"] = found.parameters
    update: dict[str, Any] = {
        "spec": found.spec,
        "description": found.description,
        "tags": tuple(sorted(found.tags)),
        "examples": found.examples,
        "signature": found.signature,
        "checksum": found.checksum,
        "source_checksum": found.source_checksum,
        "metadata": metadata,
    }
    return entry.model_copy(update=update)


def skill_of(entry: Entry, policy: str) -> dict[str, Any]:
    """Return the data of a skill with its instructions as its file has them at this moment; nothing of it is run.

    Returns:
        What the entry holds, and ``name``, ``description``, ``text`` and ``folder``, an absolute path that the paths
        of ``files`` begin at.

    Raises:
        ResolveError: its file is gone, or can't be read.
        DriftError: it is not what was recorded, as far as *policy* asks.
    """
    from catalog.discovery.documents.document import LARGEST, Document
    from catalog.discovery.documents.fault import DocumentFault
    from catalog.discovery.documents.skill import text_of
    from catalog.files import read_regular

    drift = examine_document(entry, Documents(), policy).drift
    if drift is not None and drift.change in ("signature", "source"):
        facts = drift.to_dict()
        raise DriftError(facts.pop("message"), **facts)
    path = str(entry.document)
    try:
        text = text_of(Document(path, os.path.basename(path), read_regular(path, LARGEST)))
    except (OSError, DocumentFault) as error:
        reason = drift.message if drift is not None else f"{entry.key}: {path} can't be read: {error}"
        raise ResolveError(reason, key=entry.key, ref=place_of(entry), reason="document") from None
    held = entry.spec if isinstance(entry.spec, dict) else {}
    about = {"name": entry.given_name, "description": entry.description}
    return {**about, **held, "folder": os.path.dirname(os.path.abspath(path)), "text": text}
