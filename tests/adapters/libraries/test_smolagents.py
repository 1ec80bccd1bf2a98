"""smolagents: an agent that calls tools, with a scripted model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("smolagents", reason="smolagents is not installed; .ci/frameworks runs this")
from smolagents import ActionStep, CodeAgent, Model, ToolCallingAgent
from smolagents.models import ChatMessage, ChatMessageToolCall, ChatMessageToolCallFunction, MessageRole

from catalog.adapters import smolagents


class Scripted(Model):
    """A model that says one message after the other."""

    def __init__(self, messages: list[ChatMessage]) -> None:
        super().__init__()
        self.messages = iter(messages)

    def generate(self, *args: Any, **kwargs: Any) -> ChatMessage:
        return next(self.messages)


def calling(name: str, arguments: dict[str, Any]) -> ChatMessage:
    """Return a message that calls a tool."""
    function = ChatMessageToolCallFunction(arguments=arguments, name=name)
    return ChatMessage(MessageRole.ASSISTANT, "", [ChatMessageToolCall(function, "c1", "function")])


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> Scripted:
    """Return a model that calls *steps* and then answers."""
    return Scripted([calling(*step) for step in [*steps, ("final_answer", {"answer": "done"})]])


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]]) -> tuple[Any, list[ActionStep]]:
    """Run an agent whose model calls *steps*; return its answer and its steps."""
    agent = ToolCallingAgent(tools=tools, model=scripted(steps), verbosity_level=0)
    answer = agent.run("go")
    return answer, [step for step in agent.memory.steps if isinstance(step, ActionStep)][:-1]


def test_an_agent_finds_and_calls(tools: Catalog) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = smolagents.search_tool(tools)
    assert not imported()
    answer, (found, value) = run(offered, STEPS)
    assert "'name': 'add'" in str(found.observations)
    assert (answer, value.observations, imported()) == ("done", VALUE, True)


def test_an_agent_that_writes_code_calls_too(tools: Catalog) -> None:
    """A tool is a function of the code that a model writes; an async function is run to its end."""
    code = "<code>\nfinal_answer(wait(text=str(add(a=2))))\n</code>"
    model = Scripted([ChatMessage(MessageRole.ASSISTANT, code)])
    agent = CodeAgent(tools=smolagents.tools(tools, ["add", "wait"]), model=model, verbosity_level=0)
    assert agent.run("go") == "waited: 3"


@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(tools: Catalog, name: str, arguments: dict[str, Any], text: str) -> None:
    """Whatever goes wrong is the error of a step, which the model is shown, and the agent goes on."""
    answer, (step,) = run([smolagents.tool(tools, name)], [(name, arguments)])
    assert answer == "done"
    said = str(step.error)
    assert text in said or (name == "add" and "integer" in said)  # smolagents looks at types itself


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A tool made with the decorator registers, and comes back equal in name, description and inputs."""
    module = live(
        module_folder,
        "from smolagents import tool\n\n\n"
        "@tool\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n        factor: how much\n    """\n    return x * factor\n',
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled", "live_objects:scaled")
    assert smolagents.entry(module.scaled).parameters == entry.parameters
    made = smolagents.tool(catalog, entry)
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made.inputs == module.scaled.inputs
    assert made(x=3) == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("smolagents", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
