"""Arguments as a thing takes them: fitted to a signature, as a mapping, as one text; what does not fit is refused."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, NoReturn

from catalog.errors import LoadError
from catalog.loader.convert import converted
from catalog.loader.fill import check_missing

_LONGEST = 400

Given = dict[str, Any] | str | None
"""What a thing is called with: arguments by name, one text, or None for none."""


def fitted(function: Callable[..., Any], given: Given, shown: object, like: Any = None) -> Any:
    """Call *function* if the arguments fit its signature; a TypeError of its own body passes through.

    Args:
        function: what is called.
        given: the arguments.
        shown: what an error names.
        like: a function whose signature counts instead.

    Raises:
        LoadError: they do not fit.
    """
    try:
        signature = inspect.signature(function if like is None else like)
    except (TypeError, ValueError):  # many functions written in C tell none
        return function(given) if isinstance(given, str) else function(**(given or {}))
    if isinstance(given, str):
        try:
            bound = signature.bind(given)
        except TypeError as error:
            fault = f"doesn't take one text: {error}; give an object with its parameters"
            refuse(shown, fault, "arguments", error)
        return function(*bound.args, **bound.kwargs)
    named = dict(given or {})
    positional = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in named:
            positional.append(named.pop(parameter.name))
    try:
        bound = signature.bind(*positional, **named)
    except TypeError as error:
        fault = f"doesn't take these arguments: {error}; its parameters are {signature!s:.{_LONGEST}}"
        refuse(shown, fault, "arguments", error)
    _convert(function if like is None else like, bound, shown)
    return function(*bound.args, **bound.kwargs)


def _convert(function: Callable[..., Any], bound: inspect.BoundArguments, shown: object) -> None:
    """Make of data what the annotations of *function* want."""
    kinds = bound.signature.parameters
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = {name: value for name, value in bound.arguments.items() if kinds[name].kind not in several}
    try:
        bound.arguments.update(converted(function, named))
    except ValueError as error:
        refuse(shown, f"doesn't take these arguments: {error}", "arguments", error)


def filled(obj: Any, way: str, given: Given) -> object:
    """Return what the method *way* of a prompt gives for its variables.

    Raises:
        LoadError: a variable has no value.
    """
    named = list(getattr(obj, "input_variables", None) or ())  # of LangChain; of string.Template below
    if way == "substitute":
        named = obj.get_identifiers()
    if isinstance(given, str) and len(named) == 1:
        given = {named[0]: given}
    values = as_dict(obj, given)
    try:
        return getattr(obj, way)(**values)
    except (KeyError, IndexError) as error:
        check_missing([name for name in named if name not in values], values, shown_as(obj))
        return refuse(obj, f"has a placeholder without a value: {error}; give it one", "arguments", error)


def as_dict(obj: object, given: Given) -> dict[str, Any]:
    """Return arguments by name.

    Raises:
        LoadError: they are a text.
    """
    if isinstance(given, str):
        refuse(obj, "takes an object with its parameters, not a text", "arguments")
    return given or {}


def as_text(given: Given) -> str:
    """Return the request to an agent: a text, an ``input`` that stands alone, or all arguments as JSON.

    Raises:
        LoadError: there is none.
    """
    if not given:
        raise LoadError("an agent needs a request: give one text", reason="arguments")
    if isinstance(given, str):
        return given
    if set(given) == {"input"} and isinstance(given["input"], str):
        return given["input"]
    return json.dumps(given, ensure_ascii=False, default=str)


def refuse(obj: object, fault: str, reason: str, cause: BaseException | None = None) -> NoReturn:
    """Raise that *obj* has a *fault*: ``not-callable``, or ``arguments`` that it does not take.

    Raises:
        LoadError: always.
    """
    what = shown_as(obj)
    raise LoadError(f"{what} {fault}", reason=reason, object=what.removeprefix(_AN_OBJECT)) from cause


_AN_OBJECT = "an object of "


def shown_as(obj: object) -> str:
    """Return what an error calls *obj*: its reference, or that of its class."""
    kind = obj if isinstance(obj, type) or hasattr(obj, "__qualname__") else type(obj)
    shown = f"{getattr(kind, '__module__', '?')}:{getattr(kind, '__qualname__', '?')}"
    return shown if kind is obj else f"{_AN_OBJECT}{shown}"
