"""The count that scans of applications are held against sees what a reader of the same files sees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from factories import ROOT

from benchmarks.apps.compare import Seen, compare
from benchmarks.apps.count import count
from benchmarks.apps.files import counted
from benchmarks.discovery.apps_search import is_right, requests
from catalog import Entry

Row = tuple[str, str, str, int, str]


def rows(top: Path, *, required: bool = True) -> list[Row]:
    """Return what is counted in a folder: kind, name, path, line, how."""
    items = [item for item in count(top).items if item.required is required]
    return sorted((item.kind, item.name, item.path, item.line, item.how) for item in items)


def write(top: Path, name: str, text: str) -> None:
    """Write a file below *top*."""
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


AGENTS = '''
from agents import Agent, FunctionTool
from agents import tool as marked
from helpers import lookup as find, shared

@marked
def weather(city: str) -> str:
    """The weather."""

def plain(): ...

def unused(): ...

EXTRA = [shared]
main = Agent(name="main", instructions="Help.", tools=[plain, find, FunctionTool(shared), *EXTRA])

def build():
    return Agent(name="built", handoffs=[Agent(name="inner")])
'''


def test_marked_functions_agents_and_given_functions_are_counted(tmp_path: Path) -> None:
    """Decorators are followed through `as`, functions to their definition; what nobody is given is not counted."""
    write(tmp_path, "my-app/agents_demo.py", AGENTS)
    write(tmp_path, "my-app/helpers.py", "def lookup(): ...\n\n\ndef shared(): ...\n")
    assert rows(tmp_path) == [
        ("agent", "built", "my-app/agents_demo.py", 18, "constructed"),
        ("agent", "inner", "my-app/agents_demo.py", 18, "constructed"),
        ("agent", "main", "my-app/agents_demo.py", 15, "constructed"),
        ("tool", "lookup", "my-app/helpers.py", 1, "given"),
        ("tool", "plain", "my-app/agents_demo.py", 10, "given"),
        ("tool", "shared", "my-app/helpers.py", 4, "given"),
        ("tool", "weather", "my-app/agents_demo.py", 7, "decorated"),
    ]


def test_wrappers_and_classes_are_followed_through_the_repository(tmp_path: Path) -> None:
    """A decorator that returns what a known decorator returns marks tools; a class may derive through others."""
    write(
        tmp_path,
        "lib/marks.py",
        "from strands import tool\nfrom crewai.tools import BaseTool\n\n"
        "def logged(**options):\n    return tool(**options)\n\n"
        "class Base(BaseTool):\n    name = 'base'\n",
    )
    write(
        tmp_path,
        "lib/use.py",
        "from lib.marks import Base, logged\n\n@logged(name='x')\ndef one(): ...\n\nclass Two(Base): ...\n",
    )
    assert rows(tmp_path) == [
        ("tool", "Base", "lib/marks.py", 7, "derived"),
        ("tool", "Two", "lib/use.py", 6, "derived"),
        ("tool", "one", "lib/use.py", 4, "decorated"),
    ]


def test_methods_of_servers_agents_and_crews_are_counted(tmp_path: Path) -> None:
    """`@mcp.tool` counts where the object is a server, `@agent` where the class is a crew; a graph is one agent."""
    write(
        tmp_path,
        "server.py",
        "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('demo')\n\n@mcp.tool()\ndef add(): ...\n\n"
        "@mcp.prompt()\ndef greet(): ...\n\n@other.tool()\ndef no(): ...\n",
    )
    write(
        tmp_path,
        "crew.py",
        "from crewai import Agent, Task\nfrom crewai.project import CrewBase, agent, task\n\n@CrewBase\nclass C:\n"
        "    @agent\n    def writer(self):\n        return Agent(config=1)\n"
        "    @task\n    def write(self):\n        return Task(config=2)\n",
    )
    write(
        tmp_path,
        "graph.py",
        "from langgraph.graph import StateGraph\nbuilder = StateGraph(dict)\nbuilder.add_node('a', len)\n"
        "graph = builder.compile()\n",
    )
    assert rows(tmp_path) == [
        ("agent", "builder", "graph.py", 2, "constructed"),
        ("agent", "writer", "crew.py", 7, "decorated"),
        ("mcp_server", "demo", "server.py", 2, "constructed"),
        ("prompt", "greet", "server.py", 8, "decorated"),
        ("prompt", "write", "crew.py", 10, "decorated"),
        ("tool", "add", "server.py", 5, "decorated"),
    ]


def test_documents_are_counted(tmp_path: Path) -> None:
    """Skills, servers, cards, graphs, operations of an API and tasks of a crew are counted by their published forms."""
    write(tmp_path, "s/SKILL.md", "---\nname: pdf\ndescription: Reads.\n---\nText\n")
    write(tmp_path, ".mcp.json", json.dumps({"mcpServers": {"git": {"command": "uvx"}}}))
    write(tmp_path, "agent.json", json.dumps({"name": "card", "url": "u", "skills": []}))
    write(tmp_path, "langgraph.json", json.dumps({"graphs": {"g": "./a.py:g"}}))
    write(
        tmp_path,
        "api.json",
        json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": {"operationId": "getA"}}}}, indent=1),
    )
    write(tmp_path, "config/tasks.yaml", "write:\n  description: Write.\n")
    write(tmp_path, "broken/.mcp.json", "{")
    assert rows(tmp_path) == [
        ("agent", "card", "agent.json", 1, "document"),
        ("agent", "g", "langgraph.json", 1, "document"),
        ("mcp_server", "git", ".mcp.json", 1, "document"),
        ("prompt", "write", "config/tasks.yaml", 1, "document"),
        ("skill", "pdf", "s/SKILL.md", 1, "document"),
        ("tool", "getA", "api.json", 1, "document"),
    ]


def test_notebooks_are_counted_without_their_magic(tmp_path: Path) -> None:
    """The code cells of a notebook are one module; lines for the notebook, and cells that are broken, are left out."""
    cells = ["%pip install x\nfrom strands import tool\n", "def (", "@tool\ndef a(): ...\n"]
    notebook = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    write(tmp_path, "n.ipynb", json.dumps(notebook))
    assert [row[:3] for row in rows(tmp_path)] == [("tool", "a", "n.ipynb")]


def test_tests_vendored_and_ignored_files_do_not_count(tmp_path: Path) -> None:
    """Neither tests nor other people's packages nor what git ignores is read."""
    left_out = ("tests/b.py", "test_c.py", "c_test.py", "node_modules/d.py", ".venv/e.py", "out/f.py", "g_pb2.py")
    for name in ("a.py", *left_out):
        write(tmp_path, name, "")
    write(tmp_path, ".gitignore", "out/\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert counted(tmp_path) == [".gitignore", "a.py"]


def test_findings_are_matched_by_place_kind_and_name(tmp_path: Path) -> None:
    """One finding answers for one item; another kind is wrong, and so is a place where nothing begins."""
    write(tmp_path, "agents_demo.py", AGENTS)
    found = [
        Seen("tool", "weather", "agents_demo.py", 6, False),  # the line of the decorator
        Seen("agent", "main", "agents_demo.py", 15, True),
        Seen("agent", "inner", "agents_demo.py", 18, True),
        Seen("tool", "built", "agents_demo.py", 17, True),
        Seen("schema", "other", "agents_demo.py", 1, True),  # not judged
    ]
    result = compare(count(tmp_path).items, found)
    assert sorted(item.name for item, _ in result.found) == ["inner", "main", "weather"]
    assert sorted(item.name for item in result.missed) == ["built", "plain"]
    assert [finding.name for finding in result.wrong] == ["built"]
    assert result.recall("agent", ("constructed",)) == (2, 3)
    assert result.precision() == (3, 4)
    assert ([finding.name for _, finding in result.bare()[0]], result.bare()[1]) == (["weather"], 2)


def test_there_are_fifty_requests_each_with_answers() -> None:
    """The requests are fifty, none twice; an answer is a pattern of a name, and of a place where it says so."""
    asked = requests()
    assert (len(asked), len({request.ask for request in asked})) == (50, 50)
    assert all(request.right for request in asked)
    git = next(request for request in asked if request.ask == "MCP server for git")
    right = Entry(kind="mcp_server", name="server", ref="mcp_server_git.server:server", source="scan:x")
    assert is_right(right, git)
    assert not is_right(right.model_copy(update={"ref": "mcp_server_time.server:server"}), git)


def test_what_is_counted_and_found_is_plain_data(tmp_path: Path) -> None:
    """`--json` prints one document, with every figure and every miss."""
    write(tmp_path, "repo/agents_demo.py", AGENTS)
    command = [sys.executable, "-m", "benchmarks", "scan_apps", "--json", str(tmp_path / "repo")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    [data] = json.loads(done.stdout)
    assert (data["repository"], data["files"]) == ("repo", 1)
    figure = data["figures"]["tools, decorated and derived"]
    assert (figure["of"], figure["goal"]) == (1, 0.95)


REGISTERED = """
from fastmcp import FastMCP
from mcp.server.fastmcp.prompts import Prompt

class Files(FastMCP): ...

files = Files("files")

@files.tool()
def read(): ...

def write(): ...
def move(): ...
def ask(): ...

files.add_tool(write)
prompt = Prompt.from_function(ask, name="ask")

def register(mcp):
    mcp.tool(name="shift")(move)

    @mcp.tool()
    def inner(): ...
"""


def test_what_is_registered_on_a_server_is_counted(tmp_path: Path) -> None:
    """A server of the repository's own class, one that is handed over, and its decorators called as functions count."""
    write(tmp_path, "app.py", REGISTERED)
    assert rows(tmp_path) == [
        ("mcp_server", "files", "app.py", 7, "constructed"),
        ("prompt", "ask", "app.py", 14, "given"),
        ("tool", "inner", "app.py", 23, "decorated"),
        ("tool", "move", "app.py", 13, "given"),
        ("tool", "read", "app.py", 10, "decorated"),
        ("tool", "write", "app.py", 12, "given"),
    ]


def test_tools_written_as_data_are_counted_once_each(tmp_path: Path) -> None:
    """Dictionaries in the forms of the providers count; what a model answers with, and tables, do not."""
    schema = '{"type": "object", "properties": {}}'
    text = (
        f'A = {{"name": "a", "input_schema": {schema}}}\n'
        f'B = [{{"type": "function", "function": {{"name": "b", "parameters": {schema}}}}}]\n'
        f'C = {{"toolSpec": {{"name": "c", "inputSchema": {{"json": {schema}}}}}}}\n'
        f'AGAIN = {{"name": "a", "input_schema": {schema}}}\n'
        'CALL = {"type": "function", "function": {"name": "d", "arguments": "{}"}}\n'
        'ROW = {"name": "e", "parameters": {"size": 3}}\n'
    )
    write(tmp_path, "app.py", text)
    assert rows(tmp_path) == [("tool", name, "app.py", line, "written") for line, name in enumerate("abc", 1)]
