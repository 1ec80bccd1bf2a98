"""News from the server: every commit that changes a catalog says so, and a thread of each process listens.

While the thread has its connection, "has anything changed?" is answered from memory. Whether notifications arrive at
all is tried when it connects, as poolers that lend a connection for one transaction swallow them; where they do not,
the thread asks for the generation in short intervals. While it has no connection, whoever looks asks the server; also
where a connection that seems to be there has answered nothing for a while, as when the machine behind it has gone.
"""

from __future__ import annotations

import os
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from catalog.store.postgres.connecting import connect

if TYPE_CHECKING:
    from catalog.store.postgres.address import Address

GENERATION = "SELECT generation, xmin::text FROM catalog_state"
"""What differs after every commit, also where a backup was put in place that counts the same numbers again."""

CHANNEL = "catalog_changes"
"""Begins the name of the channel; the number of the table of the state follows, as a server may have many catalogs."""

HEARTBEAT = 1.0
"""Seconds after which a silent connection is asked whether it still is one, and the generation with it."""

SILENCE = 2.0
"""Seconds in which it has to answer; then it counts for nothing until it does, and soon another takes its place."""

INTERVAL = 0.05
"""Seconds between two questions where notifications do not arrive."""

_PROBE = 0.5  # seconds in which a notification of our own must come back
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)  # seconds between attempts to connect again


class Listener:
    """A thread that listens to one catalog.

    Attributes:
        is_polling: whether notifications do not arrive, so that the thread asks.
    """

    def __init__(self, address: Address, heard: Callable[[Any], None]) -> None:
        """Listen until closed; *heard* gets every answer to :data:`GENERATION`, or None: it is unknown."""
        self.is_polling = False
        self._good_until = 0.0  # by the clock of time.monotonic
        self._socket = -1
        self._ending = threading.Lock()
        self._address = address
        self._heard = heard
        self._closed = False
        self._wake, self._waker = os.pipe()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="catalog-listener", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether what was heard is all there is to hear."""
        return time.monotonic() < self._good_until

    def end_silence(self) -> None:
        """Give up a connection that should have answered and has not; the thread, which waits for it, makes another."""
        with self._ending:
            if not 0 < self._good_until < time.monotonic() - SILENCE:
                return
            self._good_until = 0.0
            with suppress(OSError), socket.socket(fileno=os.dup(self._socket)) as silent:
                silent.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._good_until = 0.0
        if self._pid == os.getpid():
            with suppress(OSError):
                os.write(self._waker, b"x")
            if threading.current_thread() is not self._thread:
                self._thread.join(2)

    def _run(self) -> None:
        failures = 0
        while not self._closed:
            try:
                with connect(self._address) as connection:
                    try:
                        self._listen(connection)
                    finally:
                        with self._ending:  # before it is closed: its number may soon be that of another file
                            self._good_until = 0.0
            except (psycopg.Error, OSError, ValueError):
                pass
            was, self._socket = self._socket >= 0, -1
            self._heard(None)  # what was said meanwhile was not heard
            failures = 0 if was else failures + 1
            if not self._closed:
                self._pause(_PAUSES[min(failures, len(_PAUSES) - 1)])
        for descriptor in (self._wake, self._waker):
            with suppress(OSError):
                os.close(descriptor)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        self.is_polling = not _arrives(connection)
        if not self.is_polling:
            number = connection.execute("SELECT 'catalog_state'::regclass::oid").fetchone()
            connection.execute(f"LISTEN {CHANNEL}_{number[0] if number else 0}")
        self._socket = connection.pgconn.socket
        self._ask(connection)  # after LISTEN: what came before it is in here
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        waiting.register(self._wake, select.POLLIN)
        while not self._closed:
            waiting.poll(1_000 * (INTERVAL if self.is_polling else HEARTBEAT))
            if self._closed:
                return
            # The notification says that there is something; how things are now says one question.
            for _ in connection.notifies(timeout=0):
                pass
            self._ask(connection)

    def _ask(self, connection: psycopg.Connection[Any]) -> None:
        self._heard(connection.execute(GENERATION).fetchone())
        self._good_until = time.monotonic() + HEARTBEAT + SILENCE

    def _pause(self, seconds: float) -> None:
        waiting = select.poll()
        waiting.register(self._wake, select.POLLIN)
        waiting.poll(1_000 * seconds)


def _arrives(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether notifications reach this connection: not through every pooler, and not on a standby."""
    name = f"{CHANNEL}_probe_{secrets.token_hex(6)}"
    try:
        connection.execute(f"LISTEN {name}")
        connection.execute("SELECT pg_notify(%s, '')", (name,))
        deadline = time.monotonic() + _PROBE
        found = any(one.channel == name for one in connection.notifies(timeout=_PROBE, stop_after=1))
        connection.execute(f"UNLISTEN {name}")
    except (
        psycopg.NotSupportedError,
        psycopg.errors.ReadOnlySqlTransaction,
        psycopg.errors.ObjectNotInPrerequisiteState,
    ):
        return False
    return found and time.monotonic() <= deadline + _PROBE
