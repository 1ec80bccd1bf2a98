"""JSON data made into what the annotations of a function want: models, dataclasses, members of enums, dates, paths."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import pathlib
import typing
import uuid
import weakref
from typing import Any

_MADE_OF_JSON = (
    enum.Enum,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
    pathlib.PurePath,
    bytes,
    set,
    frozenset,
    tuple,
)
_MOST = 3
_JSON = (str, int, float, bool, list, dict)
_known: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def converted(function: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments *named* as the annotations of *function* want them; what JSON has words for stays as it is.

    What is no JSON data was made by somebody who knows better, and stays too.

    Raises:
        ValueError: data do not fit the annotation; it says where and why.
    """
    if not any(isinstance(value, _JSON) for value in named.values()):
        return dict(named)
    wanted = _wanted(function)
    return {
        name: _made(name, value, wanted[name]) if name in wanted and isinstance(value, _JSON) else value
        for name, value in named.items()
    }


def _made(name: str, value: Any, adapter: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValueError as error:
        faults: list[Any] = error.errors() if hasattr(error, "errors") else []
        said = [f"{'.'.join(map(str, (name, *fault['loc'])))}: {fault['msg']}" for fault in faults[:_MOST]]
        raise ValueError("; ".join(said) or f"{name}: {error}") from error


def _wanted(function: Any) -> dict[str, Any]:
    """Return what makes the values of those parameters that want more than JSON, by their names."""
    try:
        known = _known.get(function)
    except TypeError:  # nothing can refer to it weakly
        return _adapters(function)
    if known is None:
        _known[function] = known = _adapters(function)
    return known


def _adapters(function: Any) -> dict[str, Any]:
    from pydantic import PydanticUserError, TypeAdapter  # only where something is called

    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception:  # annotations that only a type checker can follow, or that are no types
        return {}
    adapters = {}
    for name, hint in hints.items():
        if name != "return" and _wants_more(hint):
            try:
                adapters[name] = TypeAdapter(hint)
            except (PydanticUserError, NameError, TypeError):  # pydantic can't make such a thing
                continue
    return adapters


def _wants_more(hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return False
    kind = typing.get_origin(hint) or hint
    if isinstance(kind, type) and (
        issubclass(kind, _MADE_OF_JSON) or dataclasses.is_dataclass(kind) or hasattr(kind, "model_validate")
    ):
        return True
    return any(_wants_more(part) for part in typing.get_args(hint) if not isinstance(part, list))
