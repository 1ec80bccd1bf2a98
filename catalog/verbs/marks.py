"""Marking entries by what their code looks like: gone, broken or drifted; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from catalog.entry.states import BROKEN, DRIFTED, GONE, with_state
from catalog.errors import StoreError
from catalog.verbs.lines import CHUNK, batched
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.key import Key
    from catalog.loader.verify import Examined
    from catalog.store.writer import Transaction

ACTIONS = {GONE: "missing", BROKEN: "broken", DRIFTED: "drifted", None: "found"}
"""The words that the history records for a mark, and for its end."""


def with_mark(entry: Entry, state: str | None, why: str) -> Entry | None:
    """Return *entry* with the mark *state*, or None if it has just that already."""
    metadata = with_state(entry.metadata, state, why)
    return None if metadata == entry.metadata else entry.model_copy(update={"metadata": metadata})


def record_configured(ws: Workspace) -> None:
    """Keep in the database what is known of the code of configured entries, so that a change of it is noticed."""
    target = ws.config.target
    if target is None or ws.config.is_recorded or ws.store.read_only or ws.store.is_to_come:
        return
    try:
        with ws.writing() as transaction:
            transaction.save_source(target, {}, None, {"entries": ws.config.record})
        ws.drop_snapshot()
    except StoreError:  # what is known can be used all the same; the next to open the catalog will try again
        return


def mark(ws: Workspace, examined: Iterable[tuple[Entry, Examined]]) -> None:
    """Write what was seen of the code of entries into their metadata.

    To look is no reason to fail: where nothing can be written now, nothing is.
    """
    waiting: dict[Key, _Waiting] = {}
    for entry, seen in examined:
        if not seen.known or with_mark(entry, seen.state, seen.why) is None:
            continue
        if entry.tier == "persistent":
            waiting[entry.kind, entry.name] = _Waiting(seen.state, seen.why, entry.revision)
        elif entry.tier == "config":
            ws.config.mark(entry.key, str(entry.ref), {seen.state: seen.why or seen.state} if seen.state else {})
    record_configured(ws)
    if not waiting or ws.store.read_only:
        return
    try:
        with ws.writing() as transaction:
            for keys in batched(waiting, CHUNK):
                _mark_some(ws, transaction, {key: waiting[key] for key in keys})
    except StoreError:
        return


class _Waiting(NamedTuple):
    """What is to be written of the code of an entry, if it still has the revision that was looked at."""

    state: str | None
    why: str
    revision: int


def _mark_some(ws: Workspace, transaction: Transaction, waiting: Mapping[Key, _Waiting]) -> None:
    by_action: dict[str, list[Entry]] = {}
    for key, (_, stored) in transaction.existing(waiting).items():
        state, why, revision = waiting[key]
        # What somebody else has changed meanwhile was not looked at.
        marked = with_mark(stored, state, why) if stored.revision == revision else None
        if marked:
            by_action.setdefault(ACTIONS[state], []).append(marked)
    for action, entries in by_action.items():
        ws.put(transaction, entries, action)
