"""Threads and children: nothing is lost, nothing waits for ever."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog
from catalog.errors import StoreError
from catalog.store.store import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_child(work: Callable[[], object]) -> int:
    """Fork; the child does *work* and ends with 0, or with 1 if it raised. Return its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # since 3.12: "multi-threaded, use of fork()"
        child = os.fork()
    if child:
        return child
    status = 1
    signal.alarm(40)  # whatever becomes of its parent, a child that hangs ends
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def wait(child: int, seconds: float = 30.0) -> int:
    """Return the exit status of *child*; kill it if it hangs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


def test_a_child_reads_and_writes_and_so_does_its_parent(catalog: Catalog) -> None:
    """After a fork child and parent each see what the other commits."""
    catalog.register("tool", "before", "os:getcwd")
    assert catalog.list("tool") == ["before"]

    def work() -> None:
        assert catalog.list("tool") == ["before"]
        catalog.register("tool", "child", "os:getpid")
        assert [hit.name for hit in catalog.search("child")] == ["child"]
        assert catalog.get("tool", "child") is os.getpid

    assert wait(in_child(work)) == 0
    assert catalog.list("tool") == ["before", "child"]
    catalog.register("tool", "parent", "os:getppid")
    assert wait(in_child(lambda: catalog["tool", "parent"])) == 0


def test_what_a_child_commits_after_its_parent_has_closed_is_kept(url: str) -> None:
    """A child's commits outlive a parent that closes the catalog, or ends, while the child has it open."""
    parent = open_catalog(url)
    parent.register("tool", "parent", "os:getcwd")
    parent.list("tool")
    ready, closed = os.pipe(), os.pipe()

    def work() -> None:
        assert parent.list("tool") == ["parent"]
        os.write(ready[1], b"x")
        os.read(closed[0], 1)
        parent.register("tool", "child", "os:getpid")

    child = in_child(work)
    os.read(ready[0], 1)
    parent.close()
    os.write(closed[1], b"x")
    assert wait(child) == 0
    with open_catalog(url) as again:
        assert again.list("tool") == ["child", "parent"]
        assert again.check() == []


def test_a_child_of_a_process_with_two_catalogs_of_one_file_keeps_its_own_locks(url: str) -> None:
    """With several catalogs of one file open, a child still holds what SQLite believes it holds."""
    first, second = open_catalog(url), open_catalog(url)
    first.register("tool", "a", "os:getcwd")
    second.register("tool", "b", "os:getcwd")
    ready, closed = os.pipe(), os.pipe()

    def work() -> None:
        assert first.list("tool") == second.list("tool") == ["a", "b"]
        os.write(ready[1], b"x")
        os.read(closed[0], 1)
        first.register("tool", "c", "os:getcwd")
        second.register("tool", "d", "os:getcwd")

    child = in_child(work)
    os.read(ready[0], 1)
    first.close()
    second.close()
    os.write(closed[1], b"x")
    assert wait(child) == 0
    with open_catalog(url) as again:
        assert again.list("tool") == ["a", "b", "c", "d"]


def test_a_fork_amid_busy_threads_gives_children_that_work(catalog: Catalog) -> None:
    """Children forked while other threads read, search and write neither hang nor fail, and the threads go on."""
    catalog.register("tool", "first", "os:getcwd", description="draw a scatter plot")
    catalog.search("once")  # a fork amid another thread's first import hangs the child in Python itself
    stop = threading.Event()
    failures: list[BaseException] = []

    def busy(number: int) -> None:
        turn = 0
        try:
            while not stop.is_set():
                turn += 1
                if number == 0:
                    catalog.register("tool", f"turn{turn % 20}", "os:getcwd", description=f"scatter {turn}")
                elif number == 1:
                    catalog.search(f"scatter plot word{turn}")
                else:
                    catalog.entry("tool", "first")
                    catalog.list("tool")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    statuses = []
    try:
        for number in range(8):

            def work(number: int = number) -> None:
                catalog.register("tool", f"child{number}", "os:getpid")
                assert catalog.entry("tool", "first").name == "first"
                assert catalog.search("draw a plot")[0].name == "first"

            statuses.append(wait(in_child(work)))
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert (statuses, failures) == ([0] * 8, [])
    assert [name for name in catalog.list("tool") if name.startswith("child")] == [f"child{n}" for n in range(8)]
    assert catalog.check() == []


def test_a_child_that_closes_a_private_catalog_leaves_it_to_its_parent() -> None:
    """Only the process that opened ``sqlite://`` removes its file."""
    with open_catalog("sqlite://") as private:
        private.register("tool", "mine", "os:getcwd")
        assert wait(in_child(private.close)) == 0
        assert private.list("tool") == ["mine"]
        folder = Path(private.workspace.store.path).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_a_private_catalog_nobody_closes_goes_with_its_object() -> None:
    """The file of ``sqlite://`` does not stay behind when the catalog is dropped."""
    import gc

    private = Store("sqlite://")
    folder = Path(private.path).parent
    private.reader.close()
    del private
    gc.collect()
    assert not folder.exists()


def test_a_child_stems_though_its_parent_was_stemming() -> None:
    """A fork while another thread holds the stemmer gives a child that can split words."""
    from catalog.entry import words

    with words.stemming:
        child = in_child(lambda: words.stem("drawings"))
    assert wait(child) == 0


def test_a_grandchild_works_too(catalog: Catalog) -> None:
    """A fork of a fork reads and writes."""

    def child() -> None:
        catalog.register("tool", "child", "os:getcwd")
        assert wait(in_child(lambda: catalog.register("tool", "grandchild", "os:getcwd"))) == 0
        assert catalog.list("tool") == ["child", "grandchild"]

    assert wait(in_child(child)) == 0
    assert catalog.list("tool") == ["child", "grandchild"]


def test_a_closed_catalog_stays_closed_in_a_child(url: str) -> None:
    """A child of a process that had closed its catalog gets the error that says so."""
    shut = open_catalog(url)
    shut.close()

    def work() -> None:
        with pytest.raises(StoreError, match="closed"):
            shut.list("tool")

    assert wait(in_child(work)) == 0


def test_many_threads_read_and_write_one_catalog(catalog: Catalog) -> None:
    """Sixteen threads that register, take, list, search and unregister lose nothing and see no error."""
    failures: list[BaseException] = []
    begin, before = threading.Barrier(16), catalog.generation

    def work(number: int) -> None:
        try:
            begin.wait()
            for turn in range(6):
                name = f"t{number}-{turn}"
                catalog.register("tool", name, "os:getcwd", tags=[f"n{number}"])
                assert catalog.get("tool", name) is os.getcwd
                assert name in catalog.list("tool")
                assert [hit.name for hit in catalog.search(tags=[f"n{number}"], limit=None)][-1] == name
                if turn % 2:
                    catalog.unregister("tool", name)
                    assert ("tool", name) not in catalog
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert catalog.list("tool") == sorted(f"t{number}-{turn}" for number in range(16) for turn in (0, 2, 4))
    assert catalog.generation == before + len(catalog.log(10_000))  # one step a change
