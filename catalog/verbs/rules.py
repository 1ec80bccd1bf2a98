"""The rules that routing goes by, held to the lock file: one that is not as it was pinned needs review."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.entry.states import REVIEW
from catalog.errors import LockError
from catalog.store import queries
from catalog.trust.policy import PINNED
from catalog.verbs.lines import CHUNK, batched
from catalog.verbs.pins import lock_path, read_lock
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def mark_changed_rules(ws: Workspace) -> list[str]:
    """Mark the entries whose rule, or the code of whose predicate, is not as pinned; return the keys of the new ones.

    Only where the settings hold entries to the lock file, and something can be written.
    """
    done = []
    for page in batched(_changed(ws), CHUNK):
        why = {(entry.kind, entry.name): said for entry, said in page}
        with ws.writing() as transaction:
            stored = [entry for _, entry in transaction.existing(why).values()]
            marked = [
                entry.model_copy(update={"metadata": {**entry.metadata, REVIEW: why[entry.kind, entry.name]}})
                for entry in stored
            ]
            ws.put(transaction, marked, "review")
        done += [entry.key for entry in marked]
    return sorted(done)


def _changed(ws: Workspace) -> Iterator[tuple[Entry, str]]:
    """Yield the stored entries whose rule is not as pinned and that have no mark of a review, with what changed."""
    if ws.store.read_only or ws.store.is_to_come:
        return
    from catalog.loader.pinned import rule_files
    from catalog.source.places import Places  # reads source code

    file = lock_path(ws)
    try:
        pins = read_lock(file).pins if ws.settings.pin.get("mode", "off") != "off" or _is_held(ws) else {}
    except LockError:  # `pin --check` says what is wrong with it
        return
    places = Places()
    for entry in readable(ws.store.reader.stream(queries.RULED)) if pins else ():
        pinned = pins.get(entry.key)
        if pinned is None or entry.metadata.get(REVIEW):
            continue
        if entry.match != pinned.match:
            yield entry, f"its match was {pinned.match!r} when it was pinned, and is {entry.match!r} now"
            continue
        try:
            now = rule_files(entry, os.path.dirname(file), places)
        except OSError:
            continue
        for path, digest in now.items():
            if pinned.files.get(path, digest) != digest:
                yield entry, f"{path}, the code of its predicate {entry.match}, has changed since it was pinned"
                break


def _is_held(ws: Workspace) -> bool:
    """Tell whether the trust of some kind is in what is pinned."""
    return any(ws.policy.of(kind).mode == PINNED for kind in ws.kinds())
