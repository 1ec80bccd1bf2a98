"""A process that looks at files for a scan, and extracts them: it is sent their bytes and answers with what they say.

It is this interpreter without the surroundings of the program that scans: no environment variables, no folder of that
program on its import path, nothing of ``__main__``. Nothing but this package is imported, and the files are not run.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.extraction import Asked, Common, extracted
from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.looking import Looker, Shown
from catalog.discovery.neighbours import Neighbours
from catalog.discovery.rules import Rules
from catalog.source import search_path
from catalog.source.read import parse_source

READY = b"ready to extract\n"
"""What a worker says first."""

Answers = Callable[[Any], list[Any]]
"""Returns for each file of a part what is asked of it, None for one that the program has to do itself."""


class Looking(NamedTuple):
    """What every worker of a scan has to know before it looks at bytes.

    Attributes:
        rules: tell which names are known.
        at_home: whether some file is known to import a framework.
    """

    rules: Rules
    at_home: bool

    def worker(self) -> Answers:
        """Return what looks at the files of a part: module, whether it is a package, and source."""
        looker = Looker(_kept(self.rules), at_home=self.at_home)

        def answers(part: list[tuple[str, bool, bytes]]) -> list[Shown | None]:
            return [_shown(looker, *each) for each in part]

        return answers


class Extracting(NamedTuple):
    """What every worker of a scan has to know before its first file to extract.

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

    def worker(self) -> Answers:
        """Return what extracts the files of a part: the number of the root, what is asked, and the source."""
        common = self.common._replace(rules=_kept(self.common.rules))
        beside = [Neighbours(names, _undecided, common.rules) for names in self.names]
        sys.setrecursionlimit(self.deepest)
        search_path.instead = list(self.folders)
        search_path.looked_in[:] = self.beside

        def answers(part: list[tuple[int, Asked, bytes]]) -> list[Extract | None]:
            return [_extract(common, beside[number], asked, data) for number, asked, data in part]

        return answers


_rules: dict[str, Rules] = {}


def _kept(rules: Rules) -> Rules:
    """Return the same rules as they came the first time: their expressions are compiled."""
    return _rules.setdefault(rules.fingerprint, rules)


class _Undecided(Exception):
    """What the file imports may be installed; only the program that scans can find out."""


def _undecided(top: str) -> bool:
    raise _Undecided(top)


def _shown(looker: Looker, module: str, is_package: bool, data: bytes) -> Shown | None:
    with suppress(Exception):  # whatever it is: it comes up again there
        return looker.look_at(data, module, is_package)
    return None


def _extract(common: Common, neighbours: Neighbours, asked: Asked, data: bytes) -> Extract | None:
    with suppress(Exception):  # a fault of the file, too: the program reports it
        tree = parse_source(data, asked.path).tree
        beside = neighbours.of(asked.module, asked.is_package)
        extractor = Extractor(asked.module, asked.path, asked.is_package, tree, common.rules, beside)
        return extracted(extractor, data, asked, common)
    return None


def serve(received: BinaryIO, answers: BinaryIO) -> None:
    """Answer each part that is *received*, after what surrounds it and those that follow, until there is no more."""
    work: Answers | None = None
    for message in _messages(received):
        if isinstance(message, (Looking, Extracting)):
            work = message.worker()
        elif work is not None:
            with gc_paused():
                answered = work(message)
            pickle.dump(answered, answers, pickle.HIGHEST_PROTOCOL)
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
