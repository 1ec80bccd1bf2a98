"""Microsoft's Agent Framework, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cases import Framework, Steps, chat_model, served

pytest.importorskip(
    "agent_framework.openai", reason="agent-framework-openai is not installed; .ci/frameworks runs this"
)
from agent_framework import Agent
from agent_framework.openai import OpenAIChatCompletionClient

from catalog.adapters import agent_framework


def model(url: str) -> OpenAIChatCompletionClient:
    """Return a model of the scripted server."""
    return OpenAIChatCompletionClient(model="scripted", base_url=url, api_key="none")


class TestAgentFramework(Framework):
    adapter = agent_framework
    LIVE = (
        "from agent_framework import tool\n\n\n"
        "@tool(name='scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n',
        "scaled_sum",
    )
    AGENT = (
        "import os\nfrom agent_framework import Agent\nfrom test_agent_framework import model\n\n"
        "triage = Agent(model(os.environ['MODEL_URL']), name='triage')\n"
    )
    OWN_CHECK = "Error"

    def model(self, steps: Steps) -> Any:
        return served(steps, model)

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        """It is async only."""

        async def whole(url: str) -> str:
            return str((await Agent(model(url), tools=tools).run("go")).text)

        with chat_model(steps) as (url, told):
            return asyncio.run(whole(url)), told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.parameters()
