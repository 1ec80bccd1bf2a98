"""Drift and broken references: finding, accepting and mending them; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from catalog.entry.key import split_key
from catalog.store import queries
from catalog.verbs import lookup
from catalog.verbs.recording import described
from catalog.workspace.workspace import Workspace, readable, root_of

if TYPE_CHECKING:
    from catalog.entry.filters import Kinds
    from catalog.loader.repair import Fault
    from catalog.loader.verify import Drift


def verify(ws: Workspace, kind: Kinds, policy: str) -> list[Drift]:
    """Return the entries whose code is not what was recorded, by key; see :meth:`catalog.Catalog.verify`."""
    from catalog.loader.verify import check
    from catalog.source.places import Places  # reading source code is for those who ask for it

    entries = [entry for entry in lookup.entries(ws, kind) if entry.ref]
    places = Places()
    # By module, so that each file is parsed once.
    entries.sort(key=lambda entry: (root_of(entry) or "", str(entry.ref), entry.kind, entry.name))
    drifts = [drift for entry in entries if (drift := check(entry, places.of(root_of(entry)), policy)) is not None]
    return sorted(drifts, key=lambda drift: (drift.kind, drift.name))


def accept(ws: Workspace, drifts: Iterable[Drift]) -> list[str]:
    """Record the code of drifted entries as it is now; return their keys."""
    from catalog.source.places import Places

    wanted = {(drift.kind, drift.name) for drift in drifts if drift.change in ("signature", "source")}
    with ws.writing() as transaction:
        stored = [entry for _, entry in transaction.existing(wanted).values()]
        places = Places()
        ws.put(transaction, [described(entry, places, over=True) for entry in stored], "accept")
    return sorted(entry.key for entry in stored)


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
        transaction.put([entry.model_copy(update={"ref": proposals[entry.key]}) for entry in stored], "repair")
    return sorted(entry.key for entry in stored)
