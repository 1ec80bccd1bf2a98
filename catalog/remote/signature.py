"""The signature of what a JSON Schema describes: what ``help`` and adapters see of something that is not Python."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Any

_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict, "null": None}


def signature_of(schema: Mapping[str, Any]) -> Signature:
    """Return the signature for arguments of this *schema*, what is required first, in the order it is said.

    What Python has no name for is taken by ``**more``, as is anything where the schema says nothing of properties.
    """
    said = schema.get("properties")
    properties: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    listed = schema.get("required")
    required = set(map(str, listed)) if isinstance(listed, list) else set()
    named = {name: about for name, about in properties.items() if name.isidentifier() and not keyword.iskeyword(name)}
    parameters = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=_annotation(about))
        for name, about in named.items()
        if name in required
    ]
    parameters += [
        Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=about.get("default") if isinstance(about, Mapping) else None,
            annotation=_annotation(about),
        )
        for name, about in named.items()
        if name not in required
    ]
    if len(named) < len(properties) or said is None or schema.get("additionalProperties") not in (None, False):
        more = "more"
        while more in named:
            more += "_"
        parameters.append(Parameter(more, Parameter.VAR_KEYWORD))
    return Signature(parameters)


def _annotation(about: Any) -> Any:
    said = about.get("type") if isinstance(about, Mapping) else None
    if isinstance(said, list):
        known = [_TYPES[word] for word in said if word in _TYPES]
        return known[0] if len(known) == 1 else Any
    return _TYPES.get(said, Any) if isinstance(said, str) else Any


def given_by(signature: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments by name, only those that are given: defaults are the server's to fill in.

    Raises:
        TypeError: they do not fit.
    """
    bound = signature.bind(*args, **kwargs).arguments
    for name, parameter in signature.parameters.items():
        if parameter.kind is Parameter.VAR_KEYWORD:
            return {**{key: value for key, value in bound.items() if key != name}, **bound.get(name, {})}
    return dict(bound)
