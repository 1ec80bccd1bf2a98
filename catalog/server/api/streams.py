"""JSON Lines out and in, and changes as they happen: what takes its time, or does not end."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any, cast

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectSendStream
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from catalog import Catalog, CatalogError, Revision, changes_since, json_text
from catalog.server.api.operations import LINES, Asked
from catalog.server.handling import catalog_of, in_thread
from catalog.server.problems import Problem

_CHUNK = 64 * 1024
_LOOK = 0.5
"""Seconds between two looks at the generation."""

_BEAT = 15.0
"""Seconds after which a stream without news says that it is there."""

EVENTS = "text/event-stream"
_MOST_STREAMS = 100


class _Pipe(io.TextIOBase):
    """A text file that a worker thread writes, and the event loop sends."""

    def __init__(self, send: MemoryObjectSendStream[bytes]) -> None:
        self._send, self._waiting, self._size = send, [""], 0

    def write(self, text: str, /) -> int:
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= _CHUNK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self._waiting, self._size = "".join(self._waiting), [], 0
        if text:
            from_thread.run(self._send.send, text.encode("utf-8"))


def exported(request: Request, catalog: Catalog) -> Response:
    """Answer with the stored entries as JSON Lines, as they are read."""

    async def lines() -> AsyncIterator[bytes]:
        send, receive = anyio.create_memory_object_stream[bytes](2)

        def write() -> None:
            pipe = _Pipe(send)
            catalog.export_jsonl(cast("IO[str]", pipe))
            pipe.flush()

        async def run() -> None:
            async with send:
                try:
                    await to_thread.run_sync(write)
                except anyio.BrokenResourceError:  # the caller has gone
                    return

        async with anyio.create_task_group() as tasks, receive:
            tasks.start_soon(run)
            async for chunk in receive:
                yield chunk

    return StreamingResponse(lines(), media_type=LINES)


class _Body(io.TextIOWrapper):
    """The body of a request as a text file; errors call it so."""

    name = "the body"


async def received(request: Request) -> IO[str]:
    """Return the body of a request as a text file, which goes when it is closed."""
    kept = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # the caller closes it
    try:
        async for chunk in request.stream():
            kept.write(chunk)
        kept.seek(0)
        return _Body(kept, encoding="utf-8-sig", errors="surrogateescape")
    except BaseException:
        kept.close()
        raise


async def events(asked: Asked) -> Response:
    """Tell of changes as they happen, as server-sent events."""
    request = asked.request
    catalog = catalog_of(request)
    streams: set[object] = request.app.state.streams
    if len(streams) >= _MOST_STREAMS:
        raise Problem(503, "busy", "as many as can be are listening already", headers={"retry-after": "30"})
    since = await in_thread(request, _generation, catalog)
    said = request.headers.get("last-event-id", "")
    if said:
        if not said.isdecimal() or len(said) > 18:
            raise Problem(422, "last-event-id", "Last-Event-ID is the id of an event")
        since = min(since, int(said))
    return StreamingResponse(_told(request, catalog, since), media_type=EVENTS, headers={"x-accel-buffering": "no"})


async def _told(request: Request, catalog: Catalog, since: int) -> AsyncIterator[bytes]:
    """Yield an event for each commit that is seen; what happened between two looks is one."""
    streams: set[object] = request.app.state.streams
    me = object()
    streams.add(me)
    try:
        yield f"retry: 2000\nid: {since}\nevent: ready\ndata: {json.dumps({'generation': since})}\n\n".encode()
        quiet = 0.0
        while request.app.state.is_ready:
            now = await to_thread.run_sync(_generation, catalog)
            if now > since:
                changed = await to_thread.run_sync(changes_since, catalog, since)
                yield _event(now, changed)
                since, quiet = now, 0.0
            elif quiet >= _BEAT:
                yield b": still here\n\n"
                quiet = 0.0
            await asyncio.sleep(_LOOK)
            quiet += _LOOK
    except CatalogError:  # it was closed; the caller comes again
        return
    finally:
        streams.discard(me)


def _event(generation: int, changed: list[Revision]) -> bytes:
    told: list[dict[str, Any]] = [
        {
            "key": revision.key,
            "revision": revision.revision,
            "action": revision.action,
            "actor": revision.actor,
            "at": revision.at.isoformat(),
            "reason": revision.reason,
        }
        for revision in changed
    ]
    data = json_text({"generation": generation, "changes": told})
    return f"id: {generation}\nevent: change\ndata: {data}\n\n".encode()


def _generation(catalog: Catalog) -> int:
    return catalog.generation
