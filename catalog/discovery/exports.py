"""Which functions of private modules are public all the same, because a public module exports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catalog.discovery.assemble import is_private
from catalog.discovery.extract import Facts
from catalog.discovery.follow_names import Resolver
from catalog.discovery.state import FileState


class Exported:
    """What the public modules of a scan export; told of one after the other, then asked about the private ones."""

    def __init__(self, states: Mapping[str, FileState]) -> None:
        """Begin with nothing; *states* are the files of the scan."""
        self.states = states
        self.names: set[str] = set()  # that public modules import and list
        self.starred: set[str] = set()  # modules they import all of
        self.public: list[tuple[str, Facts]] = []

    def heed(self, module: str, facts: Facts | None) -> None:
        """Learn what a public *module* exports."""
        if facts is None or is_private(module):
            return
        self.public.append((module, facts))
        self.starred.update(facts["stars"])
        if facts["all"] is not None:
            self.names.update(
                facts["imports"][one].rpartition(".")[2] for one in facts["all"] if one in facts["imports"]
            )

    def wants(self, module: str) -> Callable[[str], bool]:
        """Return what tells whether a function of *module* could be public."""
        if not is_private(module) or module in self.starred:
            return lambda name: not name.startswith("_")
        return lambda name: name in self.names

    def followed(self, resolver: Resolver) -> dict[str, set[str]]:
        """Return, by private module, the functions that are exported."""
        found: dict[str, set[str]] = {}
        for module, facts in self.public:
            names = set(facts["all"] or ())
            for star in facts["stars"]:
                if star in self.states and facts["all"] is None:
                    names.update(_starred(self.states[star].facts))
            own = set(facts["defines"])
            for name in names - own:
                last = resolver.follow_inside(f"{module}.{name}")
                home, _, original = (last or "").rpartition(".")
                if home in self.states and is_private(home):
                    found.setdefault(home, set()).add(original)
        return found


def _starred(facts: Facts | None) -> Sequence[str]:
    if facts is None:
        return ()
    if facts["all"] is not None:
        return [str(one) for one in facts["all"]]
    return [one for one in facts["defines"] if not one.startswith("_")]
