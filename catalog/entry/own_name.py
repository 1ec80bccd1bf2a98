"""The name an object carries itself, for whoever registers it or comes across it without being given another."""

from __future__ import annotations

from types import FunctionType

_NAMED_BY = {"model": ("id", "name"), "tool": ("name",), "prompt": ("name",), "agent": ("name",)}
"""Attributes that name the objects of a kind, the first choice first; frameworks agree on these."""


def own_name(kind: str, obj: object, *, computed: bool = True) -> str | None:
    """Return the name *obj* carries, or None.

    Of a model that is its ``id``, else its ``name``; of a tool, prompt or agent its ``name``; of anything else, and
    where those are no text or empty, ``__name__``, then ``name``.

    Args:
        kind: the kind *obj* has, or is to have, in the catalog.
        obj: any object; an error that an attribute raises counts as no name.
        computed: whether attributes of its class count too, properties among them. If not, no code of anybody runs:
            only what the object itself holds is read, and functions and classes have their ``__name__``, which is
            what a scan reads from the source.
    """
    if not computed and isinstance(obj, (type, FunctionType)):
        return obj.__name__
    try:
        held = object.__getattribute__(obj, "__dict__")
    except AttributeError:  # slots, or made in C
        held = {}
    for attribute in (*_NAMED_BY.get(kind, ()), "__name__", "name"):
        name = held.get(attribute)
        if computed and not isinstance(name, str):  # a property runs only where the object holds no such name
            name = _attribute(obj, attribute)
        if isinstance(name, str) and name:
            return name
    return None


def _attribute(obj: object, name: str) -> object:
    try:
        return getattr(obj, name, None)
    except Exception:  # a property may raise anything
        return None
