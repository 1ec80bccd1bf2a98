"""``Router``: the part of :class:`catalog.AutoCouncil` that fitting, evaluation, lint and the log use."""

from __future__ import annotations

from typing import Protocol

from catalog.routing.context import RouterContext
from catalog.routing.decision import Decision
from catalog.routing.pool import Pool
from catalog.routing.strategy import Strategy
from catalog.workspace.lookup import HasWorkspace


class Router(Protocol):
    """Something that picks an entry for a prompt."""

    catalog: HasWorkspace
    context: RouterContext
    name: str
    kind: str | tuple[str, ...] | None
    on_no_match: str
    provider_check: bool
    strategy: Strategy

    def pool(self) -> Pool:
        """Return the candidates as the catalog is now."""

    def resolve(self, prompt: str) -> Decision:
        """Return which entry should handle *prompt*, and why."""
