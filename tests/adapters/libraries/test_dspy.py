"""DSPy, with its own dummy model."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, as_it_is

pytest.importorskip("dspy", reason="dspy is not installed; .ci/frameworks runs this")
import dspy as library
from dspy.utils import DummyLM

from catalog.adapters import dspy


def scripted(steps: Steps) -> DummyLM:
    """Return a model that calls *steps* and then answers, several times if it calls nothing."""
    thoughts = [{"next_thought": "…", "next_tool_name": name, "next_tool_args": given} for name, given in steps]
    finish = {"next_thought": "…", "next_tool_name": "finish", "next_tool_args": {}}
    return DummyLM([*thoughts, finish, {"reasoning": "…", "answer": "done"}] * (1 if steps else 9))


class TestDSPy(Framework):
    adapter = dspy
    LIVE = (
        "from dspy import Tool\n\n\n"
        "def scale(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply."""\n    return x * factor\n\n\n'
        "scaled = Tool(scale, name='scaled_sum')\n",
        "scaled_sum",
    )
    AGENT = (
        "import dspy\nfrom test_dspy import scripted\n\n"
        "triage = dspy.ReAct('question -> answer', tools=[])\ntriage.set_lm(scripted([]))\n"
    )
    USAGE: ClassVar[dict[str, float]] = {}
    STREAMS = False
    OWN_CHECK = "integer"

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        agent = library.ReAct("question -> answer", tools=tools)
        with library.context(lm=scripted(steps)):
            done = asyncio.run(agent.acall(question="go")) if awaited else agent(question="go")
        return done.answer, [str(done.trajectory[f"observation_{place}"]) for place in range(len(steps))]

    def facts(self, tool: Any) -> tuple[Any, ...]:
        return tool.name, tool.desc, tool.args
