"""``rules``: the first candidate whose ``match`` fits the prompt, by priority.

Expressions are those of RE2, whose time grows with the length of the text alone: no pattern can hang a route by
backtracking. What that engine has no way for (look-around, back-references) is refused when an entry is registered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from catalog.entry.match import compiled, is_predicate
from catalog.errors import CatalogError, StrategyError
from catalog.routing.base import Verdict, abstained

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.pool import Pool

MOST_CHARACTERS = 20_000
"""How much of a prompt rules look at, from its beginning; predicates are given all of it."""

SECONDS = 2.0
"""How long all rules together may take; ten thousand take some 20 ms for a prompt of a few lines."""


class Rules:
    """Candidates with a ``match`` in the order of their priority, the higher first, then by key; the first fits.

    An entry without ``match`` is passed over. A predicate that raises fails the strategy: a rule that can't be asked
    might have been the one.
    """

    name = "rules"

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        load: Callable[[str], Any] | None = None,
    ) -> None:
        """Take how long all rules together may take, a clock, and what turns a reference into a predicate."""
        self._seconds = seconds
        self._clock = clock
        self._load = load or _load

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the first candidate whose rule matches, else abstain.

        Raises:
            StrategyError: a rule can't be read, a predicate failed, or time is up.
        """
        rules = pool.memo.get(self.name)
        if rules is None:
            rules = pool.memo[self.name] = in_order(pool.entries)
        if not rules:
            return abstained("no candidate has a rule", cacheable=True)
        shown = prompt[:MOST_CHARACTERS]
        until = self._clock() + self._seconds
        pure = True
        for place, (_, entry, rule) in enumerate(rules):
            if place % 64 == 0 and self._clock() > until:
                raise StrategyError(
                    f"the rules took longer than {self._seconds:g} s; {place} of {len(rules)} were asked",
                    strategy=self.name,
                )
            if is_predicate(rule):
                pure = False
                fits, how = self._asked(entry, rule, prompt), f"{rule} says yes"
            else:
                fits, how = _matches(entry, rule, shown), f"matches /{_short(rule)}/"
            if fits:
                return Verdict(
                    entry,
                    f"{how} (rule {place + 1} of {len(rules)}, priority {entry.priority})",
                    score=1.0,
                    scores=[1.0 if one is entry else None for one in pool.entries],
                    reasons={entry.key: how},
                    cacheable=pure,
                )
        return abstained(f"none of {len(rules)} rules matches", cacheable=pure)

    def _asked(self, entry: Entry, rule: str, prompt: str) -> bool:
        try:
            return bool(self._load(rule)(prompt))
        except Exception as error:
            raise StrategyError(
                f"the rule of {entry.key}, {rule}, failed: {type(error).__name__}: {error}",
                strategy=self.name,
                key=entry.key,
            ) from error


def in_order(entries: Sequence[Entry]) -> list[tuple[int, Entry, str]]:
    """Return the entries that have a rule, with place and rule, in the order rules are asked."""
    ruled = [(place, entry, entry.match) for place, entry in enumerate(entries) if entry.match]
    return sorted(ruled, key=lambda one: (-one[1].priority, one[1].name, one[1].kind))


def _matches(entry: Entry, rule: str, text: str) -> bool:
    """Tell whether *rule* matches in *text*. Where it does is not told: reasons are logged, and prompts are not."""
    try:
        return compiled(rule).search(text) is not None
    except (ValueError, UnicodeError) as error:
        raise StrategyError(
            f"the rule of {entry.key} can't be used: {error}", strategy="rules", key=entry.key
        ) from None


def _short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


@lru_cache(maxsize=1 << 10)
def _load(ref: str) -> Any:
    from catalog.entry.reference import ObjectRef
    from catalog.loader.resolve import resolve

    found = resolve(str(ObjectRef.parse(ref)))
    if not callable(found):
        raise CatalogError(f"{ref} can't be called", ref=ref)
    return found
