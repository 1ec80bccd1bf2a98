"""The review of entries: approving drafts, what drifted and what plugins brought; deprecating what has had its day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog.entry.key import Key, format_key, split_key
from catalog.entry.states import (
    APPROVED,
    BROKEN,
    DEPRECATED,
    DRAFT,
    DRIFTED,
    GONE,
    NEEDS_REVIEW,
    REVIEW_MARKS,
    review_of,
    state_of,
    with_state,
    without,
)
from catalog.errors import EntryError
from catalog.verbs import lookup
from catalog.verbs.asking import Asking
from catalog.verbs.marks import record_configured
from catalog.verbs.recording import described
from catalog.verbs.repair import listed_now
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def approve(ws: Workspace, kind: str, name: str) -> Entry:
    """Take the marks of a review away, so that routers see the entry from now on; return it as it is then.

    Of an entry that drifted the code is recorded as it is now.

    Raises:
        EntryNotFoundError: no tier has it.
        EntryError: there is nothing to approve; its code is gone or broken.
        CouncilSpecError: it is a council that is not valid, or not any more.
    """
    held = ws.entry(kind, name)
    if held.tier == "config" and held.metadata.get(DRIFTED):
        ws.config.forget([held.key])
        record_configured(ws)
        ws.drop_snapshot()
        return ws.entry(kind, name)
    if held.tier != "persistent":
        raise EntryError(f"'{held.key}' is of the {held.tier} tier; there is nothing to approve", key=held.key)
    _approve(ws, [(kind, name)])
    return ws.entry(kind, name)


def approve_all(ws: Workspace, sources: Sequence[str], distributions: Sequence[str]) -> list[str]:
    """Approve every draft and every entry that needs review of these origins, all or none; return their keys."""
    waiting = [
        (entry.kind, entry.name)
        for entry in lookup.entries(ws, None, sources, distributions)
        if entry.tier == "persistent"
        and review_of(entry.metadata) in (DRAFT, NEEDS_REVIEW)
        and state_of(entry.metadata) not in (GONE, BROKEN)
    ]
    if waiting:
        _approve(ws, waiting)
    return [format_key(*key) for key in waiting]


def _approve(ws: Workspace, keys: Sequence[Key]) -> None:
    """Approve stored entries in one transaction."""
    from catalog.source.places import Places  # reads source code

    for kind, name in keys:
        _ensure_valid(ws, kind, name)
    places = Places()
    listed = listed_now(ws, keys)  # before the transaction: a server may take its time
    with ws.writing() as transaction:
        approved = []
        for _, stored in transaction.existing(keys).values():
            _refuse(stored)
            now = stored
            key = (stored.kind, stored.name)
            if key in listed and listed[key] is None:
                raise EntryError(f"'{stored.key}' can't be approved: its server does not list it now", key=stored.key)
            if stored.metadata.get(DRIFTED):
                now = listed.get(key) or described(stored, places, over=True)
            metadata = with_state(without(now.metadata, *REVIEW_MARKS), None)
            approved.append(now.model_copy(update={"metadata": metadata}))
        ws.put(transaction, approved, "approve")


def _refuse(entry: Entry) -> None:
    """Raise for an entry that can't be approved."""
    code = state_of(entry.metadata)
    if code in (GONE, BROKEN):
        raise EntryError(
            f"'{entry.key}' can't be approved, as its code is {code}: {entry.metadata[code]}; `catalog doctor` looks "
            "for a remedy",
            key=entry.key,
        )
    if review_of(entry.metadata) == APPROVED:
        raise EntryError(f"'{entry.key}' is approved; there is nothing to approve", key=entry.key)


def _ensure_valid(ws: Workspace, kind: str, name: str) -> None:
    """Raise for a council that can't be run."""
    from catalog.council_specs.spec import ensure_valid
    from catalog.entry.kinds import COUNCILS

    if kind in COUNCILS:
        held = ws.stored(kind, name)
        if isinstance(held.spec, dict):
            ensure_valid(held.spec, Asking(ws), name=name)


def deprecate(ws: Workspace, kind: str, name: str, instead: str | None, reason: str) -> Entry:
    """Mark an entry as one that has had its day; see :meth:`catalog.Catalog.deprecate`."""
    held = ws.entry(kind, name)
    if held.tier != "persistent":
        where = f"in {ws.config.file}; say it there" if held.tier == "config" else "of this process only"
        raise EntryError(f"'{held.key}' is {where}: what is stored can be deprecated", key=held.key)
    if instead is not None:
        other = ws.entry(*split_key(instead))
        if other.key == held.key:
            raise EntryError(f"'{held.key}' can't replace itself; name another entry", key=held.key)
        instead = other.key
    with ws.writing() as transaction:
        stored = transaction.existing([(kind, held.name)]).get((kind, held.name))
        if stored is None:
            raise ws.not_found(ws.snapshot(), kind, name)
        mark = {"instead": instead, "reason": " ".join(reason.split())}
        metadata = {**without(stored[1].metadata, DEPRECATED), DEPRECATED: mark}
        ws.put(transaction, [stored[1].model_copy(update={"metadata": metadata})], "deprecate")
    return ws.entry(kind, name)
