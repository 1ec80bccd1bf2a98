"""One live object per entry and revision, loaded once however many threads ask for it."""

from __future__ import annotations

import sys
import threading

from catalog.entry.key import Key, format_key
from catalog.errors import CatalogError, ResolveError
from catalog.forks import after_fork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class _Load:
    """A load under way.

    Attributes:
        owner: the thread that does it.
        number: grows with every load that begins.
        depth: how often that thread has asked for the same entry again while loading it.
        done: set when ``value`` or ``error`` is there.
        error: what the load raised, or None; waiting threads get it too.
    """

    __slots__ = ("depth", "done", "error", "number", "owner", "value")

    def __init__(self, owner: int, number: int) -> None:
        self.owner = owner
        self.number = number
        self.depth = 0
        self.done = threading.Event()
        self.value: object = None
        self.error: BaseException | None = None


class ObjectCache:
    """Live objects by kind, name and revision; of each entry only the newest revision is kept.

    Different entries load in parallel. A load may take other entries, or its own again. Nothing waits in a
    circle: a thread that would, or that is in the middle of an import (which holds Python's lock of that
    module), loads by itself, and Python's import system sees to it that the module still runs once.

    Usable in a child process after ``fork``: what was loaded stays, loads of other threads are forgotten.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._objects: dict[Key, tuple[Hashable, object, int]] = {}
        self._loads: dict[tuple[Key, Hashable], _Load] = {}
        self._waiting: dict[int, _Load] = {}
        self._begun = 0
        after_fork(self)

    def take(self, key: Key, revision: Hashable, load: Callable[[], object]) -> object:
        """Return the object of *key* at *revision*, calling *load* for it if no thread has.

        Threads that ask while another loads wait and get the same object, or the same error. A failure is not
        remembered: the next call loads again.

        Raises:
            ResolveError: *load* asks for its own entry without end.
            Exception: whatever *load* raises.
        """
        while True:
            kept = self._objects.get(key)  # without the lock: nearly every call ends here
            if kept is not None and kept[0] == revision:
                return kept[1]
            me = threading.get_ident()
            with self.lock:
                kept = self._objects.get(key)
                if kept is not None and kept[0] == revision:
                    return kept[1]
                running = self._loads.get((key, revision))
                if running is None:
                    self._begun += 1
                    mine = self._loads[key, revision] = _Load(me, self._begun)
                    break
                alone = self._leads_to(running, me) or _is_importing()
                # A module that takes its own entry while it is imported gets it by loading once more, as long as that
                # ends: the second load finds the module in sys.modules.
                if alone and running.owner == me:
                    running.depth += 1
                    if running.depth > 2:
                        running.depth -= 1
                        raise ResolveError(
                            f"loading {format_key(*key)} asks for {format_key(*key)} itself, without end; "
                            "take it inside a function instead of at import",
                            key=format_key(*key),
                            reason="circle",
                        )
                if not alone:
                    self._waiting[me] = running
            if alone:
                try:
                    return load()
                finally:
                    if running.owner == me:
                        running.depth -= 1
            try:
                running.done.wait()
            finally:
                self._waiting.pop(me, None)
            if running.error is not None:
                if isinstance(running.error, Exception):
                    raise _again(running.error)
                continue  # Ctrl-C in the loading thread is no answer for this one
            return running.value
        return self._run(mine, key, revision, load)

    def discard(self, key: Key) -> None:
        """Forget the object of *key*, also one that is being loaded: the next call loads anew."""
        with self.lock:
            self._objects.pop(key, None)
            for running in [place for place in self._loads if place[0] == key]:
                del self._loads[running]

    def clear(self) -> None:
        """Forget all objects."""
        with self.lock:
            self._objects.clear()
            self._loads.clear()

    def __len__(self) -> int:
        """Return how many objects are kept."""
        return len(self._objects)

    def __contains__(self, key: object) -> bool:
        """Tell whether an object of *key* is kept, of whatever revision."""
        return key in self._objects

    def _run(self, mine: _Load, key: Key, revision: Hashable, load: Callable[[], object]) -> object:
        try:
            mine.value = load()
        except BaseException as error:
            mine.error = error
            raise
        else:
            return mine.value
        finally:
            with self.lock:
                # Another load or none stands there if the entry was discarded meanwhile: then nothing is kept.
                if self._loads.get((key, revision)) is mine:
                    del self._loads[key, revision]
                    kept = self._objects.get(key)
                    if mine.error is None and (kept is None or kept[2] < mine.number):
                        self._objects[key] = (revision, mine.value, mine.number)
            mine.done.set()

    def _leads_to(self, running: _Load, thread: int) -> bool:
        """Tell whether waiting for *running* would, over other waiting threads, wait for *thread*."""
        seen: set[int] = set()
        while running.owner not in seen:  # each thread waits for one load, whose owner may wait for the next
            if running.owner == thread:
                return True
            seen.add(running.owner)
            further = self._waiting.get(running.owner)
            if further is None:
                return False
            running = further
        return False

    def renew_after_fork(self) -> None:
        """Make the cache usable in a forked child, where only the forking thread goes on."""
        self.lock = threading.Lock()
        self._waiting = {}
        me = threading.get_ident()
        self._loads = {place: load for place, load in self._loads.items() if load.owner == me}


def _is_importing() -> bool:
    """Tell whether this thread is in the middle of an import."""
    frame = sys._getframe(1)  # noqa: SLF001  # inspect.currentframe() is the same, and imports inspect
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _again(error: Exception) -> Exception:
    """Return an error of the same kind for another thread, or *error* itself if it is none of ours."""
    if not isinstance(error, CatalogError):
        return error
    import copy

    twin = copy.copy(error)
    twin.__cause__ = error.__cause__
    return twin
