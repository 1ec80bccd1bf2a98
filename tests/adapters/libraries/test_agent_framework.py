"""Microsoft's Agent Framework, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, chat_model, imported, live, shown

from catalog import Catalog

pytest.importorskip(
    "agent_framework.openai", reason="agent-framework-openai is not installed; .ci/frameworks runs this"
)
from agent_framework import Agent
from agent_framework.openai import OpenAIChatCompletionClient

from catalog.adapters import agent_framework


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[str]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned. It is async only."""

    async def whole(url: str) -> str:
        client = OpenAIChatCompletionClient(model="scripted", base_url=url, api_key="none")
        agent = Agent(client, tools=tools)
        return str((await agent.run("go")).text)

    with chat_model(steps) as (url, told):
        return asyncio.run(whole(url)), told


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = agent_framework.search_tool(tools)
    assert not imported()
    answer, (found, value) = run(offered, STEPS, awaited)
    assert "add" in found
    assert (answer, VALUE in value, imported()) == ("done", True, True)


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(
    tools: Catalog, name: str, arguments: dict[str, Any], text: str, awaited: bool
) -> None:
    """Whatever goes wrong is what the model is told, and the agent goes on."""
    answer, (told,) = run([agent_framework.tool(tools, name)], [(name, arguments)], awaited)
    assert answer == "done"
    assert text in told or (name == "add" and "Error" in told)  # the framework looks at types itself


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A live tool registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from agent_framework import tool\n\n\n"
        "@tool(name='scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n',
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert agent_framework.entry(module.scaled).parameters == entry.parameters
    (made,) = agent_framework.tools(catalog, [entry])
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made.parameters() == module.scaled.parameters()
    _, (told,) = run([made], [("scaled_sum", {"x": 3})], True)
    assert told == "6.0"


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    with chat_model(STEPS) as (url, told):
        model = OpenAIChatCompletionClient(model="scripted", base_url=url, api_key="none")
        assert shown("agent_framework", tools, model)["answer"] == "done"
    assert VALUE in told[-1]
