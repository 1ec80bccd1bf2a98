"""Commands in processes of their own that need not start anew: each is forked off one that has the libraries ready."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from factories import ROOT

COMMANDS = """
import importlib, json, os, sys, tempfile
for name in sys.argv[1:]:
    importlib.import_module(name)
from catalog_cli.app import main

for line in sys.stdin:
    folder, environment, words = json.loads(line)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            sys.argv = ["catalog", *words]
            sys.exit(main())
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = [os.pread(file.fileno(), 10**7, 0).decode() for file in (out, err)]
        print(json.dumps([status, *texts]), flush=True)
"""
"""Imports the modules it is given, and runs each command it reads in a process that was forked off before any ran."""

PLAIN = ("numpy", "sqlalchemy.dialects.sqlite")
"""What takes long to import, and looks at no distribution."""

ALL = (
    *PLAIN,
    "catalog.app",
    "catalog.ingest.refresh",
    "catalog.verbs.search",
    "catalog.verbs.repair",
    "alembic.command",
)


class Forks:
    """Runs ``catalog`` in processes that are forked off one that has imported *ready*."""

    def __init__(self, ready: tuple[str, ...], path: tuple[Path, ...] = ()) -> None:
        """Start it, with the folders of *path* before the checkout."""
        folders = os.pathsep.join(map(str, (*path, ROOT, ROOT / "cli")))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", COMMANDS, *ready],
            env={**os.environ, "PYTHONPATH": folders},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, folder: Path, environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
        """Run a command in *folder*; return its exit status, what it printed, and its errors."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), dict(environment), words]) + "\n")
        self._process.stdin.flush()
        status, out, err = json.loads(self._process.stdout.readline())
        return status, out, err

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)


@cache
def forks() -> Forks:
    """Return one that all tests of this process share."""
    made = Forks(ALL)
    atexit.register(made.close)
    return made
