"""What the bytes of one file show, by all expressions: known things, and in a project with frameworks what passes on.

Nothing but the bytes is looked at, so another process may do it as well.
"""

from __future__ import annotations

from typing import NamedTuple

from catalog.discovery.prefilter import Prefiltered, prefilter_for
from catalog.discovery.rules import Rules
from catalog.discovery.wrappers import Passing, wrappers_for


class Shown(NamedTuple):
    """What the bytes of one file show.

    Attributes:
        prefiltered: what they show of known things.
        passing: what they show of names no rule lists; None where that was not looked for.
    """

    prefiltered: Prefiltered
    passing: Passing | None


class Looker:
    """Looks at the bytes of files; once one of them imports a framework, also for what passes on."""

    def __init__(self, rules: Rules, *, at_home: bool) -> None:
        """Look for what *rules* name; *at_home*: some file imports a framework, or is part of one."""
        self.rules = rules
        self.at_home = at_home
        self._prefilter, self._wrappers = prefilter_for(rules), wrappers_for(rules)

    def look_at(self, data: bytes, module: str, is_package: bool) -> Shown:
        """Return what the file of *module* with the content *data* shows."""
        prefiltered = self._prefilter.look_at(data, module, is_package)
        self.at_home = self.at_home or prefiltered.at_home
        return Shown(prefiltered, self.passing(data, module, is_package, prefiltered) if self.at_home else None)

    def passing(self, data: bytes, module: str, is_package: bool, prefiltered: Prefiltered) -> Passing:
        """Return what the file shows of names no rule lists; *prefiltered* says what is declared at all from now on."""
        if not prefiltered.declared:
            prefiltered.declared = self._prefilter.declares(data, at_home=False)
        return self._wrappers.look_at(data, module, is_package)
