"""DSPy, with its own dummy model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("dspy", reason="dspy is not installed; .ci/frameworks runs this")
import dspy as library
from dspy.utils import DummyLM

from catalog.adapters import dspy


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> DummyLM:
    """Return a model that calls *steps* and then answers."""
    thoughts = [{"next_thought": "…", "next_tool_name": name, "next_tool_args": given} for name, given in steps]
    finish = {"next_thought": "…", "next_tool_name": "finish", "next_tool_args": {}}
    return DummyLM([*thoughts, finish, {"reasoning": "…", "answer": "done"}])


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[str]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""
    agent = library.ReAct("question -> answer", tools=tools)
    with library.context(lm=scripted(steps)):
        done = asyncio.run(agent.acall(question="go")) if awaited else agent(question="go")
    return done.answer, [str(done.trajectory[f"observation_{place}"]) for place in range(len(steps))]


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = dspy.search_tool(tools)
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
    answer, (told,) = run([dspy.tool(tools, name)], [(name, arguments)], awaited)
    assert answer == "done"
    assert text in told or (name == "add" and "integer" in told)  # DSPy looks at types itself


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A live tool registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from dspy import Tool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = Tool(scale, name='scaled_sum')\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert dspy.entry(module.scaled).parameters == entry.parameters
    (made,) = dspy.tools(catalog, [entry])
    assert (made.name, made.desc, made.args) == (module.scaled.name, module.scaled.desc, module.scaled.args)
    assert made(x=3) == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("dspy", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
