"""A process that extracts files for a scan: it is sent their bytes and answers with extracts.

It is this interpreter without the surroundings of the program that scans: no environment variables, no folder of that
program on its import path, nothing of ``__main__``. Nothing but this package is imported, and the files are not run.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.extraction import Asked, Common, extracted
from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.neighbours import Neighbours
from catalog.source import search_path
from catalog.source.read import parse_source

READY = b"ready to extract\n"
"""What a worker says first."""


class Surroundings(NamedTuple):
    """What every worker of a scan has to know before its first file.

    Attributes:
        common: what all files are extracted with.
        names: the modules of each root, by its number.
        folders: the import path.
        beside: the folders that modules are looked for in after it.
        deepest: how many calls may lie within each other.
    """

    common: Common
    names: Sequence[frozenset[str]]
    folders: Sequence[str]
    beside: Sequence[str]
    deepest: int


Part = list[tuple[int, Asked, bytes]]
"""Files to extract: the number of the root, what is asked, and the source."""


class _Undecided(Exception):
    """What the file imports may be installed; only the program that scans can find out."""


class Worker:
    """Extracts files with what one scan has told."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Look for modules where the scan does."""
        self.common = surroundings.common
        self._beside = [Neighbours(names, _undecided, self.common.rules) for names in surroundings.names]
        sys.setrecursionlimit(surroundings.deepest)
        search_path.instead = list(surroundings.folders)
        search_path.looked_in[:] = surroundings.beside

    def extracts(self, part: Part) -> list[Extract | None]:
        """Return the extract of each file, None for one that the program has to extract itself: for its faults too."""
        with gc_paused():
            return [self._extract(number, asked, data) for number, asked, data in part]

    def _extract(self, number: int, asked: Asked, data: bytes) -> Extract | None:
        try:
            tree = parse_source(data, asked.path).tree
            beside = self._beside[number].of(asked.module, asked.is_package)
            extractor = Extractor(asked.module, asked.path, asked.is_package, tree, self.common.rules, beside)
            return extracted(extractor, data, asked, self.common)
        except Exception:  # whatever it is: it comes up again there
            return None


def _undecided(top: str) -> bool:
    raise _Undecided(top)


def serve(received: BinaryIO, answers: BinaryIO) -> None:
    """Answer each part that is *received*, after what surrounds them, until there is no more."""
    worker: Worker | None = None
    for message in _messages(received):
        if worker is None:
            worker = Worker(message)
            continue
        pickle.dump(worker.extracts(message), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _messages(received: BinaryIO) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(received)
        except EOFError:
            return


def main() -> None:
    """Serve on the standard streams; who starts the process also ends it, at an interruption too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints, prints elsewhere
    answers.write(READY)
    answers.flush()
    serve(sys.stdin.buffer, answers)
