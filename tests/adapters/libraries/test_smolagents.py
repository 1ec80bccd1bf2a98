"""smolagents: an agent that calls tools, with a scripted model."""

from __future__ import annotations

from typing import Any

import pytest
from cases import Framework, Steps, as_it_is

pytest.importorskip("smolagents", reason="smolagents is not installed; .ci/frameworks runs this")
from smolagents import ActionStep, CodeAgent, Model, ToolCallingAgent
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole, TokenUsage

from catalog import Catalog
from catalog.adapters import smolagents


class Scripted(Model):
    """A model that says one message after the other, and the last again and again."""

    def __init__(self, messages: list[ChatMessage]) -> None:
        super().__init__()
        self.messages = messages

    def generate(self, *args: Any, **kwargs: Any) -> ChatMessage:
        return self.messages.pop(0) if len(self.messages) > 1 else self.messages[0]


def calling(name: str, arguments: dict[str, Any]) -> ChatMessage:
    """Return a message that calls a tool."""
    function = ChatMessageToolCallFunction(arguments=arguments, name=name)
    call = ChatMessageToolCall(function, "c1", "function")
    return ChatMessage(MessageRole.ASSISTANT, "", [call], token_usage=TokenUsage(1, 1))


def scripted(steps: Steps) -> Scripted:
    """Return a model that calls *steps* and then answers."""
    return Scripted([calling(*step) for step in [*steps, ("final_answer", {"answer": "done"})]])


class TestSmolagents(Framework):
    adapter = smolagents
    LIVE = (
        "from smolagents import tool\n\n\n"
        "@tool\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n        factor: how much\n    """\n    return x * factor\n',
        "scaled",
    )
    AGENT = (
        "from smolagents import ToolCallingAgent\nfrom test_smolagents import scripted\n\n"
        "triage = ToolCallingAgent(tools=[], model=scripted([]), verbosity_level=0)\n"
    )
    STREAMS = False  # what it says comes in parts, its answer is a call
    OWN_CHECK = "integer"

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        """There is no async way."""
        agent = ToolCallingAgent(tools=tools, model=scripted(steps), verbosity_level=0)
        answer = agent.run("go")
        done = [step for step in agent.memory.steps if isinstance(step, ActionStep)][:-1]
        return str(answer), [str(step.error or step.observations) for step in done]

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.inputs


def test_an_agent_that_writes_code_calls_too(tools: Catalog) -> None:
    """A tool is a function of the code that a model writes; an async function is run to its end."""
    code = "<code>\nfinal_answer(wait(text=str(add(a=2))))\n</code>"
    model = Scripted([ChatMessage(MessageRole.ASSISTANT, code)])
    agent = CodeAgent(tools=smolagents.tools(tools, ["add", "wait"]), model=model, verbosity_level=0)
    assert agent.run("go") == "waited: 3"
