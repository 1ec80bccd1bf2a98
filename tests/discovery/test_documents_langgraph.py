"""``langgraph.json``: graphs are agents with the reference of their Python object, one entry each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]

GRAPHS = {
    "dependencies": ["."],
    "env": {"OPENAI_API_KEY": "sk-1234567890abcdef1234"},
    "graphs": {
        "helper": "./src/agent/graph.py:graph",
        "maker": {"path": "./src/agent/graph.py:make_graph", "description": "Makes graphs."},
        "managed": "src/agent/graph.py:managed",
        "flow": "src/agent/graph.py:flow",
        "again": "./src/agent/graph.py:graph",
        "prompted": "./src/agent/react.py:agent",
        "other": "./src/web.ts:graph",
        "lost": "./src/agent/graph.py:nowhere",
        "away": "../elsewhere/graph.py:graph",
    },
}

CODE = {
    "langgraph.json": json.dumps(GRAPHS),
    "pyproject.toml": "",
    "src/agent/__init__.py": "",
    "src/agent/graph.py": '''
        """Answers with a graph."""
        from contextlib import asynccontextmanager
        from langgraph.func import entrypoint

        graph = build().compile()

        def make_graph(config):
            """Make one."""

        @asynccontextmanager
        async def managed(config): ...

        @entrypoint()
        def flow(state): ...
        ''',
    "src/agent/react.py": """
        from langchain_core.tools import tool
        from langchain.agents import create_agent

        agent = create_agent("openai:gpt-4o", tools=[], system_prompt="Be of help.")
        """,
}


def facts(folder: Path) -> list[tuple[Any, ...]]:
    """Return what matters of the agents in *folder*."""
    return [
        (e.name, e.ref, e.form, e.metadata.get("call"), e.description, e.spec, e.reason, e.metadata.get("also_named"))
        for e in sorted(scan(folder).findings, key=lambda each: each.name)
        if e.kind == "agent"
    ]


def test_graphs_are_agents_with_references(make: Make) -> None:
    """A graph has the reference of its object; a function is called to get it; what isn't Python, or away, is data."""
    folder = make(CODE)
    said = "Answers with a graph."
    lost = "langgraph.json names it, and agent.graph has no attribute 'nowhere'"
    found = facts(folder)
    assert [each for each in found if each[0] not in ("lost", "prompted")] == [
        ("away", None, "document", None, "", {"graph": "../elsewhere/graph.py:graph"}, "", None),
        ("flow", "agent.graph:flow", "function", None, said, None, "", None),
        ("helper", "agent.graph:graph", "value", None, said, None, "", ["again"]),
        ("maker", "agent.graph:make_graph", "function", True, "Makes graphs.", None, "", None),
        ("managed", "agent.graph:managed", "function", True, said, None, "", None),
        ("other", None, "document", None, "", {"graph": "./src/web.ts:graph"}, "", None),
    ]
    [(_, ref, _, _, _, spec, reason, _)] = [each for each in found if each[0] == "lost"]
    assert (ref, spec, reason.partition(",")[0]) == (None, None, lost.partition(",")[0])
    roots = {each.root for each in scan(folder).findings if each.ref}
    assert roots == {str(folder / "src")}
    assert "sk-123" not in json.dumps(scan(folder).to_dict())


def test_code_and_document_are_one_entry(make: Make) -> None:
    """An agent that its code shows and ``langgraph.json`` names is one entry, with the name it is known by outside."""
    agents = [each for each in scan(make(CODE)).findings if each.ref == "agent.react:agent"]
    found = [(each.name, each.ref, each.description, each.metadata["named_in"]) for each in agents]
    assert found == [("prompted", "agent.react:agent", "Be of help.", "langgraph.json")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{}", "langgraph: it has no table of graphs"),
        ('{"graphs": {"a": "agent.py"}}', "langgraph: graph 'a' says no path like './agent.py:graph'"),
        ('{"graphs": {"a": {"path": 1}}}', "langgraph: graph 'a' says no path like './agent.py:graph'"),
        ('{"graphs": ', "langgraph: it is not JSON"),
    ],
)
def test_a_broken_langgraph_json_is_named(make: Make, text: str, fault: str) -> None:
    """A file of another form is passed over with the reason."""
    [skipped] = scan(make({"langgraph.json": text})).skipped
    assert skipped.reason[: len(fault)] == fault


def test_a_graph_is_stored_with_its_reference(make: Make, url: str) -> None:
    """The entry of a graph is verified like any other, and a second scan changes nothing."""
    folder = make(CODE)
    with open_catalog(url) as cat:
        cat.scan(folder)
        assert cat.entry("agent:helper").ref == "agent.graph:graph"
        assert cat.verify(kind="agent") == []
        assert cat.scan(folder).found == ()
