"""``route replay``: logged prompts and golden cases are asked again of today's catalog, to see what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError, StrategyError
from catalog.routing.decision import Decision
from catalog.routing.evaluation.golden import cases_for
from catalog.routing.log import logged_decisions, prompt_hash

if TYPE_CHECKING:
    from catalog.routing.auto import AutoCouncil
    from catalog.store.golden_and_decisions import Logged
    from catalog.workspace.lookup import HasWorkspace

LOG, GOLDEN = "log", "golden"

_DOORS = ("base_url", "api_key")  # never logged; a router that is made again has those of the configuration


@dataclass(frozen=True, slots=True)
class Replayed:
    """One prompt asked again.

    Attributes:
        source: ``log`` or ``golden``.
        text: the prompt.
        router: the name of the router that was asked.
        then: the key that was picked, or the keys that are right for a golden case; empty: no entry.
        now: the key that is picked now; None: no entry, or the router failed.
        then_score: the score of the best candidate then; None for golden cases.
        now_score: the score of the best candidate now.
        then_reason: why, in words.
        now_reason: why, in words.
        at: when the decision was logged, as ISO 8601; None for golden cases.
        error: the code of the error that the router fails with now; None: it does not fail.
    """

    source: str
    text: str
    router: str
    then: tuple[str, ...]
    now: str | None
    then_score: float | None
    now_score: float | None
    then_reason: str
    now_reason: str
    at: str | None = None
    error: str | None = None

    @property
    def is_same(self) -> bool:
        """Whether the entry picked now is the one picked then, or one that is right."""
        return self.error is None and (self.now in self.then if self.then else self.now is None)

    def to_dict(self) -> dict[str, Any]:
        """Return then and now as data for JSON; a golden case has a list of keys for then."""
        then: Any = list(self.then) if self.source == GOLDEN else self.then[0] if self.then else None
        return {
            "source": self.source,
            "text": self.text,
            "router": self.router,
            "at": self.at,
            "same": self.is_same,
            "then": {"key": then, "score": self.then_score, "reason": self.then_reason},
            "now": {"key": self.now, "score": self.now_score, "reason": self.now_reason, "error": self.error},
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome of asking again.

    Attributes:
        asked: the prompts asked again: those of the log, the newest first, then golden cases, the oldest first.
        hashed: how many logged prompts can't be asked again, as only their hash was kept.
        repeated: how many logged decisions were passed over, as a newer one is about the same prompt.
        skipped: how many prompts could not be asked, by reason.
    """

    asked: tuple[Replayed, ...]
    hashed: int
    repeated: int
    skipped: dict[str, int]

    @property
    def changed(self) -> tuple[Replayed, ...]:
        """The prompts for which another entry is picked now, or a wrong one."""
        return tuple(replayed for replayed in self.asked if not replayed.is_same)

    def to_dict(self) -> dict[str, Any]:
        """Return what was asked, and the counts, as data for JSON."""
        return {
            "asked": len(self.asked),
            "changed": len(self.changed),
            "hashed": self.hashed,
            "repeated": self.repeated,
            "skipped": self.skipped,
            "prompts": [replayed.to_dict() for replayed in self.asked],
        }


def replay(
    catalog: HasWorkspace,
    *,
    router: AutoCouncil | None = None,
    golden_router: AutoCouncil | None = None,
    limit: int | None = None,
) -> Replay:
    """Return what is picked now beside what was picked then; nothing of it is logged.

    A strategy that asks a model is asked for every prompt, and paid for.

    Args:
        catalog: the catalog with log and golden cases.
        router: asked about all logged prompts; None: for each, a router made like the one that logged it.
        golden_router: asked about golden cases; None: they are left out.
        limit: how many of the last logged decisions to look at; None: all.
    """
    made: dict[str, AutoCouncil | str] = {}
    asked: list[Replayed] = []
    skipped: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    hashed = repeated = 0
    for row in logged_decisions(catalog, limit):
        if row.prompt is None:
            hashed += 1
            continue
        mark = (str(sorted(row.router.items(), key=str)) if router is None else "", row.prompt_hash)
        if mark in seen:
            repeated += 1
            continue
        seen.add(mark)
        again = router if router is not None else _again(catalog, row.router, made)
        if prompt_hash(row.prompt) != row.prompt_hash:
            again = "only the beginning of the prompt was kept"
        if isinstance(again, str):
            skipped[again] = skipped.get(again, 0) + 1
        else:
            asked.append(_logged(again, row, row.prompt))
    if golden_router is not None:
        asked += _golden(golden_router)
    return Replay(tuple(asked), hashed, repeated, skipped)


def _logged(router: AutoCouncil, row: Logged, text: str) -> Replayed:
    now, error = _ask(router, text)
    logged = row.decision
    key = logged.get("key")
    return Replayed(
        LOG,
        text,
        router.name,
        (key,) if key else (),
        now.key if now else None,
        logged.get("score"),
        now.score if now else None,
        str(logged.get("reason", "")),
        now.reason if now else str(error),
        row.at,
        error.code if error else None,
    )


def _golden(router: AutoCouncil) -> Iterable[Replayed]:
    cases, _ = cases_for(router.catalog, router.pool())
    for case in cases:
        now, error = _ask(router, case.text)
        chosen = None if now is None or now.strategy == "fallback" else now.key  # what fits none is not what it takes
        yield Replayed(
            GOLDEN,
            case.text,
            router.name,
            case.names,
            chosen,
            None,
            now.score if now else None,
            "a golden case",
            now.reason if now else str(error),
            None,
            error.code if error else None,
        )


def _ask(router: AutoCouncil, text: str) -> tuple[Decision | None, CatalogError | None]:
    try:
        return router.resolve(text), None
    except CatalogError as error:
        return None, error


def _again(catalog: HasWorkspace, description: dict[str, Any], made: dict[str, AutoCouncil | str]) -> AutoCouncil | str:
    """Return a router of this *description*, or why it can't be made; *made* holds those that were made before."""
    from catalog.routing.auto import ABSTAIN, ERROR, AutoCouncil

    mark = str(sorted(description.items(), key=str))
    if mark not in made:
        options = {**description, "log": "off"}
        if options.get("on_no_match") == ERROR:
            options["on_no_match"] = ABSTAIN
        options |= {name: value for name, value in catalog.settings.router.items() if name in _DOORS}
        kind: Any = options.pop("kind", None)
        strategy: str = options.pop("strategy")
        steps: Sequence[str] = options.get("chain", ())
        who = f"router '{description.get('name')}' ({strategy}{': ' if steps else ''}{', '.join(steps)})"
        if options.pop("own_server", False) and not options.get("base_url"):
            made[mark] = f"{who} asked a server whose address is not kept; give its base_url"
            return made[mark]
        try:
            _check_recorded(catalog, (strategy, *steps))
            made[mark] = AutoCouncil(catalog, strategy, kind, **options)
        except StrategyError as error:
            made[mark] = f"{who} can't be made again: {error}"
        except CatalogError as error:
            made[mark] = str(error)
    return made[mark]


def _check_recorded(catalog: HasWorkspace, steps: Sequence[Any]) -> None:
    """Raise UntrustedReferenceError if strategies that the log names may not be imported.

    The log is part of the database: what a router was given in a program counts as much as any row.
    """
    references = [step for step in steps if isinstance(step, str) and ":" in step]
    if references:
        from catalog.loader.trusted import Asked, check  # only where a strategy is somebody's own

        for ref in references:
            check(ref, None, Asked(catalog.workspace.policy, "strategy", f"the strategy {ref}"))
