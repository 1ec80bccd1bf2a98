"""Drift and broken references: finding, accepting and mending them; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.entry.key import format_key, split_key
from catalog.entry.states import with_state
from catalog.store import queries
from catalog.verbs import lookup
from catalog.verbs.marks import mark, record_configured
from catalog.verbs.recording import described
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.loader.repair import Fault
    from catalog.loader.verify import Drift, Examined, Verified


def verify(ws: Workspace, kind: Kinds, policy: str) -> Verified:
    """Return the entries whose code is not what was recorded, by key; see :meth:`catalog.Catalog.verify`."""
    from catalog.loader.verify import Verified

    verified = Verified()
    entries = []
    for entry in lookup.entries(ws, kind):
        if entry.ref:
            entries.append(entry)
        else:
            verified.data += 1
    seen = examined(entries, policy)
    for _, found in seen:
        if found.unchecked is not None:
            verified.unchecked.append(found.unchecked)
        else:
            verified.checked += 1
            if found.drift is not None:
                verified.append(found.drift)
    if policy == "source":  # another policy does not see all there is to mark
        mark(ws, seen)
    verified.sort(key=lambda drift: (drift.kind, drift.name))
    verified.unchecked.sort(key=lambda drift: (drift.kind, drift.name))
    return verified


def examined(entries: list[Entry], policy: str = "source") -> list[tuple[Entry, Examined]]:
    """Return each of *entries*, which have references, with what its code shows."""
    from catalog.loader.verify import examine
    from catalog.source.places import Places  # reading source code is for those who ask for it

    places = Places()
    # By module, so that each file is parsed once.
    ordered = sorted(entries, key=lambda entry: (entry.root or "", str(entry.ref), entry.kind, entry.name))
    return [(entry, examine(entry, places.of(entry.root), policy)) for entry in ordered]


def accept(ws: Workspace, drifts: Iterable[Drift]) -> list[str]:
    """Record the code of drifted entries as it is now; return their keys."""
    from catalog.source.places import Places

    wanted = {(drift.kind, drift.name) for drift in drifts if drift.new_checksum is not None}
    with ws.writing() as transaction:
        stored = [entry for _, entry in transaction.existing(wanted).values()]
        wanted -= {(entry.kind, entry.name) for entry in stored}
        places = Places()
        now = [described(entry, places, over=True) for entry in stored]
        now = [entry.model_copy(update={"metadata": with_state(entry.metadata, None)}) for entry in now]
        ws.put(transaction, now, "accept")
    configured = ws.config.forget([format_key(*key) for key in wanted])
    record_configured(ws)
    return sorted([*(entry.key for entry in stored), *configured])


def diagnose(ws: Workspace) -> list[Fault]:
    """Return dead, moved, renamed and duplicate references, with proposals."""
    from catalog.loader import repair

    ws.snapshot()
    entries = list(readable(ws.store.reader.all(queries.ALL)))
    return repair.diagnose(entries)


def repair(ws: Workspace, faults: Iterable[Fault]) -> list[str]:
    """Rewrite the references for which a fault has a proposal; return the keys."""
    proposals = {fault.key: fault.proposal for fault in faults if fault.proposal}
    with ws.writing() as transaction:
        stored = [entry for _, entry in transaction.existing(map(split_key, proposals)).values()]
        mended = [
            entry.model_copy(update={"ref": proposals[entry.key], "metadata": with_state(entry.metadata, None)})
            for entry in stored
        ]
        transaction.put(mended, "repair")
    return sorted(entry.key for entry in stored)
