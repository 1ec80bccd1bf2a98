"""One live object per entry and revision, whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.errors import ResolveError
from catalog.loader.cache import ObjectCache
from catalog.loader.resolve import resolve

KEY = ("tool", "one")
LONG = 20.0
"""Seconds after which a test that waits has failed."""


def run(*jobs: Callable[[], object]) -> list[object]:
    """Run *jobs* in one thread each, and return their results or errors, in order."""
    results: list[object] = [TimeoutError()] * len(jobs)

    def work(place: int, job: Callable[[], object]) -> None:
        try:
            results[place] = job()
        except BaseException as error:
            results[place] = error

    threads = [threading.Thread(target=work, args=one, daemon=True) for one in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    return results


def test_a_hundred_threads_load_once_and_get_the_same() -> None:
    """However many ask at once, one loads and all get that object."""
    cache, start, loads = ObjectCache(), threading.Barrier(100), []

    def load() -> object:
        time.sleep(0.05)
        loads.append(1)
        return object()

    def ask() -> object:
        start.wait(LONG)
        return cache.take(KEY, 1, load)

    found = run(*[ask] * 100)
    assert loads == [1]
    assert len(set(map(id, found))) == 1
    assert type(found[0]) is object


def test_a_hundred_threads_import_once(make_module: Callable[..., str]) -> None:
    """The module of an entry runs once for a hundred threads that take it."""
    module = make_module(
        "import time\nruns = globals().setdefault('runs', [])\nruns.append(1)\ntime.sleep(0.05)\nx = object()"
    )
    cache, start = ObjectCache(), threading.Barrier(100)

    def ask() -> object:
        start.wait(LONG)
        return cache.take(KEY, 1, lambda: resolve(f"{module}:x"))

    found = run(*[ask] * 100)
    assert set(map(id, found)) == {id(sys.modules[module].x)}
    assert sys.modules[module].runs == [1]


def test_loaded_objects_are_kept_by_revision() -> None:
    """Asking again gives the kept object; another revision is loaded and takes its place."""
    cache = ObjectCache()
    first = cache.take(KEY, 1, object)
    assert cache.take(KEY, 1, object) is first
    second = cache.take(KEY, 2, object)
    assert second is not first
    assert cache.take(KEY, 2, object) is second
    assert len(cache) == 1
    assert KEY in cache
    assert ("tool", "other") not in cache


def test_none_is_an_object_like_any_other() -> None:
    """An entry whose object is None is loaded once too."""
    cache, loads = ObjectCache(), []
    for _ in range(3):
        assert cache.take(KEY, 1, lambda: loads.append(1)) is None
    assert loads == [1]


def test_a_failure_is_shared_by_those_who_wait_and_not_remembered() -> None:
    """Threads waiting for a load that fails get its error; the next call loads again."""
    cache, start, loads = ObjectCache(), threading.Barrier(10), []

    def load() -> object:
        loads.append(1)
        time.sleep(0.1)
        raise ResolveError("gone", ref="a:b") from OSError("cause")

    def ask() -> object:
        start.wait(LONG)
        return cache.take(KEY, 1, load)

    found = run(*[ask] * 10)
    assert {(type(one), str(one), str(one.__cause__)) for one in found} == {(ResolveError, "gone", "cause")}  # type: ignore[attr-defined]
    assert len(loads) < 10
    assert cache.take(KEY, 1, lambda: "mended") == "mended"


def test_an_interrupted_load_is_tried_by_the_next_thread() -> None:
    """Ctrl-C in the loading thread reaches that thread alone; one that waits loads instead."""
    cache, loading, loads = ObjectCache(), threading.Event(), []

    def interrupted() -> object:
        loads.append("interrupted")
        loading.set()
        time.sleep(0.1)
        raise KeyboardInterrupt

    def second() -> object:
        loading.wait(LONG)
        return cache.take(KEY, 1, lambda: "second")

    found = run(lambda: cache.take(KEY, 1, interrupted), second)
    assert isinstance(found[0], KeyboardInterrupt)
    assert found[1] == "second"


def test_different_entries_load_in_parallel() -> None:
    """Two loads that each wait for the other to have begun both end."""
    cache, both = ObjectCache(), threading.Barrier(2)

    def load(name: str) -> Callable[[], object]:
        return lambda: (both.wait(LONG), name)[1]

    found = run(*[lambda n=n: cache.take(("tool", n), 1, load(n)) for n in ("a", "b")])  # type: ignore[misc]
    assert found == ["a", "b"]


def test_a_load_may_take_other_entries() -> None:
    """An entry made of others takes them while it is loaded, also ones two of them share."""
    cache = ObjectCache()
    shared = lambda: cache.take(("tool", "shared"), 1, object)  # noqa: E731
    whole = cache.take(("agent", "whole"), 1, lambda: [cache.take(("tool", n), 1, shared) for n in ("a", "b")])
    assert whole == [shared(), shared()]
    assert len(cache) == 4


def test_two_threads_that_need_each_others_entry_both_end() -> None:
    """A takes B while B takes A, in two threads: neither waits for ever, and both get an object."""
    cache, begun = ObjectCache(), threading.Barrier(2)
    depth = threading.local()

    def load(name: str, other: str) -> Callable[[], object]:
        def inner() -> object:
            if getattr(depth, "on", False):
                return name
            depth.on = True
            begun.wait(LONG)
            return name + str(cache.take(("tool", other), 1, load(other, name)))

        return inner

    found = run(
        lambda: cache.take(("tool", "a"), 1, load("a", "b")), lambda: cache.take(("tool", "b"), 1, load("b", "a"))
    )
    assert all(isinstance(one, str) for one in found), found


def test_an_import_that_takes_its_own_entry_ends(make_module: Callable[..., str]) -> None:
    """A module that asks the catalog for itself gets an error or what is there so far, and never hangs."""
    import catalog.loader.cache as place

    cache = ObjectCache()
    module = make_module(
        """
        import catalog.loader.cache as place
        early = object()
        again = place.testing("early")
        try:
            place.testing("late")
        except ImportError as error:
            said = str(error)
        late = 1
        """
    )

    def take(name: str) -> object:
        return cache.take(("tool", name), 1, lambda: resolve(f"{module}:{name}"))

    place.testing = take  # type: ignore[attr-defined]
    try:
        early = take("early")
        assert early is sys.modules[module].again
        assert "half imported" in sys.modules[module].said
        assert take("late") == 1
    finally:
        del place.testing  # type: ignore[attr-defined]


def test_an_import_never_waits_for_a_load_that_waits_for_the_import(make_module: Callable[..., str]) -> None:
    """One thread imports a module that takes an entry of it, while another loads that entry: both end."""
    import catalog.loader.cache as place

    cache, inside = ObjectCache(), threading.Event()
    module = make_module(
        """
        import catalog.loader.cache as place
        early = object()
        place.inside.set()
        import time
        time.sleep(0.2)
        again = place.testing("early")
        """
    )
    place.inside = inside  # type: ignore[attr-defined]
    place.testing = lambda name: cache.take(("tool", name), 1, lambda: resolve(f"{module}:{name}"))  # type: ignore[attr-defined]

    def load_while_importing() -> object:
        inside.wait(LONG)
        return place.testing("early")  # type: ignore[attr-defined]

    try:
        found = run(lambda: __import__(module), load_while_importing)
        assert found == [sys.modules[module], sys.modules[module].early]
    finally:
        del place.inside, place.testing  # type: ignore[attr-defined]


def test_a_load_that_needs_itself_without_end_is_refused() -> None:
    """A load that takes its own entry, which takes it again, is an error and not an endless descent."""
    cache = ObjectCache()

    def load() -> object:
        return cache.take(KEY, 1, load)

    with pytest.raises(ResolveError, match="without end") as caught:
        cache.take(KEY, 1, load)
    assert caught.value.facts == {"key": "tool:one", "reason": "circle"}
    assert cache.take(KEY, 1, lambda: "fine") == "fine"


def test_discard_and_clear_forget() -> None:
    """A discarded object is loaded anew, others stay; after clear none is there."""
    cache = ObjectCache()
    first, other = cache.take(KEY, 1, object), cache.take(("tool", "two"), 1, object)
    cache.discard(KEY)
    cache.discard(("tool", "never seen"))
    assert cache.take(KEY, 1, object) is not first
    assert cache.take(("tool", "two"), 1, object) is other
    cache.clear()
    assert len(cache) == 0


def test_what_was_discarded_while_loading_is_not_kept() -> None:
    """The thread that loads gets its object, and the next call loads anew."""
    cache = ObjectCache()

    def load() -> object:
        cache.discard(KEY)
        return "stale"

    assert cache.take(KEY, 1, load) == "stale"
    assert cache.take(KEY, 1, lambda: "fresh") == "fresh"


def test_a_slow_load_of_an_old_revision_does_not_replace_the_new() -> None:
    """A newer revision loaded meanwhile stays."""
    cache, begun, go_on = ObjectCache(), threading.Event(), threading.Event()

    def slow() -> object:
        begun.set()
        go_on.wait(LONG)
        return "old"

    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(cache.take, KEY, 1, slow)
        begun.wait(LONG)
        assert cache.take(KEY, 2, lambda: "new") == "new"
        go_on.set()
        assert old.result(LONG) == "old"
    assert cache.take(KEY, 2, lambda: "again") == "new"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_keeps_objects_and_forgets_loads_of_other_threads() -> None:
    """A child forked while a thread loads and another holds the lock has what was there and loads the rest itself."""
    cache, begun, go_on = ObjectCache(), threading.Event(), threading.Event()
    cache.take(("tool", "kept"), 1, lambda: "kept")

    def slow() -> object:
        begun.set()
        go_on.wait(LONG)
        return "parent"

    with ThreadPoolExecutor(1) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forks in threaded processes
        pool.submit(cache.take, KEY, 1, slow)
        begun.wait(LONG)
        with cache.lock:
            child = os.fork()
            if child == 0:
                try:
                    found = [cache.take(("tool", "kept"), 1, object), cache.take(KEY, 1, lambda: "child")]
                    os._exit(0 if found == ["kept", "child"] else 1)
                finally:
                    os._exit(2)
        go_on.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert cache.take(KEY, 1, object) == "parent"


def test_importing_the_cache_is_light() -> None:
    """Cache and resolver load no pydantic, griffe, ast, inspect or asyncio."""
    code = (
        "import sys, catalog.loader.cache, catalog.loader.resolve; "
        "print(sorted({'pydantic', 'griffe', 'ast', 'inspect', 'asyncio', 'sqlalchemy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"
