"""The files of a repository that count: not those of tests, of other people's packages, or that git ignores."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TESTS = re.compile(r"(^|/)tests?/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.(py|ipynb)$")
VENDORED = re.compile(
    r"(^|/)(node_modules|site-packages|dist-packages|\.?venv|\.?env|_?vendor(ed)?|third_party|__pycache__|\.tox|\.nox)/"
)
GENERATED = re.compile(r"(_pb2|_pb2_grpc)\.pyi?$")
WRITTEN = (b"DO NOT EDIT", b"@generated")
HEAD = 400
"""In how many of its first bytes a file says that a program wrote it."""
LARGEST = 4_000_000


def counted(top: Path) -> list[str]:
    """Return the paths below *top* that count, with ``/``, sorted."""
    kept = (name for name in known(top) if not is_left_out(name))
    return sorted(name for name in kept if _is_readable(top / name))


def known(top: Path) -> list[str]:
    """Return the paths of all files below *top* that git knows, or of all files where there is no git."""
    names = _of_git(top)
    return sorted(name for name in (_of_folder(top) if names is None else names) if (top / name).is_file())


def is_left_out(name: str) -> bool:
    """Tell whether a file of this path below the repository is a test, vendored or generated."""
    return any(pattern.search(name) for pattern in (TESTS, VENDORED, GENERATED))


def _is_readable(path: Path) -> bool:
    if not path.is_file() or path.is_symlink() or path.stat().st_size > LARGEST:
        return False
    if path.suffix != ".py":
        return True
    with path.open("rb") as file:
        head = file.read(HEAD)
    return not any(word in head for word in WRITTEN)


def _of_git(top: Path) -> list[str] | None:
    """Return what git knows or would add, without what it ignores; None where there is no git."""
    listed = _git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return None
    ignored = set(_git(top, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard") or ())
    return [name for name in dict.fromkeys(listed) if name not in ignored]


def _git(top: Path, *arguments: str) -> list[str] | None:
    try:
        done = subprocess.run(["git", "-C", str(top), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode:
        return None
    return [name.decode("utf-8", "surrogateescape") for name in done.stdout.split(b"\0") if name]


def _of_folder(top: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(each for each in folders if each != ".git")
        for name in names:
            yield (Path(folder) / name).relative_to(top).as_posix()


def version_of(top: Path) -> str:
    """Return the commit a repository is at, and its date; or that it has none."""
    try:
        command = ["git", "-C", str(top), "log", "-1", "--format=%h of %cs"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "no git"
    return done.stdout.strip() or "no commit"
