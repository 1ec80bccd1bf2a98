"""Pydantic AI, with its own `FunctionModel`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("pydantic_ai", reason="pydantic-ai is not installed; .ci/frameworks runs this")
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from catalog.adapters import pydantic_ai


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> FunctionModel:
    """Return a model that calls *steps* and then answers."""
    script = iter(steps)

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        step = next(script, None)
        return ModelResponse(parts=[TextPart("done") if step is None else ToolCallPart(*step)])

    return FunctionModel(model)


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[ToolReturnPart]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""
    agent = Agent(scripted(steps), tools=tools)
    done = asyncio.run(agent.run("go")) if awaited else agent.run_sync("go")
    parts = [part for message in done.all_messages() for part in message.parts if isinstance(part, ToolReturnPart)]
    return done.output, parts


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = pydantic_ai.search_tool(tools)
    assert not imported()
    answer, (found, value) = run(offered, STEPS, awaited)
    assert found.content[0]["name"] == "add"
    assert (answer, str(value.content), imported()) == ("done", VALUE, True)


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(
    tools: Catalog, name: str, arguments: dict[str, Any], text: str, awaited: bool
) -> None:
    """Whatever goes wrong is a failed result, however often it does, and the agent goes on."""
    answer, parts = run([pydantic_ai.tool(tools, name)], [(name, arguments)] * 3, awaited)
    assert (answer, [(part.outcome, text in str(part.content)) for part in parts]) == ("done", [("failed", True)] * 3)


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A `Tool` registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from pydantic_ai import Tool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n\n\n'
        "scaled = Tool(scale, name='scaled_sum')\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert pydantic_ai.entry(module.scaled).parameters == entry.parameters
    (made,) = pydantic_ai.tools(catalog, [entry])
    mine, theirs = made.tool_def, module.scaled.tool_def
    assert (mine.name, mine.description) == (theirs.name, theirs.description)
    assert mine.parameters_json_schema == theirs.parameters_json_schema
    _, parts = run([made], [("scaled_sum", {"x": 3})], True)
    assert [part.content for part in parts] == [6.0]


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("pydantic_ai", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
