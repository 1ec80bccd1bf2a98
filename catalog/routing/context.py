"""``RouterContext``: what strategies, calibration, log and candidates know of their router, in place of the router."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import Filters
from catalog.errors import CatalogWarning, StrategyError
from catalog.forks import after_fork
from catalog.routing.events import STEP, Event, Watcher
from catalog.routing.verdict import Step
from catalog.settings import LOGGED, SCOPE, configured_providers
from catalog.workspace.lookup import HasWorkspace

if TYPE_CHECKING:
    from catalog.workspace.workspace import Workspace

COMMON = (
    "tags", "any_tags", "exclude_tags", "sources", "distributions", "providers", "cache", "watch", "log",
    "runner", "name", "deprecated",
)  # fmt: skip
"""The options of every router; all others are those of its strategy."""


class RouterContext:
    """What is fixed when a router is made.

    Attributes:
        catalog: the catalog with the candidates.
        name: the name of the router, for events, log and calibration.
        kind: the kind of the candidates, several kinds, or None for every kind.
        filters: kinds, tags and origin that a candidate must have; the origin of the scope unless one is given.
        provider_check: whether entries are left out that need a model provider which is not configured here.
        options: the options of the strategy.
        deprecated: whether deprecated entries are candidates, too.
        log: ``off``, ``hash`` or ``text``: what is kept of decisions.
        preparing: the lock held while a strategy works out something for all candidates, so that one thread does it.
    """

    def __init__(
        self,
        catalog: HasWorkspace,
        kind: str | tuple[str, ...] | None,
        options: Mapping[str, Any],
        provider_check: bool,
    ) -> None:
        """Take the options of a router apart.

        Raises:
            StrategyError: ``log`` is none of ``off``, ``hash`` and ``text``.
            InvalidFilterError, UnknownKindError: kinds, tags or origins can't be used as filters.
        """
        self.catalog = catalog
        self.name = str(options.get("name") or "auto")
        self.kind = kind
        self.provider_check = provider_check
        self.deprecated = bool(options.get("deprecated", False))
        self.filters: Filters = self.workspace.filters(
            kind,
            options.get("tags", ()),
            options.get("any_tags", ()),
            options.get("exclude_tags", ()),
            options.get("sources"),
            options.get("distributions"),
        )
        self.options = {name: value for name, value in options.items() if name not in COMMON}
        self.log: str = catalog.settings.route_log if options.get("log") is None else options["log"]
        if self.log not in LOGGED:
            raise StrategyError(f"log={self.log!r}: choose off, hash or text", option="log")
        self.preparing = threading.RLock()  # reentrant: a watcher that is told meanwhile may route itself
        self._watch: Watcher | None = options.get("watch")
        providers = options.get("providers")
        self._providers = (providers,) if isinstance(providers, str) else providers
        after_fork(self)

    @property
    def workspace(self) -> Workspace:
        """The workspace of the catalog."""
        return self.catalog.workspace

    @property
    def is_watched(self) -> bool:
        """Whether the router has a watcher."""
        return self._watch is not None

    def search_filters(self) -> dict[str, tuple[str, ...]]:
        """Return the filters other than kinds, as a search takes them; those of the scope a search has by itself."""
        filters = self.filters
        is_given = not filters.scoped and (filters.sources or filters.distributions or self.catalog.settings.scope)
        names = ("tags", "any_tags", "exclude_tags", *(SCOPE if is_given else ()))
        return {name: getattr(filters, name) for name in names}

    def providers(self) -> frozenset[str] | None:
        """Return the model providers that can be used here; None if the router does not check them."""
        if not self.provider_check:
            return None
        if self._providers is not None:
            return frozenset(self._providers)
        return configured_providers(self.catalog.settings)

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Hand an event to the watcher. A watcher that fails can't break a route: there is a warning instead."""
        if self._watch is None:
            return
        try:
            self._watch(Event(event, self.name, data))
        except Exception as error:
            warnings.warn(f"a watcher of router '{self.name}' failed: {error!r}", CatalogWarning, stacklevel=2)

    def stepped(self, step: Step) -> None:
        """Tell the watcher of a *step* of a cascade."""
        self.tell(STEP, step.to_dict())

    def renew_after_fork(self) -> None:
        """Take a new lock in a child process, where no thread is left to release the old one."""
        self.preparing = threading.RLock()
