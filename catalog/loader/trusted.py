"""Taking an object under a policy of trust: asked before the import, and again of what the import gave."""

from __future__ import annotations

import os
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.entry.object_ref import ObjectRef
from catalog.loader.resolve import resolve
from catalog.loader.shelf import public_name
from catalog.source.locate import Locator, root_of
from catalog.trust.patterns import Place
from catalog.trust.policy import OPEN, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping


class Asked(NamedTuple):
    """What a policy is asked about a reference.

    Attributes:
        policy: asked of the reference before anything is imported, of every module that the reference leads through,
            and of the object: an alias must not lead to what its true name would not.
        kind: of the entry, as of :meth:`catalog.trust.policy.Policy.check`; so are the others.
        who: what errors call it.
        stranger: why the owner of the catalog has not chosen the reference, if that is so.
        named: whether trusted configuration, or the program itself, names the reference.
    """

    policy: Policy
    kind: str
    who: str
    stranger: str | None = None
    named: bool = False

    def check(self, place: Place, also: Place | None = None) -> None:
        """Raise UntrustedReferenceError if what is at *place* may not be imported; *also*: what the reference said."""
        self.policy.check(place, kind=self.kind, who=self.who, stranger=self.stranger, named=self.named, also=also)


def check(ref: str, root: str | None, asked: Asked) -> Place | None:
    """Return where *ref* leads to, or None where the policy has nothing to ask about it; nothing is imported.

    Args:
        ref: the reference.
        root: the folder its module was recorded with, or None.
        asked: what the policy is asked.

    Raises:
        UntrustedReferenceError: the policy refuses it.
    """
    rules = asked.policy.of(asked.kind)
    if (asked.named or (rules.mode == OPEN and asked.stranger is None)) and not rules.deny:
        return None
    place = place_of(ref, root)
    asked.check(place)
    return place


def take(
    ref: str, root: str | None, asked: Asked, said: Place | None, exact: Mapping[str, bytes] | None = None
) -> object:
    """Return the object that *ref* names, after :func:`check`.

    Args:
        ref, root, asked: those of :func:`check`.
        said: what that returned.
        exact: the bytes that were checked, by file; see :func:`catalog.loader.resolve.resolve`.

    Raises:
        UntrustedReferenceError: the policy refuses what the import gave.
        InvalidReferenceError, ResolveError: as :func:`catalog.loader.resolve.resolve`.
    """
    if said is None:
        return resolve(ref, root, key=asked.who, exact=exact)

    def confirm(obj: object, rest: str) -> None:
        place = true_place(obj, rest)
        if place is not None and (place.module, place.qualname) != (said.module, said.qualname):
            asked.check(place, said)

    return resolve(ref, root, key=asked.who, confirm=confirm, exact=exact)


def place_of(ref: str, root: str | None) -> Place:
    """Return where *ref* leads to; nothing is imported."""
    module, qualname = ObjectRef.parse(ref)
    site = Locator(own=root).find(module)
    if site is None:  # a part of another module (`os.path`), or nothing that is here
        return Place(module, qualname, None, Locator(own=root).find(module.partition(".")[0]) is None or root is None)
    file = site.path or (site.locations[0] if site.locations else None)
    return Place(module, qualname, file, root is None or root_of(site) is None or _is_home(module, file))


def true_place(obj: object, rest: str) -> Place | None:
    """Return where an object really is; None where it does not say.

    Args:
        obj: what a reference leads to, or leads through.
        rest: what of the qualified name comes after it.
    """
    if isinstance(obj, ModuleType):
        return _place(obj.__name__, rest or "*")
    code: Any = obj
    for _ in range(10):  # functools.partial and bound methods say what they call
        inner = getattr(code, "func", None) if type(code).__name__ == "partial" else getattr(code, "__func__", None)
        if inner is None:
            break
        code = inner
    if not isinstance(code, (type, FunctionType, BuiltinFunctionType, MethodType)) or rest:
        return None
    module, qualname = getattr(code, "__module__", None), getattr(code, "__qualname__", None)
    return _place(module, qualname) if isinstance(module, str) and isinstance(qualname, str) else None


def _place(module: str, qualname: str) -> Place:
    file = getattr(sys.modules.get(module), "__file__", None)
    name = public_name(module)
    return Place(name, qualname, file, name == module and _is_home(module, file))


def _is_home(module: str, file: str | None) -> bool:
    """Tell whether the import path leads to the *file* of a module by itself."""
    if file is None:
        return True
    site = Locator(look=False).find(module)
    found = None if site is None else site.path or (site.locations[0] if site.locations else None)
    return found is not None and os.path.realpath(found) == os.path.realpath(file)
