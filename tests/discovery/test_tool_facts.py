"""What a scan keeps of a tool's definition besides its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.discovery.scan import scan

FACTS = {
    "title": "Refund an order",
    "annotations": {"readOnlyHint": False, "destructiveHint": True},
}
SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}


@pytest.mark.parametrize("annotations", ['{"readOnlyHint": False, "destructiveHint": True}',
                                         "ToolAnnotations(readOnlyHint=False, destructiveHint=True)"])  # fmt: skip
@pytest.mark.parametrize("form", ["definition", "decorator"])
def test_title_annotations_and_output_schema_are_kept(tmp_path: Path, form: str, annotations: str) -> None:
    """Title, annotations and output schema of a tool are in the metadata, from definitions and decorators alike."""
    source = {
        "definition": f"""
from mcp.types import Tool, ToolAnnotations
refund = Tool(name="refund", title="Refund an order", description="Refunds.", inputSchema={{"type": "object"}},
              outputSchema={SCHEMA!r}, annotations={annotations})
""",
        "decorator": f"""
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations
server = FastMCP("shop")
@server.tool(title="Refund an order", annotations={annotations}, output_schema={SCHEMA!r})
def refund(order: str) -> dict:
    "Refunds."
""",
    }[form]
    (tmp_path / "shop.py").write_text(source)
    (finding,) = [each for each in scan(tmp_path / "shop.py").findings if each.kind == "tool"]
    assert (finding.key, finding.description) == ("tool:refund", "Refunds.")
    assert finding.metadata == {**FACTS, "output_schema": SCHEMA}


def test_the_definition_that_a_tool_is_given_says_what_it_is(make: Any) -> None:
    """LiveKit's ``raw_schema``, written in place or under a name; what can't be told of it is left out."""
    file = """
        from livekit.agents import function_tool
        SCHEMA = {"name": "named", "description": "By a name.", "parameters": {"type": "object", "properties": {}}}

        @function_tool(raw_schema={"type": "function", "name": "look_up", "parameters": parameters()})
        async def lookup(raw_arguments):
            "Look it up."

        @function_tool(raw_schema=SCHEMA)
        async def other(raw_arguments): ...
        """
    found = {each.name: each for each in scan(make({"app.py": file})).findings}
    assert {name: (each.ref, each.description) for name, each in found.items()} == {
        "look_up": ("app:lookup", "Look it up."),
        "named": ("app:other", "By a name."),
    }
    assert found["named"].parameters == {"type": "object", "properties": {}}
