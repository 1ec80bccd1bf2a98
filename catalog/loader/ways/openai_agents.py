"""Objects of OpenAI Agents SDK."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from catalog.loader.given import Given, as_text, refuse
from catalog.loader.ways.way import Tell, Way, answer, at


def openai(obj: Any, given: Given) -> Any:
    """Run an agent of the OpenAI Agents SDK by its ``Runner``."""
    return _runner(obj).run(obj, as_text(given))


async def openai_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run such an agent and tell what its models write."""
    done = _runner(obj).run_streamed(obj, as_text(given))
    async for event in done.stream_events():
        if at(event, "data.type") == "response.output_text.delta":
            tell(event.data.delta)
    return done


def _runner(obj: Any) -> Any:
    runner = getattr(sys.modules.get("agents"), "Runner", None)
    if runner is None:
        refuse(obj, "can't be run: its framework has no Runner", "not-callable")
    return runner


def openai_tool(obj: Any, given: Given) -> Any:
    """Call a tool of the OpenAI Agents SDK, which takes a context and JSON text."""
    text = as_text(given) if given else "{}"
    context: object = None
    module = sys.modules.get("agents.tool_context")
    if module is not None:  # it is there, as the tool is; older versions take a bare context
        facts = {"context": None, "tool_name": obj.name, "tool_call_id": "catalog", "tool_arguments": text}
        known = inspect.signature(module.ToolContext).parameters
        context = module.ToolContext(**{name: value for name, value in facts.items() if name in known})
    return obj.on_invoke_tool(context, text)


WAYS = {
    ("agents", "FunctionTool"): Way(openai_tool),
    ("agents", "Agent"): Way(openai, openai, answer("final_output", "context_wrapper.usage"), openai_stream),
}
