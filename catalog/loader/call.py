"""Calling what an entry stands for, whichever framework made it.

No framework is imported to recognise its objects: the names of the classes in the method resolution order
tell.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from catalog.entry.kinds import CALL_METHODS
from catalog.entry.template import defaults_of, format_of, text_of
from catalog.errors import LoadError
from catalog.loader.fill import check_missing, fill

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from catalog.entry.entry import Entry

_WAYS: dict[tuple[str, str], str] = {
    ("langchain_core", "BasePromptTemplate"): "format",
    ("langchain_core", "BaseTool"): "invoke_one",
    ("langchain_core", "Runnable"): "invoke_one",
    ("pydantic_ai", "Tool"): "function",
    ("pydantic_ai", "AbstractAgent"): "run_sync",
    ("pydantic_ai", "Agent"): "run_sync",
    ("agents", "FunctionTool"): "openai_tool",
    ("agents", "Agent"): "openai_agent",
    ("llama_index", "BaseTool"): "call",
    ("llama_index", "BasePromptTemplate"): "format",
    ("smolagents", "BaseTool"): "self",
    ("smolagents", "Tool"): "self",
    ("crewai", "BaseTool"): "run",
    ("fastmcp", "Tool"): "run_one",
    ("mcp", "Tool"): "fn",
    ("haystack", "Tool"): "invoke",
    ("string", "Template"): "substitute",
}
"""Top-level module and name of a class to the way its objects are called.

Of an object's classes the first in its method resolution order counts.
"""

_GUESSES = {
    "__call__": "self",
    "_run": "_run",
    "run": "run",
    "invoke": "invoke_one",
    "call": "call",
    "forward": "forward",
    "format": "format",
}
"""Method to way, for objects of classes that `_WAYS` doesn't know; the first one the class has counts."""


def call(obj: object, arguments: dict[str, Any] | str | None = None, *, entry: Entry | None = None) -> object:
    """Call *obj* and return the result; coroutines are run to their end, generators become lists.

    Args:
        obj: a function, a tool, prompt or agent of a known framework, an object with one of the usual
            methods, or a class of tools, which is made without arguments first. Other classes are called
            like functions. A text, or a mapping with a ``template`` or ``text``, is a prompt, which is filled in.
        arguments: keyword arguments; or a text, for what takes one argument; or None for none.
        entry: what *obj* was taken from. Its ``metadata["template_format"]`` says how the placeholders of a text are
            written: ``f-string``, ``jinja2``, which is always rendered in its sandbox, or another language of
            prompts; its parameters say which values are there without being given.

    Raises:
        LoadError: *obj* can't be called (``facts["reason"]`` is ``not-callable``), or the arguments don't
            fit it (``arguments``).
        MissingExtraError: a Jinja template, and Jinja is not installed.
        Exception: whatever the object raises.
    """
    if entry is not None and entry.document and entry.kind != "prompt" and not callable(obj):
        raise LoadError(
            f"{entry.key} is data, read from {entry.document}; it is taken, not called", reason="not-callable"
        )
    if isinstance(obj, type) and _is_tool_class(obj):
        obj = _made(obj)
    text = text_of(obj)
    if text is not None:
        if entry is None:
            return fill(text, arguments, format_of(obj, {}))
        form = format_of(obj, entry.metadata)
        return fill(text, arguments, form, who=entry.key, defaults=defaults_of(entry.parameters))
    way = _way(obj)
    if way == "self":
        result = _fitted(obj, arguments, obj)  # type: ignore[arg-type]
    elif way == "invoke_one":
        result = _invoked(obj, {} if arguments is None else arguments)
    elif way == "run_one":
        result = obj.run(_as_dict(obj, arguments))  # type: ignore[attr-defined]
    elif way == "openai_tool":
        result = _openai_tool(obj, arguments)
    elif way == "openai_agent":
        result = _openai_agent(obj, arguments)
    elif way == "function" and getattr(obj, "takes_ctx", False):
        _refuse(obj, "needs the context of a running agent; let its agent call it", "not-callable")
    elif way in ("substitute", "format"):
        result = _filled(obj, way, arguments)
    else:
        result = _fitted(getattr(obj, way), arguments, obj)
    result = finished(result)
    if way == "call" and hasattr(result, "raw_output"):  # llama-index wraps what the function returned
        return result.raw_output
    if way == "run_one" and isinstance(getattr(result, "structured_content", None), dict):  # so does FastMCP
        content = result.structured_content
        return content["result"] if set(content) == {"result"} else content
    return result


def _way(obj: object) -> str:
    kind = type(obj)
    if kind.__name__ in ("function", "builtin_function_or_method", "method", "type"):
        return "self"
    for base in kind.__mro__:
        way = _WAYS.get((base.__module__.partition(".")[0], base.__name__))
        if way is not None:
            return way
    own = _own_names(kind)
    for method, way in _GUESSES.items():
        if method in own:
            return way
    return _refuse(obj, "can't be called: it has none of the methods tools, prompts and agents have", "not-callable")


def _is_tool_class(cls: type) -> bool:
    """Tell whether an object of *cls* is called, not the class."""
    for base in cls.__mro__:
        if (base.__module__.partition(".")[0], base.__name__) in _WAYS and base.__module__ != "builtins":
            return True
    return not _own_names(cls).isdisjoint(CALL_METHODS)


def _own_names(cls: type) -> set[str]:
    """Return what the class and its bases define: asking for ``__call__`` itself would find that of `type`."""
    return {name for base in cls.__mro__ if base is not object for name in vars(base)}


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


def _fitted(function: Callable[..., object], arguments: dict[str, Any] | str | None, shown: object) -> object:
    """Call *function* if the arguments fit its signature; a TypeError of its own body passes through."""
    import inspect

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # many functions written in C tell none
        if isinstance(arguments, str):
            return function(arguments)
        return function(**(arguments or {}))
    if isinstance(arguments, str):
        try:
            bound = signature.bind(arguments)
        except TypeError as error:
            _refuse(
                shown,
                f"doesn't take one text: {error}; give an object with its parameters",
                "arguments",
                error,
            )
        return function(*bound.args, **bound.kwargs)
    named = dict(arguments or {})
    positional = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in named:
            positional.append(named.pop(parameter.name))
    try:
        bound = signature.bind(*positional, **named)
    except TypeError as error:
        _refuse(
            shown,
            f"doesn't take these arguments: {error}; its parameters are {signature}",
            "arguments",
            error,
        )
    return function(*bound.args, **bound.kwargs)


def _invoked(obj: Any, arguments: dict[str, Any] | str) -> object:
    try:
        return obj.invoke(arguments)
    except NotImplementedError:
        if not hasattr(obj, "ainvoke"):
            raise
        return finished(obj.ainvoke(arguments))  # a LangChain tool made from a coroutine has no other way
    except ValueError as error:
        # Pydantic's error names what didn't fit: the arguments, or something within the tool.
        titles = {getattr(obj, "name", None), getattr(getattr(obj, "args_schema", None), "__name__", None)}
        if type(error).__name__ == "ValidationError" and getattr(error, "title", "") in titles:
            faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]  # type: ignore[attr-defined]
            _refuse(obj, f"doesn't take these arguments: {'; '.join(faults)}", "arguments", error)
        raise


def _filled(obj: Any, way: str, arguments: dict[str, Any] | str | None) -> object:
    named = list(getattr(obj, "input_variables", None) or ())  # of LangChain; of string.Template below
    if way == "substitute":
        named = obj.get_identifiers()
    if isinstance(arguments, str) and len(named) == 1:
        arguments = {named[0]: arguments}
    given = _as_dict(obj, arguments)
    try:
        return getattr(obj, way)(**given)
    except (KeyError, IndexError) as error:
        check_missing([name for name in named if name not in given], given, _shown(obj))
        return _refuse(obj, f"has a placeholder without a value: {error}; give it one", "arguments", error)


def _as_dict(obj: object, arguments: dict[str, Any] | str | None) -> dict[str, Any]:
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        _refuse(obj, "takes an object with its parameters, not a text", "arguments")
    return arguments


def _openai_tool(obj: Any, arguments: dict[str, Any] | str | None) -> object:
    import inspect

    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    context: object = None
    module = sys.modules.get("agents.tool_context")
    if module is not None:  # it is there, as the tool is; older versions take a bare context
        facts = {"context": None, "tool_name": obj.name, "tool_call_id": "catalog", "tool_arguments": text}
        known = inspect.signature(module.ToolContext).parameters
        context = module.ToolContext(**{name: value for name, value in facts.items() if name in known})
    return obj.on_invoke_tool(context, text)


def _openai_agent(obj: Any, arguments: dict[str, Any] | str | None) -> object:
    runner = getattr(sys.modules.get("agents"), "Runner", None)
    if runner is None:
        _refuse(obj, "can't be run: its framework has no Runner", "not-callable")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return finished(runner.run(obj, text)).final_output


def finished(result: Any) -> Any:
    """Return what an awaitable or a generator comes to; a loop that runs in this thread goes on."""
    import inspect

    if inspect.isgenerator(result):
        return list(result)
    if inspect.isasyncgen(result):
        return _run(_collected(result))
    if inspect.isawaitable(result):
        return _run(result)
    return result


async def _collected(stream: Any) -> list[object]:
    return [item async for item in stream]


def _run(awaitable: Awaitable[object]) -> object:
    import asyncio

    async def whole() -> object:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(whole())
    # A loop is running here, as in a notebook, and can't be entered twice: another thread has its own.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, whole()).result()


def _refuse(obj: object, fault: str, reason: str, cause: BaseException | None = None) -> NoReturn:
    what = _shown(obj)
    raise LoadError(f"{what} {fault}", reason=reason, object=what.removeprefix(_AN_OBJECT)) from cause


_AN_OBJECT = "an object of "


def _shown(obj: object) -> str:
    kind = obj if isinstance(obj, type) or hasattr(obj, "__qualname__") else type(obj)
    shown = f"{getattr(kind, '__module__', '?')}:{getattr(kind, '__qualname__', '?')}"
    return shown if kind is obj else f"{_AN_OBJECT}{shown}"
