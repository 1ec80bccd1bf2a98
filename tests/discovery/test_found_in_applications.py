"""Kinds of faults that scans of application repositories showed, each in the smallest repository that has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.discovery.scan import scan


def keys(tree: Any) -> list[str]:
    """Return the keys of what a scan finds."""
    return [each.key for each in scan(tree).findings]


def test_a_framework_in_its_own_repository_is_no_lookalike(make: Any) -> None:
    """A package that is called like a framework is the framework where its project has the name of the distribution."""
    tree = {
        "python/pyproject.toml": "[project]\nname = 'mirascope'\n",
        "python/mirascope/__init__.py": "from . import llm as llm\n",
        "python/mirascope/llm/__init__.py": "from .calls import call, tool\n",
        "python/mirascope/llm/calls.py": "def call(model): ...\ndef tool(function): ...\n",
        "python/examples/books.py": "from mirascope import llm\n@llm.tool\ndef look(isbn: str): 'Look it up.'\n"
        "@llm.call('openai/gpt-5')\ndef recommend(genre: str): 'Recommend a book.'\n",
    }
    assert keys(make(tree)) == ["tool:look", "prompt:recommend"]


def test_a_class_below_the_first_class_derives_too(make: Any) -> None:
    """An import above the first class does not go on to the parenthesis of its bases."""
    classes = (
        "class A(dspy.Signature):\n    'Ask.'\nclass B(dspy.Signature):\n    'Answer.'\nclass C(dspy.Module): ...\n"
    )
    assert keys(make({"app.py": f"import dspy\nfrom typing import Union\n\n{classes}"})) == [
        "prompt:A",
        "prompt:B",
        "agent:C",
    ]


def test_a_function_that_makes_an_agent_may_be_a_tool(make: Any) -> None:
    """A function that is given as a tool, and hands over to the agent that it returns, is both."""
    text = (
        "from agents import Agent\n"
        "def transfer_to_sales():\n    'Hand over to sales.'\n    return Agent(name='sales')\n"
        "triage = Agent(name='triage', tools=[transfer_to_sales])\n"
    )
    assert sorted(keys(make({"app.py": text}))) == ["agent:sales", "agent:triage", "tool:transfer_to_sales"]


def test_an_import_under_another_name_takes_no_base(make: Any) -> None:
    """A base is not what an import above has under another name: ``from mcp.types import Tool as Described``."""
    text = (
        "from mcp.types import Tool as Described\nfrom beeai_framework.tools import Tool\n"
        "class Search(Tool[A, B]): ...\nclass Find(Tool): ...\n"
    )
    assert keys(make({"app.py": text})) == ["tool:Search", "tool:Find"]


def test_a_prompt_with_values_in_it_is_one(make: Any) -> None:
    """A task in a function whose text has values in it is a prompt, as one whose text has none."""
    text = (
        "from crewai import Task\n"
        "def crew(topic):\n"
        "    research = Task(description=f'Read about {topic}.', expected_output='x')\n"
        "    write = Task(description='Write it up.', expected_output='x')\n"
    )
    described = {each.key: each.description for each in scan(make({"app.py": text})).findings}
    assert described == {"prompt:research": "Read about {topic}.", "prompt:write": "Write it up."}


def test_a_function_that_a_parameter_has_by_default_is_given(make: Any) -> None:
    """A tool that a factory takes, and has one for if nobody says another, is a tool of the agent it makes."""
    text = (
        "from agents import Agent\n"
        "def look(city: str): 'Look up the weather.'\n"
        "def find(city: str): 'Find a city.'\n"
        "def build(tool=look, *, other=find):\n"
        "    return Agent(name='guide', tools=[tool, other])\n"
    )
    (agent,) = [each for each in scan(make({"app.py": text})).findings if each.kind == "agent"]
    assert agent.metadata["references"] == ["tool:look", "tool:find"]


def test_a_graph_that_a_document_names_by_another_name_is_one_agent(make: Any) -> None:
    """``langgraph.json`` that names ``graph``, another name for the agent of the file, gives that one its name."""
    tree = {
        "agent/langgraph.json": '{"graphs": {"explorer": "./main.py:graph"}}',
        "agent/main.py": "from langchain.agents import create_agent\n"
        "agent = create_agent(model='m', system_prompt='Explore.')\ngraph = agent\n",
    }
    assert [(each.key, each.ref, each.description) for each in scan(make(tree)).findings] == [
        ("agent:explorer", "main:agent", "Explore.")
    ]


def test_a_method_that_a_tool_is_made_of_is_not_the_tool(make: Any) -> None:
    """A tool of a method of an object that exists only there is what the function around makes, and can't be loaded."""
    text = (
        "from pydantic_ai import Tool\n"
        "class Search:\n"
        "    def __init__(self, key): ...\n"
        "    def __call__(self, text: str):\n        'Search the web.'\n"
        "def search_tool(key):\n"
        "    return Tool(Search(key).__call__, name='web_search', description='Search it.')\n"
    )
    (found,) = scan(make({"app.py": text})).findings
    assert (found.key, found.ref, found.reason) == (
        "tool:web_search",
        None,
        "made by search_tool(key), which needs arguments",
    )


def test_a_method_that_makes_agents_is_no_function_of_the_project(make: Any) -> None:
    """In the framework's own repository the methods that make objects of its classes make entries, as elsewhere."""
    tree = {
        "semantic_kernel/__init__.py": "",
        "semantic_kernel/agents.py": "class Agent: ...\nclass BedrockAgent(Agent):\n"
        "    @classmethod\n    async def create_and_prepare_agent(cls, name) -> 'BedrockAgent': ...\n",
        "samples/chat.py": "from semantic_kernel.agents import BedrockAgent\n"
        "async def main():\n    writer = await BedrockAgent.create_and_prepare_agent('w', instructions='Write.')\n",
    }
    found = scan(make(tree)).findings
    assert [each.key for each in found if each.path.endswith("chat.py")] == ["agent:writer"]


def test_a_retriever_is_a_tool(make: Any) -> None:
    """What ``create_retriever_tool`` of LangChain makes has its name and description by position."""
    text = (
        "from langchain.tools.retriever import create_retriever_tool\n"
        "posts = create_retriever_tool(None, 'find_posts', 'Find posts.')\n"
    )
    found = scan(make({"app.py": text})).findings
    assert [(each.key, each.ref, each.description) for each in found] == [
        ("tool:find_posts", "app:posts", "Find posts.")
    ]


def test_the_same_call_in_two_classes_makes_two_agents(make: Any) -> None:
    """What two classes make with the same words are two things; twice in the branches of one function it is one."""
    text = (
        "from langgraph.graph import StateGraph\n"
        "class Planner:\n"
        "    def build(self):\n        graph = StateGraph(State)\n        return graph.compile()\n"
        "class Writer:\n"
        "    def build(self):\n        graph = StateGraph(State)\n        return graph.compile()\n"
        "def main(fast):\n"
        "    if fast:\n        app = StateGraph(State).compile()\n"
        "    else:\n        app = StateGraph(State).compile()\n"
    )
    found = scan(make({"app.py": text})).findings
    assert [(each.key, each.line) for each in found] == [
        ("agent:build", 4),
        ("agent:Writer/build", 8),
        ("agent:app", 12),
    ]


def test_a_notebook_keeps_the_last_of_what_has_no_name(make: Any) -> None:
    """Objects in the cells of a notebook have no path, and no function around; each cell's is one of its own."""
    cells = [
        {"cell_type": "code", "source": text}
        for text in (
            "from haystack import Pipeline",
            "pipeline = Pipeline()",
            "pipeline = Pipeline()",
            "class A:\n    def f(self):\n        self.p = Pipeline()",
        )
    ]
    found = scan(make({"book.ipynb": json.dumps({"cells": cells})})).findings
    assert [each.key for each in found] == ["agent:pipeline", "agent:book-cell3/pipeline", "agent:p"]


def test_a_method_that_makes_its_own_class_makes_no_entry(make: Any) -> None:
    """Another way to make an object of a class, among its methods, is no model; a method that makes another one is."""
    text = (
        "from livekit.plugins import openai\n"
        "class LLM(openai.LLM):\n"
        "    @staticmethod\n    def with_azure(key: str) -> 'LLM':\n        return LLM(model='gpt-5')\n"
        "    def other(self):\n        return openai.LLM(model='gpt-6')\n"
    )
    found = scan(make({"app.py": text})).findings
    assert [each.key for each in found] == ["model:gpt-6"]


def test_agents_of_a_letta_client_are_agents(make: Any) -> None:
    """What a client of Letta makes is an agent, with the functions and the prompt that it is given."""
    text = (
        "from letta_client import Letta\n"
        "client = Letta(token='x')\n"
        "helper = client.agents.create(name='helper', model='openai/gpt-5', description='Helps.')\n"
        "def main(client: Letta):\n    agent = client.agents.create(name='other')\n"
        "    client.messages.create(name='none')\n"
    )
    found = scan(make({"app.py": text})).findings
    assert [(each.key, each.ref, each.description) for each in found] == [
        ("agent:helper", "app:helper", "Helps."),
        ("agent:other", None, ""),
    ]


def test_a_function_that_a_rule_lists_makes_agents_in_its_own_repository(make: Any) -> None:
    """``create_deep_agent`` makes an agent inside of functions too, where the scan reads what it is made of."""
    tree = {
        "libs/deepagents/pyproject.toml": "[project]\nname = 'deepagents'\n",
        "libs/deepagents/deepagents/__init__.py": "from .graph import create_deep_agent\n",
        "libs/deepagents/deepagents/graph.py": "from langchain.agents import create_agent\n"
        "def create_deep_agent(model, prompt=None):\n    return create_agent(model, system_prompt=prompt)\n",
        "examples/sql-agent/agent.py": "from deepagents import create_deep_agent\n"
        "def main():\n    writer = create_deep_agent(model='m')\n",
    }
    assert "agent:writer" in keys(make(tree))


def test_prompts_of_camel_are_prompts(make: Any) -> None:
    """A text prompt has its text as template."""
    found = scan(make({"app.py": "from camel.prompts import TextPrompt\nASK = TextPrompt('Ask {who}.')\n"})).findings
    assert [(each.key, each.ref, each.description) for each in found] == [("prompt:ASK", "app:ASK", "Ask {who}.")]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("from mcp_agent.agents.agent import Agent\nasync def f():\n    a = Agent(name='finder')\n", "agent:finder"),
        ("from mcp_agent.app import MCPApp\napp = MCPApp(name='x')\n@app.tool\ndef look(): ...\n", "tool:look"),
        ("from atomic_agents import AtomicAgent\nwriter = AtomicAgent[In, Out](config=None)\n", "agent:writer"),
        ("from atomic_agents import BaseTool\nclass Search(BaseTool[In, Out]): ...\n", "tool:Search"),
        ("from agentscope.agent import Agent\na = Agent(name='bob', system_prompt='x')\n", "agent:bob"),
        ("import agentscope\ndef look(): ...\ndef f(kit):\n    kit.register_tool_function(look)\n", "tool:look"),
        ("from agency_swarm import Agent\na = Agent(name='ceo', instructions='Lead.')\n", "agent:ceo"),
    ],
)
def test_more_frameworks_are_known(make: Any, text: str, key: str) -> None:
    """Agents and tools of mcp-agent, Atomic Agents, AgentScope and Agency Swarm are known by their names."""
    assert keys(make({"app.py": text})) == [key]


def test_an_object_of_a_derived_server_is_a_server(make: Any) -> None:
    """Of a server's or model's class that others derive from, each object is an entry, whichever file makes it."""
    tree = {
        "shop/__init__.py": "",
        "shop/base.py": "from fastmcp import FastMCP\nclass Careful(FastMCP[T], Generic[T]): 'Say what failed.'\n",
        "shop/orders.py": "from shop.base import Careful\nit = Careful(name='Orders', instructions='Place it.')\n",
        "shop/plain.py": "from fastmcp import FastMCP\nclass Own(FastMCP): 'Our own.'\nplain = Own('Plain')\n",
        "shop/model.py": "from langchain_openai import ChatOpenAI\nclass Ours(ChatOpenAI): ...\nllm = Ours()\n",
    }
    found = scan(make(tree)).findings
    assert [(each.key, each.ref, each.description) for each in found] == [
        ("model:llm", "shop.model:llm", ""),
        ("mcp_server:Orders", "shop.orders:it", "Place it."),
        ("mcp_server:Plain", "shop.plain:plain", "Our own."),
    ]


def test_what_is_registered_on_an_application_names_its_parts(packages: Any) -> None:
    """Agents that an application has by name refer to each other, and say why no import path leads to them."""
    found = {each.name: each for each in scan(packages / "frameworks" / "with_fast_agent.py").findings}
    desk, proofs = found["desk"], found["proofs"]
    assert desk.metadata["references"] == ["agent:reporter", "agent:editor"]
    assert (proofs.description, proofs.line) == ("Look for mistakes.", 16)
    assert (proofs.signature, proofs.source_checksum) == (None, None)  # the function below only runs the application
    assert {each.reason for each in found.values()} == {
        "",
        "registered on an application; it answers while that runs",
    }


def test_a_name_is_that_of_the_same_file_first(make: Any) -> None:
    """Where two files of one folder have an agent of a name, each refers to its own."""
    app = (
        "from fast_agent import FastAgent\nfast = FastAgent('x')\n"
        "@fast.agent('reader', 'Read.')\n@fast.chain('whole', sequence=['reader'])\nasync def main(): ...\n"
    )
    found = {each.key: each for each in scan(make({"a.py": app, "b.py": app})).findings}
    assert {key: each.metadata["references"] for key, each in found.items() if "whole" in key} == {
        "agent:whole": ["agent:reader"],
        "agent:b/whole": ["agent:b/reader"],
    }


def test_a_function_is_registered_as_often_as_decorators_say(make: Any) -> None:
    """Under two names, or as a tool and a prompt, it is two entries; under one name on two servers it is one."""
    text = (
        "from fastmcp import FastMCP\nmcp = FastMCP('m')\nother = FastMCP('o')\n"
        "@mcp.tool(name='find')\n@other.tool(name='look')\ndef f(a: int): 'Look it up.'\n"
        "@mcp.tool\n@other.tool\ndef g(a: int): 'Once.'\n"
        "@mcp.tool\n@mcp.prompt\ndef h(a: int): 'Both.'\n"
    )
    found = {each.key: each.ref for each in scan(make({"app.py": text})).findings if each.kind != "mcp_server"}
    assert found == {
        "tool:find": "app:f",
        "tool:look": "app:f",
        "tool:g": "app:g",
        "tool:h": "app:h",
        "prompt:h": "app:h",
    }


def test_a_module_does_not_import_itself(make: Any) -> None:
    """``from prefect import flow`` in ``controlflow/prefect.py`` means the package of that name, not the file."""
    tree = {
        "pyproject.toml": "[project]\nname = 'controlflow'\n",
        "controlflow/__init__.py": "",
        "controlflow/prefect.py": "from prefect import flow\n@flow\ndef run(): 'Run.'\n",
    }
    assert keys(make(tree)) == []


def test_a_sentence_is_no_name(make: Any) -> None:
    """An agent whose name is a text that nobody would type is called like its variable, and the text describes it."""
    text = "You are an assistant that answers all questions about the web, politely."
    (agent,) = scan(make({"app.py": f"from crewai import Agent\nhelper = Agent(role={text!r})\n"})).findings
    assert (agent.key, agent.description, agent.metadata["written_name"]) == ("agent:helper", text, text)


def test_a_task_in_a_function_is_called_like_its_variable(make: Any) -> None:
    """A prompt that says what is to be done counts under the variable that holds it, in a function, too."""
    text = "from crewai import Crew, Task\ndef main():\n    plan = Task(description='Plan the week.')\n"
    assert keys(make({"app.py": f"{text}    Crew(tasks=[Task(description='Rest.')]).kickoff()\n"})) == [
        "prompt:plan",
        "agent:crew",
    ]


def test_a_prompt_that_is_a_function_says_what_it_returns(make: Any) -> None:
    """Without a docstring the text it returns describes it, or that of another decorator; a parameter says nothing."""
    text = (
        "from mirascope import llm, prompt_template\nfrom fastmcp import FastMCP\nmcp = FastMCP('m')\n"
        "@llm.call('m')\ndef book(genre: str):\n    return f'Recommend a {genre} book'\n"
        "@llm.call('m')\n@prompt_template('Name a {kind} animal')\ndef animal(kind: str): ...\n"
        "@llm.call('m')\ndef solve(problem: str):\n    return problem\n"
        "@llm.call('m')\ndef told():\n    'Tell a story.'\n    return 'Once upon a time'\n"
        "@mcp.prompt\ndef review(code: str) -> str:\n    return f'Review this:\\n{code}'\n"
    )
    found = {each.key: each.description for each in scan(make({"app.py": text})).findings if each.kind == "prompt"}
    assert found == {
        "prompt:book": "Recommend a {genre} book",
        "prompt:animal": "Name a {kind} animal",
        "prompt:solve": "",
        "prompt:told": "Tell a story.",
        "prompt:review": "Review this:\n{code}",
    }
