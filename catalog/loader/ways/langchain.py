"""Objects of LangChain and LangGraph."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from catalog.loader.given import Given, as_text, filled, refuse
from catalog.loader.ways.way import Tell, Way, Whole, at, is_text


def invoked(obj: Any, given: Given) -> Any:
    """Invoke a LangChain runnable; a tool made of a coroutine has no other way than the awaited."""
    try:
        return obj.invoke({} if given is None else given)
    except NotImplementedError:
        if not hasattr(obj, "ainvoke"):
            raise
        return obj.ainvoke({} if given is None else given)
    except ValueError as error:
        return _unfit(obj, error)


async def ainvoked(obj: Any, given: Given) -> Any:
    """Invoke a LangChain runnable, awaited."""
    try:
        return await obj.ainvoke({} if given is None else given)
    except ValueError as error:
        return _unfit(obj, error)


def _unfit(obj: Any, error: ValueError) -> Any:
    """Raise *error*: as one of the arguments, where pydantic names those in it, and not something within a tool."""
    titles = {getattr(obj, "name", None), getattr(getattr(obj, "args_schema", None), "__name__", None)}
    if type(error).__name__ == "ValidationError" and getattr(error, "title", "") in titles:
        errors = error.errors()  # type: ignore[attr-defined]  # pydantic's ValidationError, which isn't imported for this
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in errors]
        refuse(obj, f"doesn't take these arguments: {'; '.join(faults)}", "arguments", error)
    raise error


def runnable_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Tell the parts of a runnable's answer, which add up to it."""
    whole: Any = None
    for part in obj.stream({} if given is None else given):
        tell(text if isinstance(text := getattr(part, "text", None), str) else part)
        try:
            whole = part if whole is None else whole + part
        except TypeError:  # LangChain keeps the last of what does not add up
            whole = part
    return whole


def message(obj: Any, result: Any, given: Given) -> Whole:
    """Take the text out of a message, where a text was asked."""
    text = getattr(result, "text", None)
    is_answer = isinstance(given, str) and isinstance(text, str)
    return Whole(str(text) if is_answer else result, at(result, "usage_metadata"))


async def graph(obj: Any, given: Given) -> Any:
    """Run a graph of LangGraph: as its nodes may be coroutines, awaited, unless its checkpoints can't be."""
    state, config = _state(obj, given), _thread(obj)
    try:
        return await obj.ainvoke(state, config)
    except NotImplementedError:
        return obj.invoke(state, config)


async def graph_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run a graph and tell what its models write."""
    last: Any = None
    async for mode, part in obj.astream(_state(obj, given), _thread(obj), stream_mode=["messages", "values"]):
        if mode == "values":
            last = part
        elif "AIMessage" in type(part[0]).__name__ and part[0].text:
            tell(str(part[0].text))
    return last


def graph_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take the answer out of the state of a graph that was given a text, and add up what its messages cost."""
    messages = result.get("messages") if isinstance(result, Mapping) else None
    if not isinstance(messages, list) or not messages:
        return Whole(result)
    usage = [at(part, "usage_metadata") for part in messages]
    if not is_text(given):
        return Whole(result, usage)
    structured = result.get("structured_response")
    return Whole(str(getattr(messages[-1], "text", "")) if structured is None else structured, usage)


def _state(obj: Any, given: Given) -> Any:
    """Return the state that a graph begins with: a text is a message of the user, or the only thing it takes."""
    if isinstance(given, dict) and set(given) != {"input"}:
        return given
    names = _names(obj)
    if isinstance(given, dict) and "input" in names:
        return given
    if given is None:
        return {}
    if "messages" in names:
        return {"messages": [("user", as_text(given))]}
    if len(names) != 1:
        refuse(obj, f"takes an object with its parameters, not a text: {', '.join(names)}", "arguments")
    return {names[0]: as_text(given)}


def _names(obj: Any) -> list[str]:
    """Return what the state of a graph has at its beginning."""
    try:
        return list(obj.get_input_jsonschema().get("properties") or {})
    except Exception:  # pydantic can't say it in JSON Schema
        return [name for name in obj.channels if not name.startswith(("__", "branch:"))]


def _thread(obj: Any) -> dict[str, Any] | None:
    """Return what a graph that keeps its states wants to know: a conversation of its own."""
    return {"configurable": {"thread_id": str(uuid.uuid4())}} if getattr(obj, "checkpointer", None) else None


WAYS = {
    ("langchain_core", "BasePromptTemplate"): Way(lambda obj, given: filled(obj, "format", given)),
    ("langchain_core", "BaseTool"): Way(invoked, ainvoked),
    ("langchain_core", "Runnable"): Way(invoked, ainvoked, message, runnable_stream),
    ("langgraph", "PregelProtocol"): Way(graph, None, graph_answer, graph_stream),
}
