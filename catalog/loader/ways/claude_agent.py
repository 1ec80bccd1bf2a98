"""Objects of Claude Agent SDK."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_dict
from catalog.loader.ways.way import Way, at, content


async def claude_tool(obj: Any, given: Given) -> Any:
    """Call a tool of the Claude Agent SDK, which takes a mapping and gives content blocks."""
    result = await obj.handler(as_dict(obj, given))
    return content(result, failed=bool(at(result, "is_error")))


WAYS = {("claude_agent_sdk", "SdkMcpTool"): Way(claude_tool)}
