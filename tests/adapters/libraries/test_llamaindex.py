"""LlamaIndex: a `FunctionAgent` with its own mock model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, as_it_is, live

pytest.importorskip("llama_index.core", reason="llama-index-core is not installed; .ci/frameworks runs this")
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM

from catalog import Catalog, acall, call
from catalog.adapters import llamaindex


def scripted(steps: Steps) -> MockFunctionCallingLLM:
    """Return a model that calls *steps* and then answers."""
    script = iter(steps)

    def model(messages: Any, **kwargs: Any) -> ChatMessage:
        step = next(script, None)
        if step is None:
            return ChatMessage(role="assistant", content="done")
        return ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_name=step[0], tool_kwargs=step[1])])

    return MockFunctionCallingLLM(response_generator=model)


class TestLlamaIndex(Framework):
    adapter = llamaindex
    LIVE = (
        "from llama_index.core.tools import FunctionTool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = FunctionTool.from_defaults(scale, name='scaled_sum')\n",
        "scaled_sum",
    )
    AGENT = (
        "from llama_index.core.agent.workflow import FunctionAgent\nfrom test_llamaindex import scripted\n\n"
        "triage = FunctionAgent(tools=[], llm=scripted([]))\n"
    )
    USAGE: ClassVar[dict[str, float]] = {}

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        """It is async only."""

        async def whole() -> tuple[str, list[Any]]:
            handler = FunctionAgent(tools=tools, llm=scripted(steps), streaming=False).run("go")
            results = [
                event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)
            ]
            return str(await handler), [output.content for output in results]

        return asyncio.run(whole())

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.metadata.name, tool.metadata.description, tool.metadata.get_parameters_dict()


def test_workflows_are_run(catalog: Catalog, module_folder: Path) -> None:
    """A workflow takes its start event by name, or one text as its ``input``; an output says whether it is an error."""
    module = live(
        module_folder,
        "from workflows import Workflow, step\nfrom workflows.events import StartEvent, StopEvent\n\n\n"
        "class Shout(Workflow):\n    @step\n    async def shout(self, event: StartEvent) -> StopEvent:\n"
        "        return StopEvent(result=event.input.upper())\n\n\n"
        "shout = Shout()\n\n\ndef fail() -> None:\n    '''Fail.'''\n    raise ValueError('no')\n",
    )
    assert call(module.shout, "hi") == asyncio.run(acall(module.shout, {"input": "hi"})) == "HI"
    catalog.register("tool", "fail", "live_objects:fail")
    output = llamaindex.tool(catalog, "fail").call({})
    assert (output.is_error, output.content) == (True, "tool 'fail' failed: ValueError: no")
