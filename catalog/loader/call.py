"""Calling what an entry stands for, whichever framework made it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.entry.template import defaults_of, format_of, text_of
from catalog.errors import LoadError
from catalog.loader.fill import fill
from catalog.loader.given import Given
from catalog.loader.limit import in_thread, run
from catalog.loader.ways.way import Method, Tell, Way, Whole, is_tool_class, twin_of, way_of

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call came to.

    Attributes:
        value: the result, without what a framework wraps around it: of an agent its answer.
        usage: ``requests``, ``input_tokens``, ``output_tokens``, and ``cost`` in US dollars, where a framework says so.
        seconds: how long it took.
    """

    value: Any
    usage: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields; ``value`` is what it is, JSON data or not."""
        return {"value": self.value, "usage": dict(self.usage), "seconds": self.seconds}


def call(obj: object, arguments: Given = None, *, entry: Entry | None = None) -> object:
    """Call *obj* and return the result; coroutines are run to their end, generators become lists.

    Args:
        obj: a function, a tool, prompt, model or agent of a known framework, an object with one of the usual
            methods, or a class of tools, which is made without arguments first. Other classes are called
            like functions. A text, or a mapping with a ``template`` or ``text``, is a prompt, which is filled in.
        arguments: keyword arguments; or a text, for what takes one argument; or None for none. An agent takes one
            text, too, as the only argument ``input``.
        entry: what *obj* was taken from. Its ``metadata["template_format"]`` says how the placeholders of a text are
            written: ``f-string``, ``jinja2``, which is always rendered in its sandbox, or another language of
            prompts; its parameters say which values are there without being given.

    Raises:
        LoadError: *obj* can't be called (``facts["reason"]`` is ``not-callable``), or the arguments don't
            fit it (``arguments``).
        MissingExtraError: a Jinja template, and Jinja is not installed.
        Exception: whatever the object raises.
    """
    return called(obj, arguments, entry, None).value


async def acall(obj: object, arguments: Given = None, *, entry: Entry | None = None) -> object:
    """The same as :func:`call`: what can be awaited is awaited in this loop, all else is called in a thread."""
    return (await acalled(obj, arguments, entry, None)).value


def called(obj: Any, arguments: Given, entry: Entry | None, tell: Tell | None) -> Whole:
    """Return what :func:`call` returns, and what a framework counted; *tell* is called with each part as it comes."""
    obj, text = _prepared(obj, arguments, entry)
    if text is not None:
        return Whole(text)
    way = way_of(obj)
    result = way.stream(obj, arguments, tell) if tell and way.stream else way.call(obj, arguments)
    return way.whole(obj, finished(result, tell), arguments)


async def acalled(obj: Any, arguments: Given, entry: Entry | None, tell: Tell | None) -> Whole:
    """The same as :func:`called`, to be awaited; *tell* is called in this loop."""
    obj, text = _prepared(obj, arguments, entry)
    if text is not None:
        return Whole(text)
    way = way_of(obj)
    tell = None if tell is None else _in_this_loop(tell)
    call, given = _awaitable_way(way, obj, tell), (arguments, tell) if tell and way.stream else (arguments,)
    if call is not None:
        result = call(obj, *given)
    else:
        result = await in_thread(way.stream if tell and way.stream else way.call, obj, *given)
    if inspect.isgenerator(result):
        result = await in_thread(finished, result, tell)
    elif inspect.isasyncgen(result):
        result = await _collected(result, tell)
    elif inspect.isawaitable(result):
        result = await result
    return way.whole(obj, result, arguments)


def _in_this_loop(tell: Tell) -> Tell:
    """Return what calls *tell* in the loop that runs here, whichever thread it is called in."""
    import asyncio

    loop, here = asyncio.get_running_loop(), threading.get_ident()

    def told(part: Any) -> None:
        if threading.get_ident() == here:
            tell(part)
        else:
            loop.call_soon_threadsafe(tell, part)

    return told


def _awaitable_way(way: Way, obj: Any, tell: Tell | None) -> Callable[..., Any] | None:
    """Return what gives an awaitable, or an async generator, without taking a moment itself; None: there is no such."""
    if tell and way.stream:
        return way.stream if inspect.iscoroutinefunction(way.stream) else None
    if way.acall is not None and not (isinstance(way.acall, Method) and not hasattr(obj, way.acall.name)):
        return way.acall
    if not isinstance(way.call, Method):
        return way.call if inspect.iscoroutinefunction(way.call) else None
    target = way.call.target(obj)
    for function in (target, inspect.getattr_static(type(target), "__call__", None)):
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return way.call
    twin = None if inspect.isroutine(obj) or isinstance(obj, type) else twin_of(obj)
    return None if twin is None else type(way.call)(twin)


def _prepared(obj: Any, arguments: Given, entry: Entry | None) -> tuple[Any, str | None]:
    """Return what is called; and the text of a prompt, filled in, which nobody has to call.

    Raises:
        LoadError: the entry is data that is no prompt; or a class of tools that can't be made without arguments.
    """
    if entry is not None and entry.document and entry.kind != "prompt" and not callable(obj):
        raise LoadError(
            f"{entry.key} is data, read from {entry.document}; it is taken, not called", reason="not-callable"
        )
    if isinstance(obj, type) and is_tool_class(obj):
        return _made(obj), None
    text = text_of(obj)
    if text is None:
        return obj, None
    if entry is None:
        return obj, fill(text, arguments, format_of(obj, {}))
    form = format_of(obj, entry.metadata)
    return obj, fill(text, arguments, form, who=entry.key, defaults=defaults_of(entry.parameters))


def _made(cls: type) -> object:
    try:
        return cls()
    except Exception as error:
        raise LoadError(
            f"{cls.__module__}:{cls.__qualname__} is a class that can't be made without arguments: {error}; "
            "register an object of it instead",
            reason="not-callable",
            object=f"{cls.__module__}:{cls.__qualname__}",
        ) from error


def finished(result: Any, tell: Tell | None = None) -> Any:
    """Return what an awaitable or a generator comes to; a loop that runs in this thread goes on.

    Args:
        result: what a call gave.
        tell: is called with each thing that a generator yields.
    """
    if inspect.isgenerator(result):
        return list(result) if tell is None else [_told(item, tell) for item in result]
    if inspect.isasyncgen(result):
        return _run(_collected(result, tell))
    if inspect.isawaitable(result):
        return _run(result)
    return result


async def _collected(stream: Any, tell: Tell | None) -> list[object]:
    return [item if tell is None else _told(item, tell) async for item in stream]


def _told(item: Any, tell: Tell) -> Any:
    tell(item)
    return item


def _run(awaitable: Awaitable[object]) -> object:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run(awaitable)
    # A loop is running here, as in a notebook, and can't be entered twice: another thread has its own.
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, run, awaitable).result()
