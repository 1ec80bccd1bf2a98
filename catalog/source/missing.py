"""What is wrong with a reference that leads nowhere, and what was meant; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from pkgutil import iter_modules

from catalog.entry.object_ref import reference_fault
from catalog.errors import close_matches, did_you_mean
from catalog.source.find import Missing, find_node
from catalog.source.locate import Locator
from catalog.source.names import names_of


def missing_reference(ref: str, roots: Sequence[str] = ()) -> str | None:
    """Return why *ref* leads nowhere from here, and what was perhaps meant; None where it may lead somewhere.

    A package without the module, and a module or class without the name, are sure signs. A top-level module that is
    not here is none, as it may be installed where the entry is used; with one of nearly that name in *roots* it is.

    Args:
        ref: ``package.module:qualified.name``; a text that is no reference is not looked at.
        roots: folders to look in beside ``sys.path``.
    """
    if reference_fault(ref) is not None:
        return None
    locator = Locator(roots)
    module, _, qualname = ref.partition(":")
    found = find_node(ref, locator)
    if not isinstance(found, Missing) or not (found.is_gone or found.is_out_of_sight):
        return None
    if found.reason in ("module", "elsewhere"):
        if locator.find(module) is not None:  # it imports from a module that is not here: optional, perhaps
            return None
        parent, missing, rest = _split(module, locator)
        folders = locator.find(parent).locations if parent else locator.roots  # type: ignore[union-attr]
        close = close_matches(missing, [each.name for each in iter_modules(folders)])
        meant = [".".join(filter(None, (parent, name, *rest))) + f":{qualname}" for name in close]
        return found.message + did_you_mean(meant) if parent or meant else None
    before, name = _first_missing(module, qualname.split("."), locator)
    names = _names_in(module, before, locator)
    close = close_matches(name, names if name.startswith("_") else [each for each in names if each[0] != "_"])
    return found.message + did_you_mean([".".join([*before, name]) for name in close])


def _split(module: str, locator: Locator) -> tuple[str, str, list[str]]:
    """Return the package of a missing *module* that is there, or ''; the part missing in it; and the parts after."""
    parts = module.split(".")
    end = next((end for end in range(len(parts) - 1, 0, -1) if locator.find(".".join(parts[:end]))), 0)
    return ".".join(parts[:end]), parts[end], parts[end + 1 :]


def _first_missing(module: str, parts: list[str], locator: Locator) -> tuple[list[str], str]:
    """Return the parts of a qualified name that are there, and the first that is not."""
    for end in range(1, len(parts)):
        if isinstance(find_node(f"{module}:{'.'.join(parts[:end])}", locator), Missing):
            return parts[: end - 1], parts[end - 1]
    return parts[:-1], parts[-1]


def _names_in(module: str, parts: list[str], locator: Locator) -> Iterable[str]:
    """Return the names that a module binds, or the class in it that *parts* lead to."""
    if not parts:
        site = locator.find(module)
        if site is None or site.path is None or not site.has_source:
            return ()
        return [*locator.names(site.path).bound, *(each.name for each in iter_modules(site.locations))]
    found = find_node(f"{module}:{'.'.join(parts)}", locator)
    if isinstance(found, Missing) or not isinstance(found[1], ast.ClassDef):
        return ()
    return names_of(found[1].body).bound
