"""Three processes stand for three machines: what one commits the others see, whatever happens to the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from queue import Queue
from statistics import median

import pytest
from factories import ROOT, open_catalog
from postgres_server import Server, running

from catalog import Catalog, CatalogError, SchemaOutdatedError, StoreBusyError, upgrade_database

WATCHER = """
import json, sys, time
from catalog import Catalog, Settings
cat = Catalog(sys.argv[1], settings=Settings(embedder="none"))
while not cat.workspace.store.reader.is_listening:
    cat.workspace.snapshot()
    time.sleep(0.005)
print("ready", flush=True)
known = set(cat.list("tool"))
until = time.time() + float(sys.argv[2])
while time.time() < until and "end" not in known:
    try:
        names = set(cat.list("tool"))
    except Exception as error:
        print("error", type(error).__name__, time.time(), flush=True)
        continue
    now = time.time()
    for name in sorted(names - known):
        print("saw", name, now, flush=True)
    known = names
    time.sleep(0.001)
print("last", json.dumps({entry.name: entry.description for entry in cat.entries("tool")}), flush=True)
print("found", json.dumps(sorted(hit.name for hit in cat.search("changed", mode="lexical"))), flush=True)
cat.close()
"""


class Watcher:
    """A process that says when it sees which entry."""

    def __init__(self, url: str, seconds: float = 60) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WATCHER, url, str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.seen: dict[str, float] = {}
        self.errors: list[str] = []
        self.last: dict[str, str] = {}
        self.found: list[str] = []
        self._lines: Queue[str] = Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ready(self) -> None:
        assert self._lines.get(timeout=60) == "ready"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, *rest = line.split(maxsplit=2 if line.startswith("saw") else 1)
            if word == "saw":
                self.seen[rest[0]] = float(rest[1])
            elif word == "error":
                self.errors.append(rest[0])
            elif word == "last":
                self.last = json.loads(rest[0])
            elif word == "found":
                self.found = json.loads(rest[0])
            else:
                self._lines.put(word)

    def end(self) -> None:
        assert self.process.wait(60) == 0
        self._thread.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this module's own: it is stopped and killed."""
    import postgres_server

    if why := postgres_server.why_not():
        pytest.skip(why)
    with running("synchronous_commit=on") as server:
        server.run("CREATE DATABASE shared")
        upgrade_database(server.url("shared"))
        yield server


@pytest.fixture
def shared(server: Server) -> str:
    """The URL of a catalog that three processes use; a short patience makes failures short."""
    server.run("DELETE FROM entry", "shared")
    return server.url("shared") + "&patience=3"


def _register(cat: Catalog, name: str) -> float:
    cat.register("tool", name, "os.path:join", description=f"the tool {name}")
    return time.time()


def test_two_other_processes_see_a_registration_within_50_ms(shared: str, server: Server) -> None:
    """Of twenty registrations the median is seen by both others within 50 ms, and none of them later than 500 ms; so it
    is right after the server was restarted, and after every connection was cut. At the end all know and find the same,
    also of what was changed and taken away meanwhile."""
    watchers = [Watcher(shared), Watcher(shared)]
    with open_catalog(shared) as cat:
        for watcher in watchers:
            watcher.ready()
        times: dict[str, float] = {}

        def some(prefix: str) -> None:
            for number in range(20):
                times[f"{prefix}{number}"] = _register(cat, f"{prefix}{number}")
                time.sleep(0.01)
            cat.update(f"tool:{prefix}0", description=f"changed after {prefix}")
            cat.unregister("tool", f"{prefix}1")

        some("calm")
        server.stop()
        server.start()
        _within(2, lambda: cat.list("tool"))
        some("restarted")
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'catalog %'")
        some("cut")
        cat.register("tool", "end", "os.path:join")
        there = {entry.name: entry.description for entry in cat.entries("tool")}
    for watcher in watchers:
        watcher.end()
    assert len(there) == 3 * 19 + 1
    for watcher in watchers:
        for prefix in ("calm", "restarted", "cut"):
            late = sorted(watcher.seen[name] - at for name, at in times.items() if name.startswith(prefix))
            assert len(late) == 20
            assert (median(late) < 0.05, late[-1] < 0.5) == (True, True), (prefix, late, watcher.errors)
        assert watcher.errors == []
        assert (watcher.last, watcher.found) == (there, ["calm0", "cut0", "restarted0"])


def _within(seconds: float, ask: Callable[[], object]) -> object:
    until = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except CatalogError:
            if time.monotonic() > until:
                raise


def test_a_stopped_server_is_one_clear_error_and_no_restart_is_needed(shared: str, server: Server) -> None:
    """While the server is stopped reading and writing raise StoreBusyError; when it is back the same catalog works."""
    with open_catalog(shared.replace("patience=3", "patience=0.3")) as cat:
        _register(cat, "before")
        server.stop()
        with pytest.raises(StoreBusyError, match=r"does not answer.*try again when the server runs"):
            cat.search(text="", kind="tool")
        with pytest.raises(StoreBusyError, match="does not answer"):
            _register(cat, "meanwhile")
        server.start()
        assert cat.list("tool") == ["before"]
        _register(cat, "after")
        assert cat.list("tool") == ["after", "before"]


def test_a_killed_server_loses_nothing_that_was_committed(shared: str, server: Server) -> None:
    """After a crash in the middle of a transaction the catalog has what was committed, and nothing of the rest."""
    with open_catalog(shared) as cat:
        _register(cat, "committed")

        def crash() -> None:
            with cat.workspace.writing() as transaction:
                server.stop(signal.SIGQUIT)
                transaction.remove([("tool", "committed")], "unregister")

        with pytest.raises(StoreBusyError, match="does not answer"):
            crash()
        server.start()
        assert cat.list("tool") == ["committed"]
        assert cat.check() == []


def test_no_connection_left_is_an_error_that_says_so(server: Server, shared: str) -> None:
    """A role that has used up its connections reads "no connection left", and works when there is one again."""
    server.run("DROP ROLE IF EXISTS few")
    server.run("CREATE ROLE few LOGIN SUPERUSER CONNECTION LIMIT -1")
    url = shared.replace("owner@", "few@").replace("patience=3", "patience=0.2")
    with open_catalog(url) as cat:
        server.run("ALTER ROLE few NOSUPERUSER")
        server.run("ALTER ROLE few CONNECTION LIMIT 0")
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'few'")
        with pytest.raises(StoreBusyError, match=r"no connection left .* try again"):
            cat.list("tool")
        server.run("ALTER ROLE few CONNECTION LIMIT -1 SUPERUSER")
        assert cat.list("tool") == []


def test_a_schema_that_changes_meanwhile_is_an_error_that_ends(server: Server, shared: str) -> None:
    """While a table is not what this version knows, the error names the command; then the same catalog works again."""
    with open_catalog(shared) as cat:
        _register(cat, "there")
        server.run("ALTER TABLE entry RENAME COLUMN ref TO object", "shared")
        try:
            for use in (lambda: list(cat.entries("tool")), lambda: _register(cat, "not there")):
                with pytest.raises(SchemaOutdatedError, match=r"lacks a table, column, .*e\.ref .*db upgrade"):
                    use()
        finally:
            server.run("ALTER TABLE entry RENAME COLUMN object TO ref", "shared")
        assert [entry.name for entry in cat.entries("tool")] == ["there"]
        _register(cat, "after")
        assert cat.list("tool") == ["after", "there"]


def test_a_connection_that_hangs_is_given_up(server: Server, shared: str) -> None:
    """Though the connection that would tell of it is there and silent, a change is seen, and the next is told again."""
    asked = "SELECT pid, state_change::text FROM pg_stat_activity WHERE query LIKE 'SELECT generation, xmin%'"
    with open_catalog(shared) as listening, open_catalog(shared) as other:
        _register(other, "one")
        _within(10, lambda: _listening(listening))
        before = set(server.run(asked))
        time.sleep(1.5)
        ((pid, _),) = set(server.run(asked)) - before  # its heartbeat; nobody else asks meanwhile
        os.kill(int(str(pid)), signal.SIGSTOP)
        try:
            assert listening.list("tool") == ["one"]
            _register(other, "two")
            began = time.monotonic()
            while listening.list("tool") != ["one", "two"]:
                assert time.monotonic() - began < 5
                time.sleep(0.01)
            _within(10, lambda: _listening(listening))
            _register(other, "three")
            time.sleep(0.5)
            assert listening.list("tool") == ["one", "three", "two"]
        finally:
            os.kill(int(str(pid)), signal.SIGCONT)


def test_lookups_ask_nobody_while_nothing_changes(shared: str, server: Server) -> None:
    """Once a process listens, a thousand lookups of one entry send no statement but a heartbeat."""
    with open_catalog(shared) as cat:
        _register(cat, "still")
        reader = cat.workspace.store.reader
        _within(5, lambda: _listening(cat))
        cat.entry("tool", "still")
        statements = "SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = 'shared'"
        time.sleep(1.1)  # PostgreSQL counts once a second
        server.run("SELECT pg_stat_clear_snapshot()")
        before = server.run(statements)[0][0]
        for _ in range(1_000):
            cat.entry("tool", "still")
        time.sleep(1.1)
        assert server.run(statements)[0][0] - before < 50  # type: ignore[operator]
        assert reader.is_listening  # type: ignore[attr-defined]


def _listening(cat: Catalog) -> None:
    cat.list("tool")
    if not cat.workspace.store.reader.is_listening:  # type: ignore[attr-defined]
        time.sleep(0.01)
        raise CatalogError("not yet")
