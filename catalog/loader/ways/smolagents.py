"""Objects of smolagents."""

from __future__ import annotations

from typing import Any

from catalog.loader.given import Given, as_text
from catalog.loader.ways.way import Method, Tell, Way, Whole


def smolagent(obj: Any, given: Given) -> Any:
    """Run an agent of smolagents."""
    result = obj.run(as_text(given), return_full_result=True)
    return Whole(result.output, result.token_usage)


def smolagent_stream(obj: Any, given: Given, tell: Tell) -> Any:
    """Run an agent of smolagents and tell what its models write."""
    answer, counted = None, []
    for step in obj.run(as_text(given), stream=True):
        name = type(step).__name__
        if name == "ChatMessageStreamDelta" and step.content:
            tell(step.content)
        elif name == "ActionStep":
            counted.append(step.token_usage)
        elif name == "FinalAnswerStep":
            answer = step.output
    return Whole(answer, counted)


WAYS = {
    ("smolagents", "BaseTool"): Way(Method()),
    ("smolagents", "Tool"): Way(Method()),
    ("smolagents", "MultiStepAgent"): Way(smolagent, stream=smolagent_stream),
}
