"""What `catalog serve` costs: requests a second, 99th percentile, memory; beside the same calls and Datasette.

The server runs in a process of its own on loopback, its clients in another; all on the cores that there are. A client
asks again as soon as it is answered, over a connection that stays open. "cost of the face" is the median of one client
less the median of the same call in this process. "CPU" is what the process used for each answer, which other work
on the machine does not change. "after a change": one entry is changed over HTTP, and the first answer after that is
timed. Datasette serves the same file with the same query of FTS5; it is
found by CATALOG_DATASETTE, else on the path.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.corpus import entries, rare_words
from benchmarks.measure import versions
from benchmarks.options import Parser
from benchmarks.processes import ROOT, environment

GOAL_MS, GOAL_MB, GOAL_CHANGED_MS = 2.0, 150, 50
REST = 21.0
"""Seconds after which a server has let go of what nobody asked for: it looks every ten."""

QUERY = (
    "select e.kind, e.name, e.description from entry_fts f join entry e on e.id = f.rowid "
    "where entry_fts match :q order by bm25(entry_fts) limit 10"
)
ONE = "select * from entry where kind = 'tool' and name = :name"


class Load(NamedTuple):
    """What clients saw: answers, and the median and the 99th percentile in milliseconds; and CPU for each answer."""

    answers: int
    median: float
    worst: float
    cpu: float = float("nan")


def fill(url: str, size: int, embedder: str) -> list[str]:
    """Make a catalog of *size* entries; return some of their names."""
    from catalog import Catalog, Settings

    with Catalog(url, settings=Settings(embedder=embedder)) as cat:
        cat.register_many(entries(size))
        if embedder != "none":
            cat.embed_update()
        return cat.list("tool")[:: max(1, size // 200)]


@contextmanager
def running(command: Sequence[str], folder: Path, sign: str) -> Iterator[tuple[int, str]]:
    """Run a server until the end of the block; give its process and the address in the line that has *sign*."""
    extra = {"CATALOG_TRUST": "1", "PYTHONUNBUFFERED": "1"}
    with (folder / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(command, cwd=folder, env=environment() | extra, stdout=errors, stderr=errors)
        try:
            until = time.monotonic() + 60
            while True:
                text = (folder / "errors.txt").read_text()
                lines = [line for line in text.splitlines() if sign in line]
                if lines:
                    break
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"{command[0]} does not serve: {text[-400:]}")
                time.sleep(0.05)
            word = next(word for word in lines[0].split() if word.startswith("http://"))
            yield process.pid, word.rstrip(";")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def memory(pid: int) -> str:
    """Return in words the memory of a process: all that is resident, and what of it is no file that is mapped."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return "unknown"
    sizes = dict(line.split(":", 1) for line in status.read_text().splitlines())
    all_of_it, own = (int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return f"{all_of_it:.0f} MB, {own:.0f} MB of it without mapped files"


def cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _client(address: Any, paths: Sequence[str], until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    chance = random.Random(id(took) + len(took))
    while time.perf_counter() < until:
        path = chance.choice(paths)
        begin = time.perf_counter()
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: */*\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status = head[9:12]
        said = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        length = int(said[0].partition(b":")[2]) if said else None
        if length is None:  # in chunks
            while (size := int((await reader.readline()).partition(b";")[0], 16)) > 0:
                await reader.readexactly(size + 2)
            await reader.readline()
        else:
            await reader.readexactly(length)
        if status != b"200":
            raise SystemExit(f"{path}: {status.decode()}")
        took.append(time.perf_counter() - begin)
    writer.close()


async def _clients(address: str, paths: Sequence[str], number: int, seconds: float) -> list[float]:
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_client(urlsplit(address), paths, until, took) for _ in range(number)))
    return took


def load(pid: int, address: str, paths: Sequence[str], number: int, seconds: float) -> Load:
    """Let *number* clients ask a server for *paths*, in a process of their own; return what they saw."""
    before = cpu(pid)
    asked = json.dumps([address, list(paths), number, seconds])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.faces.serving", "--clients", asked],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=seconds + 60,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr.strip().splitlines()[-1] if done.stderr else "the clients failed")
    seen = Load(*json.loads(done.stdout))
    return seen._replace(cpu=(cpu(pid) - before) / seen.answers * 1e3)


def _load_here(asked: str) -> None:
    address, paths, number, seconds = json.loads(asked)
    took = sorted(asyncio.run(_clients(address, paths, number, seconds)))
    figures = (len(took), statistics.median(took) * 1e3, took[int(len(took) * 0.99)] * 1e3)
    print(json.dumps(figures))


def in_process(call: Callable[[str], object], over: Sequence[str], seconds: float) -> tuple[float, float]:
    """Return the median of a call in this process and its CPU, in milliseconds."""
    took = []
    used = time.process_time()
    until, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < until or number < 10:
        begin = time.perf_counter()
        call(over[number % len(over)])
        took.append(time.perf_counter() - begin)
        number += 1
    return statistics.median(took) * 1e3, (time.process_time() - used) / number * 1e3


def _calls(url: str, embedder: str) -> tuple[Any, Callable[[str], object], Callable[[str], object]]:
    """Return a catalog, and what the API does for a search and for an entry, without the server."""
    from catalog import Catalog, Settings, entry_marks

    cat = Catalog(url, settings=Settings(embedder=embedder))

    def search(word: str) -> str:
        hits = cat.search(word, limit=10)
        marks = cat.marks([hit.key for hit in hits])
        return json.dumps([{**hit.to_dict(), "marked": hit.key in marks} for hit in hits])

    def entry(name: str) -> str:
        found = cat.entry("tool", name)
        return json.dumps({**found.model_dump(mode="json"), **entry_marks(found.metadata).to_dict()})

    return cat, search, entry


def show(name: str, clients: int, seconds: float, seen: Load) -> None:
    times = f"median {seen.median:>7.2f} ms  p99 {seen.worst:>8.2f} ms  CPU {seen.cpu:.2f} ms"
    print(f"{name:<20} {clients:>4} clients  {seen.answers / seconds:>7.0f}/s  {times}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int | None:
    parser = Parser("faces", __doc__)
    parser.add_argument("--size", type=int, default=100_000, help="entries of the catalog")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--embedder", default="none", help="of the catalog: none, wordllama, …")
    options = parser.options(arguments)
    print(versions("starlette", "uvicorn", "jinja2", "magma-catalog"))
    with tempfile.TemporaryDirectory(prefix="catalog-faces-") as where:
        folder = Path(where)
        url = f"sqlite:///{folder / 'catalog.db'}"
        names = fill(url, options.size, options.embedder)
        (folder / "catalog.toml").write_text("[server]\nrate = 0\n")
        _ours(options, folder, url, names)
        _datasette(options, folder, names)
    return None


def _ours(options: Any, folder: Path, url: str, names: Sequence[str]) -> None:
    words = rare_words()
    cat, search, entry = _calls(url, options.embedder)
    with cat:
        alone = {
            "search": in_process(search, words, options.seconds),
            "entry": in_process(entry, names, options.seconds),
        }
    pages = {
        "search": [f"api/v1/search?{urlencode({'q': word})}" for word in words],
        "entry": [f"api/v1/entries/tool/{quote(name, safe='')}" for name in names],
        "page of a search": [f"?{urlencode({'q': word})}" for word in words],
        "page of an entry": [f"entries/tool/{quote(name, safe='')}" for name in names],
    }
    command = [
        sys.executable,
        "-m",
        "catalog_cli",
        "--url",
        url,
        "--embedder",
        options.embedder,
        "serve",
        "--allow-write",
        "--port",
        "0",
    ]
    with running(command, folder, "serving") as (pid, address):
        time.sleep(5)  # what is loaded in the background at the start is there
        print(f"memory after the start {memory(pid)}")
        if options.embedder != "none":
            time.sleep(REST)  # without an embedder there are no vectors to let go
        print(f"memory at rest {memory(pid)}   goal {GOAL_MB} MB")
        for name, paths in pages.items():
            load(pid, address, paths, 1, min(1.0, options.seconds))  # warm
            one = load(pid, address, paths, 1, options.seconds)
            show(name, 1, options.seconds, one)
            if name in alone:
                median, used = alone[name]
                told = f"in process median {median:.2f} ms, CPU {used:.2f} ms: the face costs"
                print(f"{'':<20} {told} {one.median - median:.2f} ms, CPU {one.cpu - used:.2f} ms   goal {GOAL_MS} ms")
            for clients in (10, 100):
                show(name, clients, options.seconds, load(pid, address, paths, clients, options.seconds))
        _after_changes(pid, address, words, names)
        print(f"memory afterwards {memory(pid)}")
        time.sleep(REST)
        print(f"memory at rest again {memory(pid)}   goal {GOAL_MB} MB")


def _after_changes(pid: int, address: str, words: Sequence[str], names: Sequence[str]) -> None:
    """Print what the first answer of each sort takes after a change."""
    asked = {
        "search": f"api/v1/search?{urlencode({'q': words[0]})}",
        "rows of the page": f"?{urlencode({'q': words[1]})}",
        "facets": "api/v1/facets",
        "facets of a tag": "api/v1/facets?tag=plot",
        "list by a rare state": "api/v1/entries?state=draft",
        "search in a state": f"api/v1/search?{urlencode({'q': words[2], 'state': 'approved'})}",
        "the whole page": "",
    }
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port or 80)

    def ask(method: str, path: str, body: str | None = None, **headers: str) -> None:
        connection.request(method, f"/{path}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text[:200]!r}")

    for name, path in asked.items():
        took, used = [], 0.0
        for number in range(21):
            changed = f"api/v1/entries/tool/{quote(names[number], safe='')}"
            body = json.dumps({"description": f"Changed for {name}, {number}."})
            ask("PATCH", changed, body, **{"content-type": "application/json"})
            before, begin = cpu(pid), time.perf_counter()
            ask("GET", path, **({"x-fragment": "rows"} if name.startswith("rows") else {}))
            took.append((time.perf_counter() - begin) * 1e3)
            used += cpu(pid) - before
        took.sort()
        times = f"median {took[10]:>7.2f} ms  worst {took[-1]:>8.2f} ms  CPU {used / len(took) * 1e3:.0f} ms"
        print(f"{name:<20} after a change       {times}   goal {GOAL_CHANGED_MS} ms", flush=True)
    connection.close()


def _datasette(options: Any, folder: Path, names: Sequence[str]) -> None:
    program = os.environ.get("CATALOG_DATASETTE") or shutil.which("datasette")
    if program is None:
        print("peer Datasette: not installed; skipped")
        return
    (folder / "catalog.toml").unlink()
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"peer {said}, as JSON")
    file = str(folder / "catalog.db")
    command = [program, "serve", file, "--port", "0", "--setting", "sql_time_limit_ms", "20000"]
    pages = {
        "Datasette: search": [f"catalog.json?{urlencode({'sql': QUERY, 'q': word})}" for word in rare_words()],
        "Datasette: entry": [f"catalog.json?{urlencode({'sql': ONE, 'name': name})}" for name in names],
    }
    with running(command, folder, "running on") as (pid, address):
        print(f"memory at rest {memory(pid)}")
        for name, paths in pages.items():
            for clients in (1, 10, 100):
                show(name, clients, options.seconds, load(pid, address, paths, clients, options.seconds))


if __name__ == "__main__" and sys.argv[1:2] == ["--clients"]:
    _load_here(sys.argv[2])
