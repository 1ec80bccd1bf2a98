"""LlamaIndex: a `FunctionAgent` with its own mock model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cases import FAILURES, STEPS, VALUE, imported, live, shown

from catalog import Catalog

pytest.importorskip("llama_index.core", reason="llama-index-core is not installed; .ci/frameworks runs this")
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM

from catalog.adapters import llamaindex


def scripted(steps: list[tuple[str, dict[str, Any]]]) -> MockFunctionCallingLLM:
    """Return a model that calls *steps* and then answers."""
    script = iter(steps)

    def model(messages: Any, **kwargs: Any) -> ChatMessage:
        step = next(script, None)
        if step is None:
            return ChatMessage(role="assistant", content="done")
        return ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_name=step[0], tool_kwargs=step[1])])

    return MockFunctionCallingLLM(response_generator=model)


def run(tools: list[Any], steps: list[tuple[str, dict[str, Any]]]) -> tuple[str, list[Any]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""

    async def whole() -> tuple[str, list[Any]]:
        handler = FunctionAgent(tools=tools, llm=scripted(steps), streaming=False).run("go")
        results = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
        return str(await handler), results

    return asyncio.run(whole())


def test_an_agent_finds_and_calls(tools: Catalog) -> None:
    """The agent finds a tool in the catalog and gets the right value; its module is imported by the call."""
    offered = llamaindex.search_tool(tools)
    assert not imported()
    answer, (found, value) = run(offered, STEPS)
    assert found.raw_output[0]["name"] == "add"
    assert (answer, value.content, value.raw_output, imported()) == ("done", VALUE, 42, True)


@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_are_tool_errors(tools: Catalog, name: str, arguments: dict[str, Any], text: str) -> None:
    """Whatever goes wrong is an output that is an error, and the agent goes on."""
    answer, (output,) = run([llamaindex.tool(tools, name)], [(name, arguments)])
    assert (answer, output.is_error) == ("done", True)
    assert text in output.content


def test_a_live_object_comes_back(catalog: Catalog, module_folder: Path) -> None:
    """A `FunctionTool` registers, and comes back equal in name, description and schema."""
    module = live(
        module_folder,
        "from llama_index.core.tools import FunctionTool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = FunctionTool.from_defaults(scale, name='scaled_sum')\n",
    )
    entry = catalog.register("tool", None, module.scaled)
    assert (entry.name, entry.ref) == ("scaled_sum", "live_objects:scaled")
    assert llamaindex.entry(module.scaled).parameters == entry.parameters
    (made,) = llamaindex.tools(catalog, [entry])
    assert (made.metadata.name, made.metadata.description) == ("scaled_sum", module.scaled.metadata.description)
    assert made.metadata.get_parameters_dict() == module.scaled.metadata.get_parameters_dict()
    assert made(x=3).raw_output == made.call({"x": 3}).raw_output == 6.0


def test_the_page_is_true(tools: Catalog) -> None:
    """What `docs/agents.md` shows runs, and the agent answers."""
    assert shown("llamaindex", tools, scripted(STEPS))["answer"] == "done"
    assert imported()
