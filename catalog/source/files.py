"""Parsed files, kept: many of them during an operation, the last few between operations."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from catalog.source.stamp import is_settled, stamp

if TYPE_CHECKING:
    from catalog.source.names import Names
    from catalog.source.read import ParsedFile

KEPT_TEXT = 2_000_000
"""How many characters of source one operation keeps parsed; the trees take about thirty times as many bytes."""

SHARED_TEXT = 500_000
"""How many the process keeps between operations."""


class _File:
    """A parsed file, its stamp when it was read, and its names once asked for."""

    __slots__ = ("names", "parsed", "path", "settled", "state")

    def __init__(self, path: str, state: str, parsed: ParsedFile) -> None:
        self.path = path
        self.state = state
        self.parsed = parsed
        self.names: Names | None = None
        self.settled = is_settled(state, time.time_ns())


# Taking one object after the other from one large module would parse it each time: each take is an operation of its
# own. A tuple that is replaced as a whole needs no lock: of two threads one loses what it put in, and parses again.
shared: tuple[_File, ...] = ()


class Files:
    """Parses files, the most recently used of which are kept up to `KEPT_TEXT` characters.

    A file is looked at again (size and time of change) each time it is asked for, and parsed again if it changed.
    """

    def __init__(self, *, exact: bool = False) -> None:
        """Keep nothing yet.

        Args:
            exact: whether each file is read anew, once, and its bytes are kept in ``bytes``: a check that the import
                must not get another content than.
        """
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._kept = 0
        self._exact = exact
        self.bytes: dict[str, bytes] = {}

    def parse(self, path: str) -> ParsedFile:
        """Return the file at *path*, parsed.

        Raises:
            UnreadableSourceError: it is not there, or not Python source.
        """
        return self._file(path).parsed

    def names(self, path: str) -> Names:
        """Return what the names of the file at *path* are bound to.

        Raises:
            UnreadableSourceError: it is not there, or not Python source.
        """
        file = self._file(path)
        if file.names is None:
            from catalog.source.names import names_of  # here, as it brings in ast: finding a module needs no tree

            file.names = names_of(file.parsed.tree.body, path)
        return file.names

    def _file(self, path: str) -> _File:
        from catalog.source.read import parse_source, read_bytes, read_source

        if self._exact:
            file = self._files.get(path)
            if file is None:
                data = self.bytes[os.path.realpath(path)] = read_bytes(path)
                file = self._files[path] = _File(path, "", parse_source(data, path))
            return file
        state = stamp(path)
        file = self._files.get(path)
        if file is not None and file.state == state:
            self._files.move_to_end(path)
            return file
        file = next((each for each in shared if each.path == path and each.state == state and each.settled), None)
        if file is None:
            file = _File(path, state or "", read_source(path))
        self._keep(file)
        _share(file)
        return file

    def _keep(self, file: _File) -> None:
        before = self._files.pop(file.path, None)
        if before is not None:
            self._kept -= len(before.parsed.text)
        self._files[file.path] = file
        self._kept += len(file.parsed.text)
        while self._kept > KEPT_TEXT and len(self._files) > 1:
            _, dropped = self._files.popitem(last=False)
            self._kept -= len(dropped.parsed.text)


def _share(file: _File) -> None:
    global shared
    if shared and shared[0] is file:
        return
    kept, total = [file], len(file.parsed.text)
    for other in shared:
        total += len(other.parsed.text)
        if total > SHARED_TEXT:
            break
        if other.path != file.path:
            kept.append(other)
    shared = tuple(kept)
