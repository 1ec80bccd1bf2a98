"""Calls that hand plain functions to a model or an agent make tools of them, whatever is called."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.discovery.scan import scan

FUNCTIONS = "def look(city: str) -> str:\n    'Look up the weather.'\ndef book(day: str): 'Book a day.'\n"


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from pipecat.processors.aggregators.llm_context import LLMContext", "c = LLMContext(tools=[look, book])"),
        ("from pipecat import flows", "def node():\n    return flows.AnyConfig(name='a', functions=[look, book])"),
        ("from langchain_openai import ChatOpenAI", "llm = ChatOpenAI(model='m').bind_tools([look, book])"),
        ("from langchain_openai import ChatOpenAI", "T = [look, book]\ndef run(llm):\n    return llm.bind_tools(T)"),
        ("import autogen", "def run(a):\n    a.register_for_llm(look)\n    autogen.register_function(book, caller=a)"),
    ],
)
def test_functions_that_are_handed_on_are_tools(make: Any, imported: str, call: str) -> None:
    """A list called ``tools`` given to something of a framework, and what ``bind_tools`` binds, are tools."""
    found = scan(make({"app.py": f"{imported}\n{FUNCTIONS}{call}\n"}) / "app.py").findings
    assert [(each.key, each.ref, each.description) for each in found if each.kind == "tool"] == [
        ("tool:look", "app:look", "Look up the weather."),
        ("tool:book", "app:book", "Book a day."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from mylib import Config\nc = Config(tools=[look, book])",
        "import langchain_openai\nfrom mylib import Config\nc = Config(tools=[look, book])",
        "import langchain_openai\nn = sorted([1], key=look)\ntools = [look]",
        "import langchain_openai\ndef f(tools=None):\n    return look",
    ],
)
def test_what_nobody_hands_to_a_framework_is_no_tool(make: Any, text: str) -> None:
    """An argument of that name in a call of something else, and a variable of that name, make nothing a tool."""
    found = scan(make({"app.py": f"{FUNCTIONS}{text}\n"}) / "app.py").findings
    assert [each.key for each in found] == []


def test_a_class_that_looks_known_and_is_none_hands_on(make: Any) -> None:
    """In the framework's own repository the class that is called is followed to its definition: it is no agent."""
    tree = {
        "agents/__init__.py": "class Context(Base): ...\nclass Agent(Base): ...\nclass Base: ...\n",
        "examples/app-one.py": f"from agents import Context\n{FUNCTIONS}c = Context(tools=[look, book])\n",
    }
    found = scan(make(tree)).findings
    assert [each.key for each in found if "app-one" in each.path] == ["tool:look", "tool:book"]
