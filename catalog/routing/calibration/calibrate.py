"""What a router learns from labelled prompts: whom a prompt is for, when to abstain, how sure to be.

Everything that is calibrated is calibrated on held-out data: the examples of the candidates and the labelled prompts
are cut into folds, and each fold is judged by a probe and by neighbours that have not seen it (nor a copy of it). From
these judgements come, in this order:

1. the *mix*: how much the probe, the centre and the nearest row count in a candidate's score (a conditional logit);
2. the *scope*: from the best candidate's evidence, and how near prompts outside are, the log-odds that a prompt
   belongs to any candidate (a logistic regression, both sides with the same weight). Without prompts outside there is
   nothing to learn it from, and the best score stands for it;
3. the *threshold*: the quantile of that for prompts in scope which leaves the wanted share of them above;
4. the *confidence*: the odds that the best candidate is the right one, from its softmax, times the odds of 2. How many
   prompts outside will come is not known (the examples of entries are no sample of traffic), so even odds are assumed.
   Beside the share given and its root, even odds were nearest to the observed accuracy on five sets of six; on
   CLINC150, where a sixth of the prompts is outside, the root was.

Measured against fixed weights (accuracy, AUROC of abstention; means over seven sets, two encoders, 5 and 10 examples):
mix and scope learned 81.9, 89.8; probe logit plus five times the similarities 81.4, 88.4; probe alone 81.7, 88.6. The
gain in AUROC is that of sets whose prompts outside are of one make with those given; on CLINC150 and what is made of
it, it is none (92.2 against 93.0 for the probe alone).
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import RoutingError
from catalog.routing.calibration.linear_probe import Probe, hash_words, train
from catalog.routing.calibration.similarity import Floats, Nearness, Places, nearness

Doubles: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

VERSION = 1
"""Of the stored form, and of what its numbers mean."""

_WORK = 6e9
"""Products of one pass over the data above which no probe is learned: 100 examples each of 450 candidates."""

_FOLDS_WORK = 1.5e9
_JUDGED = 3e6  # scores that held-out prompts may have together
_SAME = 1 - 1e-4
"""The similarity above which two prompts are copies: rounding, not wording, parts them."""

_MIX, _MIX_PENALTY = np.array([1.0, 5.0, 5.0]), np.array([1.0, 0.02, 0.02])
"""What the mix is pulled towards where there is little data, and how strongly."""


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


class _Evidence(NamedTuple):
    logits: Floats  # (m, candidates), of the probe
    centre: Floats  # (m, candidates)
    nearest: Floats  # (m, candidates)
    away: Floats  # (m,) logit of the class of prompts outside
    strange: Floats  # (m,) similarity to the nearest prompt outside

    def score(self, mix: Doubles) -> Floats:
        scores: Floats = (mix[0] * self.logits + mix[1] * self.centre + mix[2] * self.nearest).astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class _Judge:
    """A probe and the rows it goes with."""

    near: Nearness
    outside: Floats
    probe: Probe | None

    def evidence(self, vectors: Floats, hashed: Floats | None) -> _Evidence:
        count = len(vectors)
        logits = np.zeros((count, self.near.candidates), np.float32)
        away = np.zeros(count, np.float32)
        if self.probe is not None:
            found = self.probe.logits(vectors, hashed)
            logits = found[:, : self.near.candidates]
            if len(self.outside):
                away = found[:, -1]
        strange = (vectors @ self.outside.T).max(axis=1) if len(self.outside) else np.zeros(count, np.float32)
        return _Evidence(logits, self.near.centre(vectors), self.near.nearest(vectors), away, strange)


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
    _judge: _Judge
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
        clues, best, lead = _clues(evidence, scores)
        score = _apply(self._scope, clues) if self.aware else clues[:, 0]
        confidence = _sigmoid(_apply(self._sure, _odds(scores)))
        if self.aware:
            confidence = confidence * _sigmoid(score)
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
            with np.load(io.BytesIO(data), allow_pickle=False) as found:
                arrays = dict(found)
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
            return cls(
                about["threshold"],
                about["target_coverage"],
                about["margin"],
                about["aware"],
                Quality(**about["quality"]),
                _Judge(nearness(rows, arrays["owners"], about["candidates"]), outside, probe),
                arrays["mix"],
                arrays["scope"],
                arrays["sure"],
            )
        except RoutingError:
            raise
        except Exception as error:  # a zip that is cut short fails in many ways
            raise RoutingError(f"the stored calibration can't be read ({error!r}): fit again") from None


def fit(
    rows: ArrayLike,
    owners: ArrayLike,
    parts: ArrayLike,
    candidates: int,
    labelled: ArrayLike,
    labels: ArrayLike,
    *,
    row_texts: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    seed: int = 0,
    target_coverage: float = 0.95,
) -> Calibration:
    """Return what the vectors of candidates and labelled prompts teach.

    The examples of the candidates count as labelled prompts; a labelled prompt that is a copy of an example of the
    same candidate counts once. With both *row_texts* and *texts*, words are learned beside vectors.

    Args:
        rows: (n, width) unit rows of the candidates.
        owners: (n,) the candidate of each row, from 0.
        parts: (n,) 0 for what a candidate says it is, from 1 for its examples.
        candidates: how many there are.
        labelled: (k, width) unit rows of prompts; may be empty.
        labels: (k,) the candidate each prompt is for; -1: none.
        row_texts: what the rows were made from.
        texts: what *labelled* was made from.
        seed: decides the folds; the same input and seed give the same calibration.
        target_coverage: the share of prompts in scope that must get an answer, between 0 and 1.

    Raises:
        RoutingError: there is not a single example or prompt that belongs to a candidate.
        ValueError: *target_coverage* is not between 0 and 1, a label names no candidate, or numbers don't agree.
    """
    data = _gather(rows, owners, parts, candidates, labelled, labels, row_texts, texts)
    if not 0 < target_coverage < 1:
        raise ValueError(f"target_coverage={target_coverage!r} must lie between 0 and 1")
    if not np.any((data.labels < candidates) & data.prompts):
        raise RoutingError("there is nothing to fit on: give the entries examples, or prompts that belong to them")
    evidence, gold = _held_out(data, np.random.default_rng(seed))
    inside = gold < candidates
    mix = _learn_mix(_Evidence(*(part[inside] for part in evidence)), gold[inside])
    scores = evidence.score(mix)
    clues, best, lead = _clues(evidence, scores)
    right = best == gold
    aware = not inside.all()
    scope = np.zeros(clues.shape[1] + 1)
    if aware:
        scope = _learn_scope(clues, inside)
    score = _apply(scope, clues) if aware else clues[:, 0]
    ones = np.ones(int(inside.sum()))
    sure = _logistic(_odds(scores[inside]), right[inside], ones, np.array([1.0, 0.0]))
    sure[0] = max(sure[0], 0.0)
    slope, bias = _logistic(lead[inside][:, None], right[inside], ones, np.array([1.0, 0.0]))
    confidence = _sigmoid(_apply(sure, _odds(scores))) * (_sigmoid(score) if aware else 1.0)
    threshold = float(np.quantile(score[inside], 1 - target_coverage))
    return Calibration(
        threshold,
        target_coverage,
        float(max(0.0, -bias / slope)) if slope > 0 else 0.0,
        aware,
        _quality(score, confidence, right, inside, threshold),
        _judge(data, np.ones(len(data.labels), bool), stored=True),
        mix,
        scope,
        sure,
    )


# -- data and folds --------------------------------------------------------------------------------------------------


class _Data(NamedTuple):
    vectors: Floats
    hashed: Floats | None
    labels: Places  # candidates: belongs to none
    prompts: Flags  # worded as prompts are, so they may be held out
    candidates: int


def _gather(
    rows: ArrayLike,
    owners: ArrayLike,
    parts: ArrayLike,
    candidates: int,
    labelled: ArrayLike,
    labels: ArrayLike,
    row_texts: Sequence[str] | None,
    texts: Sequence[str] | None,
) -> _Data:
    known, prompts = np.asarray(rows, np.float32), np.asarray(labelled, np.float32)
    owner, part, label = (np.asarray(given, np.int64).reshape(-1) for given in (owners, parts, labels))
    if not len(known) == len(owner) == len(part) or len(prompts) != len(label):
        raise ValueError(
            f"{len(known)} rows with {len(owner)} owners and {len(part)} parts, {len(prompts)} prompts with "
            f"{len(label)} labels: each row needs one of each"
        )
    for name, places, low in (("owner", owner, 0), ("label", label, -1)):
        wrong = places[(places < low) | (places >= candidates)]
        if len(wrong):
            raise ValueError(f"{name} {wrong[0]} is none of the {candidates} candidates")
    if not len(prompts):
        prompts = prompts.reshape(0, known.shape[1] if known.ndim == 2 else 0)
    if not len(known):
        known = known.reshape(0, prompts.shape[1])
    vectors = np.concatenate([known, prompts])
    everything = np.concatenate([owner, np.where(label < 0, candidates, label)])
    shown = np.concatenate([part > 0, np.ones(len(label), bool)])
    hashed = None
    if row_texts is not None and (texts is not None or not len(prompts)):
        said = [*row_texts, *(texts or ())]
        if len(said) != len(vectors):
            raise ValueError(f"{len(said)} texts for {len(vectors)} rows and prompts: each needs its own")
        hashed = hash_words(said)
    kept = np.flatnonzero(vectors.any(axis=1))
    # Of copies that belong to the same candidate the first stays; examples come first, for a text is never held out.
    kept = kept[np.argsort(~shown[kept], kind="stable")]
    _, first = np.unique(np.stack([copies(vectors[kept]), everything[kept]]), axis=1, return_index=True)
    kept = np.sort(kept[first])
    return _Data(vectors[kept], None if hashed is None else hashed[kept], everything[kept], shown[kept], candidates)


def copies(vectors: Floats) -> Places:
    """Return for each row a number that it shares with its copies and with no other row: (n,), the first of them.

    Copies have (nearly) the same numbers, so they are neighbours in the order of any one direction.
    """
    count = len(vectors)
    groups = np.arange(count)
    if count < 2:
        return groups
    along = vectors.astype(np.float64) @ np.random.default_rng(0).standard_normal(vectors.shape[1])
    order = np.argsort(along, kind="stable")
    for _ in range(2):  # the second time over, chains of copies meet
        for step in range(1, min(9, count)):
            one, two = order[:-step], order[step:]
            same = np.einsum("ij,ij->i", vectors[one], vectors[two]) > _SAME
            one, two = one[same], two[same]
            low = np.minimum(groups[one], groups[two])
            np.minimum.at(groups, one, low)
            np.minimum.at(groups, two, low)
    return groups


def _folds(data: _Data, count: int, rng: np.random.Generator) -> Places:
    """Return the fold of each row, -1 for those that are never held out; each candidate's are spread evenly."""
    folds = np.full(len(data.labels), -1, np.int64)
    places = np.flatnonzero(data.prompts)
    groups, first, member = np.unique(copies(data.vectors[places]), return_index=True, return_inverse=True)
    owner = data.labels[places][first]
    order = np.lexsort((rng.random(len(groups)), owner))
    begins = np.searchsorted(owner[order], owner[order])  # where the candidate's groups begin
    turn = np.empty(len(groups), np.int64)
    turn[order] = np.arange(len(groups)) - begins
    folds[places] = ((turn + rng.integers(count, size=data.candidates + 1)[owner]) % count)[member.reshape(-1)]
    return folds


def _held_out(data: _Data, rng: np.random.Generator) -> tuple[_Evidence, Places]:
    """Return what is said of each prompt by a judge that has not seen it, and whom the prompts are for."""
    inside = data.prompts & (data.labels < data.candidates)
    each = np.bincount(data.labels[inside], minlength=data.candidates)
    typical = int(np.median(each[each > 0]))
    # As many folds as examples: then each is judged by all the others of its candidate, nearly as a new prompt is.
    afford = int(_FOLDS_WORK / max(_work(data), 1))
    folds = _folds(data, min(max(5, typical), 10, max(5, afford)), rng)
    most = max(200, int(_JUDGED / data.candidates))
    tried = np.flatnonzero(data.prompts)
    if len(tried) > most:
        tried = np.sort(rng.choice(tried, most, replace=False))
    blocks, places = [], []
    for fold in np.unique(folds[tried]).tolist():
        held = tried[folds[tried] == fold]
        judge = _judge(data, folds != fold)
        blocks.append(judge.evidence(data.vectors[held], None if data.hashed is None else data.hashed[held]))
        places.append(held)
    return _Evidence(*map(np.concatenate, zip(*blocks, strict=True))), data.labels[np.concatenate(places)]


def _work(data: _Data) -> float:
    width = data.vectors.shape[1] + (0 if data.hashed is None else data.hashed.shape[1])
    return float(len(data.labels) * width * (data.candidates + 1))


def _judge(data: _Data, seen: Flags, *, stored: bool = False) -> _Judge:
    """Return the judge that learns from the rows *seen*; *stored*: with numbers that float16 holds unchanged."""
    inside = seen & (data.labels < data.candidates)
    outside = data.vectors[seen & (data.labels == data.candidates)]
    rows, probe = data.vectors[inside], None
    if _work(data) <= _WORK:
        classes = data.candidates + bool(len(outside))
        hashed = None if data.hashed is None else data.hashed[seen]
        probe = train(data.vectors[seen], hashed, data.labels[seen], classes)
    if stored:
        rows, outside = _half(rows), _half(outside)
        if probe is not None:
            probe = Probe(_half(probe.weights), probe.bias, probe.rarity)
    return _Judge(nearness(rows, data.labels[inside], data.candidates), outside, probe)


def _half(values: Floats) -> Floats:
    halved: Floats = values.astype(np.float16).astype(np.float32)
    return halved


# -- what is learned from the judgements -----------------------------------------------------------------------------


def _learn_mix(evidence: _Evidence, gold: Places) -> Doubles:
    """Return the weights of logits, centres and nearest rows that make the right candidates likeliest."""
    parts = np.stack([evidence.logits, evidence.centre, evidence.nearest], axis=2).astype(np.float64)
    each = np.arange(len(gold))
    mix = _MIX.copy()

    def loss(at: Doubles) -> tuple[float, Doubles]:
        scores = parts @ at
        top = scores.max(axis=1, keepdims=True)
        shares = np.exp(scores - top)
        sums = shares.sum(axis=1, keepdims=True)
        value = float((np.log(sums) + top)[:, 0].sum() - scores[each, gold].sum())
        return value + float((_MIX_PENALTY * (at - _MIX) ** 2).sum()) / 2, shares / sums

    value, shares = loss(mix)
    for _ in range(25):
        means = np.einsum("ncj,nc->nj", parts, shares)
        slope = (means - parts[each, gold]).sum(axis=0) + _MIX_PENALTY * (mix - _MIX)
        bend = np.einsum("ncj,nck->jk", parts * shares[:, :, None], parts, optimize=True) - means.T @ means
        step = np.linalg.solve(bend + np.diag(_MIX_PENALTY), slope)
        for _ in range(10):
            there, spread = loss(mix - step)
            if there <= value:
                break
            step /= 2
        else:
            break
        mix, shares, gain, value = mix - step, spread, value - there, there
        if gain < 1e-6 * max(value, 1.0):
            break
    return mix


def _clues(evidence: _Evidence, scores: Floats) -> tuple[Doubles, Places, Doubles]:
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
            evidence.away - _log_sum(evidence.logits),
        ],
        axis=1,
    )
    return clues.astype(np.float64), best, lead


def _learn_scope(clues: Doubles, inside: Flags) -> Doubles:
    """Return the weights of clues, and the bias, that part prompts inside from those outside at even odds."""
    mean, deviation = clues.mean(axis=0), clues.std(axis=0)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    each = np.array([(~inside).sum(), inside.sum()])
    weights = np.where(inside, each.min() / each[1], each.min() / each[0])
    # With few prompts outside, the score of the best candidate alone is the better guess.
    prior = np.zeros(clues.shape[1] + 1)
    prior[0] = 1.0
    found = _logistic((clues - mean) / deviation, inside, weights, prior)
    found[:-1] /= deviation
    found[-1] -= found[:-1] @ mean
    return found


def _logistic(clues: Doubles, truth: Flags, weights: Doubles, prior: Doubles) -> Doubles:
    """Return a weight for each clue, and a bias, of a logistic regression pulled towards *prior* (the bias hardly)."""
    table = np.column_stack([clues, np.ones(len(clues))])
    penalty = np.ones(table.shape[1])
    penalty[-1] = 0.01
    found = prior.copy()
    for _ in range(50):
        likely = _sigmoid(table @ found)
        slope = table.T @ (weights * (likely - truth)) + penalty * (found - prior)
        bend = (table * (weights * likely * (1 - likely))[:, None]).T @ table + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-9))  # a full step may overshoot into the flat
        found -= step
        if np.abs(step).max() < 1e-6:
            break
    return found


def _quality(score: Doubles, confidence: Doubles, right: Flags, inside: Flags, threshold: float) -> Quality:
    taken, count, others = score >= threshold, int(inside.sum()), int((~inside).sum())
    weights = np.where(inside, 1 / max(count, 1), 1 / max(others, 1))
    return Quality(
        count,
        others,
        float(right[inside].mean()),
        float(taken[inside].mean()),
        float((~taken[~inside]).mean()) if others else None,
        auroc(score[inside], score[~inside]),
        reliability(confidence, right, weights),
    )


def auroc(inside: ArrayLike, outside: ArrayLike) -> float | None:
    """Return how often a score of *inside* is above one of *outside*, ties count half; None if either is empty."""
    high, low = np.asarray(inside, np.float64), np.sort(np.asarray(outside, np.float64))
    if not len(high) or not len(low):
        return None
    below, upto = np.searchsorted(low, high, "left"), np.searchsorted(low, high, "right")
    return float((below + upto).mean() / 2 / len(low))


def reliability(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, *, bins: int = 10) -> float:
    """Return how far confidences are from the observed accuracy: the weighted mean distance over *bins* of equal width.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015
    (expected calibration error).
    """
    said, true = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    weight = np.ones(len(said)) if weights is None else np.asarray(weights, np.float64)
    if not len(said):
        return 0.0
    bin_of = np.minimum((said * bins).astype(np.int64), bins - 1)
    apart = np.abs(np.bincount(bin_of, weight * (said - true), minlength=bins))
    return float(apart.sum() / weight.sum())


def _odds(scores: Floats) -> Doubles:
    """Return the log-odds of the best candidate against all others by softmax: (m, 1), within ±20."""
    given = scores.astype(np.float64)
    best = given.max(axis=1)
    rest = given.copy()
    rest[np.arange(len(given)), given.argmax(axis=1)] = -np.inf
    if given.shape[1] == 1:
        return np.full((len(given), 1), 20.0)
    found: Doubles = np.clip(best - _log_sum(rest), -20, 20)[:, None]
    return found


def _log_sum(values: NDArray[Any]) -> Doubles:
    top = values.max(axis=1)
    found: Doubles = np.log(np.exp(values - top[:, None]).sum(axis=1, dtype=np.float64)) + top
    return found


def _apply(weights: Doubles, clues: Doubles) -> Doubles:
    applied: Doubles = clues @ weights[:-1] + weights[-1]
    return applied


def _sigmoid(values: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-np.clip(values, -40, 40)))
    return found
