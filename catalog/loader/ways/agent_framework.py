"""Objects of Microsoft Agent Framework."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_text
from catalog.loader.ways.way import Method, Request, Tell, Way, Whole, at


async def agent_framework_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run an agent of the Agent Framework and tell what its models write."""
    stream = obj.run(as_text(given), stream=True)
    async for update in stream:
        if isinstance(update.text, str) and update.text:
            tell(update.text)
    return await stream.get_final_response()


def agent_framework_answer(obj: Any, result: Any, given: Given) -> Whole:
    """Take the answer of an agent of the Agent Framework."""
    value = getattr(result, "value", None)
    return Whole(result.text if value is None else value, at(result, "usage_details"))


WAYS = {
    ("agent_framework", "FunctionTool"): Way(Method(like="func")),
    ("agent_framework", "BaseAgent"): Way(
        Request("run"), Request("run"), agent_framework_answer, agent_framework_stream
    ),
}
