"""Modules whose name another file has: imported under names of their own, and so are their neighbours.

Two projects may each have a ``tools.py``, and a project a ``json.py``; Python keeps one module of a name. The second is
imported as part of a package that stands for its folder, the shelf. What its modules import by a name that this folder
has is found there too, also in functions that run later: each has an ``__import__`` of its own among its built-ins.
"""

from __future__ import annotations

import builtins
import os
import sys
from hashlib import sha256
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from catalog.source.made_names import made_spec, true_module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.source.locate import ModuleSite

_PREFIX = "_catalog_"


def own_name(module: str, root: str) -> str:
    """Return the name under which the *module* in the folder *root* can be imported.

    It is its public name, unless another file is imported under that name, or would be, or the name is made of that of
    a file which no import statement can name.
    """
    from catalog.source.locate import Locator  # an import reads far more

    top = module.partition(".")[0]
    own = Locator(own=root)
    if not own.is_own(top):
        return module
    mine = own.find(top)
    if _is_made(mine):
        return f"{_shelf(root)}.{true_module(module, mine.path if mine is not None else None)}"
    loaded = sys.modules.get(top)
    if loaded is not None:
        taken = not _is_of(loaded, mine)
    else:
        other = Locator(as_imported=True).find(top)
        taken = other is not None and not _is_same(other, mine)
    return f"{_shelf(root)}.{module}" if taken else module


def public_name(module: str) -> str:
    """Return the name that a module on a shelf has for everybody else; of others their own."""
    return module.partition(".")[2] if module.startswith(_PREFIX) else module


def _is_made(site: ModuleSite | None) -> bool:
    """Tell whether the file or package at *site* has another name than the module."""
    if site is None or site.path is None:
        return False
    path = os.path.dirname(site.path) if site.is_package else site.path
    return os.path.basename(path).partition(".")[0] != site.name


def _is_of(loaded: ModuleType, site: ModuleSite | None) -> bool:
    """Tell whether a *loaded* module is that at *site*."""
    if site is None:
        return False
    file = getattr(loaded, "__file__", None)
    if file and site.path:
        return bool(os.path.realpath(file) == os.path.realpath(site.path))
    folders = {os.path.realpath(folder) for folder in getattr(loaded, "__path__", ())}
    return bool(folders) and folders >= {os.path.realpath(folder) for folder in site.locations}


def _is_same(one: ModuleSite, other: ModuleSite | None) -> bool:
    if other is None or (one.path is None) != (other.path is None):
        return False
    if one.path is not None and other.path is not None:
        return bool(os.path.realpath(one.path) == os.path.realpath(other.path))
    return {*map(os.path.realpath, one.locations)} >= {*map(os.path.realpath, other.locations)}


def _shelf(root: str) -> str:
    """Return the name of a package that holds nothing but what lies in the folder *root*."""
    name = _PREFIX + sha256(os.path.realpath(root).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    if name not in sys.modules:
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [root]
        sys.modules.setdefault(name, module_from_spec(spec))
    return name


class _Finder(MetaPathFinder):
    """Finds what lies on a shelf."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module on a shelf is; of others None."""
        shelf = sys.modules.get(fullname.partition(".")[0]) if fullname.startswith(_PREFIX) else None
        if shelf is None or path is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None and fullname.count(".") == 1:
            spec = made_spec(shelf.__path__[0], fullname.partition(".")[2], fullname)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(fullname, spec.loader.path, shelf.__path__[0])
        return spec


class _Loader(SourceFileLoader):
    """Runs a module with an ``__import__`` that knows its folder."""

    def __init__(self, fullname: str, path: str, root: str) -> None:
        super().__init__(fullname, path)
        self.root = root

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import_within(self.root)}
        super().exec_module(module)


def _import_within(root: str) -> Any:
    """Return an ``__import__`` for the modules of a shelf: neighbours whose names are taken come from the shelf."""
    prefixes: dict[str, str] = {}

    def find_and_import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        top = name.partition(".")[0]
        if level == 0 and top not in prefixes:
            prefixes[top] = own_name(top, root).removesuffix(top)
        if level or not prefixes[top]:
            return builtins.__import__(name, globals, locals, fromlist, level)
        if fromlist:
            return builtins.__import__(prefixes[top] + name, globals, locals, fromlist, 0)
        import_module(prefixes[top] + name)
        return sys.modules[prefixes[top] + top]

    return find_and_import
