"""Drift and broken references: finding, accepting and mending them; nothing is imported."""

from __future__ import annotations

import copy
import os
import shutil
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from catalog.entry.key import format_key, split_key
from catalog.entry.references import references_of
from catalog.entry.remote import MCP, wire_of
from catalog.entry.states import DRIFTED, with_state
from catalog.errors import CatalogWarning
from catalog.verbs import lookup
from catalog.verbs.asking import Asking
from catalog.verbs.marks import mark, record_configured
from catalog.verbs.recording import described
from catalog.verbs.renames import accept_renames, rename_to
from catalog.verbs.update import renamed_in, replace_at
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.entry.key import Key
    from catalog.loader.repair import Fault
    from catalog.loader.verify import Drift, Examined, Verified


def verify(ws: Workspace, kind: Kinds, policy: str) -> Verified:
    """Return the entries whose code is not what was recorded, by key; see :meth:`catalog.Catalog.verify`."""
    from catalog.loader.verify import Verified

    verified = Verified()

    def tallied() -> Iterator[tuple[Entry, Examined]]:
        for entry, found in _all_examined(ws, kind, policy):
            if not (entry.ref or entry.document or wire_of(entry) == MCP):
                verified.data += 1
                continue
            if found.unchecked is not None:
                verified.unchecked.append(found.unchecked)
            else:
                verified.checked += 1
                if found.drift is not None:
                    verified.append(found.drift)
            yield entry, found

    if policy == "source":
        mark(ws, tallied())
    else:  # another policy does not see all there is to mark
        deque(tallied(), 0)
    verified.sort(key=lambda drift: (drift.kind, drift.name))
    verified.unchecked.sort(key=lambda drift: (drift.kind, drift.name))
    return verified


def _all_examined(ws: Workspace, kind: Kinds, policy: str) -> Iterator[tuple[Entry, Examined]]:
    """Yield each entry with what its code or document shows, or what its server says of it now."""
    listed: list[Entry] = []

    def here() -> Iterator[Entry]:
        for entry in lookup.entries_by_place(ws, kind):
            if wire_of(entry) == MCP:
                listed.append(entry)
            else:
                yield entry

    yield from examined(here(), policy)
    if listed:
        from catalog.verbs.remote_listings import examined_remote  # only where a server is asked

        yield from examined_remote(ws, listed, policy)


def examined(entries: Iterable[Entry], policy: str = "source") -> Iterator[tuple[Entry, Examined]]:
    """Yield each of *entries*, which come by place, with what its code or document shows."""
    look = look_again(policy)
    for entry in entries:
        yield entry, look(entry)


def look_again(policy: str = "source") -> Callable[[Entry], Examined]:
    """Return a function that says what the code or the document of an entry shows; it reads each file once."""
    from catalog.discovery.find_document import Documents
    from catalog.loader.verify import examine
    from catalog.source.places import Places  # reading source code is for those who ask for it
    from catalog.verbs.documents import examine_document

    places, documents = Places(), Documents()
    return lambda entry: (
        examine_document(entry, documents, policy) if entry.document else examine(entry, places.of(entry.root), policy)
    )


def accept(ws: Workspace, drifts: Iterable[Drift]) -> list[str]:
    """Record the code of drifted entries as it is now; return their keys."""
    from catalog.discovery.find_document import Documents
    from catalog.source.places import Places
    from catalog.verbs.documents import as_it_is_now

    shown = {(drift.kind, drift.name): drift for drift in drifts if drift.new_checksum is not None}
    listed = listed_now(ws, shown, shown)  # before the transaction: a server may take its time
    wanted = {key for key in shown if key not in listed or listed[key] is not None}
    with ws.writing() as transaction:
        stored = [entry for _, entry in transaction.existing(wanted).values()]
        wanted -= {(entry.kind, entry.name) for entry in stored}
        places, documents = Places(), Documents()
        now = [
            listed.get((entry.kind, entry.name))
            or (as_it_is_now(entry, documents) if entry.document else described(entry, places, over=True))
            for entry in stored
        ]
        now = [entry.model_copy(update={"metadata": with_state(entry.metadata, None)}) for entry in now]
        ws.put(transaction, now, "accept")
    configured = ws.config.forget([format_key(*key) for key in wanted])
    record_configured(ws)
    return sorted([*(entry.key for entry in stored), *configured])


def listed_now(ws: Workspace, keys: Iterable[Key], shown: Mapping[Key, Drift] | None = None) -> dict[Key, Entry | None]:
    """Return what MCP servers have listed of *keys* as they list it now; None: not any more, or not as was *shown*.

    Where nothing was shown, only entries that drifted are looked at.
    """
    snapshot = ws.snapshot()
    stored = [entry for key in keys if (entry := snapshot.stored(*key)) is not None and wire_of(entry) == MCP]
    stored = [entry for entry in stored if shown is not None or entry.metadata.get(DRIFTED)]
    if not stored:
        return {}
    from catalog.verbs.remote_listings import as_listed  # only where a server is asked

    now = as_listed(ws, stored, shown)
    return {(entry.kind, entry.name): now.get((entry.kind, entry.name)) for entry in stored}


def repair(ws: Workspace, faults: Iterable[Fault]) -> list[str]:
    """Do what the *faults* propose; return the keys of what was mended. Each entry gets a revision.

    Where code that has moved has another entry by now, one remains, as after a refresh that accepts renames. What
    somebody has changed meanwhile is left as it is.
    """
    by_trouble: dict[str, list[Fault]] = {}
    for fault in faults:
        by_trouble.setdefault(fault.trouble, []).append(fault)
    done: list[str] = []
    for trouble in ("damage", "moved", "renamed", "distribution", "case", "dangling", "vectors", "leftover"):
        done += _MENDERS[trouble](ws, by_trouble.get(trouble, []))
    return sorted(set(done))


def _follow(ws: Workspace, faults: list[Fault]) -> list[str]:
    done = []
    for fault in faults:
        entry = ws.snapshot().stored(*split_key(fault.key))
        if entry is None or entry.ref != fault.ref or fault.proposal is None:
            continue
        rename = rename_to(ws, entry, fault.proposal)
        if rename is None:
            continue
        if rename.stored_as or rename.became != entry.key:
            done += accept_renames(ws, [rename], marked=False, action="repair")
            continue
        with ws.writing() as transaction:
            for _, stored in transaction.existing([(entry.kind, entry.name)]).values():
                update = {"ref": fault.proposal, "metadata": with_state(stored.metadata, None)}
                transaction.put([stored.model_copy(update=update)], "repair")
                done.append(stored.key)
    return done


def _relabel(ws: Workspace, faults: list[Fault]) -> list[str]:
    wanted = {split_key(fault.key): fault for fault in faults if fault.proposal}
    with ws.writing() as transaction:
        stored = [entry for _, entry in transaction.existing(wanted).values()]
        mended = [
            entry.model_copy(update={"distribution": wanted[entry.kind, entry.name].proposal})
            for entry in stored
            if entry.ref == wanted[entry.kind, entry.name].ref
        ]
        transaction.put(mended, "repair")
    return [entry.key for entry in mended]


def _unite(ws: Workspace, faults: list[Fault]) -> list[str]:
    """Take away entries whose key differs from that of their twin in case only."""
    done = []
    for fault in faults:
        if not fault.remedy or fault.same_as is None:
            continue
        gone, kept = split_key(fault.key), split_key(fault.same_as)
        referring = {split_key(link.source) for link in Asking(ws).used_by(*gone)}
        with ws.writing() as transaction:
            stored = {(each.kind, each.name): each for _, each in transaction.existing([gone, kept]).values()}
            if len(stored) != 2 or stored[gone].ref != stored[kept].ref:
                continue  # somebody else was faster
            one, other = stored[kept], stored[gone]
            update = {
                "tags": tuple(sorted({*one.tags, *other.tags})),
                "examples": tuple(dict.fromkeys([*one.examples, *other.examples])),
                "description": one.description or other.description,
            }
            ws.put(transaction, [one.model_copy(update=update)], "repair")
            ws.put(transaction, renamed_in(transaction, referring - {gone}, gone, kept[1]), "repair")
            transaction.remove([gone], "repair")
            done.append(fault.key)
    return done


def _point(ws: Workspace, faults: list[Fault]) -> list[str]:
    """Let what names an entry that is not there name the one that has its place."""
    done = []
    for fault in faults:
        if fault.proposal is None:
            continue
        name = split_key(fault.proposal)[1]
        with ws.writing() as transaction:
            for _, entry in transaction.existing([split_key(fault.key)]).values():
                named = references_of(entry.kind, entry.spec, entry.metadata)
                if not any(each.path == fault.ref for each in named):
                    continue
                parts = {"spec": copy.deepcopy(entry.spec), "metadata": copy.deepcopy(entry.metadata)}
                kind = split_key(fault.proposal)[0]
                is_key = fault.ref.startswith("metadata.")
                replace_at(parts, fault.ref, lambda word, n=name, k=kind, full=is_key: _other(word, k, n, full))
                ws.put(transaction, [entry.model_copy(update=parts)], "repair")
                done.append(fault.key)
    return done


def _other(word: str, kind: str, name: str, is_key: bool) -> str:
    """Return the *name* in place of *word*, as a key where a key stands."""
    return f"{kind}:{name}" if is_key or word.startswith(f"{kind}:") else name


def _mend(ws: Workspace, faults: list[Fault]) -> list[str]:
    if not faults:
        return []
    from catalog.verbs.upkeep import mend

    for lost in mend(ws):
        warnings.warn(f"lost: {lost}", CatalogWarning, stacklevel=4)
    return [fault.key for fault in faults]


def _embed(ws: Workspace, faults: list[Fault]) -> list[str]:
    if not any(fault.remedy for fault in faults):
        return []
    from catalog.verbs.embed import update

    update(ws, None)
    return [fault.key for fault in faults]


def _clear(ws: Workspace, faults: list[Fault]) -> list[str]:
    """Remove files that are left; only those that are found to be left now."""
    from catalog.store.leftovers import leftovers

    left = set(leftovers(ws.store.path or "")) if faults else set()
    done = []
    for fault in faults:
        if fault.ref in left:
            with suppress(FileNotFoundError):
                (shutil.rmtree if os.path.isdir(fault.ref) else os.unlink)(fault.ref)
            done.append(fault.key)
    return done


_MENDERS = {
    "damage": _mend,
    "moved": _follow,
    "renamed": _follow,
    "distribution": _relabel,
    "case": _unite,
    "dangling": _point,
    "vectors": _embed,
    "leftover": _clear,
}
