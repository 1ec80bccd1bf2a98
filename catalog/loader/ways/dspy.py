"""Objects of DSPy."""

from __future__ import annotations

import inspect
from typing import Any

from catalog.loader.given import Given, as_dict
from catalog.loader.ways.way import Method, Tell, Way, Whole


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


async def dspy_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Call a module of DSPy and tell the only field that is asked for, as its model writes it."""
    import dspy as library
    from dspy.streaming import StreamListener, StreamResponse

    wanted = _wanted(obj)
    with library.context(track_usage=True):
        try:
            listeners = [StreamListener(wanted[0], allow_reuse=True)] if len(wanted) == 1 else []
            streamed = library.streamify(obj, stream_listeners=listeners, is_async_program=hasattr(obj, "aforward"))
        except ValueError:  # several of its parts write this field, or none does
            return await adspy(obj, given)
        done: Any = None
        try:
            async for part in streamed(**_fields(obj, given)):
                if isinstance(part, StreamResponse):
                    tell(part.chunk)
                elif isinstance(part, library.Prediction):
                    done = part
        except ExceptionGroup as group:  # the call runs in a group of tasks
            raise group.exceptions[0] from None
        return done


def _wanted(obj: Any) -> list[str]:
    """Return the fields that a module is asked for: what it thinks before is none of them."""
    return [name for name in getattr(_signature(obj), "output_fields", {}) if name != "reasoning"]


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
    wanted = [name for name in _wanted(obj) if name in fields]
    names = wanted if len(wanted) == 1 else list(fields)
    return Whole(fields[names[0]] if len(names) == 1 else fields, result.get_lm_usage())


WAYS = {
    ("dspy", "Tool"): Way(Method(), Method("acall")),
    ("dspy", "Module"): Way(dspy, adspy, dspy_answer, dspy_stream),
}
