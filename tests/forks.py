"""Processes that need not start anew: commands and Python are forked off a process that has the libraries ready."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from factories import ROOT

SERVER = """
import atexit, gc, importlib, json, os, signal, socket, sys, threading, types
place, target, *ready = sys.argv[1:]
for name in ready:
    importlib.import_module(name)
module, _, attribute = target.partition(":")
main = getattr(importlib.import_module(module), attribute)
listener = socket.socket(socket.AF_UNIX)
listener.bind(place)
listener.listen(64)
gc.freeze()
print(flush=True)

def reap(*ended):  # so that their time is counted
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    if ended:
        os._exit(0)

def serve():
    while True:
        asked = listener.accept()[0]
        reap()
        if os.fork():
            asked.close()
            continue
        listener.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        files = socket.recv_fds(asked, 1, 3)[1]
        folder, environment, code, words = json.loads(asked.makefile("rb").readline())
        child = os.fork()
        if child:
            for file in files:
                os.close(file)
            asked.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            os._exit(0)
        asked.close()
        for number, (file, name) in enumerate(zip(files, ("stdin", "stdout", "stderr"))):
            os.dup2(file, number)
            os.close(file)
            old = getattr(sys, name)
            new = open(number, old.mode, 1 if number == 2 else -1, old.encoding, old.errors, closefd=False)
            setattr(sys, name, new)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        return code, words

def run(code, words):
    if code is None:
        sys.argv = ["catalog", *words]
        return main()
    sys.argv = ["-c", *words]
    sys.path.insert(0, "")
    sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(code, "<string>", "exec"), vars(sys.modules["__main__"]))

signal.signal(signal.SIGTERM, reap)
asked = serve()
try:
    status = run(*asked)
except SystemExit as end:
    status = end.code
except BaseException:
    sys.excepthook(*sys.exc_info())
    status = 1
threading._shutdown()
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(status or 0)  # taking a hundred thousand objects apart would take longer than most commands
"""
"""Imports modules, and runs what it is asked for in processes that are forked off before anything ran.

It is asked over a socket: for the three streams, then for a folder, an environment, code (or none: a command), and
words. The answer is the exit status.
"""

CLIENT = """#!{python} -IS
import _socket, os, sys
words = [sys.argv[1:], os.getcwd(), dict(os.environ)]
import json
asked = _socket.socket(_socket.AF_UNIX)
asked.connect({place!r})
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
asked.sendmsg([b" "], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
asked.sendall(json.dumps([words[1], words[2], None, words[0]]).encode() + b"\\n")
status = asked.recv(20)
os._exit(int(status) if int(status) >= 0 else 128 - int(status))
"""
"""The command ``catalog`` for a shell: it asks for a process, and ends as that does."""

STRICT = "import warnings; warnings.simplefilter('error')\n"
"""Put before code: a warning is an error."""

PLAIN = ("numpy", "sqlalchemy.dialects.sqlite")
"""What takes long to import, and looks at no distribution."""

ALL = (
    *PLAIN,
    "catalog.app",
    "catalog.ingest.refresh",
    "catalog.verbs.search",
    "catalog.verbs.repair",
    "catalog.search.hybrid",
    "catalog.search.semantic",
    "catalog.store.writer",
    "catalog.embedders.everyday",
    "catalog.embedders.wordllama",
    "catalog.routing.auto",
    "catalog.routing.strategies.cascade",
    "alembic.command",
)


class Forks:
    """Runs ``catalog``, and Python, in processes that are forked off one that has imported *ready*."""

    def __init__(
        self,
        ready: tuple[str, ...],
        path: tuple[Path, ...] = (),
        *,
        python: str | Path = sys.executable,
        command: str = "catalog_cli.app:main",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, with the folders of *path* before the checkout, or another *python* and its *environment*.

        The *command* is the object that the program calls, as an entry point names it.
        """
        folders = os.pathsep.join(map(str, (*path, ROOT, ROOT / "cli")))
        self._folder = Path(tempfile.mkdtemp(prefix="catalog-forks-"))  # short: the path of a socket has 107 bytes
        self._process = subprocess.Popen(
            [python, "-P", "-c", SERVER, self._folder / "socket", command, *ready],
            env={**os.environ, "PYTHONPATH": folders} if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __call__(self, folder: Path, environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
        """Run a command in *folder*; return its exit status, what it printed, and its errors."""
        return self._run(folder, environment, None, words)

    def python(self, code: str, folder: Path, environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
        """Run Python in *folder*; return as for a command."""
        return self._run(folder, environment, code, words)

    def _run(
        self, folder: Path, environment: Mapping[str, str], code: str | None, words: tuple[str, ...]
    ) -> tuple[int, str, str]:
        with (
            open(os.devnull, "rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            socket.socket(socket.AF_UNIX) as asked,
        ):
            asked.connect(str(self._folder / "socket"))
            socket.send_fds(asked, [b" "], [nothing.fileno(), out.fileno(), err.fileno()])
            asked.sendall(json.dumps([str(folder), dict(environment), code, words]).encode() + b"\n")
            status = int(asked.recv(20))
            texts = [os.pread(file.fileno(), 10**7, 0).decode() for file in (out, err)]
        return status, texts[0], texts[1]

    def put_command(self, file: Path) -> None:
        """Make *file* the command ``catalog``, for a shell."""
        file.write_text(CLIENT.format(python=sys.executable, place=str(self._folder / "socket")))
        file.chmod(0o755)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate(timeout=60)
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def forks() -> Forks:
    """Return one that all tests of this process share."""
    made = Forks(ALL)
    atexit.register(made.close)
    return made
