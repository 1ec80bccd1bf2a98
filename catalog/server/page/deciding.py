"""What the page of routing shows: a decision with all that spoke for and against it, golden cases, and figures."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from catalog import STRATEGIES, AutoCouncil, Catalog, CatalogError, Evaluation, cases_for, evaluate, evaluation_svg

MOST_CASES = 500
CANDIDATES = 20
LONGEST = 10_000
_routers: dict[tuple[int, str, str], AutoCouncil] = {}
_lock = threading.Lock()
_MOST_ROUTERS = 32


class Asked(NamedTuple):
    """What is to be decided.

    Attributes:
        text: the prompt; empty: none yet.
        kind: of the candidates; empty: as the project's router has it; ``all``: every kind.
        strategy: one of the strategies; empty: that of the project's router.
    """

    text: str
    kind: str
    strategy: str

    @classmethod
    def of(cls, query: QueryParams) -> Asked:
        """Return what an address asks."""
        strategy = query.get("strategy", "")
        return cls(
            query.get("text", "").strip()[:LONGEST], query.get("kind", ""), strategy if strategy in STRATEGIES else ""
        )


def router_for(catalog: Catalog, asked: Asked) -> AutoCouncil:
    """Return the project's router, with the kind and strategy that are *asked* for; made once.

    Raises:
        CatalogError: there is no such kind, or the strategy can't be used here.
    """
    key = (id(catalog), asked.kind, asked.strategy)
    with _lock:
        router = _routers.get(key)
    if router is None or router.catalog is not catalog:
        over = {"kind": asked.kind} if asked.kind else {}
        over |= {"strategy": asked.strategy} if asked.strategy else {}
        router = AutoCouncil.configured(catalog, on_no_match="abstain", **over)
        with _lock:
            if len(_routers) >= _MOST_ROUTERS:
                _routers.clear()
            _routers[key] = router
    return router


def decide(catalog: Catalog, asked: Asked) -> dict[str, Any]:
    """Return the decision for a prompt as the page shows it.

    Raises:
        CatalogError: as of :meth:`catalog.AutoCouncil.resolve`.
    """
    decision = router_for(catalog, asked).resolve(asked.text)
    data = decision.to_dict(candidates=CANDIDATES)
    scored = [candidate for candidate in data["candidates"] if candidate["filtered"] is None]
    numbers = [abs(c["score"]) for c in scored if isinstance(c["score"], (int, float))]
    limits = [c["threshold"] for c in scored if isinstance(c["threshold"], (int, float))]
    top = max([*numbers, *limits, 1e-9])
    for candidate in scored:
        score, threshold = candidate["score"], candidate["threshold"]
        candidate["share"] = None if score is None else max(0.0, min(1.0, score / top))
        candidate["limit"] = None if threshold is None else max(0.0, min(1.0, threshold / top))
    data["scored"] = scored
    data["filtered"] = [candidate for candidate in data["candidates"] if candidate["filtered"] is not None]
    data["total_ms"] = sum(step["latency_ms"] for step in data["steps"]) or data["latency_ms"] or 1e-9
    return data


def golden_cases(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the golden cases, the newest first."""
    cases = [{"text": case.text, "names": list(case.names)} for case in catalog.golden.list()]
    return cases[::-1][:MOST_CASES]


def evaluated(catalog: Catalog, asked: Asked) -> dict[str, Any] | None:
    """Return how the router does on the golden cases, drawn; None: there are none that it can be asked.

    Raises:
        CatalogError: as of :func:`catalog.evaluate`.
    """
    router = router_for(catalog, asked)
    cases, others = cases_for(catalog, router.pool())
    if not cases:
        return None
    evaluation: Evaluation = evaluate(router, [(case.text, case.names or None) for case in cases[:MOST_CASES]])
    return {
        "figures": {name: value for name, value in evaluation.figures.items() if value is not None},
        "svg": evaluation_svg(evaluation),
        "notes": evaluation.notes,
        "judged": [
            {**judged.to_dict(), "right": judged.is_right}
            for judged in sorted(evaluation.judged, key=lambda judged: judged.is_right)
        ],
        "others": len(others),
        "calibration_error": evaluation.calibration_error,
    }


def state_of_golden(catalog: Catalog, text: str) -> list[str] | None:
    """Return what is golden for a prompt: keys; none of them where no entry fits; None: the prompt is no case."""
    for case in catalog.golden.list():
        if case.text == text:
            return list(case.names)
    return None


def fault_of(error: CatalogError) -> dict[str, str]:
    """Return an error as the page shows it, in place of what could not be worked out."""
    return {"code": error.code, "text": str(error)}
