"""CrewAI, with its own OpenAI client and a scripted server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, chat_model, live, served

pytest.importorskip("crewai", reason="crewai is not installed; .ci/frameworks runs this")
from crewai import LLM, Agent

from catalog import Catalog, arun_result, run_result
from catalog.adapters import crewai


def model(url: str) -> LLM:
    """Return a model of the scripted server."""
    return LLM(model="openai/gpt-4o", base_url=url, api_key="none")


class TestCrewAI(Framework):
    adapter = crewai
    LIVE = (
        "from crewai.tools import tool\n\n\n"
        "@tool('scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n',
        "scaled_sum",
    )
    AGENT = (
        "import os\nfrom crewai import Agent\nfrom test_crewai import model\n\n"
        "triage = Agent(role='sorter', goal='sort', backstory='none', llm=model(os.environ['MODEL_URL']))\n"
    )
    USAGE: ClassVar[dict[str, float]] = {"requests": 1, "input_tokens": 1, "output_tokens": 1}
    STREAMS = False

    def model(self, steps: Steps) -> Any:
        return served(steps, model)

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        with chat_model(steps) as (url, told):
            agent = Agent(role="adder", goal="add", backstory="none", llm=model(url), tools=tools, verbose=False)
            done = asyncio.run(agent.kickoff_async("go")) if awaited else agent.kickoff("go")
            return done.raw, told

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.description, tool.args_schema.model_json_schema()


def test_crews_and_flows_are_run(catalog: Catalog, module_folder: Path) -> None:
    """A text goes to the only place that the tasks of a crew have for it; a flow takes its inputs by name."""
    with chat_model([]):
        live(
            module_folder,
            "import os\nfrom crewai import Agent, Crew, Task\nfrom crewai.flow.flow import Flow, start\n"
            "from test_crewai import model\n\n"
            "agent = Agent(role='sorter', goal='sort', backstory='none', llm=model(os.environ['MODEL_URL']))\n"
            "task = Task(description='Sort {what}', expected_output='a word', agent=agent)\n"
            "crew = Crew(agents=[agent], tasks=[task])\n\n\n"
            "class Shout(Flow):\n"
            "    @start()\n    def begin(self):\n        return self.state['text'].upper()\n\n\n"
            "flow = Shout()\n",
        )
        crew = catalog.register("agent", "sorters", "live_objects:crew")
        flow = catalog.register("agent", "shout", "live_objects:flow")
        done = run_result(catalog, crew, "letters")
        assert (done.value, done.usage["output_tokens"]) == ("done", 1)
        assert asyncio.run(arun_result(catalog, crew, {"what": "letters"})).value == "done"
        assert run_result(catalog, flow, {"text": "hi"}).value == "HI"
