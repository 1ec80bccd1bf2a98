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

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from catalog.errors import RoutingError
from catalog.routing.calibration.calibration import SIGNS, Calibration, Evidence, Judge, Quality, clues_of
from catalog.routing.calibration.linear_probe import Probe, hash_words, train
from catalog.routing.calibration.numbers import (
    Doubles,
    Flags,
    auroc,
    logistic,
    odds_of,
    reliability,
    sigmoid,
    signed_logistic,
    weighted,
)
from catalog.routing.calibration.similarity import Floats, Places, nearness

MOST_WORK = 6e9
"""Products of one pass over the data above which no probe is learned: 100 examples each of 450 candidates."""

_FOLDS_WORK = 1.5e9
_FEWEST_REST = 200  # rows of candidates that no prompt was given for
_JUDGED = 3e6  # scores that held-out prompts may have together
_SAME = 1 - 1e-4
"""The similarity above which two prompts are copies: rounding, not wording, parts them."""

_MIX, _MIX_PENALTY = np.array([1.0, 5.0, 5.0]), np.array([1.0, 0.02, 0.02])
"""What the mix is pulled towards where there is little data, and how strongly."""


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
) -> tuple[Calibration, HeldOut]:
    """Return what the vectors of candidates and labelled prompts teach, and how that did on data it had not seen.

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
    return _learned(data, np.random.default_rng(seed), target_coverage)


class HeldOut(NamedTuple):
    """What a calibration says of examples and prompts that it had not seen, (n,) each.

    Attributes:
        sources: the place of each in the rows of the candidates, followed by the labelled prompts.
        gold: the candidate it is for; the number of candidates: none.
        best: the candidate with the highest score.
        score: what is held against the threshold.
        confidence: how likely *best* is right.
    """

    sources: Places
    gold: Places
    best: Places
    score: Doubles
    confidence: Doubles


def _learned(data: _Data, rng: np.random.Generator, target_coverage: float) -> tuple[Calibration, HeldOut]:
    """Return what held-out data teaches, in the order the head of this file says."""
    evidence, held = _held_out(data, rng)
    gold = data.labels[held]
    inside = gold < data.candidates
    mix = _learn_mix(Evidence(*(part[inside] for part in evidence)), gold[inside])
    scores = evidence.score(mix)
    clues, best, lead = clues_of(evidence, scores)
    right = best == gold
    aware = not inside.all()
    scope = np.zeros(clues.shape[1] + 1)
    if aware:
        scope = _learn_scope(clues, inside)
    score = weighted(scope, clues) if aware else clues[:, 0]
    ones = np.ones(int(inside.sum()))
    sure = logistic(odds_of(scores[inside]), right[inside], ones, np.array([1.0, 0.0]))
    sure[0] = max(sure[0], 0.0)
    slope, bias = logistic(lead[inside][:, None], right[inside], ones, np.array([1.0, 0.0]))
    confidence = sigmoid(weighted(sure, odds_of(scores))) * (sigmoid(score) if aware else 1.0)
    threshold = float(np.quantile(score[inside], 1 - target_coverage))
    made = Calibration(
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
    return made, HeldOut(data.sources[held], gold, best, score, confidence)


def at_threshold(made: Calibration, held: HeldOut, threshold: float) -> Calibration:
    """Return a calibration with another *threshold*, and the quality it has with that."""
    inside = held.gold < made.candidates
    quality = _quality(held.score, held.confidence, held.best == held.gold, inside, threshold)
    return replace(made, threshold=threshold, quality=quality)


# -- data and folds --------------------------------------------------------------------------------------------------


class _Data(NamedTuple):
    vectors: Floats
    hashed: Floats | None
    labels: Places  # candidates: belongs to none
    prompts: Flags  # worded as prompts are, so they may be held out
    sources: Places  # where each stood in what was given
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
    owner, part, label = (np.asarray(values, np.int64).reshape(-1) for values in (owners, parts, labels))
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
        all_texts = [*row_texts, *(texts or ())]
        if len(all_texts) != len(vectors):
            raise ValueError(f"{len(all_texts)} texts for {len(vectors)} rows and prompts: each needs its own")
        hashed = hash_words(all_texts)
    kept = np.flatnonzero(vectors.any(axis=1))
    # Of copies that belong to the same candidate the first stays; examples come first, for a text is never held out.
    kept = kept[np.argsort(~shown[kept], kind="stable")]
    _, first = np.unique(np.stack([copies(vectors[kept]), everything[kept]]), axis=1, return_index=True)
    kept = np.sort(kept[first])
    return _Data(
        vectors[kept], None if hashed is None else hashed[kept], everything[kept], shown[kept], kept, candidates
    )


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
            left, right = order[:-step], order[step:]
            same = np.einsum("ij,ij->i", vectors[left], vectors[right]) > _SAME
            left, right = left[same], right[same]
            low = np.minimum(groups[left], groups[right])
            np.minimum.at(groups, left, low)
            np.minimum.at(groups, right, low)
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


def _held_out(data: _Data, rng: np.random.Generator) -> tuple[Evidence, Places]:
    """Return what is said of each prompt by a judge that has not seen it, and the places of the prompts."""
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
    return Evidence(*map(np.concatenate, zip(*blocks, strict=True))), np.concatenate(places)


def _work(data: _Data) -> float:
    """Return how many products one pass over the data of a probe takes."""
    width = data.vectors.shape[1] + (0 if data.hashed is None else data.hashed.shape[1])
    classes = len(_classes(data))
    rest = len(data.labels) - int(np.isin(data.labels, _classes(data)).sum())
    return float((len(data.labels) - rest + min(rest, _rest(data))) * width * (classes + 2))


def _classes(data: _Data) -> Places:
    """Return the candidates that a probe tells apart: those with an example or a prompt."""
    return np.unique(data.labels[data.prompts & (data.labels < data.candidates)])


def _rest(data: _Data) -> int:
    """Return how many rows of all other candidates a probe sees: as many as prompts, so that neither side drowns."""
    return max(_FEWEST_REST, int(data.prompts.sum()))


def _judge(data: _Data, seen: Flags, *, stored: bool = False) -> Judge:
    """Return the judge that learns from the rows *seen*; *stored*: with numbers that float16 holds unchanged."""
    inside = seen & (data.labels < data.candidates)
    outside = data.vectors[seen & (data.labels == data.candidates)]
    rows, probe = data.vectors[inside], None
    classes = _classes(data)
    if _work(data) <= MOST_WORK:
        # Candidates without a prompt are one class together: the time grows with the prompts, not with candidates that
        # nothing was said of.
        places = np.full(data.candidates + 1, len(classes), np.int64)
        places[classes] = np.arange(len(classes))
        others = len(classes) < data.candidates
        places[data.candidates] = len(classes) + others
        labels = places[data.labels]
        rest = np.flatnonzero(seen & (labels == len(classes))) if others else np.zeros(0, np.int64)
        if len(rest) > _rest(data):
            shown = seen.copy()
            shown[np.delete(rest, np.linspace(0, len(rest) - 1, _rest(data)).astype(np.int64))] = False
        else:
            shown = seen
        hashed = None if data.hashed is None else data.hashed[shown]
        probe = train(data.vectors[shown], hashed, labels[shown], len(classes) + others + bool(len(outside)))
    if stored:
        rows, outside = _half(rows), _half(outside)
        if probe is not None:
            probe = Probe(_half(probe.weights), probe.bias, probe.rarity)
    return Judge(nearness(rows, data.labels[inside], data.candidates), outside, probe, classes)


def _half(values: Floats) -> Floats:
    halved: Floats = values.astype(np.float16).astype(np.float32)
    return halved


# -- what is learned from the judgements -----------------------------------------------------------------------------


def _learn_mix(evidence: Evidence, gold: Places) -> Doubles:
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


def _learn_scope(clues: Doubles, inside: Flags) -> Doubles:
    """Return the weights of clues, and the bias, that part prompts inside from those outside at even odds."""
    mean, deviation = clues.mean(axis=0), clues.std(axis=0)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    each = np.array([(~inside).sum(), inside.sum()])
    weights = np.where(inside, each.min() / each[1], each.min() / each[0])
    # With few prompts outside, the score of the best candidate alone is the better guess.
    prior = np.zeros(clues.shape[1] + 1)
    prior[0] = 1.0
    scope = signed_logistic((clues - mean) / deviation, inside, weights, prior, SIGNS)
    scope[:-1] /= deviation
    scope[-1] -= scope[:-1] @ mean
    return scope


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
