"""Completion in the shells themselves: their own script is read, a line is typed, and the Tab key is pressed."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories import ROOT, open_catalog

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SETUP = {
    "bash": "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; source ./completion",
    "zsh": "autoload -Uz compinit; compinit -u -d ./dump; unsetopt zle_bracketed_paste; source ./completion",
    "fish": "source ./completion",
}


@pytest.fixture
def folder(tmp_path: Path, url: str) -> Path:
    """A folder with the command ``catalog`` on a path of its own, and a catalog of three entries."""
    with open_catalog(url) as cat:
        for name in ("shrink", "shout", "other"):
            cat.register("tool", name, "json:dumps")
    program = tmp_path / "bin" / "catalog"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m catalog_cli "$@"\n')
    program.chmod(0o755)
    return tmp_path


def typed(shell: str, folder: Path, url: str, line: str, wanted: str) -> str:
    """Return what a shell shows after *line* and Tab, Tab; it is read until *wanted* is there."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    env = {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'cli'}",
        "CATALOG_URL": url,
        "TERM": "dumb" if shell == "bash" else "xterm",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }
    source = subprocess.run(
        ["catalog"], env=env | {"_CATALOG_COMPLETE": f"{shell}_source"}, capture_output=True, text=True, check=True
    )
    (folder / "completion").write_text(source.stdout)
    main, end = pty.openpty()
    running = subprocess.Popen(
        SHELLS[shell], stdin=end, stdout=end, stderr=end, cwd=folder, env=env, start_new_session=True
    )
    os.close(end)
    try:
        os.write(main, f"{SETUP[shell]}; echo re''ady\n".encode())
        _read(main, "ready")
        os.write(main, line.encode())
        shown = ""
        for _ in range(3):  # the first Tab completes what is common, the next lists what there is
            os.write(main, b"\t")
            shown += _read(main, wanted, seconds=20)
            if wanted in shown:
                break
        return shown
    finally:
        running.kill()
        running.wait()
        os.close(main)


def _read(main: int, wanted: str, seconds: float = 60) -> str:
    shown, until = "", time.monotonic() + seconds
    while wanted not in shown and time.monotonic() < until:
        if select.select([main], [], [], 0.5)[0]:
            try:
                shown += os.read(main, 65_536).decode("utf-8", "replace")
            except OSError:
                break
    return shown


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_is_completed(shell: str, folder: Path, url: str) -> None:
    """``catalog sea`` and Tab make ``catalog search``."""
    assert "search" in typed(shell, folder, url, "catalog sea", "search")


@pytest.mark.parametrize("shell", SHELLS)
def test_names_are_completed_from_the_catalog(shell: str, folder: Path, url: str) -> None:
    """``catalog explain sh`` and Tab show the names that begin so, and no other."""
    shown = typed(shell, folder, url, "catalog explain sh", "shrink")
    assert "shrink" in shown
    assert "other" not in shown


@pytest.mark.parametrize("shell", SHELLS)
def test_keys_are_completed_beyond_their_colon(shell: str, folder: Path, url: str) -> None:
    """A colon ends a word in bash; the name after it is completed all the same."""
    assert "tool:shrink" in typed(shell, folder, url, "catalog explain tool:shr", "tool:shrink").replace("\\", "")
