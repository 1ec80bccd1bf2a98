"""Classes that could derive from a known base, told from the heads of all classes, before a file is parsed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from catalog.discovery.rules import Rules
from catalog.discovery.state import FileState


class Heads(NamedTuple):
    """The files of one root, and what tells whether the class of a dotted name outside of them derives from others."""

    states: Mapping[str, FileState]
    reaches: Callable[[str, frozenset[str]], bool]


def could_derive(roots: Sequence[Heads], rules: Rules) -> list[dict[str, frozenset[str]]]:
    """Return, for each of *roots* by module, the classes that could derive from a known base, through others.

    Compared are last names only, so there may be too many; following the dotted names tells later.
    """
    words = set(rules.base_names())
    named = frozenset(words)
    waiting: list[tuple[int, str, str, set[str]]] = []
    for place, (states, reaches) in enumerate(roots):
        for module, state in states.items():
            if state.prefiltered is None:
                continue
            waiting += [(place, "", name, {first}) for name, first in state.prefiltered.renamed.items()]
            for name, bases, _ in state.prefiltered.heads:
                waiting.append((place, module, name, {base.rpartition(".")[2] for base in bases}))
                words.update(base.rpartition(".")[2] for base in bases if _is_known(base, states, reaches, named))
    return _closed(waiting, words, len(roots))


def _is_known(
    base: str, inside: Collection[str], reaches: Callable[[str, frozenset[str]], bool], named: frozenset[str]
) -> bool:
    home = base.rpartition(".")[0]
    return bool(home) and home not in inside and reaches(base, named)


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
