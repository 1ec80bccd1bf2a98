"""Names for what has the same name: as few folders and modules before it as tell it from the others.

``spanish_agent`` of two files is ``spanish_agent`` and ``agents_as_tools_conditional/spanish_agent``. What lies the
least deep keeps the plain name; a scan that comes later leaves the names that are stored as they are.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from catalog.discovery.finding import Clash, Finding, changed
from catalog.entry.key import NAME_LENGTH, Key, name_fault

Parts = tuple[str, ...]
"""The folders, the module and the classes or functions that lead to a finding, the outermost first."""

_EVERYBODYS = frozenset({"prompt", "prompt_template", "template", "tool"})
"""Names of variables in functions that say no more than what it is."""


def settle_names(findings: Iterable[Finding]) -> tuple[list[Finding], list[Clash]]:
    """Give each finding a name that is unique within its kind.

    Returns:
        The findings by module and line, and in the same order a clash for each whose plain name another has; a plain
        name that says nothing is no finding's.
    """
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.kind, finding.given_name), []).append(finding)
    taken = set(groups)  # all plain names first: a longer one must not take what another finding has by right
    named: list[tuple[Finding, Finding | None]] = []
    for (kind, plain), group in sorted(groups.items()):
        group.sort(key=_order)
        every = [parts_of(finding) for finding in group]
        owner: Finding | None = group[0]
        if _says_nothing(group[0]) and every[0]:
            name = next(name for name in longer_names(plain, every[0]) if (kind, name) not in taken)
            taken.add((kind, name))
            group[0], owner = changed(group[0], name=name), None
        named.append((group[0], None))
        distinct = [*dict.fromkeys(every)]
        suffixes = [Counter(parts[-n:] for parts in distinct) for n in range(1, max(map(len, distinct), default=0) + 1)]
        for finding, parts in zip(group[1:], every[1:], strict=True):
            least = next((n for n, counter in enumerate(suffixes, 1) if counter[parts[-n:]] == 1), len(parts))
            name = next(name for name in longer_names(plain, parts, least) if (kind, name) not in taken)
            taken.add((kind, name))
            named.append((changed(finding, name=name), owner))
    named.sort(key=lambda pair: (pair[0].module, pair[0].line, pair[0].kind, pair[0].name))
    clashes = [
        Clash(finding.kind, finding.given_name, _shown(first), _shown(finding), finding.name)
        for finding, first in named
        if first is not None
    ]
    return [finding for finding, _ in named], clashes


def _says_nothing(finding: Finding) -> bool:
    """Tell whether the plain name is one that everybody has: of a variable in a function, or of what is private."""
    name = finding.given_name
    return name.startswith("_") or (finding.nested_in is not None and name in _EVERYBODYS)


def longer_names(plain: str, parts: Parts, least: int = 1) -> Iterator[str]:
    """Yield names without end that say more and more of where something is, then numbered ones.

    Args:
        plain: its name.
        parts: what leads to it.
        least: how many of the parts the first name has.
    """
    name = plain
    for number in range(max(least, 1), len(parts) + 1):
        name = _fitted("/".join([*parts[-number:], plain]))
        yield name
    count = 1
    while True:
        count += 1
        yield f"{_fitted(name, NAME_LENGTH - 10)}-{count}"


def parts_of(finding: Finding) -> Parts:
    """Return what leads to *finding*: folders, module, classes or functions; without its own name at the end.

    A document is known by its folder, as many are called alike; only if it has another name does its file count.
    """
    folder, file = os.path.split(finding.path)
    parts = [part for part in folder.split(os.sep) if part]
    stem = os.path.splitext(file)[0]
    if "cell" in finding.metadata:  # of a notebook
        parts.append(f"{stem}-cell{finding.metadata['cell']}")
    elif finding.form != "document" and stem not in ("", "__init__"):
        parts.append(stem)
    qualname = (finding.ref or finding.nested_in or "").partition(":")[2].split(".")
    parts += [part for part in (qualname[:-1] if finding.ref else qualname) if part not in ("", "__init__")]
    if parts and parts[-1] == finding.given_name:
        parts.pop()
    return tuple(_written(part) for part in parts)


def _written(part: str) -> str:
    return part if name_fault(part) is None else re.sub(r"[^\w.-]", "_", part)


def _fitted(name: str, length: int = NAME_LENGTH) -> str:
    return name[-length:].lstrip(" /")


def _order(finding: Finding) -> tuple[bool, int, Sequence[str], int, str]:
    """Return what orders the findings of one name: what can be loaded and lies the least deep is the first."""
    place = finding.path.split(os.sep) if finding.path else finding.module.split(".")
    return finding.ref is None and finding.spec is None, len(place), place, finding.line, finding.ref or ""


def _shown(finding: Finding) -> str:
    return finding.ref or f"{finding.path}:{finding.line}"
