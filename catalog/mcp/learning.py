"""What was right for a search: the first entry that the same session calls after it, where learning is on."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from catalog import CatalogError

if TYPE_CHECKING:
    from catalog import Catalog

_MOST = 1_000


class Learning:
    """The last search of each session."""

    def __init__(self, cat: Catalog) -> None:
        """Record in *cat*."""
        self._cat = cat
        self._asked: OrderedDict[str, tuple[str, frozenset[str]]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether anything is recorded."""
        return self._cat.settings.learn == "auto"

    @staticmethod
    def session(ctx: Any) -> str | None:
        """Return what names the session of a request; None: nothing does, as over HTTP in the current revision."""
        return "stdio" if ctx.request is None else ctx.request.headers.get("mcp-session-id")

    def searched(self, ctx: Any, query: str, keys: Sequence[str]) -> None:
        """Remember what a session searched for, and found."""
        session = self.session(ctx) if self.on and query.strip() else None
        if session is not None:
            with self._lock:
                self._asked[session] = query, frozenset(keys)
                self._asked.move_to_end(session)
                while len(self._asked) > _MOST:
                    self._asked.popitem(last=False)

    def called(self, session: str | None, key: str) -> None:
        """Record *key* as right for what its session searched last, if that found it."""
        if session is None or not self.on:
            return
        with self._lock:
            query, keys = self._asked.pop(session, ("", frozenset()))
        if key in keys:
            with suppress(CatalogError):  # a call must not fail for lack of a record
                self._cat.record_use(query, key)
