"""Haystack, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cases import Framework, Steps, chat_model, served

pytest.importorskip("haystack", reason="haystack-ai is not installed; .ci/frameworks runs this")
from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.utils import Secret

from catalog.adapters import haystack


def model(url: str) -> OpenAIChatGenerator:
    """Return a model of the scripted server."""
    return OpenAIChatGenerator(api_key=Secret.from_token("none"), model="scripted", api_base_url=url)


class TestHaystack(Framework):
    adapter = haystack
    LIVE = (
        "from haystack.tools import create_tool_from_function\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = create_tool_from_function(scale, name='scaled_sum')\n",
        "scaled_sum",
    )
    AGENT = (
        "import os\nfrom haystack.components.agents import Agent\nfrom test_haystack import model\n\n"
        "triage = Agent(chat_generator=model(os.environ['MODEL_URL']), tools=[])\n"
    )

    def model(self, steps: Steps) -> Any:
        return served(steps, model)

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        with chat_model(steps) as (url, told):
            agent = Agent(chat_generator=model(url), tools=tools)
            request = [ChatMessage.from_user("go")]
            done = asyncio.run(agent.run_async(messages=request)) if awaited else agent.run(messages=request)
            return str(done["messages"][-1].text), told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.parameters
