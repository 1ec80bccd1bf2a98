"""The OpenAI Agents SDK, with its own `ScriptedModel`."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, as_it_is

pytest.importorskip("agents", reason="openai-agents is not installed; .ci/frameworks runs this")
from agents import Agent, Runner, set_tracing_disabled
from agents.items import ToolCallOutputItem
from agents.testing import ScriptedModel, assistant_message, function_call

from catalog.adapters import openai_agents


def scripted(steps: Steps) -> ScriptedModel:
    """Return a model that calls *steps* and then answers, several times if it calls nothing."""
    set_tracing_disabled(True)
    calls = [[function_call(name, json.dumps(arguments), call_id=f"c{n}")] for n, (name, arguments) in enumerate(steps)]
    return ScriptedModel([*calls, *([[assistant_message("done")]] * (1 if steps else 9))])


class TestOpenAIAgents(Framework):
    adapter = openai_agents
    LIVE = (
        "from agents import function_tool\n\n\n"
        "@function_tool(name_override='scaled_sum', strict_mode=False)\n"
        "def scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n',
        "scaled_sum",
    )
    AGENT = (
        "from agents import Agent\nfrom test_openai_agents import scripted\n\n"
        "triage = Agent(name='triage', model=scripted([]))\n"
    )
    USAGE: ClassVar[dict[str, float]] = {"requests": 1}

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        agent = Agent(name="adder", model=scripted(steps), tools=tools)
        done = asyncio.run(Runner.run(agent, "go")) if awaited else Runner.run_sync(agent, "go")
        return done.final_output, [str(item.output) for item in done.new_items if isinstance(item, ToolCallOutputItem)]

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.params_json_schema
