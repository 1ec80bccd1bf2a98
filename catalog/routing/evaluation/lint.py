"""``route lint``: finds what makes routing go wrong, or leaves it untested, before a prompt does.

Every finding says what it rests on: ``proved`` holds for every prompt; ``observed`` was seen on golden cases and
examples; ``likely`` is a similarity above a threshold. Models are never asked and predicates never called. Time is
bounded, and notes say what was not looked at for lack of time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.entry.key import split_key
from catalog.entry.match import compiled, is_predicate
from catalog.entry.states import DEPRECATED, DRAFT, NEEDS_REVIEW, deprecated_in_words, deprecation, review_of
from catalog.errors import CatalogError
from catalog.routing.evaluation.golden import cases_for
from catalog.routing.strategies.choose import ASKING
from catalog.routing.strategies.rules import FEWEST_CHARACTERS, in_order
from catalog.routing.wording import shortened

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.evaluation.evaluation import Evaluation
    from catalog.routing.pool import Pool
    from catalog.routing.router import Router

PROVED, OBSERVED, LIKELY = "proved", "observed", "likely"

CODES = (
    "near_duplicate", "shared_example", "steals", "unreached", "dead_rule", "broken_rule", "predicate",
    "undescribed", "draft", "review", "deprecated", "lost_golden",
)  # fmt: skip
"""The kinds of findings, in the order they are listed."""

NEAR = 0.93
"""The cosine of the texts of two entries from which on they are near-duplicates.

Looked at in five sets with both encoders: above it are repetitions ("calculate triangle area", "calc area triangle"),
below 0.92 two sizes of one model, or neighbours that differ in one word.
"""

MOST_ENTRIES = 20_000
"""The most candidates of which every pair is compared, in some 4 s."""

MOST_PAIRS = 1_000
"""The most near-duplicates that are reported, the nearest first."""

SECONDS = 20.0
"""About how long the search may take; reading the catalog and its vectors is not counted."""

_BLOCK = 1_024


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Something that makes routing go wrong, or leaves it untested.

    Attributes:
        code: the kind of finding, one of :data:`CODES`.
        keys: the entries that the finding is about.
        message: what is wrong and what to do, in words.
        evidence: ``proved``, ``observed`` or ``likely``.
        facts: the figures behind the finding.
    """

    code: str
    keys: tuple[str, ...]
    message: str
    evidence: str
    facts: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as data for JSON."""
        return {
            "code": self.code,
            "keys": list(self.keys),
            "message": self.message,
            "evidence": self.evidence,
            "facts": self.facts,
        }


@dataclass(frozen=True, slots=True)
class Lint:
    """All findings about a router.

    Attributes:
        findings: in the order of :data:`CODES`, the worst of each first.
        notes: what was not looked at, and why.
        candidates: how many entries were looked at.
        golden: how many golden cases were evaluated.
    """

    findings: tuple[LintFinding, ...]
    notes: tuple[str, ...]
    candidates: int
    golden: int

    def to_dict(self) -> dict[str, Any]:
        """Return findings and notes as data for JSON."""
        return {
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": list(self.notes),
            "candidates": self.candidates,
            "golden": self.golden,
        }


class _Linter:
    """One run over the candidates of a router."""

    def __init__(self, router: Router, seconds: float, clock: Callable[[], float]) -> None:
        self.router = router
        self.pool: Pool = router.pool()
        self.clock = clock
        self.until = clock() + seconds
        self.notes: list[str] = []
        self.cases, self.others = cases_for(router.catalog, self.pool)

    # -- entries -----------------------------------------------------------------------------------------------------

    def near_duplicates(self) -> Iterator[LintFinding]:
        seen: dict[tuple[str, ...], Entry] = {}
        same: set[tuple[str, str]] = set()
        for entry in self.pool.entries:
            texts = tuple(" ".join(text.casefold().split()) for text in (entry.description, *sorted(entry.examples)))
            if not any(texts):
                continue
            other = seen.setdefault(texts, entry)
            if other is not entry:
                same.add((other.key, entry.key))
                yield LintFinding(
                    "near_duplicate",
                    (other.key, entry.key),
                    "description and examples are the same: no strategy that reads them can tell the two apart",
                    PROVED,
                    {"similarity": 1.0},
                )
        for near, first, second in self._pairs():
            keys = (first.key, second.key)
            if keys not in same:
                yield LintFinding(
                    "near_duplicate",
                    keys,
                    f"they say nearly the same (similarity {near:.3f}); take one away, or say how they differ",
                    LIKELY,
                    {"similarity": round(near, 4)},
                )

    def _pairs(self) -> list[tuple[float, Entry, Entry]]:
        """Return similarity and entries of the pairs whose texts are near, the nearest first."""
        from catalog.routing.calibration.candidate_vectors import of_pool

        entries = self.pool.entries
        try:
            vectors = of_pool(self.pool) if len(entries) > 1 else None
        except CatalogError as error:
            self.notes.append(f"near-duplicates were looked for by words only: {error}")
            return []
        if vectors is None:
            return []
        import numpy as np

        own = np.flatnonzero(vectors.parts == 0)[:MOST_ENTRIES]
        if int((vectors.parts == 0).sum()) > MOST_ENTRIES:
            self.notes.append(f"near-duplicates were looked for among the first {MOST_ENTRIES:,} candidates")
        rows, owners = vectors.rows[own], vectors.owners[own]
        pairs: list[tuple[float, int, int]] = []
        for start in range(0, len(rows), _BLOCK):
            if self.clock() > self.until:
                self.notes.append(f"time was up after {start:,} candidates were compared with all others")
                break
            table = rows[start : start + _BLOCK] @ rows[start:].T
            for row, column in np.argwhere(np.triu(table, 1) >= NEAR).tolist():
                pairs.append((float(table[row, column]), int(owners[start + row]), int(owners[start + column])))
            if len(pairs) > 4 * MOST_PAIRS:
                pairs = sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))[:MOST_PAIRS]
        pairs.sort(key=lambda pair: (-pair[0], *pair[1:]))
        return [(min(near, 1.0), entries[first], entries[second]) for near, first, second in pairs[:MOST_PAIRS]]

    def shared_examples(self) -> Iterator[LintFinding]:
        owners: dict[str, dict[str, str]] = defaultdict(dict)
        for entry in self.pool.entries:
            for example in entry.examples:
                owners[" ".join(example.casefold().split())].setdefault(entry.key, example)
        for text, keys in owners.items():
            if text and len(keys) > 1:
                yield LintFinding(
                    "shared_example",
                    tuple(keys),
                    f"'{shortened(next(iter(keys.values())))}' is an example of each: it teaches nothing about any",
                    PROVED,
                    {"example": next(iter(keys.values()))},
                )

    def undescribed(self) -> Iterator[LintFinding]:
        for entry in self.pool.entries:
            if not entry.description.strip() and not entry.examples:
                ruled = bool(entry.match)
                yield LintFinding(
                    "undescribed",
                    (entry.key,),
                    "neither description nor examples: "
                    + ("only its rule finds it" if ruled else "nothing but its name finds it"),
                    PROVED,
                    {"rule": ruled},
                )

    def drafts(self) -> Iterator[LintFinding]:
        for entry, _ in self.pool.filtered:
            if entry.metadata.get(DRAFT):
                yield LintFinding("draft", (entry.key,), "a draft that waits for approval or removal", PROVED, {})

    def unreviewed(self) -> Iterator[LintFinding]:
        for entry, why in self.pool.filtered:
            if review_of(entry.metadata) == NEEDS_REVIEW:
                yield LintFinding("review", (entry.key,), why, PROVED, {})

    # -- golden cases ------------------------------------------------------------------------------------------------

    def deprecated(self) -> Iterator[LintFinding]:
        left_out = {entry.key: entry for entry, _ in self.pool.filtered if review_of(entry.metadata) == DEPRECATED}
        asked: dict[str, list[str]] = defaultdict(list)
        for case in self.others:
            for key in left_out.keys() & set(case.names):
                asked[key].append(case.text)
        for key, texts in sorted(asked.items()):
            entry = left_out[key]
            why = deprecated_in_words(entry.metadata)
            yield LintFinding(
                "deprecated",
                (key,),
                f"{_counted(len(texts))} of it, as '{shortened(texts[0])}', and it {why}",
                PROVED,
                {"cases": len(texts), "instead": deprecation(entry.metadata)[0]},
            )

    def lost_golden(self) -> Iterator[LintFinding]:
        catalog = self.router.catalog
        lost: dict[str, list[str]] = defaultdict(list)
        for case in self.others:
            for key in case.names:
                if split_key(key) not in catalog:
                    lost[key].append(case.text)
        for key, texts in sorted(lost.items()):
            yield LintFinding(
                "lost_golden",
                (key,),
                f"{_counted(len(texts))} of an entry that is not in the catalog, as '{shortened(texts[0])}'; "
                f"`catalog route golden remove --entry {key}` takes {'it' if len(texts) == 1 else 'them'} away",
                PROVED,
                {"cases": len(texts)},
            )

    def evaluated(self) -> Evaluation | None:
        """Return how the router does on its golden cases, without the steps that ask a model."""
        if not any(case.names for case in self.cases):
            self.notes.append("no golden case is for these candidates; `catalog route golden add TEXT KEY` keeps one")
            return None
        from catalog.routing.evaluation.evaluate import evaluate
        from catalog.routing.strategies.cascade import Cascade

        router, strategy = self.router, self.router.strategy
        chain: Sequence[Any] = getattr(strategy, "chain", (strategy,))
        free = [step for step in chain if step.name not in ASKING]
        if len(free) < len(chain):
            self.notes.append("strategies that ask a model were left out")
        if not free:
            return None
        if len(free) < len(chain):
            import copy

            router = copy.copy(router)
            router.strategy = Cascade(free) if len(free) > 1 else free[0]
        try:
            evaluation = evaluate(router, [(case.text, case.names) for case in self.cases])
            self.notes += evaluation.notes
            return evaluation
        except CatalogError as error:
            self.notes.append(f"golden cases were not asked: {error}")
            return None

    def stolen(self, evaluation: Evaluation) -> Iterator[LintFinding]:
        pairs: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for judged in evaluation.judged:
            if judged.gold and judged.chosen is not None and not judged.is_right:
                first, second = sorted((judged.gold[0], judged.chosen))
                pairs[first, second][judged.chosen].append(judged.text)
        for keys, taken in sorted(pairs.items(), key=lambda pair: (-sum(map(len, pair[1].values())), pair[0])):
            thefts = [f"{key} takes {_counted(len(taken[key]))} of {_other(keys, key)}" for key in keys if taken[key]]
            example = next(texts[0] for texts in taken.values() if texts)
            yield LintFinding(
                "steals",
                keys,
                f"{', and '.join(thefts)}, as '{shortened(example)}'",
                OBSERVED,
                {"taken": {key: len(taken[key]) for key in keys}, "texts": [t for key in keys for t in taken[key]][:5]},
            )

    def unreached(self, evaluation: Evaluation) -> Iterator[LintFinding]:
        reached = {judged.chosen for judged in evaluation.judged}
        golden: dict[str, int] = defaultdict(int)
        for judged in evaluation.judged:
            for key in judged.gold:
                golden[key] += 1
        for entry in self.pool.entries:
            if entry.key in reached:
                continue
            cases = golden[entry.key]
            own = "its golden case does not reach it" if cases == 1 else f"none of its {_counted(cases)} reaches it"
            yield LintFinding(
                "unreached",
                (entry.key,),
                own if cases else "it has no golden case, and none reaches it",
                OBSERVED,
                {"cases": cases},
            )

    # -- rules -------------------------------------------------------------------------------------------------------

    def broken_rules(self) -> Iterator[LintFinding]:
        for entry in in_order(self.pool.entries):
            rule = str(entry.match)
            if not is_predicate(rule):
                try:
                    compiled(rule)
                except (ValueError, UnicodeError) as error:
                    yield LintFinding("broken_rule", (entry.key,), f"its rule is passed over: {error}", PROVED, {})

    def predicates(self) -> Iterator[LintFinding]:
        from catalog.routing.predicates import check_predicate  # only where there is a predicate

        for entry in in_order(self.pool.entries):
            if is_predicate(str(entry.match)):
                try:
                    check_predicate(self.router.catalog.workspace, entry)
                except CatalogError as error:
                    yield LintFinding("predicate", (entry.key,), str(error), PROVED, {"match": entry.match})
                else:
                    self.notes.append(f"routing calls {entry.match}, the rule of {entry.key}")

    def dead_rules(self) -> Iterator[LintFinding]:
        from catalog.routing.evaluation.shadowed_rules import observed, proved

        ruled = in_order(self.pool.entries)
        rules = [str(entry.match) for entry in ruled]
        keys = [entry.key for entry in ruled]
        if len(rules) < 2:
            return
        certain: set[int] = set()
        for shadowed in proved(rules, until=self._share(0.5), clock=self.clock):
            certain.add(shadowed.place)
            yield LintFinding(
                "dead_rule",
                (keys[shadowed.place], keys[shadowed.by]),
                f"{keys[shadowed.by]} is asked before and takes all of it: {shadowed.why}",
                PROVED,
                {"rule": rules[shadowed.place], "earlier": rules[shadowed.by]},
            )
        texts = [case.text for case in self.cases]
        texts += [example for entry in ruled for example in entry.examples]
        shown = (text[:FEWEST_CHARACTERS] for text in dict.fromkeys(texts))
        for place, by in observed(rules, shown, until=self._share(0.8), clock=self.clock).items():
            if place in certain:
                continue
            total = sum(by.values())
            takers = sorted(by.items(), key=lambda taker: (-taker[1], taker[0]))
            first = takers[0][0]
            yield LintFinding(
                "dead_rule",
                (keys[place], keys[first]),
                f"it matches {total} known {'prompt' if total == 1 else 'prompts'}, and an earlier rule takes each: "
                + ", ".join(f"{keys[taker]} {count}" for taker, count in takers[:3]),
                OBSERVED,
                {"rule": rules[place], "earlier": rules[first], "prompts": total},
            )

    def _share(self, of: float) -> float:
        """Return the time, by the clock, at which the share *of* the time left is over."""
        now = self.clock()
        return now + max(self.until - now, 0.0) * of


def lint(
    router: Router,
    only: Iterable[str] = (),
    *,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Lint:
    """Return what is wrong with the candidates of *router*, their rules and golden cases.

    Args:
        router: the router whose candidates, rules and golden cases are looked at.
        only: the :data:`CODES` to look for; empty: all.
        seconds: about how long it may take.
        clock: a function that gives seconds.
    """
    wanted = set(only) or set(CODES)
    run = _Linter(router, seconds, clock)
    findings: list[LintFinding] = []
    plain: dict[str, Callable[[], Iterator[LintFinding]]] = {
        "near_duplicate": run.near_duplicates,
        "shared_example": run.shared_examples,
        "dead_rule": run.dead_rules,
        "broken_rule": run.broken_rules,
        "predicate": run.predicates,
        "undescribed": run.undescribed,
        "draft": run.drafts,
        "review": run.unreviewed,
        "deprecated": run.deprecated,
        "lost_golden": run.lost_golden,
    }
    for code, look in plain.items():
        if code in wanted:
            findings += look()
    asked = 0
    if wanted & {"steals", "unreached"}:
        evaluation = run.evaluated()
        if evaluation is not None:
            asked = evaluation.prompts
            findings += run.stolen(evaluation) if "steals" in wanted else ()
            findings += run.unreached(evaluation) if "unreached" in wanted else ()
    if not run.pool.entries:
        run.notes.append("there is no candidate")
    findings.sort(key=lambda finding: CODES.index(finding.code))  # stable: each kind stays in its order
    return Lint(tuple(findings), tuple(run.notes), len(run.pool), asked)


def _other(keys: tuple[str, str], key: str) -> str:
    return keys[1] if keys[0] == key else keys[0]


def _counted(number: int) -> str:
    return f"{number} golden {'case' if number == 1 else 'cases'}"
