"""``Candidates``: the entries that a router may pick, as the catalog is now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.council_specs.providers import DERIVED, with_providers
from catalog.forks import after_fork
from catalog.routing.context import RouterContext
from catalog.routing.events import FILTERED
from catalog.routing.pool import Pool, split

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.snapshot import Snapshot


class Candidates:
    """The pool of one router, made again when something about a candidate has changed."""

    def __init__(self, context: RouterContext, router: object) -> None:
        """Take what is fixed about the router; *router* itself is never a candidate. Nothing is read yet."""
        self._context = context
        self._router = router
        # A change to any entry that passes one of these filters may change who is a candidate. With the check of
        # providers, the entries that candidates refer to count, too.
        self._watched = [context.filters]
        if context.provider_check:
            self._watched.append(context.workspace.filters((*DERIVED, "model")))
        self._lock = threading.Lock()
        self._held: tuple[Snapshot, Pool, Any] | None = None
        after_fork(self)

    def renew_after_fork(self) -> None:
        """Take a new lock in a child process; the pool that is held is whole, and stays."""
        self._lock = threading.Lock()

    def pool(self) -> Pool:
        """Return the candidates as the catalog is now."""
        workspace = self._context.workspace
        snapshot = workspace.indexed()
        held = self._held
        if held is not None and held[0] is snapshot:
            return held[1]
        with self._lock:
            held = self._held
            if held is not None and held[0] is snapshot:
                return held[1]
            # Snapshot, marks and rows are read one after the other, and somebody may write in between. They belong
            # together if the snapshot is the same afterwards; under constant writing the fifth reading has to do.
            for _ in range(5):
                marks = [workspace.marks(filters) for filters in self._watched]
                same = held is not None and held[2] == marks
                entries = [] if same else list(self._entries())
                again = workspace.indexed()
                if again is snapshot:
                    break
                snapshot = again
            if held is not None and same:
                pool = held[1].at(snapshot.generation)  # what has changed is none of the candidates
            else:
                pool = self._made(entries, snapshot)
            self._held = snapshot, pool, marks
        if pool.filtered and not same:
            reasons: dict[str, int] = {}
            for _, why in pool.filtered:
                reasons[why] = reasons.get(why, 0) + 1
            self._context.tell(FILTERED, {"count": len(pool.filtered), "reasons": reasons})
        return pool

    def _made(self, entries: list[Entry], snapshot: Snapshot) -> Pool:
        context = self._context
        if context.provider_check:  # what an entry names may have been registered after it
            entries = with_providers(entries, context.catalog)
        kept, left_out = split(entries, context.providers(), deprecated=context.deprecated)
        return Pool(kept, left_out, snapshot.generation, context.catalog, context.search_filters())

    def _entries(self) -> Iterator[Entry]:
        context = self._context
        for entry in context.catalog.entries(context.kind):
            if context.filters.passes(entry) and not self._is_router(entry):
                yield entry

    def _is_router(self, entry: Entry) -> bool:
        """Tell whether *entry* is the router itself; what a reference names is not looked at, as that imports."""
        if entry.tier != "runtime" or entry.ref is not None:
            return False
        return self._context.catalog.get(entry.kind, entry.name) is self._router
