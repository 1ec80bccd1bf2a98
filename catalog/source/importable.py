"""Whether a module, or a name in it, could be imported here. Files are looked at; nothing is imported."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder, all_suffixes

from catalog.errors import UnreadableSourceError
from catalog.source.read import read_bytes
from catalog.source.search_path import looked_in, search_path


def is_importable(key: str, path: str | None) -> bool:
    """Tell whether ``module`` or ``module:name`` can be imported, by the file at *path*; nothing is run.

    Looked in are the import path, the folders that are looked in beside it, and the folder above the outermost
    package of *path*.
    """
    module, _, name = key.partition(":")
    spec = _spec(module, path)
    if spec is None:
        return False
    if not name or name == "*" or not (spec.origin or "").endswith(".py"):
        return True
    if may_hold(spec.origin or "", name):
        return True
    return spec.submodule_search_locations is not None and _spec(f"{module}.{name}", path) is not None


def _spec(module: str, path: str | None) -> ModuleSpec | None:
    top, *rest = module.split(".")
    try:
        spec = BuiltinImporter.find_spec(top) or FrozenImporter.find_spec(top)
        spec = spec or PathFinder.find_spec(top, [*search_path(), *looked_in])
        if path and (spec is None or spec.origin is None):
            spec = PathFinder.find_spec(top, [_root_of(path)]) or spec
        dotted = top
        for part in rest:
            if spec is None or spec.submodule_search_locations is None:
                return spec if spec is not None and top in sys.stdlib_module_names else None  # os.path
            dotted = f"{dotted}.{part}"
            spec = PathFinder.find_spec(dotted, list(spec.submodule_search_locations))
    except (ImportError, ValueError, AttributeError, KeyError, OSError):
        return None
    return spec


def _root_of(path: str) -> str:
    folder = os.path.dirname(path)
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def is_module(stem: str) -> bool:
    """Tell whether *stem*, a path without ending, is a module or package."""
    return os.path.isdir(stem) or any(os.path.isfile(stem + suffix) for suffix in all_suffixes())


_MAKES_NAMES = re.compile(rb"import[ \t]+\*|__getattr__|globals\(|sys\.modules|exec\(|setattr\(|\.update\(")


def may_hold(path: str, name: str) -> bool:
    """Tell whether the module at *path* may have *name*: the word stands there, or the module makes up names."""
    try:
        data = read_bytes(path)
    except UnreadableSourceError:
        return True
    return re.search(rb"\b%b\b" % re.escape(name.encode()), data) is not None or _MAKES_NAMES.search(data) is not None


def is_as_tried(tried: Mapping[str, bool], path: str) -> bool:
    """Tell whether what could be imported when the file at *path* was read still can, and the rest still can't."""
    return all(is_importable(key, path) == answer for key, answer in tried.items())
