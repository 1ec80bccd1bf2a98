"""Which functions of private modules are public all the same, because a public module exports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catalog.discovery.assemble import is_private
from catalog.discovery.extract import Extract
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.state import FileState


class Exported:
    """What the public modules of a scan export.

    Each public module is added first; then `wants` and `followed` answer for the private ones.
    """

    def __init__(self, states: Mapping[str, FileState]) -> None:
        """Begin with nothing; *states* are the files of the scan."""
        self.states = states
        self.names: set[str] = set()  # that public modules import and list
        self.starred: set[str] = set()  # modules they import all of
        self.public: list[tuple[str, Extract]] = []

    def add(self, module: str, extract: Extract | None) -> None:
        """Take in what *module* exports, if it is a public one with an extract."""
        if extract is None or is_private(module):
            return
        self.public.append((module, extract))
        self.starred.update(extract["stars"])
        if extract["all"] is not None:
            self.names.update(
                extract["imports"][name].rpartition(".")[2] for name in extract["all"] if name in extract["imports"]
            )

    def wants(self, module: str) -> Callable[[str], bool]:
        """Return a test for names: whether a function of *module* could be public, as far as is known yet."""
        if not is_private(module) or module in self.starred:
            return lambda name: not name.startswith("_")
        return lambda name: name in self.names

    def followed(self, follower: NameFollower) -> dict[str, set[str]]:
        """Return the exported functions of private modules, by module."""
        exported: dict[str, set[str]] = {}
        for module, extract in self.public:
            names = set(extract["all"] or ())
            for star in extract["stars"]:
                if star in self.states and extract["all"] is None:
                    names.update(_star_names(self.states[star].extract))
            own = set(extract["defines"])
            for name in names - own:
                last = follower.follow_inside(f"{module}.{name}")
                home, _, original = (last or "").rpartition(".")
                if home in self.states and is_private(home):
                    exported.setdefault(home, set()).add(original)
        return exported


def _star_names(extract: Extract | None) -> Sequence[str]:
    if extract is None:
        return ()
    if extract["all"] is not None:
        return [str(name) for name in extract["all"]]
    return [name for name in extract["defines"] if not name.startswith("_")]
