"""DSPy, with its own dummy model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cases import Framework, Steps, as_it_is, chat_model, live

pytest.importorskip("dspy", reason="dspy is not installed; .ci/frameworks runs this")
import dspy as library
from dspy.utils import DummyLM

from catalog import Catalog, arun_result, run_result
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


ANSWER = ["[[", " ## ", "answer", " ## ", "]]\n", "four", " and", " a", " half", "\n\n[[", " ## completed", " ## ]]"]
MODULES = {
    "Predict": ANSWER,
    "ChainOfThought": ["[[", " ## ", "reasoning", " ## ", "]]\n", "hm", "\n\n", *ANSWER],
}


@pytest.mark.parametrize("name", MODULES)
def test_an_answer_is_told_as_it_is_written(catalog: Catalog, module_folder: Path, name: str) -> None:
    """What a model writes of the field that is asked for comes in parts, nothing else; the whole is the result."""
    with chat_model([], MODULES[name]):
        live(
            module_folder,
            "import os, dspy\n\n"
            "model = dspy.LM('openai/scripted', api_base=os.environ['MODEL_URL'], api_key='none', cache=False)\n"
            f"solver = dspy.{name}('question -> answer')\nsolver.set_lm(model)\n",
        )
        entry = catalog.register("agent", "solver", "live_objects:solver")
        parts: list[str] = []
        done = run_result(catalog, entry, "how much?", on_part=parts.append)
        assert (done.value, "".join(parts).strip(), len(parts) > 2) == ("four and a half", "four and a half", True)
        assert set(done.usage) == set(run_result(catalog, entry, "how much?").usage)
        parts.clear()
        done = asyncio.run(arun_result(catalog, entry, "how much?", on_part=parts.append))
        assert (done.value, "".join(parts).strip()) == ("four and a half", "four and a half")


def test_an_error_of_a_model_is_itself(catalog: Catalog, module_folder: Path) -> None:
    """What goes wrong while an answer is streamed is raised as it is, in no group of errors."""
    live(
        module_folder,
        "import dspy\n\n\nclass Broken(dspy.Module):\n    signature = dspy.Signature('question -> answer')\n\n"
        "    def __init__(self):\n        super().__init__()\n        self.part = dspy.Predict(self.signature)\n\n"
        "    def forward(self, question):\n        raise KeyError(question)\n\n\nbroken = Broken()\n",
    )
    entry = catalog.register("agent", "broken", "live_objects:broken")
    with pytest.raises(KeyError, match="why"):
        run_result(catalog, entry, "why", on_part=print)
