"""For which release of each framework the rules were checked, and which installed ones are newer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from catalog.distributions import find_distribution

_RELEASE = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Framework:
    """One distribution whose names the rules list.

    Attributes:
        name: as the rules have it.
        distribution: what is installed.
        checked: the release in which the names were looked up.
    """

    name: str
    distribution: str
    checked: str


@dataclass(frozen=True, slots=True)
class NewerFramework:
    """An installed framework that is newer than the rules, by a minor version or more.

    Attributes:
        name: of the framework.
        distribution: what is installed.
        checked: the release that the rules were checked with.
        installed: the one that is there.
    """

    name: str
    distribution: str
    checked: str
    installed: str

    def to_dict(self) -> dict[str, str]:
        """Return it as data for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.distribution} {self.installed} is newer than what a scan was checked with ({self.checked}): names "
            "that only it has may be missed; `recognise` in the configuration adds them"
        )


@lru_cache(maxsize=1)
def frameworks() -> tuple[Framework, ...]:
    """Return the frameworks of ``recognised.toml``, in its order."""
    from catalog.discovery.rules import recognised

    rows: list[Mapping[str, Any]] = recognised()["frameworks"]
    return tuple(Framework(row["name"], row["distribution"], row["checked"]) for row in rows)


def newer_frameworks() -> list[NewerFramework]:
    """Return the installed frameworks that are newer than the rules of a scan; nothing is imported.

    A name that a release adds is followed to its definition where it leads to a known one. What a newer framework
    does in a way of its own is not known to a scan until the rules are checked again, or a project adds some.
    """
    found = []
    for framework in frameworks():
        distribution = find_distribution(framework.distribution)
        installed = str(getattr(distribution, "version", "") or "") if distribution is not None else ""
        if _minor(installed) > _minor(framework.checked):
            found.append(NewerFramework(framework.name, framework.distribution, framework.checked, installed))
    return found


def _minor(version: str) -> tuple[int, int]:
    """Return the first two numbers of a *version*; zeros for what has none."""
    match = _RELEASE.match(version)
    return (int(match[1]), int(match[2] or 0)) if match is not None else (0, 0)
