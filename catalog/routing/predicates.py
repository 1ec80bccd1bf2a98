"""The functions that entries are routed by, taken under the policy of trust: routing calls them with every prompt."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from catalog.entry.object_ref import ObjectRef
from catalog.errors import UntrustedReferenceError
from catalog.trust.policy import PREDICATE
from catalog.workspace.trusting import is_named, stranger_of
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.loader.trusted import Asked
    from catalog.trust.patterns import Place


def predicate_of(ws: Workspace, entry: Entry) -> Callable[[str], Any]:
    """Return the function that the ``match`` of *entry* names; it is imported once.

    Raises:
        UntrustedReferenceError: it is not trusted, or is no function that can be meant as a predicate.
        InvalidReferenceError, ResolveError: it can't be loaded.
    """
    stamp = (entry.match, entry.tier, entry.source, entry.root)
    key = (PREDICATE, entry.key)
    try:
        return ws.objects.take(key, stamp, lambda: _take(ws, entry))  # type: ignore[return-value]
    except UntrustedReferenceError as error:
        noted = _noted.setdefault(ws, set())
        if stamp not in noted:  # routing asks for it with every prompt
            from catalog.verbs.refusals import record_refusal  # only where something is refused

            noted.add(stamp)
            record_refusal(ws, entry, error)
        raise


_noted: WeakKeyDictionary[Workspace, set[Hashable]] = WeakKeyDictionary()
"""The predicates whose refusal was noted, as this process has seen them."""


def check_predicate(ws: Workspace, entry: Entry) -> Place | None:
    """Return what :func:`catalog.loader.trusted.check` says of the predicate of *entry*; nothing is imported.

    Raises:
        UntrustedReferenceError: it may not.
    """
    from catalog.loader.trusted import check  # only where there is a predicate

    if _is_library(str(entry.match).partition(":")[0]):
        raise _unfit(entry, "is a function of the standard library, and none of those is meant as a predicate")
    return check(str(ObjectRef.parse(str(entry.match))), _root(ws, entry), _asked(ws, entry))


def _asked(ws: Workspace, entry: Entry) -> Asked:
    from catalog.loader.trusted import Asked

    stranger = stranger_of(entry, ws.settings, is_predicate=True)
    return Asked(ws.policy, PREDICATE, _who(entry), stranger, is_named(entry, ws.settings))


def _take(ws: Workspace, entry: Entry) -> object:
    from catalog.loader.trusted import take  # only where there is a predicate
    from catalog.verbs.pins import check_pin

    said = check_predicate(ws, entry)
    check_pin(ws, entry)  # a rule that is not as pinned calls nothing
    live = take(str(ObjectRef.parse(str(entry.match))), _root(ws, entry), _asked(ws, entry), said)
    own_call = next((vars(each)["__call__"] for each in type(live).__mro__ if "__call__" in vars(each)), None)
    if not isinstance(live, (FunctionType, MethodType)) and not isinstance(own_call, FunctionType):
        raise _unfit(entry, "is no function of Python code that takes a prompt")
    module = getattr(live if isinstance(live, (FunctionType, MethodType)) else type(live), "__module__", None)
    if _is_library(str(module)):
        raise _unfit(entry, f"is really a function of the standard library ({module})")
    return live


def _root(ws: Workspace, entry: Entry) -> str | None:
    """Return the folder a predicate is looked for in: that of the entry, if it holds the module."""

    from catalog.source.locate import folder_with

    config = os.path.dirname(ws.settings.file) if ws.settings.file else None
    folders = [folder for folder in (entry.root, config) if folder]
    return folder_with(str(entry.match).partition(":")[0].partition(".")[0], folders)


def _is_library(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _unfit(entry: Entry, fault: str) -> UntrustedReferenceError:
    return UntrustedReferenceError(
        f"{_who(entry)} {entry.match} {fault}; name a function of your own",
        key=entry.key,
        ref=entry.match,
        mode=None,
        setting=None,
        allow=None,
    )


def _who(entry: Entry) -> str:
    return f"the predicate of {entry.key}"
