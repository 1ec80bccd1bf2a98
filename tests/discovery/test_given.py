"""What agents are given: plain functions become tools; agents refer to their tools, agents, models and servers."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.discovery.scan import scan

HEAD = "from agents import Agent, FunctionTool, function_tool\n"
WEATHER = 'def get_weather(city: str) -> str:\n    """Say the weather."""\ndef lookup(q): ...\n'


def graph(make: Any, files: dict[str, str]) -> dict[str, list[str]]:
    """Return the keys of all findings with those they refer to."""
    return {each.key: each.metadata.get("references", []) for each in scan(make(files)).findings}


GIVEN = {
    "a list": "a = Agent(name='A', tools=[get_weather])",
    "one": "a = Agent(name='A', tools=get_weather)",
    "a variable": "T = [get_weather]\na = Agent(name='A', tools=T)",
    "a longer list": "T = []\na = Agent(name='A', tools=[*T, get_weather])",
    "a sum": "T = []\na = Agent(name='A', tools=T + [get_weather])",
    "appended": "T = []\nT.append(get_weather)\na = Agent(name='A', tools=T)",
    "extended": "T = []\nT += [get_weather]\na = Agent(name='A', tools=T)",
    "a tuple of a choice": "a = Agent(name='A', tools=(get_weather,) if x else ())",
    "a comprehension": "a = Agent(name='A', tools=[function_tool(f) for f in (get_weather,)])",
    "wrapped": "a = Agent(name='A', tools=[FunctionTool(get_weather)])",
    "wrapped by name": "a = Agent(name='A', tools=[FunctionTool.from_defaults(fn=get_weather)])",
    "a partial": "from functools import partial\na = Agent(name='A', tools=[partial(get_weather, 'Rome')])",
    "as functions": "a = Agent(name='A', functions=[get_weather])",
    "by position": "a = Agent('A', [get_weather])",
    "in a function": "def main():\n    T = [get_weather]\n    a = Agent(name='A', tools=T)",
    "an attribute": (
        "class Kit:\n    def f(self):\n        self.t = [get_weather]\n        Agent(name='A', tools=self.t)"
    ),
}


@pytest.mark.parametrize("way", GIVEN)
def test_a_plain_function_that_an_agent_is_given_is_a_tool(make: Any, way: str) -> None:
    """It has its reference, docstring, parameters and the framework of the agent, which refers to it."""
    result = scan(make({"app.py": HEAD + WEATHER + GIVEN[way] + "\n"}))
    tool = next(each for each in result.findings if each.kind == "tool")
    assert (tool.key, tool.ref, tool.description, tool.framework) == (
        "tool:get_weather",
        "app:get_weather",
        "Say the weather.",
        "openai-agents",
    )
    assert tool.parameters == {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    agents = [each for each in result.findings if each.kind == "agent"]
    assert [(each.name, each.metadata["references"]) for each in agents] == [("A", ["tool:get_weather"])]
    assert len(result.findings) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        "hooks=[get_weather]",
        "tools=[lambda q: q]",
        "tools=[missing]",
        "tools=[get_weather()]",
        "tools=[str]",
        "tools=7",
    ],
)
def test_what_is_no_tool_is_none(make: Any, arguments: str) -> None:
    """Callbacks, lambdas, names from nowhere and results of calls are no tools."""
    assert graph(make, {"app.py": f"{HEAD}{WEATHER}a = Agent(name='A', {arguments})\n"}) == {"agent:A": []}


def test_only_agents_make_tools_of_functions(make: Any) -> None:
    """Another class of that name, with an argument of that name, says nothing."""
    text = f"from estate import Agent\n{WEATHER}a = Agent(name='A', tools=[get_weather])\n"
    assert graph(make, {"app.py": text}) == {}


def test_functions_and_lists_of_other_modules_are_followed(make: Any) -> None:
    """The entry's reference is where the function is defined, over imports, lists and renames."""
    files = {
        "app/__init__.py": "",
        "app/tools.py": WEATHER + "ALL = [get_weather]\n",
        "app/more.py": "from app.tools import ALL as BASE, lookup\nEVERY = [*BASE, lookup]\n",
        "app/main.py": f"{HEAD}from .more import EVERY\nfrom app import tools\n"
        "def main():\n    a = Agent(name='A', tools=EVERY)\n    b = Agent(name='B', tools=[tools.lookup])\n",
    }
    result = scan(make(files) / "app")
    assert {each.key: each.ref for each in result.findings} == {
        "agent:A": None,
        "agent:B": None,
        "tool:get_weather": "app.tools:get_weather",
        "tool:lookup": "app.tools:lookup",
    }
    references = {each.key: each.metadata.get("references") for each in result.findings if each.kind == "agent"}
    assert references == {"agent:A": ["tool:get_weather", "tool:lookup"], "agent:B": ["tool:lookup"]}


def test_a_function_within_a_function_is_a_tool_that_says_so(make: Any) -> None:
    """No import path leads to it."""
    text = f"{HEAD}def main():\n    def ping():\n        '''Answer.'''\n    a = Agent(name='A', tools=[ping])\n"
    tool = next(each for each in scan(make({"app.py": text})).findings if each.kind == "tool")
    assert (tool.key, tool.ref, tool.reason, tool.description) == (
        "tool:ping",
        None,
        "defined inside main()",
        "Answer.",
    )


def test_methods_that_an_agent_is_given_are_tools(make: Any) -> None:
    """Those of an object and one's own."""
    text = (
        f"{HEAD}class Kit:\n    def read(self): ...\nclass Run:\n    def own(self): ...\n"
        "    def go(self):\n        kit = Kit()\n        a = Agent(name='A', tools=[kit.read, self.own])\n"
    )
    assert graph(make, {"app.py": text}) == {"agent:A": ["tool:read", "tool:own"], "tool:read": [], "tool:own": []}


def test_a_wrapper_with_a_name_is_the_tool(make: Any) -> None:
    """A variable that holds a wrapped function is the entry; the function lends it its docstring and parameters."""
    text = (
        f"{HEAD}{WEATHER}tool = FunctionTool(name='weather', description='', f=get_weather)\n"
        "a = Agent(name='A', tools=[tool])\n"
    )
    result = scan(make({"app.py": text}))
    assert [(each.key, each.ref, each.description) for each in result.findings] == [
        ("tool:weather", "app:tool", "Say the weather."),
        ("agent:A", "app:a", ""),
    ]
    assert result.findings[1].metadata["references"] == ["tool:weather"]


def test_an_inline_wrapper_names_the_function(make: Any) -> None:
    """Name and description that a wrapper gives are the tool's, whose reference is that of the function."""
    wrapper = "FunctionTool(name='w', description='Said.', f=get_weather)"
    result = scan(make({"app.py": f"{HEAD}{WEATHER}a = Agent(name='A', tools=[{wrapper}])\n"}))
    tool = next(each for each in result.findings if each.kind == "tool")
    assert (tool.key, tool.ref, tool.description) == ("tool:w", "app:get_weather", "Said.")


def test_an_agent_refers_to_all_it_is_given(make: Any) -> None:
    """Tools, agents as tools, handoffs, models, prompts, schemas and servers; several ways to the same count once."""
    text = (
        "from agents import Agent, handoff, function_tool, LitellmModel\nfrom agents.mcp import MCPServerStdio\n"
        "from langchain_core.prompts import PromptTemplate\n"
        "@function_tool\ndef find(q): ...\n"
        "prompt = PromptTemplate.from_template('Hi {x}')\nmodel = LitellmModel(model='gpt')\n"
        "server = MCPServerStdio(name='files')\nhelper = Agent(name='helper')\nother = Agent(name='other')\n"
        "boss = Agent(name='boss', tools=[find, find, helper.as_tool('h', 'x')], handoffs=[handoff(other)],\n"
        "    model=model, instructions=prompt, mcp_servers=[server])\n"
    )
    assert graph(make, {"app.py": text})["agent:boss"] == [
        "tool:find",
        "agent:helper",
        "agent:other",
        "model:model",
        "prompt:prompt",
        "mcp_server:files",
    ]


def test_an_agent_refers_to_its_output_type_if_that_is_an_entry(make: Any) -> None:
    """Classes are schemas where schemas are asked for."""
    text = f"{HEAD}from pydantic import BaseModel\nclass Out(BaseModel): ...\na = Agent(name='A', output_type=Out)\n"
    for schemas, expected in ((True, ["schema:Out"]), (False, None)):
        result = scan(make({"app.py": text}), schemas=schemas)
        agent = next(each for each in result.findings if each.kind == "agent")
        assert agent.metadata.get("references") == expected


def test_teams_refer_to_their_members(make: Any) -> None:
    """By name, by position, made in place, and through the attributes of a crew."""
    text = (
        "from google.adk.agents import LlmAgent, SequentialAgent\n"
        "from autogen_agentchat.teams import RoundRobinGroupChat\n"
        "one = LlmAgent(name='one')\n"
        "root = SequentialAgent(name='root', sub_agents=[one, LlmAgent(name='two')])\n"
        "chat = RoundRobinGroupChat([one, root])\n"
    )
    result = graph(make, {"app.py": text})
    assert (result["agent:root"], result["agent:chat"]) == (["agent:one", "agent:two"], ["agent:one", "agent:root"])


def test_a_crew_refers_to_its_agents_and_tasks(make: Any) -> None:
    """CrewAI collects what the methods with a decorator return."""
    text = (
        "from crewai import Agent, Crew, Task\nfrom crewai.project import CrewBase, agent, crew, task\n"
        "@CrewBase\nclass Team:\n    @agent\n    def writer(self):\n        return Agent(role='x')\n"
        "    @task\n    def write(self):\n        return Task(description='Write.')\n"
        "    @crew\n    def crew(self):\n        return Crew(agents=self.agents, tasks=self.tasks)\n"
    )
    assert graph(make, {"app.py": text}) == {
        "agent:writer": [],
        "prompt:write": [],
        "agent:crew": ["agent:writer", "prompt:write"],
    }


def test_a_server_refers_to_its_tools(make: Any) -> None:
    """Those its decorators make, and those that the function of a low-level server lists."""
    text = (
        "from mcp.server import Server\nfrom mcp.server.fastmcp import FastMCP\nfrom mcp.types import Tool\n"
        "mcp = FastMCP('high')\n@mcp.tool()\ndef add(a: int): ...\n@mcp.prompt()\ndef ask(): ...\n"
        "def serve():\n    server = Server('low')\n    @server.list_tools()\n    async def tools():\n"
        "        return [Tool(name='read'), Tool(name='write')]\n"
    )
    result = graph(make, {"app.py": text})
    assert result["mcp_server:high"] == ["tool:add", "prompt:ask"]
    assert result["mcp_server:low"] == ["tool:read", "tool:write"]


def test_references_follow_names_that_clash(make: Any) -> None:
    """Two tools of one name have different names in the end, and each agent refers to its own."""
    files = {
        f"{name}.py": f"{HEAD}{WEATHER}a = Agent(name='{name}', tools=[get_weather])\n" for name in ("first", "second")
    }
    assert graph(make, files) == {
        "agent:first": ["tool:get_weather"],
        "agent:second": ["tool:second/get_weather"],
        "tool:get_weather": [],
        "tool:second/get_weather": [],
    }


def test_an_unchanged_file_is_as_it_was(make: Any) -> None:
    """What a second scan remembers of one file, and reads of a changed one, gives the same edges."""
    folder = make(
        {
            "tools.py": WEATHER,
            "app.py": f"{HEAD}from tools import get_weather\na = Agent(name='A', tools=[get_weather])\n",
        }
    )
    first = scan(folder)
    again = scan(folder, known=first.files)
    (folder / "tools.py").write_text(WEATHER.replace("Say", "Tell"))
    changed = scan(folder, known=first.files)
    assert again.findings == first.findings
    assert [(each.key, each.description) for each in changed.findings] == [
        ("agent:A", ""),
        ("tool:get_weather", "Tell the weather."),
    ]


def test_a_name_that_leads_to_another_root_harms_nothing(make: Any) -> None:
    """A package below a folder without ``__init__.py`` is another root; the agent is found all the same."""
    files = {
        "app/__init__.py": "",
        "app/agent.py": f"{HEAD}from .parts.sub.agent import other\na = Agent(name='A', tools=[other])\n",
        "app/parts/sub/__init__.py": "",
        "app/parts/sub/agent.py": f"{HEAD}other = Agent(name='B')\n",
    }
    assert set(graph(make, files)) == {"agent:A", "agent:B"}
