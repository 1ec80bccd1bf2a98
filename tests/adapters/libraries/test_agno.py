"""Agno, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cases import Framework, Steps, chat_model, served

pytest.importorskip("agno", reason="agno is not installed; .ci/frameworks runs this")
from agno.agent import Agent
from agno.models.openai import OpenAIChat

from catalog.adapters import agno


class TestAgno(Framework):
    adapter = agno
    LIVE = (
        "from agno.tools import Function\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = Function.from_callable(scale, name='scaled_sum')\n",
        "scaled_sum",
    )
    AGENT = (
        "import os\nfrom agno.agent import Agent\nfrom agno.models.openai import OpenAIChat\n\n"
        "model = OpenAIChat(id='scripted', base_url=os.environ['MODEL_URL'], api_key='none')\n"
        "triage = Agent(model=model, telemetry=False)\n"
    )

    def model(self, steps: Steps) -> Any:
        return served(steps, lambda url: OpenAIChat(id="scripted", base_url=url, api_key="none"))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        with chat_model(steps) as (url, told):
            agent = Agent(model=OpenAIChat(id="scripted", base_url=url, api_key="none"), tools=tools, telemetry=False)
            done = asyncio.run(agent.arun("go")) if awaited else agent.run("go")
            return str(done.content), told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.parameters
