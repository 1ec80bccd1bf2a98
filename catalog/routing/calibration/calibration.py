"""``Calibration``: what was learned, applied to prompts, and its stored form."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from catalog.errors import RoutingError
from catalog.routing.calibration.linear_probe import Probe, hash_words
from catalog.routing.calibration.numbers import Doubles, log_sum, odds_of, sigmoid, weighted
from catalog.routing.calibration.similarity import Floats, Nearness, Places, nearness

VERSION = 2
"""Of the stored form, and of what its numbers mean."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a calibration says of prompts.

    Attributes:
        scores: (m, candidates), higher is better; differences are log-odds between candidates.
        best: (m,) the candidate with the highest score, the first of equal ones.
        score: (m,) how much the prompt belongs to any candidate: hold it against the threshold.
        confidence: (m,) how likely ``best`` is right, from 0 to 1.
        lead: (m,) how far the best score is above the second.
    """

    scores: Floats
    best: Places
    score: Doubles
    confidence: Doubles
    lead: Doubles


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a calibration did on held-out prompts.

    Attributes:
        prompts: in scope that were judged.
        outside: prompts that belong to no candidate.
        accuracy: the share of ``prompts`` whose best candidate is the right one, before any abstention.
        coverage: the share of ``prompts`` above the threshold.
        refused: the share of ``outside`` below it; None without any.
        auroc: how often a prompt in scope scores above one outside; None without any.
        reliability: the mean distance of confidence from observed accuracy over tenths, weighted by prompts; both
            sides count the same if there are prompts outside.
    """

    prompts: int
    outside: int
    accuracy: float
    coverage: float
    refused: float | None
    auroc: float | None
    reliability: float


class Evidence(NamedTuple):
    """What speaks for each candidate, a row for each of *m* prompts."""

    logits: Floats  # (m, candidates), of the probe
    centre: Floats  # (m, candidates)
    nearest: Floats  # (m, candidates)
    away: Floats  # (m,) logit of the class of prompts outside
    strange: Floats  # (m,) similarity to the nearest prompt outside

    def score(self, mix: Doubles) -> Floats:
        """Return the score of each candidate, (m, candidates): the parts, weighed by *mix*."""
        scores: Floats = (mix[0] * self.logits + mix[1] * self.centre + mix[2] * self.nearest).astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class Judge:
    """A probe and the rows it goes with.

    Attributes:
        near: the rows of all candidates.
        outside: the rows of prompts that belong nowhere.
        probe: tells apart the candidates in ``classes``, then all other candidates as one class, if there are others,
            then the prompts outside, if there are any; None where it would cost too much.
        classes: the candidates that prompts were given for, ascending; (k,) int64.
    """

    near: Nearness
    outside: Floats
    probe: Probe | None
    classes: Places

    def evidence(self, vectors: Floats, hashed: Floats | None) -> Evidence:
        """Return what speaks for each candidate, for prompts with these unit *vectors* and *hashed* words."""
        count = len(vectors)
        logits = np.zeros((count, self.near.candidates), np.float32)
        away = np.zeros(count, np.float32)
        if self.probe is not None:
            of_classes = self.probe.logits(vectors, hashed)
            others = self.near.candidates - len(self.classes)
            if others:  # what the probe says of all others together is shared out among them
                logits[:] = of_classes[:, [len(self.classes)]] - np.float32(np.log(others))
            logits[:, self.classes] = of_classes[:, : len(self.classes)]
            if len(self.outside):
                away = of_classes[:, -1]
        strange = (vectors @ self.outside.T).max(axis=1) if len(self.outside) else np.zeros(count, np.float32)
        return Evidence(logits, self.near.centre(vectors), self.near.nearest(vectors), away, strange)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learned, complete: it needs neither the entries nor the prompts it was made from.

    Attributes:
        threshold: the score from which a prompt gets an answer.
        target_coverage: the share of prompts in scope that the threshold was chosen to answer.
        margin: the lead below which the best candidate was wrong at least as often as right; 0: there is none.
        aware: prompts outside were given, so scores are log-odds of being in scope, and confidences count them in.
        quality: how well it did on held-out prompts.
    """

    threshold: float
    target_coverage: float
    margin: float
    aware: bool
    quality: Quality
    _judge: Judge
    _mix: Doubles
    _scope: Doubles  # a weight for each clue, then the bias
    _sure: Doubles  # slope and bias of the logit of the softmax

    @property
    def candidates(self) -> int:
        """How many candidates it tells apart."""
        return self._judge.near.candidates

    @property
    def reads(self) -> bool:
        """Whether it needs the texts of prompts beside their vectors."""
        return self._judge.probe is not None and self._judge.probe.reads

    def predict(self, queries: ArrayLike, texts: Sequence[str] | None = None) -> Prediction:
        """Return what it says of prompts.

        Args:
            queries: (m, width) unit rows; a row of zeros (a prompt without tokens) never reaches the threshold.
            texts: of the prompts; needed if it :attr:`reads`.

        Raises:
            ValueError: texts are needed and missing, or their number is not that of the queries.
        """
        vectors = np.asarray(queries, np.float32)
        hashed = None
        if self.reads:
            if texts is None or len(texts) != len(vectors):
                raise ValueError(f"this calibration reads prompts: give the {len(vectors)} texts, too")
            hashed = hash_words(texts)
        evidence = self._judge.evidence(vectors, hashed)
        scores = evidence.score(self._mix)
        clues, best, lead = clues_of(evidence, scores)
        score = weighted(self._scope, clues) if self.aware else clues[:, 0]
        confidence = sigmoid(weighted(self._sure, odds_of(scores)))
        if self.aware:
            confidence = confidence * sigmoid(score)
        empty = ~vectors.any(axis=1)
        score = np.where(empty, np.minimum(score, self.threshold - 1), score)
        return Prediction(scores, best, score, np.where(empty, 0.0, confidence), lead)

    def to_bytes(self) -> bytes:
        """Return it as bytes that :meth:`from_bytes` reads: arrays and JSON, nothing that runs."""
        near, probe = self._judge.near, self._judge.probe
        about = {
            "version": VERSION,
            "threshold": self.threshold,
            "target_coverage": self.target_coverage,
            "margin": self.margin,
            "aware": self.aware,
            "quality": asdict(self.quality),
            "candidates": self.candidates,
            "probe": probe is not None,
        }
        arrays: dict[str, Any] = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "rows": near.rows.astype(np.float16),
            "owners": near.owners.astype(np.int32),
            "outside": self._judge.outside.astype(np.float16),
            "classes": self._judge.classes.astype(np.int32),
            "mix": self._mix,
            "scope": self._scope,
            "sure": self._sure,
        }
        if probe is not None:
            arrays |= {"weights": probe.weights.astype(np.float16), "bias": probe.bias, "rarity": probe.rarity}
        out = io.BytesIO()
        np.savez(out, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Calibration:
        """Return the calibration that :meth:`to_bytes` gave; its predictions are the same to the last bit.

        Raises:
            RoutingError: *data* is no calibration, or one of another version; fit again.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = dict(file)
            about = json.loads(arrays["about"].tobytes())
            version = about["version"]
            if version != VERSION:
                raise RoutingError(
                    f"the calibration is of version {version}, this is version {VERSION}: fit again", version=version
                )
            rows, outside = arrays["rows"].astype(np.float32), arrays["outside"].astype(np.float32)
            probe = None
            if about["probe"]:
                probe = Probe(arrays["weights"].astype(np.float32), arrays["bias"], arrays["rarity"])
            _check_shapes(arrays, about["candidates"], probe)
            return cls(
                about["threshold"],
                about["target_coverage"],
                about["margin"],
                about["aware"],
                Quality(**about["quality"]),
                Judge(nearness(rows, arrays["owners"], about["candidates"]), outside, probe, arrays["classes"]),
                arrays["mix"],
                arrays["scope"],
                arrays["sure"],
            )
        except RoutingError:
            raise
        except Exception as error:  # a zip that is cut short fails in many ways
            raise RoutingError(f"the stored calibration can't be read ({error!r}): fit again") from None


def _check_shapes(arrays: dict[str, Any], candidates: int, probe: Probe | None) -> None:
    """Raise ValueError for stored arrays that do not go together, or hold what is no finite number."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} holds a number that is none")
    if arrays["mix"].shape != (3,) or arrays["scope"].shape != (len(SIGNS) + 1,) or arrays["sure"].shape != (2,):
        raise ValueError("the weights are not as many as there must be")
    rows, owners, classes = arrays["rows"], arrays["owners"], arrays["classes"]
    if rows.ndim != 2 or owners.shape != rows.shape[:1] or arrays["outside"].shape[1:] != rows.shape[1:]:
        raise ValueError("rows and owners do not go together")
    for places in (owners, classes):
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < candidates:
            raise ValueError(f"a place is none of the {candidates} candidates")
    if probe is not None:
        if len(probe.weights) not in (rows.shape[1], rows.shape[1] + len(probe.rarity)):
            raise ValueError("the probe is of another width")
        count = len(classes) + (len(classes) < candidates) + bool(len(arrays["outside"]))
        if probe.bias.shape != (count,) or probe.weights.ndim != 2 or probe.weights.shape[1] != count:
            raise ValueError("the probe tells other candidates apart")


SIGNS = np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
"""Which way each of the clues below points: the first five speak for a prompt belonging somewhere, the rest against."""


def clues_of(evidence: Evidence, scores: Floats) -> tuple[Doubles, Places, Doubles]:
    """Return what is known of each prompt's best candidate and of its scope, (m, 8); the best; its lead."""
    each, best = np.arange(len(scores)), scores.argmax(axis=1)
    top = scores[each, best].astype(np.float64)
    second = np.partition(scores, -2, axis=1)[:, -2] if scores.shape[1] > 1 else np.zeros(len(scores))
    lead = top - second
    clues = np.stack(
        [
            top,
            lead,
            evidence.nearest[each, best],
            evidence.centre[each, best],
            evidence.logits[each, best],
            evidence.away,
            evidence.strange,
            evidence.away - log_sum(evidence.logits),
        ],
        axis=1,
    )
    return clues.astype(np.float64), best, lead
