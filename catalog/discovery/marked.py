"""Objects in memory that our decorators marked: looked for in the loaded modules; nothing is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from catalog.entry.object_ref import reference_fault
from catalog.entry.own_name import own_name


@dataclass(frozen=True, slots=True)
class Marked:
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


_DEFINITIONS = (type, FunctionType)


def marked_objects(modules: Mapping[str, object] | None = None) -> list[Marked]:
    """Return the marked objects that the loaded modules hold, by module, kind and name, each once.

    Of an object that several modules hold, the module that defines it counts. Only the dictionaries of real modules
    are looked at: a module's ``__getattr__`` isn't called and a lazy one stays unloaded.

    Args:
        modules: by their names; those of ``sys.modules`` if not given.
    """
    authoring = sys.modules.get("catalog.authoring")
    if authoring is None:  # nobody used a decorator
        return []
    mark_of: Callable[[object], dict[str, Any] | None] = authoring.mark_of
    identities: set[int] = authoring.identities
    by_identity: dict[int, tuple[bool, Marked]] = {}
    for module_name, module in sorted(dict(sys.modules if modules is None else modules).items()):
        for variable, obj in _contents(module):
            if id(obj) not in identities:  # nearly all of some hundred thousand
                continue
            mark = mark_of(obj)
            if mark is None:
                continue
            # Functions and classes know the module they were made in: where that is this module, it is their home,
            # and any other module that holds them has imported them.
            is_home = isinstance(obj, _DEFINITIONS) and obj.__module__ == module_name
            earlier = by_identity.get(id(obj))
            if earlier is not None and (earlier[0] or not is_home):
                continue
            by_identity[id(obj)] = (is_home, _marked(mark, variable, obj, module_name))
    return sorted((marked for _, marked in by_identity.values()), key=lambda each: (each.module, each.kind, each.name))


def _contents(module: object) -> list[tuple[str, object]]:
    if not issubclass(type(module), ModuleType):
        return []
    try:
        # Not vars(): a lazy module loads itself when its __dict__ is asked for in the usual way.
        names: dict[str, object] = object.__getattribute__(module, "__dict__")
        return list(names.items())
    except (AttributeError, RuntimeError):  # RuntimeError: another thread is filling it
        return []


def _marked(mark: dict[str, Any], variable: str, obj: object, module: str) -> Marked:
    kind = str(mark.pop("kind"))
    name = mark.pop("name", None) or own_name(kind, obj, computed=False) or variable
    ref = f"{module}:{variable}"
    importable = module not in ("__main__", "__mp_main__") and reference_fault(ref) is None
    return Marked(kind, name, ref if importable else None, obj, module, mark)
