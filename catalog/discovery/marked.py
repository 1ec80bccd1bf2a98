"""Objects of this process that our decorators marked: found in the modules that are loaded, importing nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from catalog.entry.object_ref import reference_fault


@dataclass(frozen=True, slots=True)
class Live:
    """A marked object that is in memory.

    Attributes:
        kind: what it was marked as.
        name: what the mark says, else the object's own name, else the variable's.
        ref: ``package.module:name``, or None if another process couldn't import it (``__main__``, a notebook).
        obj: the object.
        module: name of the module it was found in.
        fields: what else the mark says: ``description``, ``tags``, ...
    """

    kind: str
    name: str
    ref: str | None
    obj: object
    module: str
    fields: dict[str, Any] = field(default_factory=dict)


_DEFINED = (type, FunctionType)
_NAMED_BY = {"model": ("id", "name")}


def live(modules: Mapping[str, object] | None = None) -> list[Live]:
    """Return the marked objects that the loaded modules hold, by module and name, each once.

    Of an object that several modules hold, the module that defines it counts. Only the dictionaries of real modules
    are looked at: a module's ``__getattr__`` isn't called and a lazy one stays unloaded.

    Args:
        modules: what to look through in place of ``sys.modules``.
    """
    authoring = sys.modules.get("catalog.authoring")
    if authoring is None:  # nobody used a decorator
        return []
    mark_of: Callable[[object], dict[str, Any] | None] = authoring.mark_of
    found: dict[int, tuple[bool, Live]] = {}
    for module_name, module in sorted(dict(sys.modules if modules is None else modules).items()):
        for variable, obj in _contents(module):
            mark = mark_of(obj)
            if mark is None:
                continue
            # A module's own definitions say where they were made; what it imported says somebody else.
            made_here = isinstance(obj, _DEFINED) and obj.__module__ == module_name
            known = found.get(id(obj))
            if known is not None and (known[0] or not made_here):
                continue
            found[id(obj)] = (made_here, _live(mark, variable, obj, module_name))
    return sorted((one for _, one in found.values()), key=lambda one: (one.module, one.kind, one.name))


def _contents(module: object) -> list[tuple[str, object]]:
    if not issubclass(type(module), ModuleType):
        return []
    try:
        # Not vars(): a lazy module loads itself when its __dict__ is asked for in the usual way.
        names: dict[str, object] = object.__getattribute__(module, "__dict__")
        return list(names.items())
    except (AttributeError, RuntimeError):  # RuntimeError: another thread is filling it
        return []


def _live(mark: dict[str, Any], variable: str, obj: object, module: str) -> Live:
    kind = str(mark.pop("kind"))
    name = mark.pop("name", None) or _own_name(kind, obj) or variable
    ref = f"{module}:{variable}"
    importable = module not in ("__main__", "__mp_main__") and reference_fault(ref) is None
    return Live(kind, name, ref if importable else None, obj, module, mark)


def _own_name(kind: str, obj: object) -> str | None:
    """Return the name *obj* carries, from its dictionary: a property might run anything."""
    if isinstance(obj, _DEFINED):
        return obj.__name__
    try:
        held = object.__getattribute__(obj, "__dict__")
    except AttributeError:
        held = {}
    for attribute in (*_NAMED_BY.get(kind, ("name",)), "__name__"):
        found = held.get(attribute)
        if isinstance(found, str) and found:
            return found
    return None
