"""Objects of Pydantic AI."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_text, fitted, refuse
from catalog.loader.ways.way import Request, Tell, Way, answer, at


async def pydantic_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run an agent of Pydantic AI and tell what its models write."""
    done: Any = None
    async with obj.run_stream_events(as_text(given)) as events:
        async for event in events:
            if at(event, "part.part_kind") == "text" and event.event_kind == "part_start":
                tell(event.part.content)
            elif at(event, "delta.part_delta_kind") == "text":
                tell(event.delta.content_delta)
            elif event.event_kind == "agent_run_result":
                done = event.result
    return done


def pydantic_tool(obj: Any, given: Given) -> Any:
    """Call the function of a tool of Pydantic AI, unless it needs a running agent."""
    if getattr(obj, "takes_ctx", False):
        refuse(obj, "needs the context of a running agent; let its agent call it", "not-callable")
    return fitted(obj.function, given, obj)


_AGENT = Way(Request("run_sync"), Request("run"), answer("output", "usage"), pydantic_stream)

WAYS = {
    ("pydantic_ai", "Tool"): Way(pydantic_tool),
    ("pydantic_ai", "AbstractAgent"): _AGENT,
    ("pydantic_ai", "Agent"): _AGENT,
}
