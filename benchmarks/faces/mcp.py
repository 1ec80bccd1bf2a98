"""A search through MCP beside the same search in the process; start-up; 200 sessions over HTTP for a minute.

    python -m benchmarks mcp                                 # all three
    python -m benchmarks mcp search --size 50000
    python -m benchmarks mcp start                           # beside a bare server of the SDK
    python -m benchmarks mcp sessions --sessions 200 --seconds 60

The server is a process of its own, the client is the official one. Each search goes to all in turns: to the catalog,
over stdio, over HTTP; and a call goes to a bare server of the SDK that gives a constant of the same size, with no more
than has to be: what the SDK itself costs. The processor time of client and server is shown apart.

Sessions are half of the current revision and half of the one before. When all are open, each asks again and again with
pauses, and after some time begins anew. Exit status 1 after an error, or where the memory of the server grew by more
than a tenth and 8 MB between the first fifth of the time and the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.measure import versions
from benchmarks.options import Parser
from benchmarks.processes import environment
from benchmarks.tools import mixed, take, tools

LIMIT = 10
LIFE = 20.0
"""Seconds that a session lives, about."""
PAUSE = 0.5
"""Seconds between two requests of one session, about."""

_BARE = """
import json, sys, anyio, mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
TOOL = types.Tool(name="search_tools", input_schema={"type": "object"})
HIT = {"key": "tool:" + "x" * 20, "kind": "tool", "name": "x" * 20, "description": "x" * 200, "score": 0.5}
HITS = {"hits": [HIT] * 10}
async def listed(ctx, params): return types.ListToolsResult(tools=[TOOL])
async def called(ctx, params):
    text = types.TextContent(type="text", text=json.dumps(HITS))
    return types.CallToolResult(content=[text], structured_content=HITS)
server = Server("bare", on_list_tools=listed, on_call_tool=called)
async def main():
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
if sys.argv[1:]:
    import uvicorn
    uvicorn.run(server.streamable_http_app(), port=0, access_log=False)
else:
    anyio.run(main)
"""
_HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "timer", "version": "1"}},
}


def main(arguments: Sequence[str] | None = None) -> int | None:
    """Measure the parts that are asked for."""
    parser = Parser("mcp", __doc__)
    parser.add_argument("parts", nargs="*", default=["search", "start", "sessions"], help="search, start, sessions")
    parser.add_argument("--size", type=int, default=10_000, help="entries of the catalog")
    parser.add_argument("--rounds", type=int, default=200, help="searches; a twentieth of that many starts")
    parser.add_argument("--sessions", type=int, default=200, help="sessions at the same time")
    parser.add_argument("--seconds", type=float, default=60, help="how long they go on")
    options = parser.options(arguments)
    if find_spec("mcp") is None:
        print("mcp: the SDK is not installed; pip install 'magma-catalog[mcp]'")
        return 1
    print(versions("mcp", "starlette", "uvicorn"))
    with tempfile.TemporaryDirectory(prefix="benchmark-mcp-") as folder:
        path = Path(folder) / "catalog.db"
        requests = _filled(path, options.size)
        status = 0
        if "search" in options.parts:
            asyncio.run(_searches(path, requests, options.rounds))
        if "start" in options.parts:
            _starts(path, max(options.rounds // 20, 3))
        if "sessions" in options.parts:
            status = asyncio.run(_sessions(path, requests, options.sessions, options.seconds))
    return status


def _filled(path: Path, size: int) -> list[str]:
    from catalog import Catalog

    fields = list(tools(size))
    with Catalog(f"sqlite:///{path}") as cat:
        cat.register_many(fields)
        cat.embed_update()
    return take(100, mixed(fields))


def _command(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "catalog_cli", "mcp", "--url", f"sqlite:///{path}", *more]


def _http(command: list[str]) -> tuple[subprocess.Popen[str], str]:
    """Start a server over HTTP; return it and its address."""
    server = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    while (found := re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())) is None:
        if server.poll() is not None:
            raise RuntimeError("the server ended")
    return server, f"{found[0]}/mcp"


async def _searches(path: Path, requests: list[str], rounds: int) -> None:
    from mcp import Client, StdioServerParameters

    from catalog import Catalog

    command = _command(path)
    # A server for each revision: what one request has made ready must not serve the other.
    over_http = [_http(_command(path, *_HTTP)) for _ in range(2)]
    bare, bare_address = _http([sys.executable, "-c", _BARE, "http"])
    try:
        async with AsyncExitStack() as stack:
            stdio = StdioServerParameters(command=command[0], args=command[1:], env=environment())
            ways: dict[str, Any] = {}
            servers: dict[str, list[int]] = {}
            for name in ("stdio", "HTTP"):
                for (mode, era), (process, address) in zip(_ERAS.items(), over_http, strict=True):
                    before, client = _children(), Client(stdio if name == "stdio" else address, mode=mode)
                    ways[f"{name}, {era}"] = await stack.enter_async_context(client)
                    servers[f"{name}, {era}"] = [*(_children() - before)] or [process.pid]
            alone = StdioServerParameters(command=sys.executable, args=["-c", _BARE], env=environment())
            before = _children()
            ways["a bare one, stdio"] = await stack.enter_async_context(Client(alone))
            servers["a bare one, stdio"] = [*(_children() - before)]
            ways["a bare one, HTTP"] = await stack.enter_async_context(Client(bare_address))
            servers["a bare one, HTTP"] = [bare.pid]
            cat = stack.enter_context(Catalog(f"sqlite:///{path}"))
            taken: dict[str, list[float]] = {name: [] for name in (_HERE, *ways)}
            for client in ways.values():
                await client.list_tools()
            for number in range(rounds + 10):
                request = requests[number % len(requests)]
                begin = time.perf_counter()
                here = [hit.to_dict(ranked=False) for hit in cat.search(request, limit=LIMIT)]
                spent = [time.perf_counter() - begin]
                for name, client in ways.items():
                    begin = time.perf_counter()
                    result = await client.call_tool("search_tools", {"query": request, "limit": LIMIT})
                    spent.append(time.perf_counter() - begin)
                    if name.startswith(_BARE_ONE):
                        continue
                    keys = [hit["key"] for hit in result.structured_content["hits"]]
                    if keys != [hit["key"] for hit in here]:
                        raise RuntimeError(f"{request!r} gives other hits through MCP: {keys}")
                if number >= 10:  # the embedder is loaded, caches are warm
                    for name, seconds in zip(taken, spent, strict=True):
                        taken[name].append(seconds)
            work = {_HERE: (_work(cat, requests), 0.0)}
            for name, client in ways.items():
                mine, theirs = time.process_time(), _worked(servers[name])
                for request in requests:
                    await client.call_tool("search_tools", {"query": request, "limit": LIMIT})
                spent_by = time.process_time() - mine, _worked(servers[name]) - theirs
                work[name] = spent_by[0] / len(requests), spent_by[1] / len(requests)
    finally:
        for server in (*(process for process, _ in over_http), bare):
            server.terminate()
            server.wait()
    _show(taken, work, rounds)


def _work(cat: Any, requests: list[str]) -> float:
    begin = time.process_time()
    for request in requests:
        [hit.to_dict(ranked=False) for hit in cat.search(request, limit=LIMIT)]
    return (time.process_time() - begin) / len(requests)


_HERE = "the process itself"
_ERAS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
"""The modes of the client, and the revisions of the protocol they speak."""
_BARE_ONE = "a bare one"
_HTTP = ("--http", "--port", "0")


def _children() -> set[int]:
    """Return the processes that this one has started, where the system says so."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text(encoding="ascii").split()}


def _worked(pids: list[int]) -> float:
    """Return the seconds of processor time that processes have had."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)  # the clock of a process, as Linux numbers it


def _show(taken: dict[str, list[float]], work: dict[str, tuple[float, float]], rounds: int) -> None:
    """Print medians, the quick tenth and the work: on a machine that does other things, too, they say more."""
    print(f"a search, {rounds} requests in turns, in ms; goal <= 3 ms more than in the process")
    print("                         median  quick tenth   processor: client  server     sum   more than in the process")
    here = sum(work[_HERE])
    for name, seconds in taken.items():
        shown = [statistics.median(seconds), statistics.quantiles(seconds, n=10)[0]]
        figures = " ".join(f"{figure * 1e3:{width}.2f}" for figure, width in zip(shown, (9, 12), strict=True))
        spent = " ".join(
            f"{figure * 1e3:{width}.2f}"
            for figure, width in zip((*work[name], sum(work[name])), (19, 7, 7), strict=True)
        )
        more = ""
        if name != _HERE and not name.startswith(_BARE_ONE):
            beside = statistics.median(a - b for a, b in zip(seconds, taken[_HERE], strict=True))
            more = f"{beside * 1e3:+9.2f} {(sum(work[name]) - here) * 1e3:+8.2f} of processor"
        print(f"  {name:<20} {figures} {spent} {more}")


def _starts(path: Path, rounds: int) -> None:
    ways = {"catalog mcp": _command(path), "a bare server": [sys.executable, "-c", _BARE]}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, command in ways.items():
            begin = time.perf_counter()
            pipe = subprocess.PIPE
            with subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True) as server:
                assert server.stdin is not None
                assert server.stdout is not None
                server.stdin.write(json.dumps(_HELLO) + "\n")
                server.stdin.flush()
                answer = json.loads(server.stdout.readline())
                seconds = time.perf_counter() - begin
                server.stdin.close()
            if "result" not in answer:
                raise RuntimeError(str(answer))
            if number:
                taken[name].append(seconds)
    print(f"from the start to the answer of initialize, {rounds} starts in turns, medians:")
    for name, spent in taken.items():
        print(f"  {name:<22} {statistics.median(spent) * 1e3:8.0f} ms")
    ratio = statistics.median(a / b for a, b in zip(*taken.values(), strict=True))
    print(f"  ratio {ratio:.2f}   goal < 1.5")


class _Tally:
    def __init__(self, count: int, seconds: float) -> None:
        self.errors: list[str] = []
        self.spent: list[float] = []
        self.begun = 0
        self.seconds, self.end = seconds, 0.0
        self._missing, self._all = count, asyncio.Event()

    async def arrived(self) -> None:
        """Wait until every session is open; then the time begins."""
        self._missing -= 1
        if self._missing == 0:
            self.end = time.monotonic() + self.seconds
            self._all.set()
        await self._all.wait()


async def _sessions(path: Path, requests: list[str], count: int, seconds: float) -> int:
    process, address = _http(_command(path, *_HTTP))
    tally = _Tally(count + 1, seconds)
    memory: list[int] = []

    async def watch() -> None:
        await tally.arrived()
        await asyncio.sleep(seconds / 5)
        memory.append(_resident(process.pid))

    try:
        await asyncio.gather(watch(), *(_session(address, number, requests, tally) for number in range(count)))
        memory.append(_resident(process.pid))
    finally:
        process.terminate()
        process.wait()
    early, late = memory
    has_grown = late - early > max(early // 10, 8 << 20)
    ordered = sorted(tally.spent)
    print(f"{count} sessions at the same time for {seconds:.0f} s, {tally.begun} in all, {len(ordered)} searches:")
    print(f"  errors {len(tally.errors)}   goal 0")
    for text in tally.errors[:5]:
        print(f"    {text}")
    median, slow = (ordered[len(ordered) * part // 100] * 1e3 for part in (50, 99))
    print(f"  a search takes {median:.0f} ms, 99 of 100 take {slow:.0f} ms at most; client and server on this machine")
    print(f"  memory of the server {early >> 20} MB after a fifth of the time, {late >> 20} MB at the end   goal flat")
    return int(bool(tally.errors) or has_grown)


async def _session(address: str, number: int, requests: list[str], tally: _Tally) -> None:
    """Ask in one session after the other, as number *number* of those that are open at the same time."""
    from mcp import Client

    chance = random.Random(number)
    is_first = True
    while is_first or time.monotonic() < tally.end:
        tally.begun += 1
        try:
            async with Client(address, mode="auto" if number % 2 else "legacy") as client:
                await client.list_tools()
                if is_first:
                    await tally.arrived()
                    is_first = False
                until = min(tally.end, time.monotonic() + LIFE * (0.5 + chance.random()))
                while time.monotonic() < until:
                    await asyncio.sleep(2 * PAUSE * chance.random())
                    begin = time.perf_counter()
                    result = await client.call_tool("search_tools", {"query": chance.choice(requests)})
                    tally.spent.append(time.perf_counter() - begin)
                    if result.is_error or not result.structured_content:
                        tally.errors.append(str(result.content))
        except Exception as error:
            tally.errors.append(f"{type(error).__name__}: {error}")
            await asyncio.sleep(1)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
