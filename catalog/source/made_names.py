"""Names for files that no ``import`` statement can name: ``01-hello.py`` is the module ``_01_hello`` of its folder.

Such a file is run as a script, and what it holds can be loaded all the same: whoever looks for a module in a folder
that was recorded for it comes to the file that the name is made of, where nothing else in the folder has the name.

A project's module whose name is that of a module of Python's own, or of an installed package, is called ``json_``: read
without its folder, ``json`` would be somebody else's.
"""

from __future__ import annotations

import os
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from keyword import iskeyword


def is_part(name: str) -> bool:
    """Tell whether *name* can be a part of a dotted name in an ``import`` statement."""
    return name.isidentifier() and not iskeyword(name)


def made_name(stem: str) -> str:
    """Return the name of the module whose file is called *stem*: its own, else the nearest that can be written."""
    if is_part(stem):
        return stem
    name = "".join(char if f"_{char}".isidentifier() else "_" for char in stem)
    return f"{name}_" if iskeyword(name) else name if name.isidentifier() else f"_{name}"


def made_spec(folder: str, name: str, fullname: str | None = None) -> ModuleSpec | None:
    """Return how to import the file in *folder* that *name* is made of, or None; the first where there are several.

    Args:
        folder: where.
        name: of the module there.
        fullname: what it is imported as, if that is more than *name*.
    """
    if "_" not in name:  # every made name has one
        return None
    if name.endswith("_") and is_part(name[:-1]) and (spec := PathFinder.find_spec(name[:-1], [folder])) is not None:
        return spec if spec.origin is not None else None
    try:
        files = sorted(os.listdir(folder))
    except OSError:
        return None
    for file in files:
        stem = file.removesuffix(".py")
        if stem != file and not is_part(stem) and made_name(stem) == name:
            return spec_from_file_location(fullname or name, os.path.join(folder, file))
    return None


def true_module(dotted: str, file: str | None) -> str:
    """Return the name that the module *dotted*, found in *file*, has where nobody else has it."""
    top, dot, rest = dotted.partition(".")
    folder, name = os.path.split(file or "")
    stem = os.path.basename(folder) if name == "__init__.py" else name.partition(".")[0]
    return f"{stem}{dot}{rest}" if top == f"{stem}_" and is_part(stem) else dotted
