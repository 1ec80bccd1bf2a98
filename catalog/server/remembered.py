"""What takes long to work out and holds until the next change is remembered, by the state of the catalog."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from catalog import Catalog

T = TypeVar("T")

MOST = 64


class Remembered:
    """Answers of calls that only read, for one catalog; any change of it forgets them all."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._lock = threading.Lock()
        self._state: object = None
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, catalog: Catalog, key: Hashable, call: Callable[[], T]) -> T:
        """Return what *call* returned for *key* since the last change of *catalog*; call it where it has not been."""
        state = (catalog.generation, catalog.workspace.token())  # the latter sees a new configuration, too
        with self._lock:
            if state != self._state:
                self._answers.clear()
                self._state = state
            if key in self._answers:
                self._answers.move_to_end(key)
                known: T = self._answers[key]
                return known
        answer = call()
        with self._lock:
            if state == self._state:
                self._answers[key] = answer
                while len(self._answers) > MOST:
                    self._answers.popitem(last=False)
        return answer
