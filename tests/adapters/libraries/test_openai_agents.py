"""The OpenAI Agents SDK, with its own `ScriptedModel`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("agents", reason="openai-agents is not installed; .ci/frameworks runs this")
from agents import Agent, Runner, set_tracing_disabled
from agents.items import ToolCallOutputItem
from agents.testing import ScriptedModel, assistant_message, function_call

from catalog.adapters import openai_agents


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> ScriptedModel:
    """Return a model that calls *steps* and then answers."""
    set_tracing_disabled(True)
    calls = [[function_call(name, json.dumps(arguments), call_id=f"c{n}")] for n, (name, arguments) in enumerate(steps)]
    return ScriptedModel([*calls, [assistant_message("done")]])


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[str]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""
    set_tracing_disabled(True)
    agent = Agent(name="adder", model=scripted(steps), tools=tools)
    if awaited:
        done = asyncio.run(Runner.run(agent, "go"))
    else:
        done = Runner.run_sync(agent, "go")
    return done.final_output, [str(item.output) for item in done.new_items if isinstance(item, ToolCallOutputItem)]


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = openai_agents.search_tool(tools)
    assert not imported()
    answer, (found, value) = run(offered, STEPS, awaited)
    assert json.loads(found)[0]["name"] == "add"
    assert (answer, value, imported()) == ("done", VALUE, True)


@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(tools: Catalog, name: str, arguments: dict[str, Any], text: str) -> None:
    """Whatever goes wrong is what the model gets as output, and the agent goes on."""
    answer, (output,) = run([openai_agents.tool(tools, name)], [(name, arguments)], True)
    assert answer == "done"
    assert text in output


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A tool made with the decorator registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from agents import function_tool\n\n\n"
        "@function_tool(name_override='scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n',
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert openai_agents.entry(module.scaled).parameters == entry.parameters
    (made,) = openai_agents.tools(catalog, [entry])
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made.params_json_schema == module.scaled.params_json_schema
    assert run([made], [("scaled_sum", {"x": 3, "factor": 2.0})], True) == ("done", ["6.0"])


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("openai_agents", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
