"""Telling sessions that the catalog has changed, whoever changed it: looked for only while somebody wants to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from mcp.shared.subscriptions import event_to_notification

from catalog import CatalogError
from catalog.mcp.uris import readings

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import SubscriptionsListenRequestParams, SubscriptionsListenResult

    from catalog import Catalog

INTERVAL = 1.0
"""Seconds between two looks at the catalog; one look costs microseconds."""
MOST = 1_000
"""The most resources that one session can watch."""


class Changes(InMemorySubscriptionBus):
    """What changed, for all who listen: sessions of the revision before get notifications, later ones a stream."""

    def __init__(self, cat: Catalog, interval: float = INTERVAL) -> None:
        """Look at *cat* every *interval* seconds while somebody listens."""
        super().__init__()
        self._cat, self._interval = cat, interval
        self._listening = 0
        self._somebody = anyio.Event()
        self._generation = 0
        self._watched: Counter[str] = Counter()
        self._seen: dict[str, Any] = {}
        self._sessions: dict[int, set[str]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody listens, and nothing is remembered of those who did."""
        return not (self._listening or self._watched or self._seen or self._sessions)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Let *listener* know of every change from now on, until the function that is returned is called."""
        if not self._listening:
            self._generation = self._cat.generation  # at once: a change that comes right after must be seen
        self._listening += 1
        self._somebody.set()
        away = [super().subscribe(listener)]

        def unsubscribe() -> None:
            if away:
                away.pop()()
                self._listening -= 1

        return unsubscribe

    async def watch(self) -> None:
        """Look for changes until this is cancelled."""
        while True:
            if not self._listening:
                self._somebody = anyio.Event()
                await self._somebody.wait()
            await anyio.sleep(self._interval)
            for event in await to_thread.run_sync(self._changed, abandon_on_cancel=True):
                await self.publish(event)

    def _changed(self) -> list[ServerEvent]:
        try:
            generation = self._cat.generation
            if generation == self._generation:
                return []
            self._generation = generation
            updated = [
                uri for uri in list(self._watched) if self._seen.get(uri) != (now := self._state(uri)) or not now
            ]
            for uri in updated:
                self._seen[uri] = self._state(uri)
        except CatalogError:  # a database that is busy or away for a moment; the next look will tell
            return []
        return [ResourcesListChanged(), PromptsListChanged(), *map(ResourceUpdated, updated)]

    def _state(self, uri: str) -> Any:
        """Return what differs once the entry at *uri* has changed; None: it is not there."""
        for kind, name, _ in readings(uri):
            if (kind, name) in self._cat:
                entry = self._cat.entry(kind, name)
                return entry.tier, entry.revision, entry.updated_at
        return None

    @contextmanager
    def watching(self, uris: Iterable[str]) -> Iterator[None]:
        """Tell of changes of the entries at *uris*, too."""
        mine = list(dict.fromkeys(uris))[:MOST]
        self._watch(mine)
        try:
            yield
        finally:
            self._forget(mine)

    def _watch(self, uris: Iterable[str]) -> None:
        for uri in uris:
            if not self._watched[uri]:
                self._seen[uri] = self._state(uri)
            self._watched[uri] += 1

    def _forget(self, uris: Iterable[str]) -> None:
        for uri in uris:
            self._watched[uri] -= 1
            if self._watched[uri] <= 0:
                del self._watched[uri]
                self._seen.pop(uri, None)

    # -- the revision of 2025 ----------------------------------------------------------------------------------------

    async def session(self, ctx: ServerRequestContext[Any, Any], _: Any = None) -> None:
        """Send notifications to a session as long as it lives: this runs from its beginning to its end."""
        send, received = anyio.create_memory_object_stream[ServerEvent](MOST)
        mine = self._sessions[_session(ctx)] = set[str]()

        def deliver(event: ServerEvent) -> None:
            if not isinstance(event, ResourceUpdated) or event.uri in mine:
                with suppress(anyio.WouldBlock):  # it has not read for long, and will read that there are changes
                    send.send_nowait(event)

        away = self.subscribe(deliver)
        try:
            async for event in received:
                await ctx.session.send_notification(event_to_notification(event, {}))
        finally:
            away()
            self._forget(self._sessions.pop(_session(ctx), ()))
            send.close()
            received.close()

    def add(self, ctx: ServerRequestContext[Any, Any], uri: str) -> None:
        """Tell the session of *ctx* of changes of the entry at *uri*."""
        mine = self._sessions.get(_session(ctx))
        if mine is not None and uri not in mine and len(mine) < MOST:
            self._watch([uri])
            mine.add(uri)

    def remove(self, ctx: ServerRequestContext[Any, Any], uri: str) -> None:
        """Tell the session of *ctx* no more of the entry at *uri*."""
        mine = self._sessions.get(_session(ctx), set())
        if uri in mine:
            mine.discard(uri)
            self._forget([uri])


def _session(ctx: ServerRequestContext[Any, Any]) -> int:
    """Return a number that all requests of one session have: the SDK holds what the client said at its beginning."""
    return id(ctx.session.client_params)


class Listening(ListenHandler):
    """The streams of the current revision, which name the resources that they watch."""

    def __init__(self, changes: Changes) -> None:
        """Hand on *changes*."""
        super().__init__(changes)
        self._changes = changes

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve one stream."""
        with self._changes.watching(params.notifications.resource_subscriptions or ()):
            return await super().__call__(ctx, params)
