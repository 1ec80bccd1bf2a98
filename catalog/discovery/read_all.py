"""From the bytes of all files of a scan to their extracts; what one root needs to know of another is learnt between."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from catalog.discovery.derived import Heads, could_derive, known_elsewhere
from catalog.discovery.extraction import Common
from catalog.discovery.looking import Looker
from catalog.discovery.root_scan import RootScan
from catalog.discovery.rules import Rules
from catalog.discovery.state import decorator_aliases, maker_aliases
from catalog.discovery.tasks import Extraction, Look
from catalog.discovery.worker import Extracting, Looking
from catalog.discovery.workers import Helpers
from catalog.source.search_path import looked_in, search_path


def read_all(scans: Sequence[RootScan], rules: Rules, helpers: Helpers, *, public: bool) -> None:
    """Look at the files of all *scans* by *rules*, and extract those that may hold something.

    *public*: the files depend on each other in their order, and no process can help to extract them.
    """
    at_home = _look_at_all(scans, rules, helpers)
    every = [state for each in scans for state in each.states.values()]
    candidates = could_derive([Heads(each.states, each.follower.reach.reaches) for each in scans], rules)
    elsewhere = frozenset(name for each in scans for name in known_elsewhere(each.states, each.follower.reach.gives))
    derived = frozenset(name for classes in candidates for names in classes.values() for name in names)
    aliases, makers = elsewhere | decorator_aliases(every, rules), elsewhere | maker_aliases(every, rules, derived)
    common = Common(rules, aliases, makers, frozenset(name.encode() for name in makers))
    tasks = (
        Extraction(each, number, module, asked)
        for number, (each, classes) in enumerate(zip(scans, candidates, strict=True))
        for module, asked in each.to_extract(classes, common, at_home)
    )
    if public:
        for task in tasks:
            task.here()
    else:
        helpers.share(list(tasks), lambda: _extracting(scans, common))


def _look_at_all(scans: Sequence[RootScan], rules: Rules, helpers: Helpers) -> bool:
    """Look at the bytes of the files that changed; return whether any file imports a framework.

    Whoever uses or wraps what a framework offers imports it, or its neighbour does.
    """
    helpers.expect(sum(file.size for scan in scans for file in scan.changed()))
    looker = Looker(rules, at_home=any(scan.is_framework for scan in scans))
    tasks = [Look(scan, module, looker) for scan in scans for module in scan.to_look_at()]
    helpers.share(tasks, lambda: Looking(rules, looker.at_home))
    at_home = any(scan.is_at_home for scan in scans)
    for scan in scans if at_home else ():
        scan.look_for_wrappers(looker)
    return at_home


def _extracting(scans: Sequence[RootScan], common: Common) -> Extracting:
    """Return what a process must know before its first file."""
    folders = [os.path.abspath(folder) for folder in search_path() if isinstance(folder, str)]
    names = [scan.neighbours.names for scan in scans]
    return Extracting(common, names, folders, tuple(looked_in), sys.getrecursionlimit())
