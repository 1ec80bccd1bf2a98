"""``embedding``: the candidate nearest to the prompt by meaning, if it is near enough.

Without fitting, a candidate's score is its nearness (:mod:`catalog.routing.calibration.similarity`), and "near enough"
is what the candidates' own examples reach when each is left out in turn; where there are too few of them, what prompts
about anything hardly ever reach (:mod:`catalog.routing.calibration.background_threshold`). After ``fit`` both are
learned (:mod:`catalog.routing.calibration.calibrate`), and a decision has a confidence. A calibration counts for the
embedder, the candidates and the texts it was made for; once one of them has changed it is reported as stale and not
applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError, StrategyError
from catalog.routing.calibration.candidate_vectors import of_pool
from catalog.routing.calibration.stored import fingerprints, stale, stored
from catalog.routing.events import STALE
from catalog.routing.verdict import Verdict, abstained, is_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.routing.calibration.calibration import Calibration
    from catalog.routing.calibration.candidate_vectors import Vectors
    from catalog.routing.calibration.similarity import Nearness
    from catalog.routing.context import RouterContext
    from catalog.routing.pool import Pool
    from catalog.store.calibrations import Stored

MOST_CHARACTERS = 2_000
"""How much of a prompt is embedded, from its beginning."""

COVERAGE = 0.95
"""The share of the candidates' own examples that the threshold lets through where nothing was fitted."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is worked out once for all prompts.

    Attributes:
        vectors: of the candidates.
        near: the vectors ready for comparison; None: there is a calibration.
        calibration: the fitted rule, if there is one that holds.
        threshold: of the rule without fitting; None: there is a calibration, or no threshold can be told.
        note: what a reader of reasons should know of the calibration.
        stale: why a stored calibration is not applied, in words; None: it is, or none is stored.
    """

    vectors: Vectors
    near: Nearness | None
    calibration: Calibration | None
    threshold: float | None
    note: str
    stale: str | None = None


class Embedding:
    """Picks by meaning. It needs a catalog with an embedder; a stored calibration is applied as long as it holds."""

    name = "embedding"

    def __init__(self, context: RouterContext, *, threshold: float | None = None) -> None:
        """Take the context of the router whose calibration counts, and a threshold to use in place of any other.

        Raises:
            StrategyError: the threshold is not a number.
        """
        if threshold is not None and not is_number(threshold):
            raise StrategyError(f"threshold={threshold!r}: give a number", option="threshold", strategy=self.name)
        self._context = context
        self._threshold = threshold

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the candidate nearest to *prompt*, or abstain if none is near enough.

        Raises:
            StrategyError: there is no embedder, or no candidate has a vector.
            SearchError, MissingExtraError: the embedder failed, or what it needs is not installed.
        """
        return self._judged([prompt], pool)[0]

    def choose_many(self, prompts: Sequence[str], pool: Pool) -> list[Verdict | CatalogError]:
        """Return what :meth:`choose` returns or raises for each prompt; all are embedded at once."""
        try:
            return [*self._judged(prompts, pool)] if prompts else []
        except CatalogError as error:
            return [error] * len(prompts)

    def outdated(self, pool: Pool) -> str | None:
        """Return why what was fitted is not applied, in words; None: it is, or nothing was fitted."""
        return self._ready(pool).stale

    def _judged(self, prompts: Sequence[str], pool: Pool) -> list[Verdict]:
        if not pool.entries:
            return [abstained("there is no candidate")] * len(prompts)
        ready = self._ready(pool)
        shown = [prompt[:MOST_CHARACTERS] for prompt in prompts]
        queries = ready.vectors.embedder.encode(shown)
        if ready.calibration is not None:
            return self._fitted(shown, queries, pool, ready, ready.calibration)
        return self._unfitted(queries, pool, ready)

    def _fitted(
        self,
        prompts: Sequence[str],
        queries: NDArray[np.float32],
        pool: Pool,
        ready: _Ready,
        calibration: Calibration,
    ) -> list[Verdict]:
        predicted = calibration.predict(queries, prompts)
        threshold = self._threshold if self._threshold is not None else calibration.threshold
        verdicts = []
        for row in range(len(queries)):
            entry, score = pool.entries[int(predicted.best[row])], float(predicted.score[row])
            sure = round(float(predicted.confidence[row]), 6)
            taken = score >= threshold and bool(queries[row].any())
            reason = "" if taken else "none fits: the best, "
            reason += f"{entry.name}, scores {score:.3g}" if not taken else f"{entry.name} scores {score:.3g}"
            reason += f", {'at or above' if taken else 'below'} the fitted threshold of {threshold:.3g}"
            verdicts.append(
                Verdict(
                    entry if taken else None,
                    f"{reason}; right with a chance of {int(100 * sure)} %" if taken else reason,
                    score=round(score, 6),
                    confidence=sure,
                    threshold=round(threshold, 6),
                    scores=_kept(predicted.scores, row),
                )
            )
        return verdicts

    def _unfitted(self, queries: NDArray[np.float32], pool: Pool, ready: _Ready) -> list[Verdict]:
        assert ready.near is not None
        scores = ready.near.score(queries)
        threshold = self._threshold if self._threshold is not None else ready.threshold
        verdicts = []
        for row, best in enumerate(scores.argmax(axis=1).tolist()):
            entry, score = pool.entries[best], float(scores[row, best])
            there = bool(queries[row].any())
            taken = there and score > 0 and (threshold is None or score >= threshold)
            if not there:
                reason = "the prompt has no words that the embedder knows"
            elif taken:
                reason = f"{entry.name} is the nearest ({score:.3f})"
            else:
                reason = f"none is near enough: the best, {entry.name}, scores {score:.3f}"
            if there and threshold is not None:
                reason += f", {'at or above' if taken else 'below'} the threshold of {threshold:.3f}"
            verdicts.append(
                Verdict(
                    entry if taken else None,
                    f"{reason}; {ready.note}" if there else reason,
                    score=round(score, 6) if there else None,
                    threshold=None if threshold is None else round(threshold, 6),
                    scores=_kept(scores, row),
                )
            )
        return verdicts

    def _ready(self, pool: Pool) -> _Ready:
        ready = _known(pool)
        if ready is None:
            with self._context.preparing:  # one thread prepares, the others wait and take its work
                ready = _known(pool)
                if ready is None:
                    ready = self._prepared(pool)
                    pool.memo["embedding"] = pool.generation, ready
        return ready

    def _prepared(self, pool: Pool) -> _Ready:
        vectors = of_pool(pool)
        if len(vectors.missing) == len(pool):
            raise StrategyError(
                f"no candidate has a vector of {vectors.embedder.name}; run `catalog embed update`", strategy=self.name
            )
        kept = stored(self._context)
        why = None if kept is None else stale(kept, pool, vectors)
        calibration = None
        if kept is not None and why is None:
            try:
                calibration = self._calibration(pool, kept)
            except CatalogError as error:
                why = str(error)
        near, limit = self._near(pool, vectors, wanted=calibration is None)
        if calibration is not None:
            return _Ready(vectors, near, calibration, None, "")
        note = "not fitted"
        if why is not None:
            note = f"the calibration is stale ({why}) and was not applied: fit again"
            if pool.memo.get("reported_stale") != why:  # once for these candidates, not at every generation
                pool.memo["reported_stale"] = why
                self._context.tell(STALE, {"reason": why})
        if vectors.missing:
            note += f"; {len(vectors.missing)} candidates have no vector (`catalog embed update`)"
        return _Ready(vectors, near, None, limit, note, why)

    @staticmethod
    def _calibration(pool: Pool, kept: Stored) -> Calibration:
        from catalog.routing.calibration.calibration import Calibration

        known = pool.memo.get("calibration")
        if known is None or known[0] != kept.data:
            known = pool.memo["calibration"] = kept.data, Calibration.from_bytes(kept.data)
        calibration: Calibration = known[1]
        return calibration

    @staticmethod
    def _near(pool: Pool, vectors: Vectors, *, wanted: bool) -> tuple[Nearness | None, float | None]:
        """Return the candidates' vectors ready for comparison, and the threshold they give; nothing unless *wanted*."""
        from catalog.routing.calibration import background_threshold
        from catalog.routing.calibration.similarity import nearness, threshold

        if not wanted:
            return None, None
        known = pool.memo.get("near")
        if known is None or known[0] is not vectors:
            near = nearness(vectors.rows, vectors.owners, len(pool))
            limit = threshold(near, vectors.parts, coverage=COVERAGE)
            if limit is None:
                limit = background_threshold.threshold(near, vectors.embedder)
            known = pool.memo["near"] = vectors, near, limit
        return known[1], known[2]

    def learn(
        self, pool: Pool, texts: Sequence[str], labels: Sequence[int], *, target_coverage: float, seed: int
    ) -> tuple[dict[str, Any], bytes | None, dict[str, Any]]:
        """Return what a calibration is about, the calibration, and the figures of a report.

        The calibration is None where it does no better than no calibration: the figures are those of the rule without
        one then.

        Args:
            pool: the candidates.
            texts: prompts.
            labels: for each, the place of its candidate, or -1 where none fits.
            target_coverage: the share of prompts in scope that must get an answer.
            seed: decides how the prompts are parted for cross-validation.

        Raises:
            StrategyError: neither examples nor prompts belong to a candidate.
        """
        import numpy as np

        from catalog.embedders.everyday import PROMPTS, embedded
        from catalog.routing.calibration.calibrate import fit
        from catalog.routing.calibration.guard import Unfitted, checked, notes_on, report_of

        vectors = of_pool(pool)
        shown = [text[:MOST_CHARACTERS] for text in texts]
        queries = vectors.embedder.encode(shown)
        try:
            made, held = fit(
                vectors.rows,
                vectors.owners,
                vectors.parts,
                len(pool),
                queries,
                labels,
                row_texts=vectors.texts,
                texts=shown,
                seed=seed,
                target_coverage=target_coverage,
            )
        except CatalogError as error:
            raise StrategyError(str(error), strategy=self.name) from None
        near, limit = self._near(pool, vectors, wanted=True)
        assert near is not None
        everyday = embedded(vectors.embedder, vectors.rows.shape[1])
        plain = Unfitted(near, len(vectors.rows), -1.0 if limit is None else limit)
        own, others = made.predict(queries, shown).score, made.predict(everyday, PROMPTS).score
        result = checked(made, held, plain, queries, np.asarray(labels, np.int64), own, everyday, others)
        about = {"embedder": vectors.embedder.name, "candidates": fingerprints(pool, vectors)}
        figures = {
            "embedder": vectors.embedder.name,
            "examples": int((vectors.parts > 0).sum()),
            **report_of(result, made.threshold, limit),
            "notes": (*notes_on(result, made, labels), *_missing(vectors)),
        }
        return about, result.calibration.to_bytes() if result.is_better else None, figures


def _missing(vectors: Vectors) -> list[str]:
    return [f"{len(vectors.missing)} candidates have no vector (`catalog embed update`)"] if vectors.missing else []


def _known(pool: Pool) -> _Ready | None:
    generation, ready = pool.memo.get("embedding", (None, None))
    return ready if generation == pool.generation else None


def _kept(scores: NDArray[np.float32], row: int) -> Any:
    """Return a row that may be remembered: a view of it would hold all the others, too."""
    return scores[row] if len(scores) == 1 else scores[row].copy()
