"""Google's ADK, with a scripted model."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, as_it_is

pytest.importorskip("google.adk", reason="google-adk is not installed; .ci/frameworks runs this")
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai.types import Content, FunctionCall, GenerateContentResponseUsageMetadata, Part

from catalog.adapters import google_adk


class Scripted(BaseLlm):
    """A model that calls what it is told to."""

    steps: Steps

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> Any:
        """Call the next step, or answer."""
        parts = [part for content in llm_request.contents for part in content.parts or ()]
        done = sum(part.function_response is not None for part in parts)
        if done < len(self.steps):
            name, arguments = self.steps[done]
            part = Part(function_call=FunctionCall(id=f"c{done}", name=name, args=arguments))
            yield LlmResponse(content=Content(role="model", parts=[part]))
            return
        for text in ("do", "ne") if stream else ():
            yield LlmResponse(content=Content(role="model", parts=[Part(text=text)]), partial=True)
        cost = GenerateContentResponseUsageMetadata(
            prompt_token_count=1, candidates_token_count=1, thoughts_token_count=2
        )
        yield LlmResponse(content=Content(role="model", parts=[Part(text="done")]), usage_metadata=cost)


def scripted(steps: Steps) -> Scripted:
    """Return a model that calls *steps* and then answers."""
    return Scripted(model="scripted", steps=steps)


class TestGoogleADK(Framework):
    adapter = google_adk
    LIVE = (
        "from google.adk.tools import FunctionTool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = FunctionTool(scale)\n",
        "scale",
    )
    AGENT = (
        "from google.adk.agents import LlmAgent\nfrom test_google_adk import scripted\n\n"
        "triage = LlmAgent(name='triage', model=scripted([]))\n"
    )
    USAGE: ClassVar[dict[str, float]] = {"input_tokens": 1, "output_tokens": 3}

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        """It is async only."""
        agent = LlmAgent(name="adder", model=scripted(steps), tools=tools)
        events = asyncio.run(InMemoryRunner(agent=agent, app_name="app").run_debug("go", quiet=True))
        told = [str(answer.response) for event in events for answer in event.get_function_responses()]
        return str(events[-1].content.parts[0].text), told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool._get_declaration()  # noqa: SLF001
