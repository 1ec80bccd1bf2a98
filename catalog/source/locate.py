"""Where a module is, found without importing it or any of its parents.

``importlib.util.find_spec("a.b.c")`` imports ``a`` and ``a.b``. Here each part of the dotted name is asked
of the finders of ``sys.meta_path`` (so editable installs and zip files are found too), with the search
locations the part before it reported.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Literal

from catalog.source.files import Files
from catalog.source.made_names import made_spec
from catalog.source.search_path import looked_in, search_path

if TYPE_CHECKING:
    from catalog.source.names import Names
    from catalog.source.read import ParsedFile

Form = Literal["source", "bytecode", "extension", "namespace", "builtin", "frozen"]


@dataclass(frozen=True, slots=True)
class ModuleSite:
    """Where a module is, and what it is made of.

    Attributes:
        name: dotted name.
        path: the file, or None (namespace packages, built-in modules).
        form: ``source``, ``bytecode``, ``extension``, ``namespace``, ``builtin`` or ``frozen``. An
            extension module with its Python source beside it (mypyc, Cython) counts as ``source``.
        locations: the folders its submodules are looked for in; empty if it is not a package.
    """

    name: str
    path: str | None
    form: Form
    locations: tuple[str, ...] = ()
    is_package: bool = False

    @property
    def has_source(self) -> bool:
        """Whether ``path`` is Python source."""
        return self.path is not None and self.form in ("source", "frozen")


def folder_with(top: str, folders: Sequence[str] = ()) -> str | None:
    """Return the folder that holds the top-level module *top*: of *folders*, then those looked in; None: not needed.

    None is also the answer where the import path leads to it, or nothing does.
    """
    if Locator(look=False).find(top) is not None:
        return None
    return next((each for each in (*folders, *looked_in) if Locator(own=each, look=False).is_own(top)), None)


def find_module(dotted: str, roots: Sequence[str] = ()) -> ModuleSite | None:
    """Return where the module *dotted* is, or None; nothing is imported.

    Args:
        dotted: the module's full name.
        roots: folders to look in when ``sys.path`` has no such top-level module.
    """
    return Locator(roots).find(dotted)


@dataclass(slots=True)
class _Fresh:
    """Whether the finders were told that files may be new; locators of one operation share it."""

    done: bool = False


class Locator:
    """Finds modules and parses files for one operation, each at most once.

    Make a new one per operation: it answers from memory about modules it has looked for, also those it
    missed. Files are looked at again (size and time of change) each time they are asked for, and parsed
    again if they changed.
    """

    def __init__(
        self,
        roots: Sequence[str] = (),
        *,
        own: str | None = None,
        files: Files | None = None,
        look: bool = True,
        as_imported: bool = False,
    ) -> None:
        """Know where to look for top-level modules.

        Args:
            roots: folders of those that ``sys.path`` has not, in their order.
            own: a folder that comes before ``sys.path``: what lies there hides what is installed.
            files: parsed files to share with other locators of the same operation.
            look: whether to look in :data:`looked_in`, too.
            as_imported: to look where an import would, at whatever is on the import path at the moment.
        """
        given = map(str, (*roots, *looked_in) if look and not as_imported else roots)
        self.roots = tuple(dict.fromkeys(root for root in given if "\0" not in root))
        self._as_imported = as_imported
        self.own = own
        self._specs: dict[str, ModuleSpec | None] = {}
        self._sites: dict[str, ModuleSite | None] = {}
        self._files = Files() if files is None else files
        self.fresh = _Fresh()

    def find(self, dotted: str) -> ModuleSite | None:
        """Return where the module *dotted* is, or None."""
        try:
            return self._sites[dotted]
        except KeyError:
            spec = self._spec(dotted)
            site = self._sites[dotted] = None if spec is None else _site(dotted, spec)
            return site

    def is_own(self, top: str) -> bool:
        """Tell whether ``own`` holds a top-level module called *top*."""
        return self.own is not None and self._spec_in_own(top) is not None

    def answering(self, top: str) -> Locator:
        """Return what finds the top-level module *top*: the same for all locators that find it by the same way."""
        return self

    def parse(self, path: str) -> ParsedFile:
        """Return the file at *path*, parsed; kept as `Files` says.

        Raises:
            UnreadableSourceError: it is not there, or not Python source.
        """
        return self._files.parse(path)

    def names(self, path: str) -> Names:
        """Return what the names of the file at *path* are bound to.

        Raises:
            UnreadableSourceError: it is not there, or not Python source.
        """
        return self._files.names(path)

    def _spec(self, dotted: str) -> ModuleSpec | None:
        try:
            return self._specs[dotted]
        except KeyError:
            pass
        parent, _, last = dotted.rpartition(".")
        spec: ModuleSpec | None = None
        if not parent:
            spec = self._ask(dotted, None)
        elif last:
            above = self._spec(parent)
            # A plain module has no locations; asking with None would find a top-level module of that name.
            if above is not None and above.submodule_search_locations is not None:
                spec = self._ask(dotted, list(above.submodule_search_locations))
        self._specs[dotted] = spec
        return spec

    def _spec_in_own(self, top: str) -> ModuleSpec | None:
        if self.own is None or "\0" in self.own:  # which no folder's name holds; the import system fails at it
            return None
        return PathFinder.find_spec(top, [self.own]) or made_spec(self.own, top)

    def _ask(self, dotted: str, path: list[str] | None) -> ModuleSpec | None:
        spec = None if path is not None else self._spec_in_own(dotted)
        if spec is None:
            spec = _ask_finders(dotted, path, None if self._as_imported else search_path())
        if spec is None and path is None and self.roots:
            spec = PathFinder.find_spec(dotted, list(self.roots))
        if spec is None and not self.fresh.done:
            # The finders remember folder listings by time of change, and miss a file made in the same tick.
            self.fresh.done = True
            importlib.invalidate_caches()
            return self._ask(dotted, path)
        return spec


def root_of(site: ModuleSite) -> str | None:
    """Return the folder that must be on ``sys.path`` to import the module at *site*; None if it is installed.

    Installed is what lies in a folder that packages are installed to, or in the standard library: that is found
    wherever a process stands. The folder of a project is on the import path of some processes only.
    """
    place = site.path or (site.locations[0] if site.locations else None)
    if place is None or site.form in ("builtin", "frozen"):
        return None
    root = os.path.dirname(place) if site.path else place
    parts = site.name.split(".")
    if site.path is None or not site.is_package:
        parts = parts[:-1] if site.path else parts
    for _ in parts:
        root = os.path.dirname(root)
    return None if is_installed(root) or not os.path.isdir(root) else os.path.abspath(root)


def is_installed(folder: str) -> bool:
    """Tell whether *folder* is one that packages are installed to, or belongs to Python itself."""
    if os.path.basename(folder) in ("site-packages", "dist-packages", "lib-dynload"):
        return True
    return os.path.realpath(folder) in _python_folders()


@cache
def _python_folders() -> frozenset[str]:
    import sysconfig  # a file of its own to read: only where a folder is asked about

    paths = sysconfig.get_paths()
    return frozenset(os.path.realpath(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def _ask_finders(dotted: str, path: list[str] | None, top: list[str] | None) -> ModuleSpec | None:
    """Return what the finders know of a module in *path*, or, where that is None, of a top-level module in *top*."""
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        if find_spec is None:
            continue
        try:
            where = top if path is None and finder is PathFinder else path
            spec: ModuleSpec | None = find_spec(dotted, where, None)
        except Exception:  # a broken import hook of some other package must not end a scan
            if finder is not PathFinder or path is None:
                continue
            # Python makes the search path of a namespace package from its parent in sys.modules, where it isn't.
            spec = _namespace_spec(dotted, path)
        if spec is not None:
            return spec
    return None


def _namespace_spec(dotted: str, path: list[str]) -> ModuleSpec | None:
    folders: list[str] = []
    for entry in path:
        finder = sys.path_importer_cache.get(entry)
        part = finder.find_spec(dotted) if finder is not None else None
        if part is not None and part.submodule_search_locations:
            folders += part.submodule_search_locations
    if not folders:
        return None
    spec = ModuleSpec(dotted, None, is_package=True)
    spec.submodule_search_locations = folders
    return spec


def _site(dotted: str, spec: ModuleSpec) -> ModuleSite:
    locations = spec.submodule_search_locations
    package = locations is not None
    folders = tuple(str(location) for location in locations) if locations is not None else ()
    origin = spec.origin
    if origin == "built-in":
        return ModuleSite(dotted, None, "builtin", folders, package)
    if origin == "frozen":
        filename = getattr(spec.loader_state, "filename", None)
        return ModuleSite(dotted, filename, "frozen", folders, package)
    if origin is None or origin == "namespace":
        return ModuleSite(dotted, None, "namespace", folders, package)
    if origin.endswith(tuple(SOURCE_SUFFIXES)):
        return ModuleSite(dotted, origin, "source", folders, package)
    for suffix in EXTENSION_SUFFIXES:
        if origin.endswith(suffix):
            beside = origin.removesuffix(suffix) + ".py"
            if os.path.isfile(beside):
                return ModuleSite(dotted, beside, "source", folders, package)
            return ModuleSite(dotted, origin, "extension", folders, package)
    return ModuleSite(dotted, origin, "bytecode", folders, package)
