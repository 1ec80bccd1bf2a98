"""Objects of Strands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from catalog.loader.given import Given, as_dict, as_text
from catalog.loader.ways.way import Method, Tell, Way, Whole, at, content


async def strands(obj: Any, given: Given) -> Any:
    """Run an agent of Strands."""
    return await strands_stream(obj, given, None)


async def strands_stream(obj: Any, given: Given, tell: Tell | None) -> Any:
    """Run an agent of Strands and tell what its models write."""
    result: Any = None
    with _quiet(obj):
        async for event in obj.stream_async(as_text(given)):
            if tell is not None and isinstance(event.get("data"), str):
                tell(event["data"])
            result = event.get("result", result)
    structured = getattr(result, "structured_output", None)
    usage = at(result, "metrics.latest_agent_invocation.usage")
    return Whole(str(result).removesuffix("\n") if structured is None else structured, usage)


@contextmanager
def _quiet(obj: Any) -> Iterator[None]:
    """Keep an agent from printing what it is going to return; other handlers of its events stay."""
    handler = getattr(obj, "callback_handler", None)
    if type(handler).__name__ != "PrintingCallbackHandler":
        yield
        return
    obj.callback_handler = lambda **event: None
    try:
        yield
    finally:
        obj.callback_handler = handler


async def strands_tool(obj: Any, given: Given) -> Any:
    """Call a tool of Strands that is no decorated function: it takes a request, and streams events."""
    use = {"toolUseId": "catalog", "name": obj.tool_name, "input": as_dict(obj, given)}
    result: Any = None
    async for event in obj.stream(use, {}):
        result = event.get("tool_result", result) if isinstance(event, Mapping) else event
    return content(result, failed=at(result, "status") == "error")


WAYS = {
    ("strands", "DecoratedFunctionTool"): Way(Method(like="_tool_func")),
    ("strands", "AgentTool"): Way(strands_tool),
    ("strands", "AgentBase"): Way(strands, stream=strands_stream),
    ("strands", "Agent"): Way(strands, stream=strands_stream),
}
