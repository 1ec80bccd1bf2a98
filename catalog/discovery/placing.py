"""From the files that a walk found to modules: the root of each folder, and with it the dotted names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count

from catalog.discovery.roots import Roots, absolute_imports, names_in
from catalog.discovery.walk import Listing, Loose, SourceFile, listed
from catalog.errors import UnreadableSourceError
from catalog.source.made_names import is_part, made_name
from catalog.source.read import read_bytes
from catalog.source.search_path import looked_in, search_path
from catalog.source.stamp import stamp


def installed_root(folder: str) -> str | None:
    """Return the folder of the import path that installed packages lie in and *folder* is in, or None."""
    for entry in (*search_path(), *looked_in):
        if os.path.basename(entry) in ("site-packages", "dist-packages"):
            inside = os.path.relpath(folder, entry)
            parts = [] if inside == os.curdir else inside.split(os.sep)
            if os.pardir not in parts and all(part.isidentifier() for part in parts):
                return entry
    return None


def settle_roots(
    into: Listing, known: Callable[[str, str], list[str] | None], read: Callable[[str], bytes] = read_bytes
) -> None:
    """Make files of what was found in folders: find the root of each folder, and with it the names of its modules.

    Args:
        into: where.
        known: returns what the file of a path and a stamp is known to import, or None.
        read: returns what is in a file, which it may keep for those who ask next.
    """
    roots = Roots(into.top)
    for loose in into.loose:
        imports: dict[str, list[str]] = {}

        def imported(path: str, imports: dict[str, list[str]] = imports) -> list[str]:
            found = known(path, stamp(path) or "")
            imports[path] = _imports_of(path, read) if found is None else found
            return imports[path]

        root = installed_root(loose.folder) or roots.root(loose.folder, imported)
        for file in _rooted(loose, root):
            file.imports = imports.get(file.path)
            into.files.append(file)
    into.loose.clear()


def _imports_of(path: str, read: Callable[[str], bytes]) -> list[str]:
    try:
        return absolute_imports(read(path))
    except UnreadableSourceError:  # said where the file is looked at
        return []


def _rooted(loose: Loose, root: str) -> Iterator[SourceFile]:
    """Yield the files of a folder as modules: of *root*, or of the folder itself where no import can name the file."""
    folder = loose.folder
    inside = os.path.relpath(folder, root)
    parts = [] if inside == os.curdir else inside.split(os.sep)
    taken = {name.removesuffix(".py") for name in names_in(folder) if name.endswith(".py")}
    for stem, path, state in loose.sources:
        if stem == "__init__" and parts:
            yield listed(".".join(parts), path, True, state, root)
        elif is_part(stem):
            yield listed(".".join([*parts, stem]), path, False, state, root)
        else:
            name, other = made_name(stem), ""
            if name in taken or os.path.isdir(os.path.join(folder, name)):
                other = f"no import can name {stem}.py, and another file has the name that is made for it, {name}"
                name = next(made for number in count(2) if (made := f"{name}_{number}") not in taken)
            taken.add(name)
            file = listed(name, path, False, state, folder)
            file.unloadable = other
            yield file
