"""How often somebody may ask, and how often guess a token."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from catalog.server.problems import Problem

_MANY = 10_000
_GUESSES = 10


class Bucket:
    """Lets each of many callers through so often in a minute, a quarter of that at once."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Let through *rate* a minute; 0: always."""
        self._rate, self._clock = rate, clock
        self._most = max(rate / 4, 1.0)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> float:
        """Take one from the bucket of *who*; return 0, or the seconds until there is one to take."""
        if not self._rate:
            return 0.0
        now = self._clock()
        left, then = self._left.pop(who, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate / 60)
        wait = 0.0 if left >= 1 else (1 - left) * 60 / self._rate
        self._left[who] = (left if wait else left - 1, now)
        if len(self._left) > _MANY:
            self._left.popitem(last=False)
        return wait

    def is_empty(self, who: str) -> bool:
        """Tell whether the bucket of *who* has nothing left; nothing is taken."""
        left, then = self._left.get(who, (self._most, 0.0))
        return bool(self._rate) and min(self._most, left + (self._clock() - then) * self._rate / 60) < 1


class Guesses:
    """Lets nobody try token after token: after ten wrong ones an address waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any."""
        self._bucket = Bucket(_GUESSES * 4, clock)

    def check(self, address: str) -> None:
        """Do nothing if *address* may try a token.

        Raises:
            Problem: too many of its tokens were wrong.
        """
        if self._bucket.is_empty(address):
            raise Problem(429, "rate", "too many wrong tokens; wait a minute", headers={"retry-after": "60"})

    def wrong(self, address: str) -> None:
        """Note that a token from *address* was wrong."""
        self._bucket.take(address)
