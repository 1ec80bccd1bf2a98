"""Which folder the modules of a folder are imported from: its root, which gives each file its dotted name.

It is the parent of the outermost package, else what the imports of the files show, else the folder where the project
begins, else the folder itself, as for scripts. The answer is the same wherever a scan begins.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from catalog.discovery.left_out import PROJECT_FILES
from catalog.discovery.project_names import folded, project_name
from catalog.source.locate import Locator, root_of
from catalog.source.made_names import is_part

_IMPORT = re.compile(
    rb"^[ \t]*+(?:from[ \t]+([\w.\x80-\xff]++)[ \t]+import[ \t]*+(?:\([\s]*+)?([\w \t,\x80-\xff]*+)"
    rb"|import[ \t]+([\w. \t,\x80-\xff]++))",
    re.MULTILINE,
)
_WORD = re.compile(rb"[\w.\x80-\xff]+")


def absolute_imports(data: bytes) -> list[str]:
    """Return the dotted names that a file imports, without relative ones and those of Python's own modules.

    Of ``from tools import search`` it is ``tools.search``: that may be a module.
    """
    found: dict[str, None] = {}
    for match in _IMPORT.finditer(data):
        source, names, modules = match.groups()
        if source is not None:
            if source.startswith(b"."):
                continue
            dotted = [source + b"." + name for name in _first_words(names)] if b"." not in source else []
            dotted = dotted or [source]
        else:
            dotted = list(_first_words(modules))
        for name in dotted:
            text = name.decode("utf-8", "replace")
            if text.partition(".")[0] not in sys.stdlib_module_names:
                found[text] = None
    return list(found)


def _first_words(names: bytes) -> Iterator[bytes]:
    for part in names.split(b","):
        word = _WORD.search(part)
        if word is not None:
            yield word[0]


class Roots:
    """The roots of the folders of one scan; what is asked of a folder above them is remembered."""

    def __init__(self, top: str) -> None:
        """Find roots for a scan that begins in the folder *top*."""
        self._top = top
        self._names: dict[str, frozenset[str]] = {}
        self._foreign: dict[str, bool] = {}
        self._locator = Locator(look=False)

    def root(self, folder: str, imports: Callable[[str], Iterable[str]]) -> str:
        """Return the root of the Python files in *folder*.

        Args:
            folder: an absolute path.
            imports: returns what a file imports, as :func:`absolute_imports` does; asked only where it matters.
        """
        package = self._package_root(folder, imports)
        if package is not None:
            package = self._whole(package, folder, imports)
        if package is not None and self._is_package(folder):
            return package
        above = [folder, *self._above(folder)]
        project = package or self._project(above)
        candidates = above
        last = project if project in above or ".git" in self._in(above[-1]) else self._top
        if last in above:
            candidates = above[: above.index(last) + 1]
        if len(candidates) > 1:
            shown = self._shown(self._files(folder), candidates, imports)
            if shown is not None:
                return shown
        if project is None or project not in above:
            return folder
        return self._safe(folder, project)

    def _shown(
        self, files: Sequence[str], candidates: Sequence[str], imports: Callable[[str], Iterable[str]]
    ) -> str | None:
        """Return the nearest of *candidates* from which a file's own imports lead to other files; None: none does."""
        wanted = {dotted: None for path in files for dotted in imports(path) if not self._is_itself(dotted, path)}
        for folder in candidates:
            if not self._is_package(folder) and any(self._leads(folder, dotted) for dotted in wanted):
                return folder
        return None

    def _is_itself(self, dotted: str, path: str) -> bool:
        """Tell whether a file imports what has the name of the file itself: that is somebody else's."""
        return dotted.partition(".")[0] == os.path.basename(path)[:-3]

    def _leads(self, folder: str, dotted: str) -> bool:
        """Tell whether the import of *dotted* leads to a file below *folder*."""
        top, _, rest = dotted.partition(".")
        names = self._in(folder)
        if f"{top}.py" in names:
            return True
        if top not in names:
            return False
        inside = self._in(os.path.join(folder, top))
        second = rest.partition(".")[0]
        return "__init__.py" in inside or f"{second}.py" in inside or ("." in rest and second in inside)

    def _package_root(self, folder: str, imports: Callable[[str], Iterable[str]]) -> str | None:
        """Return the parent of the outermost package that *folder* is in, or None; a project may begin in between.

        Folders without ``__init__.py`` between two packages are parts of the outer one, unless the files of *folder*
        import the inner one by its own name.
        """
        root = self._nearest_root(folder)
        while root is not None and root != folder:
            outer = self._nearest_root(root)
            if outer is None or outer == root:
                break
            if self._is_package(folder) and self._shown(self._files(folder), [root], imports) is not None:
                break
            root = outer
        return root

    def _whole(self, root: str, folder: str, imports: Callable[[str], Iterable[str]]) -> str:
        """Return *root*, or the folder above that makes the package of *folder* what the project is called.

        ``livekit-agents`` is imported as ``livekit.agents``, though ``livekit`` has no ``__init__.py``. What lies in
        folders for nothing else below the ``src`` of a project is imported through these, unless its files say not.
        """
        first = os.path.relpath(folder, root).partition(os.sep)[0]
        names = [first]
        above = root
        while self._leads_up(above) and PROJECT_FILES.isdisjoint(self._in(above)) and os.path.basename(above) != "src":
            above, name = os.path.split(above)
            names.insert(0, name)
            if project_name(above) == folded("-".join(names)):
                return above
        is_layout = os.path.basename(above) == "src" and not PROJECT_FILES.isdisjoint(self._in(os.path.dirname(above)))
        if above == root or not is_layout or self._is_regular(names[0]):
            return root
        between = [os.path.join(above, *names[:depth]) for depth in range(1, len(names))]
        if any(self._files(each) for each in between):
            return root
        shown = self._shown(self._files(os.path.join(root, first)), [root], imports)
        return above if shown is None else root

    def _nearest_root(self, folder: str) -> str | None:
        """Return the parent of the nearest package that *folder* is in, and of those directly around that; or None."""
        while not self._is_package(folder):
            names = self._in(folder)
            if not PROJECT_FILES.isdisjoint(names) or os.path.basename(folder) == "src" or not self._leads_up(folder):
                return None
            folder = os.path.dirname(folder)
        while self._is_package(folder):
            folder = os.path.dirname(folder)
        return folder

    def _files(self, folder: str) -> list[str]:
        return [os.path.join(folder, name) for name in sorted(self._in(folder)) if name.endswith(".py")]

    def _is_package(self, folder: str) -> bool:
        return "__init__.py" in self._in(folder) and is_part(os.path.basename(folder))

    def _above(self, folder: str) -> Iterator[str]:
        """Yield the folders above from which the modules of *folder* can be imported, the nearest first."""
        while self._leads_up(folder):
            folder = os.path.dirname(folder)
            yield folder

    def _leads_up(self, folder: str) -> bool:
        """Tell whether what is in *folder* can be imported through the folder above it."""
        above, name = os.path.split(folder)
        if not is_part(name) or ".git" in self._in(folder) or above == folder:
            return False
        return self._is_package(folder) or f"{name}.py" not in self._in(above)

    def _project(self, folders: Iterable[str]) -> str | None:
        """Return the first of *folders* where a project begins."""
        for folder in folders:
            if os.path.basename(folder) == "src" or not PROJECT_FILES.isdisjoint(self._in(folder)):
                return folder
        return None

    def _safe(self, folder: str, root: str) -> str:
        """Return *root*, or the nearest folder below it that gives *folder* no name of somebody else's package."""
        for part in os.path.relpath(folder, root).split(os.sep):
            if part == os.curdir or not self._is_foreign(part):
                return root
            root = os.path.join(root, part)
        return root

    def _is_foreign(self, top: str) -> bool:
        """Tell whether *top* is the name of an installed package, or of a module of Python's own."""
        if top not in self._foreign:
            site = self._locator.find(top)
            self._foreign[top] = top in sys.stdlib_module_names or (site is not None and root_of(site) is None)
        return self._foreign[top]

    def _is_regular(self, top: str) -> bool:
        """Tell whether *top* is somebody else's package that nobody adds parts to, as to a namespace."""
        site = self._locator.find(top)
        return self._is_foreign(top) and (site is None or site.form != "namespace")

    def _in(self, folder: str) -> frozenset[str]:
        names = self._names.get(folder)
        if names is None:
            names = self._names[folder] = names_in(folder)
        return names


def names_in(folder: str) -> frozenset[str]:
    """Return the names of what lies in *folder*; none if it can't be read."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()
