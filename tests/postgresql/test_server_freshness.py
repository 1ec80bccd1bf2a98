"""Three processes stand for three machines: what one commits the others see, whatever happens to the server."""

from __future__ import annotations

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

from catalog import Catalog, CatalogError, StoreBusyError, upgrade_database

WATCHER = """
import sys, time
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
print("listening", cat.workspace.store.reader.is_listening, len(known), flush=True)
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
        self.last = ""
        self._lines: Queue[str] = Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ready(self) -> None:
        assert self._lines.get(timeout=60) == "ready"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, *rest = line.split()
            if word == "saw":
                self.seen[rest[0]] = float(rest[1])
            elif word == "error":
                self.errors.append(rest[0])
            elif word == "listening":
                self.last = line.strip()
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
    """Of forty registrations the median is seen by both others within 50 ms, and none of them later than 500 ms, also
    after the server was restarted and after every listening connection was cut."""
    watchers = [Watcher(shared), Watcher(shared)]
    with open_catalog(shared) as cat:
        for watcher in watchers:
            watcher.ready()
        times: dict[str, float] = {}

        def some(prefix: str) -> None:
            for number in range(20):
                times[f"{prefix}{number}"] = _register(cat, f"{prefix}{number}")
                time.sleep(0.01)

        some("calm")
        server.stop()
        server.start()
        _within(2, lambda: cat.list("tool"))
        some("restarted")
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'catalog %'")
        some("cut")
        cat.register("tool", "end", "os.path:join")
    for watcher in watchers:
        watcher.end()
    for watcher in watchers:
        late = sorted(watcher.seen[name] - at for name, at in times.items())
        assert len(late) == 60
        assert median(late) < 0.05
        assert late[-1] < 0.5, (late[-5:], watcher.errors)
        assert watcher.errors == []


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
    import signal

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
