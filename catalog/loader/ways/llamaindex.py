"""Objects of LlamaIndex."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_dict, as_text, filled
from catalog.loader.ways.way import Method, Tell, Way, Whole, answer, at, is_text


async def workflow(obj: Any, given: Given) -> Any:
    """Run an agent or another workflow of LlamaIndex."""
    return await workflow_stream(obj, given, None)


async def workflow_stream(obj: Any, given: Given, tell: Tell | None) -> Any:
    """Run an agent or another workflow of LlamaIndex and tell what its models write."""
    is_agent = any("agent" in base.__module__ for base in type(obj).__mro__)
    named = {"user_msg" if is_agent else "input": as_text(given)} if is_text(given) else as_dict(obj, given)
    handler = obj.run(**named)
    counted = []
    async for event in handler.stream_events():
        name = type(event).__name__
        if name == "AgentOutput":
            counted.append(at(event, "raw.usage"))
        elif name == "AgentStream" and tell is not None:
            tell(event.delta)
    result = await handler
    if type(result).__name__ != "AgentOutput":
        return Whole(result, counted)
    structured = result.structured_response
    return Whole(str(result) if structured is None else structured, counted)


WAYS = {
    ("llama_index", "BaseTool"): Way(Method("call"), None, answer("raw_output")),
    ("llama_index", "AsyncBaseTool"): Way(Method("call"), Method("acall"), answer("raw_output")),
    ("llama_index", "BasePromptTemplate"): Way(lambda obj, given: filled(obj, "format", given)),
    ("workflows", "Workflow"): Way(workflow, stream=workflow_stream),
}
