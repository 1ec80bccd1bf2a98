"""``catalog serve``, as a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from factories import ROOT

from catalog import Catalog


class Served(NamedTuple):
    """A server process and where it listens."""

    process: subprocess.Popen[str]
    address: str


@pytest.fixture
def serving(served: Catalog) -> Iterator:
    """A function that starts `catalog serve` with arguments."""
    processes = []

    def start(*arguments: str, **environment: str) -> Served:
        command = [sys.executable, "-m", "catalog_cli", "--url", served.url, "--embedder", "none", "serve"]
        process = subprocess.Popen(
            [*command, "--port", "0", *arguments],
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        line = process.stderr.readline()
        assert "serving" in line, line + process.stderr.read()
        assert "@" not in line  # no user and no password of a server, as the fixture of PostgreSQL has
        return Served(process, line.split(" at ")[1].split(";")[0])

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def get(address: str, path: str, **headers: str) -> tuple[int, bytes]:
    """Ask for a path."""
    at = urlsplit(address)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_answers_logs_and_stops_when_told(serving) -> None:
    """The process says where it listens, logs lines of JSON, and ends with 0 at SIGTERM, streams included."""
    process, address = serving()
    assert get(address, "/api/v1/entries/tool/mail")[0] == 200
    stream = urllib.request.urlopen(f"{address}api/v1/events", timeout=20)
    assert stream.readline().startswith(b"retry")
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    stream.read()
    stream.close()
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, time.monotonic() - begun < 9) == (0, "", True)
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [(line["path"], line["status"]) for line in lines] == [
        ("/api/v1/entries/tool/mail", 200),
        ("/api/v1/events", 200),
    ]


def test_an_interrupt_stops_it_without_a_trace(serving) -> None:
    """Ctrl-C ends the process with 0, and nothing but the log is printed."""
    process, _ = serving()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_it_lies_under_a_prefix_whether_a_proxy_takes_it_away_or_not(serving) -> None:
    """With `--prefix` both forms of a path are answered, and the description says where the API is."""
    _, address = serving("--prefix", "/catalog")
    assert urlsplit(address).path == "/catalog/"
    for path in ("/catalog/api/v1/entries/tool/charts%2Fpie", "/api/v1/entries/tool/charts%2Fpie"):
        assert json.loads(get(address, path)[1])["key"] == "tool:charts/pie"
    assert json.loads(get(address, "/catalog/openapi.json")[1])["servers"] == [{"url": "/catalog"}]


def test_a_token_of_the_environment_is_asked_for(serving) -> None:
    """With `CATALOG_TOKEN` nothing is answered without it, on this machine, too."""
    _, address = serving(CATALOG_TOKEN="a-token-of-enough-letters")
    assert get(address, "/api/v1/entries")[0] == 401
    assert get(address, "/api/v1/entries", Authorization="Bearer a-token-of-enough-letters")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "is asked from other machines, and there is no token"),
        (["--token", "a-literal-token-1234"], "--token names no file that can be read"),
        (["--host", "203.0.113.1", "--token", "env:SOME"], "can't listen at 203.0.113.1"),
        (["--prefix", "catalog"], "give a path, as /catalog"),
    ],
)
def test_what_is_not_safe_does_not_start(served: Catalog, arguments: list[str], said: str) -> None:
    """Wrong use ends with 2 and one line, which repeats no token."""
    done = subprocess.run(
        [sys.executable, "-m", "catalog_cli", "--url", served.url, "serve", *arguments],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}", "SOME": "a-token-of-enough-letters"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines()), said in done.stderr) == (2, "", 1, True)
    assert "a-literal-token" not in done.stderr


def test_a_missing_extra_is_named(served: Catalog, tmp_path: Path) -> None:
    """Without the libraries of the extra the command says how to install them."""
    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError('no', name='starlette')\n")
    done = subprocess.run(
        [sys.executable, "-m", "catalog_cli", "--url", served.url, "serve"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT, ROOT / "cli")))},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "pip install 'magma-catalog[server]'" in done.stderr) == (3, True)
