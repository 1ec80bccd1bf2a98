"""A standby that answers reads, poolers that swallow notifications, and processes that fork."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import postgres_server
import psycopg
import pytest
from factories import open_catalog
from postgres_server import Server

from catalog import CatalogWarning, ReadOnlyError, upgrade_database
from catalog.embedders.hashed import HashEmbedder


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    """A server that another may follow."""
    if why := postgres_server.why_not():
        pytest.skip(why)
    with postgres_server.running("wal_level=replica", "hot_standby=on", "max_wal_senders=4") as server:
        server.run("CREATE DATABASE team")
        upgrade_database(server.url("team"))
        yield server


@pytest.fixture(scope="module")
def standby(primary: Server) -> Iterator[Server]:
    """A server that follows the first."""
    if not os.access(postgres_server.binaries() / "pg_basebackup", os.X_OK):
        pytest.skip("this PostgreSQL comes without pg_basebackup")
    with tempfile.TemporaryDirectory(prefix="ctg-pg-", dir="/tmp") as folder:
        server = Server.following(primary, Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _within(seconds: float, ask: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not (done := ask()) and time.monotonic() < until:
        time.sleep(0.01)
    return done


def _asked(server: Server) -> int:
    """Return how many statements about entries connections of catalogs have sent this server last."""
    rows = server.run("SELECT query FROM pg_stat_activity WHERE application_name LIKE 'catalog %'")
    return sum("FROM entry" in str(row[0]) for row in rows)


def test_reads_go_to_the_standby_and_own_writes_are_seen(primary: Server, standby: Server) -> None:
    """Reads are answered by the standby where it is as new as needed; while it lags behind, what this process has
    written is read from the first server at once."""
    with open_catalog(f"{primary.url('team')}&replica=127.0.0.1:{standby.port}") as cat:
        cat.register("tool", "a", "os.path:join", description="the first")
        assert cat.list("tool") == ["a"]

        def is_read_there() -> bool:
            return cat.list("tool") == ["a"] and _asked(standby) > 0

        assert _within(5, is_read_there)
        standby.run("SELECT pg_wal_replay_pause()")
        try:
            cat.register("tool", "b", "os.path:join")
            assert cat.list("tool") == ["a", "b"]
            assert cat.entry("tool", "b").revision == 1
        finally:
            standby.run("SELECT pg_wal_replay_resume()")
        standby.stop()
        assert cat.list("tool") == ["a", "b"]
        standby.start()


def test_the_index_of_vectors_is_asked_of_the_standby(
    primary: Server, standby: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search by meaning goes to the standby too, with its settings; what this process has just written it finds."""
    if not primary.run("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("this PostgreSQL comes without pgvector")

    ports: list[int] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *given: Any, **more: Any) -> Any:
        if "<=>" in str(query):
            ports.append(self.connection.info.port)
        return execute(self, query, *given, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    url = f"{primary.url('team')}&replica=127.0.0.1:{standby.port}&vectors=server"
    with open_catalog(url, embedder=HashEmbedder(8)) as cat:
        cat.register("tool", "chart", "os.path:join", description="Draw a chart")
        try:

            def is_asked_there() -> bool:
                hits = cat.search("chart", mode="semantic")
                assert [hit.name for hit in hits if hit.name == "chart"] == ["chart"]
                return standby.port in ports

            assert _within(5, is_asked_there)
        finally:
            cat.unregister("tool", "chart")  # the servers are shared with the other tests


def test_a_replica_that_follows_another_server_is_not_asked(primary: Server, postgres: Server) -> None:
    """A server named as replica that is no standby of the first is one warning; what it has is never read."""
    postgres.run("CREATE DATABASE team")
    try:
        upgrade_database(postgres.url("team"))
        with open_catalog(postgres.url("team")) as other:
            for number in range(50):  # ahead of the first by its generations
                other.register("tool", "foreign", "os.path:join", description=f"foreign {number}")
        with pytest.warns(CatalogWarning, match=r"is no standby of postgresql://\S+/team, and is not asked"):
            cat = open_catalog(f"{primary.url('team')}&replica=127.0.0.1:{postgres.port}")
        with cat:
            cat.register("tool", "ours", "os.path:join")
            cat.register("tool", "ours", "os.path:join", description="again")
            assert ("ours" in cat.list("tool"), "foreign" in cat.list("tool")) == (True, False)
            cat.unregister("tool:ours")
    finally:
        postgres.run("DROP DATABASE team WITH (FORCE)")


def test_a_standby_alone_is_read_only_and_follows(primary: Server, standby: Server) -> None:
    """A catalog opened on a standby says once that it is read only, refuses writes, and shows what
    arrives there, though no standby tells of changes."""
    with pytest.warns(CatalogWarning, match="read only here: it is a standby"):
        there = open_catalog(standby.url("team"))
    with there, open_catalog(primary.url("team")) as cat:
        with pytest.raises(ReadOnlyError, match="Write to the primary server"):
            there.register("tool", "refused", "os.path:join")
        for _ in range(40):
            there.list("tool")  # often enough to have a thread listen
        assert _within(5, lambda: there.workspace.store.reader.is_listening)  # type: ignore[attr-defined]
        cat.register("tool", "late", "os.path:join")
        try:
            assert _within(5, lambda: "late" in there.list("tool"))
        finally:
            cat.unregister("tool", "late")  # the servers are shared with the other tests


def test_where_notifications_are_swallowed_changes_are_seen_all_the_same(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a pooler no notification arrives; the thread asks, and a change is seen within half a second."""
    from catalog.store.postgres import listening

    monkeypatch.setattr(listening, "_arrives", lambda connection: False)
    with open_catalog(postgres_url) as one, open_catalog(postgres_url) as other:
        for _ in range(40):
            other.list("tool")
        reader = other.workspace.store.reader
        assert _within(5, lambda: reader.is_listening)  # type: ignore[attr-defined]
        one.register("tool", "a", "os.path:join")
        assert _within(0.5, lambda: other.list("tool") == ["a"])


def test_a_child_has_connections_of_its_own(postgres_url: str) -> None:
    """After a fork parent and child read and write, each on connections of its own, and see each other's changes."""
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "before", "os.path:join")
        for _ in range(40):
            cat.list("tool")
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                cat.register("tool", "of the child", "os.path:join")
                os.write(write, ",".join(cat.list("tool")).encode())
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert os.read(read, 1_000) == b"before,of the child"
        os.close(read)
        os.close(write)
        cat.register("tool", "of the parent", "os.path:join")
        assert _within(2, lambda: cat.list("tool") == ["before", "of the child", "of the parent"])


def test_the_commands_work_on_a_server(postgres_url: str) -> None:
    """The command line registers, finds, shows, checks and says where the catalog is, without the login."""
    import sys

    url = postgres_url.replace("owner@", "owner:hunter22@")

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "catalog_cli", "--url", url, *arguments], capture_output=True, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert "hunter22" not in done.stdout + done.stderr
        return done.returncode, done.stdout or done.stderr

    assert run("register", "tool", "join", "os.path:join", "--description", "Join two paths") == (
        0,
        "registered tool:join (revision 1)\n",
    )
    assert run("search", "join paths")[1].startswith("tool:join\t")
    assert run("ls")[1].startswith("tool:join\t")
    assert run("db", "check")[1].endswith("is sound\n")
    assert run("db", "upgrade")[1].endswith("is up to date (schema 0007)\n")
    assert run("db", "current")[0] == 0
    assert run("info")[0] == 0
    assert run("doctor")[0] in (0, 1)
    assert run("db", "backup", "x.db")[0] == 3
    assert run("db", "check", "--salvage", "x.db")[0] == 3
