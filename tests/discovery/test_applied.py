"""Decorators that are called as functions mark what they are called with, and servers refer to it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.discovery.scan import scan

TOOLS = "def find(text: str) -> str:\n    'Find a text.'\ndef drop(key: str) -> str:\n    'Drop a key.'\n"


def found(tree: Any) -> list[tuple[str, str | None, str]]:
    """Return key, reference and description of all but the servers."""
    return [(each.key, each.ref, each.description) for each in scan(tree).findings if each.kind != "mcp_server"]


@pytest.mark.parametrize(
    ("call", "key", "description"),
    [
        ("mcp.tool()(find)", "tool:find", "Find a text."),
        ("mcp.tool(name='search')(find)", "tool:search", "Find a text."),
        ("mcp.tool(\n    name='search',\n    description='Look (it) up.',\n)(find)", "tool:search", "Look (it) up."),
        ("handler = mcp.tool(name='search')(find)", "tool:search", "Find a text."),
        ("mcp.add_tool(find)", "tool:find", "Find a text."),
        ("mcp.add_tool(find, 'search', description='Look it up.')", "tool:search", "Look it up."),
        ("mcp.prompt('ask')(find)", "prompt:ask", "Find a text."),
    ],
)
def test_a_function_is_what_its_server_calls_it(make: Any, call: str, key: str, description: str) -> None:
    """A decorator of a server that is called with a function, and the method of the same meaning, mark the function."""
    tree = make(
        {"app.py": f"import fastmcp\ndef register(mcp):\n    {call.replace(chr(10), chr(10) + '    ')}\n{TOOLS}"}
    )
    assert found(tree / "app.py") == [(key, "app:find", description)]


def test_methods_and_functions_of_other_files_are_marked(make: Any) -> None:
    """What a handler registers on the server it is given are its methods, and the functions it imports."""
    handler = (
        "from tools import find\n"
        "class Handler:\n"
        "    def __init__(self, mcp):\n"
        "        self.mcp = mcp\n"
        "        self.mcp.tool(name='logs')(self.get_logs)\n"
        "        mcp.tool(name='search')(find)\n"
        "    async def get_logs(self, day: str) -> str:\n"
        "        'Read the logs of a day.'\n"
    )
    tree = make({"handler.py": handler, "tools.py": TOOLS, "main.py": "import fastmcp\nimport handler\n"})
    assert found(tree) == [
        ("tool:logs", "handler:Handler.get_logs", "Read the logs of a day."),
        ("tool:search", "tools:find", "Find a text."),
    ]


def test_the_server_refers_to_what_is_registered_on_it(make: Any) -> None:
    """The tools that a server is given by calls are among its references."""
    head = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('files')\n"
    calls = "mcp.tool(name='search')(find)\nmcp.add_tool(drop)\n"
    findings = scan(make({"app.py": f"{head}{TOOLS}{calls}"}) / "app.py").findings
    server = next(each for each in findings if each.kind == "mcp_server")
    assert server.metadata["references"] == ["tool:search", "tool:drop"]


def test_a_tool_made_of_a_function_is_the_variable(make: Any) -> None:
    """``Tool.from_function`` of the MCP library makes one tool of a function, with the name that it is given."""
    text = f"from mcp.server.fastmcp.tools import Tool\n{TOOLS}search = Tool.from_function(fn=find, name='search')\n"
    assert found(make({"app.py": text}) / "app.py") == [("tool:search", "app:search", "Find a text.")]


@pytest.mark.parametrize("call", ["box.tool()(find)", "box.add_tool(find)", "tool('x')(find)", "mcp.tool(find)"])
def test_objects_of_other_names_mark_nothing(make: Any, call: str) -> None:
    """A method of that name of an object that is no server, and a call that gives the function to the method itself."""
    assert (
        found(make({"app.py": f"import fastmcp\ndef register(box, mcp, tool):\n    {call}\n{TOOLS}"}) / "app.py") == []
    )
