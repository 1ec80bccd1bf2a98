"""Objects of the Claude Agent SDK."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalog.loader.given import Given, as_dict, as_text
from catalog.loader.ways.way import Tell, Way, Whole, at, content


async def claude_tool(obj: Any, given: Given) -> Any:
    """Call a tool of the Claude Agent SDK, which takes a mapping and gives content blocks."""
    result = await obj.handler(as_dict(obj, given))
    return content(result, failed=bool(at(result, "is_error")))


async def claude(obj: Any, given: Given) -> Any:
    """Ask Claude Code, with options or as a subagent is defined."""
    return await claude_stream(obj, given, None)


async def claude_stream(obj: Any, given: Given, tell: Tell | None) -> Any:
    """Ask Claude Code and tell what it writes.

    Raises:
        RuntimeError: it says that it failed.
    """
    from claude_agent_sdk import query

    options = replace(_options(obj), include_partial_messages=tell is not None)
    done: Any = None
    async for message in query(prompt=as_text(given), options=options):
        text = at(message, "event.delta.text") if type(message).__name__ == "StreamEvent" else None
        if tell is not None and isinstance(text, str):
            tell(text)
        elif type(message).__name__ == "ResultMessage":
            done = message
    if done is None or done.is_error:
        raise RuntimeError(str(at(done, "result") or "Claude Code ended without a result"))
    counted = {**(done.usage or {}), "requests": done.num_turns, "cost": done.total_cost_usd}
    return Whole(done.result if done.structured_output is None else done.structured_output, counted)


def _options(obj: Any) -> Any:
    if type(obj).__name__ != "AgentDefinition":
        return obj
    from claude_agent_sdk import ClaudeAgentOptions

    made = {"system_prompt": obj.prompt, "model": obj.model, "max_turns": obj.maxTurns}
    return ClaudeAgentOptions(
        **made, allowed_tools=list(obj.tools or ()), disallowed_tools=list(obj.disallowedTools or ())
    )


WAYS = {
    ("claude_agent_sdk", "SdkMcpTool"): Way(claude_tool),
    ("claude_agent_sdk", "ClaudeAgentOptions"): Way(claude, stream=claude_stream),
    ("claude_agent_sdk", "AgentDefinition"): Way(claude, stream=claude_stream),
}
