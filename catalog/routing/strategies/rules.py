"""``rules``: the first candidate whose ``match`` fits the prompt, by priority.

Expressions are those of RE2, whose time grows with the length of the text alone: no pattern can hang a route by
backtracking. What RE2 can't do (look-around, back-references) is refused when an entry is registered.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from catalog.entry.match import compiled, is_predicate
from catalog.errors import StrategyError
from catalog.routing.verdict import Verdict, abstained, is_number
from catalog.routing.wording import shortened

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.routing.pool import Pool

FEWEST_CHARACTERS = 20_000
"""How much of a prompt, from its beginning, every expression looks at, however many there are."""

MOST_CHARACTERS = 200_000_000
"""How much all expressions together look at if that is more: two hundred see a megabyte, in some 0.3 s.

Predicates are given all of a prompt."""

SECONDS = 2.0
"""How long all rules together may take; ten thousand take some 20 ms for a prompt of a few lines."""

_MOST_FAILURES = 3  # of the rules that fail, in a reason; each candidate has its own


class Rules:
    """Candidates with a ``match`` in the order of their priority, the higher first, then by key; the first fits.

    An entry without ``match`` is passed over. So is an entry whose rule fails, and the reason says so: a predicate of
    one team that breaks must not take the routes of all others down.
    """

    name = "rules"

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
        load: Callable[[Entry], Callable[[str], Any]] | None = None,
    ) -> None:
        """Take how long all rules together may take, a clock, and what gives the predicate of an entry.

        Raises:
            StrategyError: *seconds* is not a number.
        """
        if not is_number(seconds):
            raise StrategyError(f"seconds={seconds!r}: give a number", option="seconds", strategy=self.name)
        self._seconds = seconds
        self._clock = clock
        self._load = load

    def choose(self, prompt: str, pool: Pool) -> Verdict:
        """Return the first candidate whose rule matches, else abstain.

        Raises:
            StrategyError: time is up.
        """
        rules: list[_Rule] | None = pool.memo.get(self.name)
        if rules is None:
            rules = pool.memo[self.name] = [_Rule(entry) for entry in in_order(pool.entries)]
        if not rules:
            return abstained("no candidate has a rule")
        text = prompt if prompt.isascii() else prompt.encode("utf-8", "replace").decode()  # half a character is none
        shown = text[: max(FEWEST_CHARACTERS, MOST_CHARACTERS // len(rules))]
        is_cut, is_long = len(shown) < len(text), len(text) > FEWEST_CHARACTERS
        until = self._clock() + self._seconds
        pure, broken = True, {}
        for place, rule in enumerate(rules):
            if (place % 64 == 0 or not pure or is_long) and self._clock() > until:
                raise StrategyError(
                    f"the rules took longer than {self._seconds:g} s; {place} of {len(rules)} were asked",
                    strategy=self.name,
                )
            pure = pure and not rule.predicate
            entry = rule.entry
            try:
                if rule.predicate:
                    fits = self._load is not None and _says(self._load(entry), prompt)
                else:  # where the prompt was cut is not its end: `$` has to hold for all of it
                    fits = rule.matches(shown) and (not is_cut or rule.matches(text))
            except (Exception, SystemExit) as error:
                broken[entry.key] = f"its rule {shortened(rule.text)} failed: {type(error).__name__}: {error}"
                continue
            if fits:
                how = f"{rule.text} says yes" if rule.predicate else f"matches /{shortened(rule.text)}/"
                return Verdict(
                    entry,
                    f"{how} (rule {place + 1} of {len(rules)}, priority {entry.priority}){_failures(broken)}",
                    score=1.0,
                    scores=[1.0 if candidate is entry else None for candidate in pool.entries],
                    reasons={**broken, entry.key: how},
                    cacheable=pure,
                )
        return abstained(f"none of {len(rules)} rules matches{_failures(broken)}", reasons=broken, cacheable=pure)


class _Rule:
    """The rule of an entry; its expression stays compiled as long as the pool lives."""

    __slots__ = ("_search", "entry", "predicate", "text")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.text = str(entry.match)
        self.predicate = is_predicate(self.text)
        self._search: Callable[[str], Any] | None = None

    def matches(self, text: str) -> bool:
        search = self._search
        if search is None:  # compiled when it is first asked: most prompts end at an earlier rule
            search = self._search = compiled(self.text).search
        return search(text) is not None


def _says(predicate: Callable[[str], Any], prompt: str) -> bool:
    """Return the answer of a predicate to *prompt*.

    Raises:
        TypeError: the answer has to be awaited. A coroutine counts as true, whatever it would return.
    """
    answer = predicate(prompt)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError("it is a coroutine; give a plain function")
    return bool(answer)


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that have a rule, in the order that rules are asked: by priority, then name and kind."""
    ruled = (entry for entry in entries if entry.match)
    return sorted(ruled, key=lambda entry: (-entry.priority, entry.name, entry.kind))


def _failures(broken: Mapping[str, str]) -> str:
    failures = [f"; {key} was passed over: {why}" for key, why in islice(broken.items(), _MOST_FAILURES)]
    others = len(broken) - _MOST_FAILURES
    return "".join(failures) + (f"; and {others} more were passed over" if others > 0 else "")
