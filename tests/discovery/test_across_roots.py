"""What the files of one scan share across roots: edges, neighbours with plain names, packages of one name."""

from __future__ import annotations

from typing import Any

from catalog.discovery.scan import scan

LIBRARY = {
    "lib/pyproject.toml": "[project]\nname = 'shared-tools'\n",
    "lib/shared_tools/__init__.py": "from shared_tools.weather import Forecast, lookup\n",
    "lib/shared_tools/weather.py": (
        "from agno.tools import Toolkit\n"
        "class Forecast(Toolkit):\n    '''Say the weather of tomorrow.'''\n    name = 'forecast'\n"
        "def lookup(q: str):\n    '''Look it up.'''\n"
    ),
}


def graph(make: Any, files: dict[str, str]) -> dict[str, list[str]]:
    """Return the keys of all findings with those they refer to."""
    return {each.key: each.metadata.get("references", []) for each in scan(make(files)).findings}


def test_an_agent_refers_to_what_another_root_of_the_scan_has(make: Any) -> None:
    """A toolkit that the agent makes of the other's class, and a plain function, which is a tool by that."""
    app = "from agno.agent import Agent\nfrom shared_tools import Forecast, lookup\n"
    files = {**LIBRARY, "01-app/main.py": app + "a = Agent(name='A', tools=[Forecast(), lookup])\n"}
    result = scan(make(files))
    assert {each.key: (each.ref, each.metadata.get("references", [])) for each in result.findings} == {
        "tool:forecast": ("shared_tools.weather:Forecast", []),
        "tool:lookup": ("shared_tools.weather:lookup", []),
        "agent:A": ("main:a", ["tool:forecast", "tool:lookup"]),
    }


def test_an_agent_that_is_made_is_no_reference_to_its_class(make: Any) -> None:
    """The class is an entry too, and the one that is given is the agent."""
    files = {
        "app.py": (
            "from agents import Agent\nclass Own(Agent):\n    '''My kind of agent.'''\n"
            "helper = Own(name='helper')\nboss = Agent(name='boss', tools=[helper.as_tool('h', 'help')])\n"
        )
    }
    assert graph(make, files) == {"agent:Own": [], "agent:helper": [], "agent:boss": ["agent:helper"]}


def test_a_file_of_a_package_imports_its_neighbours_by_plain_names(make: Any) -> None:
    """As a script does, whose folder is on the import path; the folder above counts for those in folders of it."""
    files = {
        "app/__init__.py": "",
        "app/main.py": "from agents import Agent\nfrom tools.web import fetch\na = Agent(name='A', tools=[fetch])\n",
        "app/tools/__init__.py": "",
        "app/tools/web.py": "from tools.text import clean\ndef fetch(url: str):\n    '''Fetch a page.'''\n",
        "app/tools/text.py": "from agents import function_tool\n@function_tool\ndef clean(t: str):\n    '''Clean.'''\n",
        "app/team/__init__.py": "",
        "app/team/boss.py": "from agents import Agent\nfrom tools.web import fetch\nb = Agent('B', tools=[fetch])\n",
    }
    result = scan(make(files))
    assert {each.key: (each.ref, each.metadata.get("references", [])) for each in result.findings} == {
        "agent:A": ("app.main:a", ["tool:fetch"]),
        "agent:B": ("app.team.boss:b", ["tool:fetch"]),
        "tool:clean": ("app.tools.text:clean", []),
        "tool:fetch": ("app.tools.web:fetch", []),
    }


def test_of_packages_with_one_name_the_nearest_is_meant(make: Any) -> None:
    """A script beside one of two projects with ``tools`` means that; one that is as near to both means none."""
    tool = "def find(q: str):\n    '''Find it %s.'''\n"
    agent = "from agents import Agent\nfrom tools import find\na = Agent(name='%s', tools=[find])\n"
    files = {
        "one/lib/pyproject.toml": "[project]\nname='a'\n",
        "one/lib/tools/__init__.py": tool % "here",
        "two/lib/pyproject.toml": "[project]\nname='b'\n",
        "two/lib/tools/__init__.py": tool % "there",
        "two/my-app/main.py": agent % "near",
        "my-other/main.py": agent % "far",
    }
    result = scan(make(files))
    assert {each.key: each.metadata.get("references", []) for each in result.findings} == {
        "agent:far": [],
        "agent:near": ["tool:find"],
        "tool:find": [],
    }
    assert next(each for each in result.findings if each.kind == "tool").description == "Find it there."


def test_a_folder_called_like_a_framework_is_not_its_neighbour(make: Any) -> None:
    """Examples for a framework lie in folders with its name, and still import the framework."""
    files = {
        "examples/__init__.py": "",
        "examples/agno/__init__.py": "",
        "examples/agno/first.py": "from agno.agent import Agent\na = Agent(name='A')\n",
    }
    assert {each.key: each.framework for each in scan(make(files)).findings} == {"agent:A": "agno"}


OWN_AGENTS = {
    "agents/__init__.py": "from agents.base import Agent\n",
    "agents/base.py": "class Agent:\n    def __init__(self, name): ...\n",
    "main.py": "from agents import Agent\nfrom agents.base import Agent as Base\na = Agent('a')\nb = Base('b')\n",
}


def test_a_package_of_the_project_with_the_name_of_a_framework_is_not_the_framework(make: Any) -> None:
    """The file of the project says that it is another; what the package does not have is still the framework's."""
    named = {**OWN_AGENTS, "pyproject.toml": "[project]\nname = 'my-app'\n"}
    script = {"run.py": "from agents import function_tool\n@function_tool\ndef find(q): ...\n"}
    assert graph(make, {**named, **script}) == {"tool:find": []}


def test_the_repository_of_a_framework_has_the_framework(make: Any) -> None:
    """The project is called as the distribution is, whatever the package is called."""
    named = {**OWN_AGENTS, "pyproject.toml": "[project]\nname = 'openai-agents'\n"}
    assert sorted(graph(make, named)) == ["agent:a", "agent:b"]


def test_what_runs_only_where_a_framework_is_installed_is_found_where_it_is_not(make: Any) -> None:
    """``try: from google.adk.agents import Agent``: what the block and its ``else`` make are entries."""
    file = (
        "try:\n    from google.adk.agents import Agent\n    one = Agent(name='one')\n"
        "    def build():\n        return Agent(name='two')\n"
        "except ImportError:\n    one = None\nelse:\n    three = Agent(name='three')\n"
    )
    assert {each.key: each.ref for each in scan(make({"app.py": file})).findings} == {
        "agent:one": "app:one",
        "agent:two": "app:build",
        "agent:three": "app:three",
    }


def test_parts_of_a_namespace_in_several_roots_know_each_other(make: Any) -> None:
    """Of two projects below one namespace, one uses tools, classes and decorators of the other."""
    tree = {
        "alpha/pyproject.toml": "",
        "alpha/src/ns/alpha/__init__.py": "",
        "alpha/src/ns/alpha/tools.py": "from agents import Agent, function_tool\nPROMPT = 'Help.'\n"
        "def mark(f):\n    return function_tool(f)\nclass Base(Agent): 'A base.'\ndef plain(q: str): 'Plain.'\n",
        "beta/pyproject.toml": "",
        "beta/src/ns/beta/__init__.py": "",
        "beta/src/ns/beta/app.py": "from agents import Agent\nfrom ns.alpha.tools import PROMPT, Base, mark, plain\n"
        "helper = Agent(name='helper', instructions=PROMPT, tools=[plain])\nclass Own(Base): 'Own.'\n"
        "@mark\ndef marked(a: int): 'Marked.'\n",
    }
    found = {each.key: (each.ref, each.description) for each in scan(make(tree)).findings}
    assert found == {
        "agent:Base": ("ns.alpha.tools:Base", "A base."),
        "tool:plain": ("ns.alpha.tools:plain", "Plain."),
        "agent:helper": ("ns.beta.app:helper", "Help."),
        "agent:Own": ("ns.beta.app:Own", "Own."),
        "tool:marked": ("ns.beta.app:marked", "Marked."),
    }
