"""Classes that could derive from a known base, told from the heads of all classes, before a file is parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from catalog.discovery.rules import Rules
from catalog.discovery.state import FileState


class Heads(NamedTuple):
    """The files of one root, and what tells whether the class of a dotted name elsewhere derives from a known base."""

    states: Mapping[str, FileState]
    reaches: Callable[[str], bool]


def could_derive(roots: Sequence[Heads], rules: Rules) -> list[dict[str, frozenset[str]]]:
    """Return, for each of *roots* by module, the classes that could derive from a known base, through others.

    Compared are last names only, so there may be too many; following the dotted names tells later. Of what another
    package defines the dotted name decides at once: ``Module`` and ``Tool`` are common words.
    """
    words = set(rules.base_names())
    waiting: list[tuple[int, str, str, set[str]]] = []
    tops = {module.partition(".")[0] for root in roots for module in root.states}
    for place, (states, reaches) in enumerate(roots):
        for module, state in states.items():
            if state.prefiltered is None:
                continue
            waiting += [(place, "", name, {first}) for name, first in state.prefiltered.renamed.items()]
            for name, bases, _ in state.prefiltered.heads:
                above = {base: base.rpartition(".")[0] for base in bases}  # what the root has itself is in the list
                known = {base for base in bases if above[base] and above[base] not in states and reaches(base)}
                named = {base for base in bases if "." not in base or base.partition(".")[0] in tops}
                waiting.append((place, module, name, {base.rpartition(".")[2] for base in named | known}))
                words.update(base.rpartition(".")[2] for base in known)
    return _closed(waiting, words, len(roots))


def known_elsewhere(states: Mapping[str, FileState], gives: Callable[[str], bool]) -> Iterator[str]:
    """Yield the names by which the files use what another package seems to make known objects or decorators with."""
    tops = {module.partition(".")[0] for module in states}
    for state in states.values():
        if state.passing is not None:
            for name, dotted in state.passing.foreign.items():
                if dotted.partition(".")[0] not in tops and gives(dotted):
                    yield name


def _closed(
    waiting: list[tuple[int, str, str, set[str]]], words: set[str], number: int
) -> list[dict[str, frozenset[str]]]:
    found: list[dict[str, set[str]]] = [{} for _ in range(number)]
    while True:  # until a round adds no name: a class may stand before its base, in any file
        later = []
        for head in waiting:
            place, module, name, bases = head
            if bases & words:
                words.add(name)
                if module:
                    found[place].setdefault(module, set()).add(name)
            else:
                later.append(head)
        if len(later) == len(waiting):
            return [{module: frozenset(names) for module, names in each.items()} for each in found]
        waiting = later
