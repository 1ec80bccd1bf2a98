"""The decision log: off unless a project asks for it; prompts as hashes unless it asks for their texts.

``AutoCouncil(log="hash")`` or ``route_log = "hash"`` in the configuration keeps what was decided; with ``text`` the
prompt is kept too, and reasons, which may quote it. The hash is a plain SHA-256: who has the database can test whether
a prompt they guess was asked.
"""

from __future__ import annotations

import warnings
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogWarning, StoreError
from catalog.store.golden_and_decisions import Logged, logged

if TYPE_CHECKING:
    from catalog.routing.decision import Decision
    from catalog.routing.router import Router
    from catalog.workspace.lookup import HasWorkspace

MOST = 10_000
"""How many decisions are kept; the oldest make room for new ones."""

MOST_CHARACTERS = 20_000
"""How many characters of a prompt are kept, where texts are kept at all."""

CANDIDATES = 5
"""How many candidates are kept with a decision, the best first."""

_KEPT_OPTIONS = ("threshold", "seconds", "model", "max_candidates", "temperature")
"""Options that say how a router decides. Keys, addresses and clients are never written down: they open doors."""


def keep(router: Router, prompt: str, decision: Decision, *, with_text: bool) -> None:
    """Keep a decision of *router*. If that fails, the route goes on, with a warning.

    Args:
        router: that decided.
        prompt: that it decided on.
        decision: to keep.
        with_text: whether the prompt and the reasons, which may quote it, are kept, too; else its hash only.
    """
    data = decision.to_dict(candidates=CANDIDATES, entry=False)
    if not with_text:
        _without_reasons(data)
    row = Logged(
        0,
        "",
        decision.generation,
        prompt_hash(prompt),
        _plain(prompt[:MOST_CHARACTERS]) if with_text else None,
        description_of(router),
        _plain(data),
    )
    try:
        with router.context.workspace.writing() as transaction:
            transaction.log_decision(row, MOST)
    except StoreError as error:
        warnings.warn(f"a decision was not logged: {error}", CatalogWarning, stacklevel=4)


def prompt_hash(prompt: str) -> str:
    """Return the SHA-256 that a prompt is logged under, in hex."""
    return sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def description_of(router: Router) -> dict[str, Any]:
    """Return, as data, what is needed to make a router that decides alike."""
    description: dict[str, Any] = {
        "name": router.name,
        "strategy": router.strategy.name,
        "kind": list(router.kind) if isinstance(router.kind, tuple) else router.kind,
        "on_no_match": router.on_no_match,
        "provider_check": router.provider_check,
        **{name: list(values) for name, values in router.context.search_filters().items()},
    }
    chain = getattr(router.strategy, "chain", None)
    if chain is not None:
        description["chain"] = [step.name for step in chain]
    if router.context.options.get("base_url") is not None or router.context.options.get("client") is not None:
        description["own_server"] = True  # a replay must not send its prompts to another
    return description | {
        name: value
        for name in _KEPT_OPTIONS
        if isinstance(value := router.context.options.get(name), (str, int, float)) and value == value
    }


def logged_decisions(catalog: HasWorkspace, limit: int | None = None) -> list[Logged]:
    """Return the logged decisions of *catalog*, the newest first: all, or the last *limit*."""
    catalog.workspace.snapshot()
    return logged(catalog.workspace.store.reader, limit)


def forget_decisions(catalog: HasWorkspace) -> int:
    """Delete all logged decisions of *catalog*; return how many there were."""
    with catalog.workspace.writing() as transaction:
        return transaction.forget_decisions()


def _plain(value: Any) -> Any:
    """Return *value* as JSON can hold it: a user's strategy may give NaN, or numbers of other libraries."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "?")  # a server keeps no NUL
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return number if isfinite(number) else None


def _without_reasons(data: dict[str, Any]) -> None:
    """Empty all reasons, which may quote the prompt: a rule says what it matched, a model what it thinks of it."""
    data["reason"] = ""
    for part in (*data["steps"], *data["candidates"]):
        part["reason"] = ""
