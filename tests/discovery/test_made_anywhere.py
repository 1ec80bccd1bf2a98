"""Objects that are made in functions, lists and arguments are found, with the reason why no import path leads there."""

from __future__ import annotations

from typing import Any

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.discovery.finding import Finding
from catalog.discovery.scan import scan

AGENT = "from agents import Agent, Runner\n"

PLACES = {
    "a function": ("def main():\n    a = Agent(name='A')\n", "defined inside main()"),
    "a coroutine": ("async def run():\n    a = Agent(name='A')\n", "defined inside run()"),
    "a method": (
        "class Crew:\n    def build(self):\n        self.a = Agent(name='A')\n",
        "defined inside Crew.build()",
    ),
    "an argument": ("def main():\n    Runner.run(Agent(name='A'))\n", "defined inside main()"),
    "with": ("def main():\n    with Agent(name='A') as a:\n        pass\n", "defined inside main()"),
    "async with": ("async def f():\n    async with Agent(name='A') as a:\n        pass\n", "defined inside f()"),
    "a loop": ("def main():\n    for n in 'ab':\n        a = Agent(name='A')\n", "defined inside main()"),
    "a nested function": ("def f():\n    def g():\n        return Agent(name='A')\n", "defined inside f.g()"),
    "a lambda": ("make = lambda: Agent(name='A')\n", "made inside make; no import path leads to it"),
    "a list": ("TEAM = [Agent(name='A')]\n", "made inside TEAM; no import path leads to it"),
    "a table": ("TEAM = {'a': Agent(name='A')}\n", "made inside TEAM; no import path leads to it"),
    "an expression": ("Runner.run(Agent(name='A'))\n", "made in passing; no name leads to it"),
    "an attribute": ("import s\ns.a = Agent(name='A')\n", "made inside s.a; no import path leads to it"),
    "with, at the margin": (
        "with Agent(name='A') as a:\n    pass\n",
        "made by `with … as a`, which ends with its block",
    ),
    "the main guard": (
        "if __name__ == '__main__':\n    a = Agent(name='A')\n",
        "made under `if __name__ == '__main__'`, which importing does not run",
    ),
}


def found(make: Any, text: str) -> list[Finding]:
    """Return what a file with this text holds."""
    return list(scan(make({"app.py": text})).findings)


def facts(findings: list[Finding]) -> list[tuple[str, str | None]]:
    """Return key and reference of each finding."""
    return [(each.key, each.ref) for each in findings]


@pytest.mark.parametrize("place", PLACES)
def test_an_agent_is_found_wherever_it_is_made(make: Any, place: str) -> None:
    """It has no reference, but its name, its line and the reason."""
    text, reason = PLACES[place]
    (agent,) = found(make, AGENT + text)
    assert (agent.key, agent.ref, agent.reason) == ("agent:A", None, reason)
    assert "Agent(name='A')" in (AGENT + text).splitlines()[agent.line - 1]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("writer = Agent(instructions='x')", "writer"),
        ("it.writer = Agent(instructions='x')", "writer"),
        ("run(agent=Agent(instructions='x'))", "agent"),
        ("run(Agent(instructions='x'))", "agent"),
        ("a = Agent(name=f'writer_{n}')", "writer"),
        ("a = Agent(name=f'{n}')", "a"),
        ("a = Agent(name=names[0])", "a"),
        ("team = {'writer': Agent(instructions='x')}", "writer"),
        ("run(agents={'writer': Agent(instructions='x').build()})", "writer"),
        ("team['writer'] = Agent(instructions='x')", "writer"),
        ("team = {'writer': Agent(name='editor')}", "editor"),
        ("team = {'a\\nb': Agent(instructions='x'), 1: 2}", "agent"),
    ],
)
def test_an_agent_without_a_literal_name_is_called_by_what_there_is(make: Any, call: str, name: str) -> None:
    """The variable, the key, the argument it is given as, the literal part of a text, or the class give the name."""
    (agent,) = found(make, f"{AGENT}def main(it, run, n, names):\n    {call}\n")
    assert agent.name == name


def test_an_attribute_of_a_class_has_an_import_path(make: Any) -> None:
    """What the body of a class holds is reached through the class."""
    text = AGENT + "class Team:\n    lead = Agent(name='Lead')\nclass Model(Base):\n    field = Agent(name='Field')\n"
    assert facts(found(make, text)) == [("agent:Lead", "app:Team.lead"), ("agent:Field", None)]


def test_branches_that_never_run_hold_nothing(make: Any) -> None:
    """What stands under TYPE_CHECKING is nobody's agent."""
    text = AGENT + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    run(Agent(name='A'))\n"
    assert found(make, text) == []


def test_copies_are_one_entry(make: Any) -> None:
    """The same call written twice in one file is one agent; another one of that name is another."""
    text = "".join(f"def f{n}():\n    a = Agent(name='A', instructions='{w}')\n" for n, w in enumerate("xxy"))
    assert [(each.name, each.reason) for each in found(make, AGENT + text)] == [
        ("A", "defined inside f0()"),
        ("f2/A", "defined inside f2()"),
    ]


def test_models_in_functions_are_one_entry_for_each_name_of_a_model(make: Any) -> None:
    """They are called by the model, not by the variable; without a literal there is no entry."""
    text = (
        "from langchain_openai import ChatOpenAI\nkept = ChatOpenAI(model='gpt-4o')\n"
        "def f():\n    llm = ChatOpenAI(model='gpt-4o')\n"
        "def g(m):\n    one(ChatOpenAI(model='gpt-4o'), ChatOpenAI(model=m))\n"
    )
    assert facts(found(make, text)) == [("model:kept", "app:kept"), ("model:gpt-4o", None)]


def test_tools_in_functions_need_a_name_of_their_own(make: Any) -> None:
    """A copy of another tool, made in a loop, is nobody's definition."""
    text = (
        "from mcp.types import Tool\n"
        "def offer(others):\n"
        "    return [Tool(name='read', description='Read it.'), *(Tool(name=o.name) for o in others)]\n"
    )
    assert [(each.key, each.description) for each in found(make, text)] == [("tool:read", "Read it.")]


def test_thousands_in_one_function_are_found_in_time(make: Any) -> None:
    """5,000 agents that all hand over to a list of all of them end soon, and all are there."""
    lines = "".join(f"    a{n} = Agent(name='a{n}', handoffs=ALL)\n" for n in range(5_000))
    text = f"{AGENT}def main():\n    ALL = [{', '.join(f'a{n}' for n in range(5_000))}]\n{lines}"
    assert len(found(make, text)) == 5_000


def test_hostile_nesting_harms_nothing(make: Any) -> None:
    """Agents within agents, lists that hold themselves and names that lead in circles end."""
    deep = "Agent(name='x', handoffs=[" * 60 + "])" * 60
    text = (
        AGENT
        + f"T = [T]\nA = B\nB = A\ndef main():\n    a = {deep}\n    b = Agent(name='b', tools=T, handoffs=[A, b])\n"
    )
    names = {each.given_name for each in found(make, text)}
    assert names == {"x", "b"}


@settings(max_examples=some(40), deadline=None)
@given(st.lists(st.sampled_from(["def f():", "class C:", "if x:", "for i in x:", "with x as y:", "try:"]), max_size=6))
def test_every_agent_is_found_once_however_deep(tmp_path_factory: pytest.TempPathFactory, heads: list[str]) -> None:
    """Whatever bodies are around it, an agent is one finding."""
    folder = tmp_path_factory.mktemp("made")
    lines = [f"{' ' * depth}{head}" for depth, head in enumerate(heads)]
    lines.append(f"{' ' * len(heads)}a = Agent(name='A')")
    lines += [f"{' ' * depth}finally: pass" for depth, head in reversed([*enumerate(heads)]) if head == "try:"]
    (folder / "app.py").write_text(AGENT + "import sys\nx = y = sys.argv\n" + "\n".join(lines) + "\n")
    assert [each.key for each in scan(folder).findings] == ["agent:A"]


def test_type_arguments_of_a_constructor_are_looked_through(make: Any) -> None:
    """``Agent[Deps](...)`` makes an agent, at module level and in a function."""
    text = "from agents import Agent\none = Agent[int](name='one')\ndef f():\n    g(Agent[int](name='two'))\n"
    assert facts(found(make, text)) == [("agent:one", "app:one"), ("agent:two", None)]
