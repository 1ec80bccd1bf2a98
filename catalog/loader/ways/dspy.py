"""Objects of DSPy."""

from __future__ import annotations

import inspect
from typing import Any

from catalog.loader.given import Given, as_dict
from catalog.loader.ways.way import Method, Way, Whole


def dspy(obj: Any, given: Given) -> Any:
    """Call a module of DSPy: a text is the only field that it takes."""
    import dspy as library

    with library.context(track_usage=True):
        return obj(**_fields(obj, given))


async def adspy(obj: Any, given: Given) -> Any:
    """Call a module of DSPy, awaited."""
    import dspy as library

    with library.context(track_usage=True):
        return await obj.acall(**_fields(obj, given))


def _signature(obj: Any) -> Any:
    if hasattr(obj, "signature"):
        return obj.signature
    predictors = obj.predictors() if hasattr(obj, "predictors") else []
    return predictors[0].signature if len(predictors) == 1 else None


def _fields(obj: Any, given: Given) -> dict[str, Any]:
    if not isinstance(given, str):
        return given or {}
    forward = [name for name, p in inspect.signature(obj.forward).parameters.items() if p.kind is not p.VAR_KEYWORD]
    names = forward or list(getattr(_signature(obj), "input_fields", {}))
    return {names[0]: given} if len(names) == 1 else as_dict(obj, given)


def dspy_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take the answer of a module of DSPy: the only field that is asked for, else all that it gives."""
    if not hasattr(result, "toDict"):
        return Whole(result)
    fields = result.toDict()
    wanted = [name for name in getattr(_signature(obj), "output_fields", {}) if name in fields and name != "reasoning"]
    names = wanted if len(wanted) == 1 else list(fields)
    return Whole(fields[names[0]] if len(names) == 1 else fields, result.get_lm_usage())


WAYS = {
    ("dspy", "Tool"): Way(Method(), Method("acall")),
    ("dspy", "Module"): Way(dspy, adspy, dspy_answer),
}
