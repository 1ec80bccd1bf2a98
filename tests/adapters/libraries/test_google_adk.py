"""Google's ADK, with a scripted model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("google.adk", reason="google-adk is not installed; .ci/frameworks runs this")
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai.types import Content, FunctionCall, Part

from catalog.adapters import google_adk


class Scripted(BaseLlm):
    """A model that calls what it is told to."""

    steps: list[tuple[str, dict[str, Any]]]

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> Any:
        """Call the next step, or answer."""
        parts = [part for content in llm_request.contents for part in content.parts or ()]
        done = sum(part.function_response is not None for part in parts)
        part = Part(text="done")
        if done < len(self.steps):
            name, arguments = self.steps[done]
            part = Part(function_call=FunctionCall(id=f"c{done}", name=name, args=arguments))
        yield LlmResponse(content=Content(role="model", parts=[part]))


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]], awaited: bool) -> tuple[str, list[str]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned. It is async only."""
    agent = LlmAgent(name="adder", model=Scripted(model="scripted", steps=steps), tools=tools)
    events = asyncio.run(InMemoryRunner(agent=agent, app_name="app").run_debug("go", quiet=True))
    told = [str(answer.response) for event in events for answer in event.get_function_responses()]
    return str(events[-1].content.parts[0].text), told


@pytest.mark.parametrize("awaited", [False, True])
def test_an_agent_finds_and_calls(tools: Catalog, awaited: bool) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = google_adk.search_tool(tools)
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
    answer, (told,) = run([google_adk.tool(tools, name)], [(name, arguments)], awaited)
    assert answer == "done"
    assert text in told


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A live tool registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from google.adk.tools import FunctionTool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = FunctionTool(scale)\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scale", "live_objects:scaled")
    assert google_adk.entry(module.scaled).parameters == entry.parameters
    (made,) = google_adk.tools(catalog, [entry])
    assert (made.name, made.description) == (module.scaled.name, module.scaled.description)
    assert made._get_declaration() == module.scaled._get_declaration()  # noqa: SLF001


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("google_adk", tools, Scripted(model="scripted", steps=STEPS))["answer"] == "done"
    assert imported()
