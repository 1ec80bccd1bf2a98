"""Which files a scan leaves out because somebody said so: ``.gitignore`` files, and the patterns of ``exclude``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from catalog.errors import DiscoveryError, UnreadableSourceError
from catalog.source.locate import is_installed
from catalog.source.read import read_bytes

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

EXCLUDED = "excluded by {pattern!r}"
LARGEST = 100_000
"""The most bytes of a ``.gitignore`` file that counts."""
_MOST_STARS = 3
"""In one part of a pattern: each more makes matching a long name a hundred times as dear."""
IGNORED = "left out by {path}"


class Ignored:
    """The patterns in force, from the folder a scan begins in downwards.

    What is installed was put there to be used: the ``.gitignore`` files in and around it don't count.
    """

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        """Leave out what the patterns *exclude* fit, which have the form of lines in ``.gitignore``.

        Raises:
            DiscoveryError: a pattern has another form.
        """
        self.exclude = tuple(exclude)
        self.faults: list[tuple[str, str]] = []  # files of patterns that can't be read, and why
        self._top = ""
        self._files: dict[str, tuple[str, GitIgnoreSpec]] = {}  # by folder: the file of patterns
        self._chains: dict[str, tuple[tuple[str, str, GitIgnoreSpec], ...]] = {}  # those that count in a folder
        self.is_project = False  # whether the scan begins outside of what is installed
        if exclude:
            _spec(self.exclude)

    def begin(self, top: str) -> None:
        """Begin in the folder *top*, which patterns are relative to."""
        self._top = top
        self.is_project = not any(is_installed(folder) for folder in _and_above(top))
        above = _folders_of_repository(top) if self.is_project else []
        for folder in above:
            self._add(folder)
        if self._reason_of_git(top, True):  # asked for by name, so what is around it doesn't count
            for folder in above:
                self._files.pop(folder, None)
            self._chains.clear()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left out so far."""
        return not (self.exclude or self._files)

    def enter(self, folder: str, names: set[str]) -> None:
        """Take in the patterns of a *folder* that holds *names*."""
        if self.is_project and ".gitignore" in names:
            self._add(folder)

    def reason(self, path: str, is_folder: bool) -> str | None:
        """Return why *path* is left out, or None."""
        if self.exclude:
            relative = _relative(path, self._top, is_folder)
            answer = _spec(self.exclude).check_file(relative)
            if answer.include and answer.index is not None:
                return EXCLUDED.format(pattern=self.exclude[answer.index])
        return self._reason_of_git(path, is_folder) if self._files else None

    def _reason_of_git(self, path: str, is_folder: bool) -> str | None:
        for folder, file, spec in self._files_for(os.path.dirname(path)):  # the nearest that says anything counts
            include = spec.check_file(_relative(path, folder, is_folder)).include
            if include is not None:
                return IGNORED.format(path=file) if include else None
        return None

    def _files_for(self, folder: str) -> tuple[tuple[str, str, GitIgnoreSpec], ...]:
        """Return the files of patterns that count in *folder*, the nearest first, each with its own folder."""
        known = self._chains.get(folder)
        if known is None:
            above = os.path.dirname(folder)
            known = () if above == folder else self._files_for(above)
            if folder in self._files:
                known = ((folder, *self._files[folder]), *known)
            self._chains[folder] = known
        return known

    def _add(self, folder: str) -> None:
        path = os.path.join(folder, ".gitignore")
        try:
            lines = read_bytes(path, LARGEST).decode("utf-8", "replace").splitlines()
        except UnreadableSourceError as error:
            self.faults.append((path, f"{error.facts['reason']}; what it leaves out is looked at"))
            return
        self._chains.clear()
        self._files[folder] = path, _spec_of(lines)


def _spec_of(lines: Sequence[str]) -> GitIgnoreSpec:
    """Return the patterns of a ``.gitignore`` file: git passes over some lines, and we over those dear to match."""
    cheap = tuple(line for line in lines if not _is_dear(line))
    try:
        return _spec(cheap)
    except DiscoveryError:  # seldom: each for itself costs as much as all
        return _spec(tuple(filter(_is_pattern, cheap)))


def _is_dear(line: str) -> bool:
    return (
        any(part.replace("**", "").count("*") > _MOST_STARS for part in line.split("/"))
        or line.count("**") > _MOST_STARS
    )


def _is_pattern(line: str) -> bool:
    try:
        _spec((line,))
    except DiscoveryError:
        return False
    return True


def _and_above(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        yield above
        folder = above


def _relative(path: str, folder: str, is_folder: bool) -> str:
    top = os.path.join(folder, "")
    relative = path[len(top) :] if path.startswith(top) else os.path.relpath(path, folder)
    relative = relative if os.sep == "/" else relative.replace(os.sep, "/")
    return f"{relative}/" if is_folder else relative


def _folders_of_repository(folder: str) -> list[str]:
    """Return the folders above *folder* up to the root of its git repository; none if it is in none."""
    above: list[str] = []
    for each in _and_above(folder):
        if each != folder:
            above.append(each)
        if os.path.exists(os.path.join(each, ".git")):
            return above
    return []


@lru_cache(maxsize=1000)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # where a file or an option asks for it

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise DiscoveryError(
            f"a pattern of what to leave out can't be read: {error}", patterns=list(patterns)
        ) from None
