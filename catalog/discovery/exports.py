"""Which functions of private modules are public all the same, because a public module exports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catalog.discovery.assemble import is_private
from catalog.discovery.extract import Extract
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.state import FileState


class Exported:
    """What the public modules of a scan export; told of one after the other, then asked about the private ones."""

    def __init__(self, states: Mapping[str, FileState]) -> None:
        """Begin with nothing; *states* are the files of the scan."""
        self.states = states
        self.names: set[str] = set()  # that public modules import and list
        self.starred: set[str] = set()  # modules they import all of
        self.public: list[tuple[str, Extract]] = []

    def heed(self, module: str, extract: Extract | None) -> None:
        """Learn what a public *module* exports."""
        if extract is None or is_private(module):
            return
        self.public.append((module, extract))
        self.starred.update(extract["stars"])
        if extract["all"] is not None:
            self.names.update(
                extract["imports"][one].rpartition(".")[2] for one in extract["all"] if one in extract["imports"]
            )

    def wants(self, module: str) -> Callable[[str], bool]:
        """Return what tells whether a function of *module* could be public."""
        if not is_private(module) or module in self.starred:
            return lambda name: not name.startswith("_")
        return lambda name: name in self.names

    def followed(self, follower: NameFollower) -> dict[str, set[str]]:
        """Return, by private module, the functions that are exported."""
        found: dict[str, set[str]] = {}
        for module, extract in self.public:
            names = set(extract["all"] or ())
            for star in extract["stars"]:
                if star in self.states and extract["all"] is None:
                    names.update(_starred(self.states[star].extract))
            own = set(extract["defines"])
            for name in names - own:
                last = follower.follow_inside(f"{module}.{name}")
                home, _, original = (last or "").rpartition(".")
                if home in self.states and is_private(home):
                    found.setdefault(home, set()).add(original)
        return found


def _starred(extract: Extract | None) -> Sequence[str]:
    if extract is None:
        return ()
    if extract["all"] is not None:
        return [str(one) for one in extract["all"]]
    return [one for one in extract["defines"] if not one.startswith("_")]
