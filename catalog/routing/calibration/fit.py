"""Fitting: what a router learns from prompts whose right entry is known, and whether that still holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING, Any

from catalog.errors import StrategyError
from catalog.routing.evaluation.labelled import Label, case_of, placed
from catalog.routing.strategies.choose import fittable
from catalog.store.calibrations import calibration

if TYPE_CHECKING:
    from catalog.routing.auto import AutoCouncil
    from catalog.routing.calibration.candidate_vectors import Vectors
    from catalog.routing.pool import Pool
    from catalog.store.calibrations import Stored

NONE = -1
"""The place of the entry a prompt is for where none fits."""


@dataclass(frozen=True, slots=True)
class FitReport:
    """What was learned, and how good it is on prompts it was not learned from (cross-validated).

    Attributes:
        router: the name the calibration is stored under.
        embedder: what the vectors are of.
        candidates: how many entries there are to pick from.
        prompts: how many labelled prompts were given, those that fit no entry included.
        out_of_scope: how many fit no entry.
        examples: how many examples of the entries were learned from besides.
        target_coverage: the share of prompts that fit an entry which are to be answered.
        threshold: what scores are held against from now on.
        accuracy: share of prompts in scope whose best entry is the right one, from 0 to 1; None: too few to tell.
        coverage: share of prompts in scope whose score meets the threshold.
        rejected: share of prompts out of scope whose score does not meet it; None: none were given.
        auroc: how well scores part prompts in scope from others; None: none were given.
        seconds: how long it took.
        notes: what a reader should know, in words.
    """

    router: str
    embedder: str
    candidates: int
    prompts: int
    out_of_scope: int
    examples: int
    target_coverage: float
    threshold: float
    accuracy: float | None
    coverage: float | None
    rejected: float | None
    auroc: float | None
    seconds: float
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return asdict(self) | {"notes": list(self.notes)}


def fit(router: AutoCouncil, labelled: Iterable[tuple[str, Label]], *, target_coverage: float, seed: int) -> FitReport:
    """Fit the strategy of *router*, or the step of its cascade, that learns; see :meth:`AutoCouncil.fit`.

    Of several entries that are right for a prompt the first counts.
    """
    begun = time.perf_counter()
    if not 0 < target_coverage < 1:
        raise StrategyError(f"target_coverage={target_coverage!r}: give a share between 0 and 1")
    strategies = fittable(router.strategy)
    if not strategies:
        raise StrategyError(
            f"the strategy '{router.strategy.name}' learns nothing; 'embedding' does, alone or in a cascade",
            option="strategy",
            strategy=router.strategy.name,
        )
    pool = router.pool()
    if not pool.entries:
        raise StrategyError(f"there is no candidate of kind {router.kind or 'any'} to learn for")
    given = list(labelled)
    texts = [text for text, _ in given]
    labels = [
        pool.place(right[0].kind, right[0].name) if right else NONE
        for _, right in placed((case_of(text, label) for text, label in given), pool)
    ]
    about, data, figures = strategies[0].learn(pool, texts, labels, target_coverage=target_coverage, seed=seed)
    report = FitReport(
        router=router.name,
        candidates=len(pool),
        prompts=len(given),
        out_of_scope=labels.count(NONE),
        target_coverage=target_coverage,
        seconds=round(time.perf_counter() - begun, 3),
        **figures,
    )
    with router.catalog.workspace.writing() as transaction:
        learned = sorted(map(text_mark, texts))
        about = {**about, "report": report.to_dict(), "learned": learned}
        transaction.put_calibration(router_key(router), about, data)
    return report


def text_mark(text: str) -> str:
    """Return a short hash by which a prompt that was learned from is known again: measured on it, a router flatters."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def router_key(router: AutoCouncil) -> str:
    """Return the key a router's calibration is stored under: the same for the same name, kinds and tags."""
    filters = router._filters
    said = [router.name, sorted(filters.kinds), *map(sorted, filters[1:])]
    return sha256(dumps(said).encode()).hexdigest()


def stored(router: AutoCouncil) -> Stored | None:
    """Return the calibration of *router*, whether it still holds or not."""
    return calibration(router.catalog.workspace.store.reader, router_key(router))


def fingerprints(pool: Pool, vectors: Vectors) -> dict[str, str]:
    """Return, for each candidate's key, what changes when anything about it changes that the calibration rests on."""
    known = pool.memo.get("fingerprints")
    if known is None or known[0] is not vectors:
        digests = [sha256() for _ in pool.entries]
        for owner, hashed in zip(vectors.owners.tolist(), vectors.hashes, strict=True):
            digests[owner].update(hashed.encode())
        said = {entry.key: one.hexdigest()[:12] for entry, one in zip(pool.entries, digests, strict=True)}
        known = pool.memo["fingerprints"] = vectors, said
    found: dict[str, str] = known[1]
    return found


def stale(about: Mapping[str, Any], pool: Pool, vectors: Vectors) -> str | None:
    """Return why a calibration no longer holds, in words; None: it does."""
    if about.get("embedder") != vectors.embedder.name:
        return f"it was made with {about.get('embedder')}, and prompts are embedded with {vectors.embedder.name} now"
    then, now = about.get("candidates", {}), fingerprints(pool, vectors)
    if then == now:
        return None
    counts = (
        (len(now.keys() - then.keys()), "new"),
        (len(then.keys() - now.keys()), "gone"),
        (sum(then[key] != now[key] for key in then.keys() & now.keys()), "changed"),
    )
    said = " and ".join(f"{count} {what}" for count, what in counts if count)
    return f"of the candidates it was made for, {said}"
