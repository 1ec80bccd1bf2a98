"""What a scan of a project leaves out without being told: tests, what others wrote, what a program wrote."""

from __future__ import annotations

import os
from collections.abc import Iterable

TESTS = "tests"
VENDORED = "vendored"
GENERATED = "generated"
ENVIRONMENTS = "virtual environments"
PACKAGES = "installed packages"
EXCLUDED = "excluded"
IGNORED = ".gitignore"

LANGUAGES = {
    **dict.fromkeys(("ts", "tsx", "mts", "cts"), "TypeScript"),
    **dict.fromkeys(("js", "jsx", "mjs", "cjs"), "JavaScript"),
    "cs": "C#",
    "go": "Go",
    "java": "Java",
    "kt": "Kotlin",
    "php": "PHP",
    "rb": "Ruby",
    "rs": "Rust",
    "swift": "Swift",
}
"""Languages that people write agents in and that a scan does not read, by the endings of files."""

NOT_COUNTED = (ENVIRONMENTS, PACKAGES)
"""Reasons of which folders are counted rather than files: nobody goes into them."""

_ENVIRONMENTS = frozenset({"venv", ".venv"})
_PACKAGES = frozenset({"node_modules", "site-packages", "dist-packages"})
_CLOSED = _ENVIRONMENTS | _PACKAGES
_TESTS = frozenset({"tests", "test"})
_VENDORED = frozenset({"vendor", "vendored", "_vendor", "third_party"})
_BUILT = frozenset({"build", "dist"})
PROJECT_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""Files beside which a project begins."""

_HEAD = 400
"""How many bytes of a file are looked at for the words of a program that wrote it."""
_WRITTEN = (b"DO NOT EDIT", b"@generated")
MOST_COUNTED = 20_000
"""How many files of the folders that are left out a scan counts at most."""


def closed(folder: str, name: str) -> str | None:
    """Return what a folder *name* at the path *folder* is that no scan goes into, or None."""
    if name in _PACKAGES:
        return PACKAGES
    if os.path.isfile(os.path.join(folder, "pyvenv.cfg")):
        return ENVIRONMENTS
    if name in _ENVIRONMENTS and not os.path.isfile(os.path.join(folder, "__init__.py")):  # a package may be called so
        return ENVIRONMENTS
    return None


def folder_reason(name: str, beside: Iterable[str], *, tests: bool) -> str | None:
    """Return why a scan of a project leaves out the folder *name*, or None.

    Args:
        name: of the folder.
        beside: the names beside it: what builds leave behind lies beside the file of a project.
        tests: whether tests are asked for.
    """
    if name in _TESTS:
        return None if tests else TESTS
    if name in _VENDORED:
        return VENDORED
    if name in _BUILT and not PROJECT_FILES.isdisjoint(beside):
        return GENERATED
    return None


def file_reason(name: str, *, tests: bool) -> str | None:
    """Return why a scan of a project leaves out the Python file *name*, or None."""
    if name.endswith(("_pb2.py", "_pb2_grpc.py")):
        return GENERATED
    if not tests and (name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"):
        return TESTS
    return None


def is_written_by_a_program(data: bytes) -> bool:
    """Tell whether the first lines of a file say that a program wrote it."""
    head = data[:_HEAD]
    return any(word in head for word in _WRITTEN)


def asks_for(path: str) -> bool:
    """Tell whether who names *path* asks for tests: it is a file or folder of tests, or lies in such a folder."""
    name = os.path.basename(path)
    if name in _TESTS or file_reason(name, tests=False) == TESTS:
        return True
    while not is_top(path):
        path, name = os.path.split(path)
        if name in _TESTS:
            return True
    return False


def is_top(folder: str) -> bool:
    """Tell whether *folder* is where a project or a repository begins, or the disk does."""
    names = (".git", *PROJECT_FILES)
    return os.path.dirname(folder) == folder or any(os.path.exists(os.path.join(folder, name)) for name in names)


class Counted:
    """Counts the Python files in folders that are left out, up to a limit; nothing is opened, no link followed."""

    def __init__(self, most: int = MOST_COUNTED) -> None:
        """Look at *most* files and folders, and at the rest of the folder in which that is reached."""
        self._left = most

    def files(self, folder: str) -> int:
        """Return how many Python files lie in and below *folder*."""
        number = 0
        for _, folders, files in os.walk(folder) if self._left > 0 else ():
            folders[:] = [name for name in folders if not name.startswith(".") and name not in _CLOSED]
            number += sum(name.endswith(".py") for name in files)
            self._left -= len(files) + len(folders)
            if self._left < 0:
                break
        return number
