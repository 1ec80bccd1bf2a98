"""Tools of servers of the MCP SDK and of FastMCP."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_dict
from catalog.loader.ways.way import Method, Way, Whole


def fastmcp_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take out what the function of a tool of FastMCP returned."""
    content = getattr(result, "structured_content", None)
    if not isinstance(content, dict):
        return Whole(result)
    return Whole(content["result"] if set(content) == {"result"} else content)


WAYS = {
    ("fastmcp", "Tool"): Way(lambda obj, given: obj.run(as_dict(obj, given)), None, fastmcp_answer),
    ("mcp", "Tool"): Way(Method("fn")),
}
