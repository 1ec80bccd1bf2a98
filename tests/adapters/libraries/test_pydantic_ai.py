"""Pydantic AI, with its own `FunctionModel`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from cases import FAILURES, Framework, Steps, as_it_is

pytest.importorskip("pydantic_ai", reason="pydantic-ai is not installed; .ci/frameworks runs this")
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from catalog import Catalog
from catalog.adapters import pydantic_ai


def scripted(steps: Steps) -> FunctionModel:
    """Return a model that calls *steps* and then answers."""
    script = iter(steps)

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        step = next(script, None)
        part = TextPart("done") if step is None else ToolCallPart(*step)
        return ModelResponse(parts=[part], usage=RequestUsage(input_tokens=1, output_tokens=1))

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        yield "do"
        yield "ne"

    return FunctionModel(model, stream_function=stream)


def run(tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[ToolReturnPart]]:
    """Run an agent whose model calls *steps*; return its answer and what the tools returned."""
    agent = Agent(scripted(steps), tools=tools)
    done = asyncio.run(agent.run("go")) if awaited else agent.run_sync("go")
    parts = [part for message in done.all_messages() for part in message.parts if isinstance(part, ToolReturnPart)]
    return done.output, parts


class TestPydanticAI(Framework):
    adapter = pydantic_ai
    LIVE = (
        "from pydantic_ai import Tool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n\n\n'
        "scaled = Tool(scale, name='scaled_sum')\n",
        "scaled_sum",
    )
    USAGE: ClassVar[dict[str, float]] = {"requests": 1, "input_tokens": 1, "output_tokens": 1}
    AGENT = "from pydantic_ai import Agent\nfrom test_pydantic_ai import scripted\n\ntriage = Agent(scripted([]))\n"

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        answer, parts = run(tools, steps, awaited)
        return answer, [str(part.content) for part in parts]

    def facts(self, tool: Any) -> tuple[Any, ...]:
        said = tool.tool_def
        return said.name, said.description, said.parameters_json_schema


@pytest.mark.parametrize(("name", "arguments", "text"), FAILURES)
def test_failures_use_up_no_retry(tools: Catalog, name: str, arguments: dict[str, Any], text: str) -> None:
    """A failed result is told as such, however often it comes, and the agent goes on."""
    answer, parts = run([pydantic_ai.tool(tools, name)], [(name, arguments)] * 3, False)
    assert (answer, [(part.outcome, text in str(part.content)) for part in parts]) == ("done", [("failed", True)] * 3)
