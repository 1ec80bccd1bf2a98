"""Kinds of faults that scans of application repositories showed, each in the smallest repository that has it."""

from __future__ import annotations

from typing import Any

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
