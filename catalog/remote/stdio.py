"""MCP over the pipes of a process of our own: lines are bounded, what it says on standard error is read and let go."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from catalog.forks import call_after_fork
from catalog.remote.faults import Faults

_GRACE = 2.0
"""Seconds that a server has to end by itself after its input is closed, and again after it is asked to end."""

_LAST_WORDS = 0.5
"""Seconds that standard error of a server that has ended may stay open: what it started may hold it for ever."""

_TAIL = 2_000
_MOST_NOISE = 1_000
_MOST_SAID = 2_000
"""Messages between two answers that nobody asked for: notifications, and requests of the server."""

_CHUNK = 65_536

_running: weakref.WeakSet[_Process] = weakref.WeakSet()


@asynccontextmanager
async def stdio(
    words: Sequence[str], env: Mapping[str, str], cwd: str | None, size: int, faults: Faults
) -> AsyncIterator[tuple[Any, Any]]:
    """Run a server, and yield the streams that the SDK reads and writes.

    Args:
        words: the command; no shell sees it.
        env: all of its environment.
        cwd: its folder; None: ours.
        size: the most bytes of a line; a longer one ends the session.
        faults: where what goes wrong is noted.

    Raises:
        RemoteError: it can't be started.
    """
    try:
        process = _Process(words, env, cwd, faults)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise faults.error("start", f"can't be started: {words[0]!r:.100}: {reason}") from None
    incoming, read_stream = anyio.create_memory_object_stream[Any](0)
    write_stream, outgoing = anyio.create_memory_object_stream[Any](0)
    process.read(size, asyncio.get_running_loop(), incoming)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_write, outgoing, process)
            try:
                yield read_stream, write_stream
            finally:
                faults.is_over = True
                with anyio.CancelScope(shield=True):
                    write_stream.close()
                    read_stream.close()
                    await process.end()
                tasks.cancel_scope.cancel()
    finally:
        for stream in (incoming, read_stream, write_stream, outgoing):
            stream.close()


async def _write(outgoing: Any, process: _Process) -> None:
    async for message in outgoing:
        text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
        process.waiting.put(f"{text}\n".encode("utf-8", "replace"))


class _Process:
    """A server, with a thread for each of its pipes: none of them holds up the loop, or another server."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], cwd: str | None, faults: Faults) -> None:
        self._faults = faults
        self.waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._popen = subprocess.Popen(
            [*words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,  # with all that it starts, it can be ended as one
        )
        _running.add(self)
        self._draining = self._thread(self._drain)
        self._threads = [self._thread(self._feed), self._draining]

    def _thread(self, work: Any, *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, name=f"catalog-mcp-{self._popen.pid}", daemon=True)
        thread.start()
        return thread

    def read(self, size: int, loop: asyncio.AbstractEventLoop, incoming: Any) -> None:
        """Begin to hand what the server says to *incoming*, a stream of *loop*."""
        self._threads.append(self._thread(self._read, size, loop, incoming))

    def _feed(self) -> None:
        pipe = self._popen.stdin
        assert pipe is not None
        with suppress(OSError, ValueError), pipe:
            while (data := self.waiting.get()) is not None:
                while data:
                    data = data[pipe.write(data) or 0 :]

    def _drain(self) -> None:
        pipe = self._popen.stderr
        assert pipe is not None
        with suppress(OSError, ValueError), pipe:
            while data := pipe.read(_CHUNK):
                self._faults.tail = (self._faults.tail + data)[-_TAIL:]

    def _read(self, size: int, loop: asyncio.AbstractEventLoop, incoming: Any) -> None:
        pipe = self._popen.stdout
        assert pipe is not None
        noise = said = 0
        with suppress(OSError, ValueError, RuntimeError, anyio.ClosedResourceError, anyio.BrokenResourceError), pipe:
            for line in _lines(pipe, size):
                if line is None:
                    self._faults.note("size", f"gave an answer of more than {size:,} bytes, which is not read on")
                    break
                message = _parsed(line)
                if message is None:
                    noise += bool(line.strip())
                    if line.lstrip()[:1] == b"{" or noise > _MOST_NOISE:
                        what = "a message that is no JSON-RPC" if noise <= _MOST_NOISE else "too much that is no JSON"
                        self._faults.note("answer", f"sent {what}, so the session was ended")
                        break
                    continue  # what a program prints to the output that is the protocol's
                said = said + 1 if hasattr(message.message, "method") else 0
                if said > _MOST_SAID:
                    self._faults.note("answer", "sent too much that nobody asked for, so the session was ended")
                    break
                # Waited for: a server that floods is read no faster than it is understood.
                asyncio.run_coroutine_threadsafe(incoming.send(message), loop).result()
            else:
                if not self._faults.is_over:
                    with suppress(subprocess.TimeoutExpired):
                        self._faults.detail = f"exit status {self._popen.wait(_GRACE)}"
                        self._draining.join(_LAST_WORDS)  # what it said last is the reason
                self._faults.note("ended", "ended while it was in use")
        with suppress(RuntimeError):  # the loop has ended, too
            loop.call_soon_threadsafe(incoming.close)

    async def end(self) -> None:
        """End the server and all it has started: its input is closed, then it is asked, then it is killed."""
        self.waiting.put(None)
        if not await self._ends(_GRACE):
            self._signal(signal.SIGTERM)
            await self._ends(_GRACE)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        await self._ends(_GRACE)

    async def _ends(self, seconds: float) -> bool:
        """Tell whether it has ended within these *seconds*."""
        until = time.monotonic() + seconds
        while self._popen.poll() is None:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.01)
        return True

    def _signal(self, number: int) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, number)
            else:
                self._popen.kill()

    def leave(self) -> None:
        """Close our copies of the pipes: in a child process they would keep the server of the parent waiting."""
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._popen.returncode = 0  # it is no child of this process


def _lines(pipe: Any, size: int) -> Any:
    """Yield the lines of *pipe*, and None where one has more than *size* bytes."""
    parts: list[bytes] = []
    length = 0
    while chunk := pipe.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        parts.append(first)
        length += len(first)
        if length > size:
            yield None
            return
        for other in others:
            yield b"".join(parts)
            parts, length = [other], len(other)


def _parsed(line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None


@call_after_fork
def _leave_all() -> None:
    for process in list(_running):
        process.leave()
