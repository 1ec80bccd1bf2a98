"""Sessions of the official client with a server: in this process, or over a transport."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from factories import ROOT
from mcp import Client, StdioServerParameters

T = TypeVar("T")
MODES = ("auto", "legacy")
"""The current revision of the protocol, and the one before."""
_COMMAND = (  # who runs tests in the background ignores interrupts, and so would the command
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from catalog_cli.app import main; main()"
)
PATH = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}"}


def session(server: Any, steps: Callable[[Client], Awaitable[T]], mode: str = "auto", **options: Any) -> T:
    """Return what *steps* give with a client of *server*; the session takes at most a minute."""

    async def run() -> T:
        async with Client(server, mode=mode, **options) as client:
            return await steps(client)

    async def bounded() -> T:
        return await asyncio.wait_for(run(), 60)

    return asyncio.run(bounded())


def stdio(*arguments: str, cwd: Path, **environment: str) -> StdioServerParameters:
    """Return how a client starts ``catalog mcp``."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "catalog_cli", "mcp", *arguments],
        cwd=cwd,
        env={**os.environ, **PATH, **environment},
    )


def started(project: Path, *arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Return the command, running, with pipes to and from it; *stdout*: a file to write to instead."""
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "mcp", *arguments],
        cwd=project,
        env={**os.environ, **PATH, "CATALOG_TRUST": "1"},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def text_of(result: Any) -> str:
    """Return the text of a result."""
    return "".join(part.text for part in result.content)
