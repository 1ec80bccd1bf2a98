"""CrewAI: crews in Python whose agents and tasks are written in YAML are one entry each, not two."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from catalog.discovery.crewai import crews_of
from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]

AGENTS = """\
reporter:
  role: >
    Reporter of {topic}
  goal: Find the news.
  backstory: You have seen much.
  llm: openai/gpt-4o
editor:
  role: Editor
  goal: Cut.
  backstory: You are strict.
spare:
  role: Spare
  goal: Wait.
  backstory: You wait.
odd: {role: Odd, goal: 1, backstory: No.}
"""

TASKS = """\
report_task:
  description: Report on {topic}.
  expected_output: Ten lines.
  agent: reporter
cut:
  description: Cut it.
  expected_output: Five lines.
"""

CREW = '''
from crewai import Agent, Crew, Task
from crewai.project import CrewBase, agent, crew, task

@CrewBase
class Press:
    """Writes the news."""
    agents_config = "config/agents.yaml"

    @agent
    def reporter(self) -> Agent:
        return Agent(config=self.agents_config["reporter"], verbose=True)

    @agent
    def boss(self) -> Agent:
        return Agent(config=self.agents_config.get("editor"))

    @agent
    def unknown(self) -> Agent:
        """Nobody knows."""
        return Agent(config=self.agents_config["nobody"])

    @task
    def cut(self) -> Task:
        return Task(config=self.tasks_config["cut"], agent=self.reporter())

    @task
    def cut(self) -> Task:
        return Task(config=self.tasks_config["cut"], agent=self.boss())

    @task
    def report(self) -> Task:
        return Task(config=self.tasks_config["report_task"], agent=self.reporter())

    @crew
    def crew(self) -> Crew:
        return Crew(agents=self.agents, tasks=self.tasks)
'''

FILES = {
    "news/press/__init__.py": "",
    "news/press/crew.py": CREW,
    "news/press/config/agents.yaml": AGENTS,
    "news/press/config/tasks.yaml": TASKS,
}


def facts(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Return of each finding reference, description, parameters, and the table it was described by."""
    return {
        each.key: (each.ref, each.description, _takes(each.parameters), _table(each.metadata))
        for each in scan(folder).findings
    }


def _table(metadata: dict[str, Any]) -> str | None:
    """Return the key of the table that describes an object, or that is the entry."""
    return metadata.get("key") or metadata.get("described_in", "").partition("#")[2] or None


def _takes(parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    return parameters if parameters and parameters["properties"] else None


def needs(name: str) -> dict[str, Any]:
    """Return the schema of one text that is required."""
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


def test_methods_are_described_by_their_tables(make: Make) -> None:
    """A method that takes a table says what the table says, and the table is no entry; what no method takes is one."""
    assert facts(make(FILES)) == {
        "agent:reporter": (
            "press.crew:Press.reporter",
            "Reporter of {topic}\n\nFind the news.\n\nYou have seen much.",
            needs("topic"),
            "reporter",
        ),
        "agent:boss": ("press.crew:Press.boss", "Editor\n\nCut.\n\nYou are strict.", None, "editor"),
        "agent:unknown": ("press.crew:Press.unknown", "Nobody knows.", None, None),
        "agent:crew": ("press.crew:Press.crew", "Writes the news.", None, None),
        "agent:spare": (None, "Spare\n\nWait.\n\nYou wait.", None, "spare"),
        "prompt:cut": ("press.crew:Press.cut", "Cut it.\n\nFive lines.", None, "cut"),
        "prompt:report": (
            "press.crew:Press.report",
            "Report on {topic}.\n\nTen lines.",
            needs("topic"),
            "report_task",
        ),
    }


def test_two_crews_of_one_name_are_two(make: Make) -> None:
    """Crews with one reference below two roots are both found, each with the tables beside it."""
    twice = {f"{top}/{name}": text for top in ("a-a", "b-b") for name, text in FILES.items()}
    twice["b-b/news/press/config/tasks.yaml"] = TASKS.replace("Cut it.", "Cut more.")
    found = [each for each in scan(make(twice)).findings if each.ref == "press.crew:Press.cut"]
    assert sorted(each.description for each in found) == ["Cut it.\n\nFive lines.", "Cut more.\n\nFive lines."]


def test_yaml_without_a_crew_is_entries(make: Make) -> None:
    """Agents and tasks that are only written in YAML are entries with all they say."""
    found = {each.key: each.spec for each in scan(make({"a/agents.yaml": AGENTS, "a/work.yml": TASKS})).findings}
    assert found == {
        "agent:reporter": {
            "role": "Reporter of {topic}",
            "goal": "Find the news.",
            "backstory": "You have seen much.",
            "llm": "openai/gpt-4o",
        },
        "agent:editor": {"role": "Editor", "goal": "Cut.", "backstory": "You are strict."},
        "agent:spare": {"role": "Spare", "goal": "Wait.", "backstory": "You wait."},
        "prompt:report_task": {
            "description": "Report on {topic}.",
            "expected_output": "Ten lines.",
            "template": "Report on {topic}.\n\nTen lines.",
            "agent": "reporter",
        },
        "prompt:cut": {
            "description": "Cut it.",
            "expected_output": "Five lines.",
            "template": "Cut it.\n\nFive lines.",
        },
    }


def test_a_program_that_reads_the_file_itself_is_described(make: Make) -> None:
    """Without a crew, an object that is called as a table in a file beside its module is what the table says."""
    code = """
        import yaml
        from crewai import Agent
        config = yaml.safe_load(open("config/agents.yaml"))
        editor = Agent(config=config["editor"])
        """
    found = facts(
        make({"app/main.py": code, "app/config/agents.yaml": AGENTS, "other/deep/config/agents.yaml": AGENTS})
    )
    assert [key for key, (ref, *_) in found.items() if ref] == ["agent:editor"]
    assert found["agent:editor"][1:] == ("Editor\n\nCut.\n\nYou are strict.", None, "editor")


def test_the_graph_of_a_crew(make: Make) -> None:
    """A crew refers to its agents and tasks, a task to its agent, in Python or in YAML."""
    more = "spare_task:\n  description: D.\n  expected_output: E.\n  agent: spare\n  context: [cut, nowhere]\n"
    findings = scan(make({**FILES, "news/press/config/tasks.yaml": TASKS + more})).findings
    assert {each.key: sorted(each.metadata.get("references", ())) for each in findings} == {
        "agent:reporter": [],
        "agent:boss": [],
        "agent:unknown": [],
        "agent:spare": [],
        "agent:crew": ["agent:boss", "agent:reporter", "agent:unknown", "prompt:cut", "prompt:report"],
        "prompt:cut": ["agent:boss"],
        "prompt:report": ["agent:reporter"],
        "prompt:spare_task": ["agent:spare", "prompt:cut"],
    }


@pytest.mark.parametrize("text", ["a: [", "reporter: {role: 1}", "- backstory", "backstory"])
def test_a_broken_file_leaves_the_methods(make: Make, text: str) -> None:
    """A file that can't be read, or has another form, takes nothing from the crew."""
    found = facts(make({**FILES, "news/press/config/agents.yaml": text + "\n# backstory"}))
    assert found["agent:boss"] == ("press.crew:Press.boss", "", None, None)


def test_crews_are_read_from_the_tree() -> None:
    """The files and keys that methods take are read, of classes within classes and branches too."""
    text = """
if True:
    class Outer:
        @project.CrewBase
        class Inner:
            'Doc.'
            tasks_config: str = "t.yaml"
            agents_config = 1
            def a(self): return x(config=self.tasks_config["one"], agent=self.c(), context=[self.b(), self.z()])
            def b(self): return self.tasks_config[key], other.tasks_config["x"], self.agents_config["two"]
            def c(self): return self.settings["x"]
"""
    assert crews_of(ast.parse(text)) == {
        "Outer.Inner": {
            "doc": "Doc.",
            "needs": False,
            "methods": {
                "a": {"table": ["t.yaml", "one"], "calls": [["agent", "c"], ["context", "b"]]},
                "b": {"table": ["config/agents.yaml", "two"], "calls": []},
                "c": {"table": None, "calls": []},
            },
        }
    }
