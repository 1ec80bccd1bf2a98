"""LangChain: agents of `create_agent`, which is LangGraph."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("langchain", reason="langchain is not installed; .ci/frameworks runs this")
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, ToolMessage

from catalog.adapters import langchain


class Scripted(FakeMessagesListChatModel):
    """A model that calls what it is told to."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> Scripted:
    """Return a model that calls *steps* and then answers."""
    said = [
        AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"c{place}", "type": "tool_call"}])
        for place, (name, arguments) in enumerate(steps)
    ]
    return Scripted(responses=[*said, AIMessage("done")])


def agent(tools: list[Any], steps: list[tuple[str, dict[str, Any]]]) -> Any:
    """Return an agent whose model calls *steps* and then answers."""
    return create_agent(scripted(steps), tools=tools)


def results(state: dict[str, Any]) -> list[ToolMessage]:
    """Return what the tools answered."""
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    made = agent(langchain.search_tool(tools), STEPS)
    assert not imported()
    request = {"messages": [("user", "add 2 and 40")]}
    state = asyncio.run(made.ainvoke(request)) if awaited else made.invoke(request)
    found, value = results(state)
    assert '"name": "add"' in str(found.content)
    assert value.content == VALUE
    assert imported()


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(
    tools: Catalog, name: str, arguments: dict[str, Any], text: str, awaited: bool
) -> None:
    """Whatever goes wrong is a message with the status of an error, and the agent goes on."""
    made = agent([langchain.tool(tools, name)], [(name, arguments)])
    request = {"messages": [("user", "try")]}
    state = asyncio.run(made.ainvoke(request)) if awaited else made.invoke(request)
    (message,) = results(state)
    assert message.status == "error"
    assert text in str(message.content)
    assert state["messages"][-1].content == "done"


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A tool made with the decorator registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from langchain_core.tools import tool\n\n\n"
        "@tool('scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n',
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert langchain.entry(module.scaled).parameters == entry.parameters
    (made,) = langchain.tools(catalog, [entry])
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert (made.args, made.args_schema) == (module.scaled.args, module.scaled.tool_call_schema.model_json_schema())
    assert made.invoke({"x": 3}) == asyncio.run(made.ainvoke({"x": 3})) == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("langchain", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
