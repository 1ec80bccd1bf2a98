"""Strands Agents, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cases import Framework, Steps, chat_model, served

pytest.importorskip("strands", reason="strands-agents is not installed; .ci/frameworks runs this")
from strands import Agent
from strands.models.openai import OpenAIModel

from catalog.adapters import strands


def model(url: str) -> OpenAIModel:
    """Return a model of the scripted server."""
    return OpenAIModel(client_args={"base_url": url, "api_key": "none"}, model_id="scripted")


class TestStrands(Framework):
    adapter = strands
    LIVE = (
        "from strands import tool\n\n\n"
        "@tool(name='scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n',
        "scaled_sum",
    )
    AGENT = (
        "import os\nfrom strands import Agent\nfrom test_strands import model\n\n"
        "triage = Agent(model=model(os.environ['MODEL_URL']))\n"  # prints what it says, unless it is told not to
    )

    def model(self, steps: Steps) -> Any:
        return served(steps, model)

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        with chat_model(steps) as (url, told):
            agent = Agent(model=model(url), tools=tools, callback_handler=None)
            done = asyncio.run(agent.invoke_async("go")) if awaited else agent("go")
            return str(done).strip(), told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.tool_name, tool.tool_spec["description"], tool.tool_spec["inputSchema"]
