"""Haystack, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, chat_model, imported, live, shown

from catalog import Catalog

pytest.importorskip("haystack", reason="haystack-ai is not installed; .ci/frameworks runs this")
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.utils import Secret

from catalog.adapters import haystack


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[str]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""
    with chat_model(steps) as (url, told):
        model = OpenAIChatGenerator(api_key=Secret.from_token("none"), model="scripted", api_base_url=url)
        agent = Agent(chat_generator=model, tools=tools)
        request = [ChatMessage.from_user("go")]
        done = asyncio.run(agent.run_async(messages=request)) if awaited else agent.run(messages=request)
        return str(done["messages"][-1].text), told


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = haystack.search_tool(tools)
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
    answer, (told,) = run([haystack.tool(tools, name)], [(name, arguments)], awaited)
    assert answer == "done"
    assert text in told


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A live tool registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from haystack.tools import create_tool_from_function\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = create_tool_from_function(scale, name='scaled_sum')\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert haystack.entry(module.scaled).parameters == entry.parameters
    (made,) = haystack.tools(catalog, [entry])
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made.parameters == module.scaled.parameters
    assert made.invoke(x=3) == asyncio.run(made.invoke_async(x=3)) == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    with chat_model(STEPS) as (url, told):
        model = OpenAIChatGenerator(api_key=Secret.from_token("none"), model="scripted", api_base_url=url)
        assert shown("haystack", tools, model)["answer"] == "done"
    assert VALUE in told[-1]
