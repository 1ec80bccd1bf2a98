"""How an entry is loaded: in Python, from the command line, over MCP, in each framework; to be copied as it stands."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog import Entry

FRAMEWORKS = (
    ("langchain", "LangChain"),
    ("openai", "OpenAI"),
    ("anthropic", "Anthropic"),
    ("openai_agents", "OpenAI Agents SDK"),
    ("pydantic_ai", "Pydantic AI"),
    ("llamaindex", "LlamaIndex"),
    ("crewai", "CrewAI"),
    ("google_adk", "Google ADK"),
    ("smolagents", "smolagents"),
    ("agno", "Agno"),
    ("strands", "Strands"),
    ("agent_framework", "Agent Framework"),
    ("haystack", "Haystack"),
    ("dspy", "DSPy"),
    ("mcp", "MCP SDK"),
)
"""Adapters, and what people call them, the most asked for first."""

CALLED = ("tool", "agent", "council", "sub_council", "prompt")
"""Kinds that are run."""

_SAMPLES: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}


def ways_to_load(entry: Entry) -> list[dict[str, str]]:
    """Return the ways to load an entry, each with its name and the text to copy."""
    key = entry.key
    python = f"from catalog import Catalog\n\nwith Catalog() as cat:\n    {_variable(entry)} = cat[{key!r}]"
    ways = [{"name": "Python", "code": python}]
    if entry.kind in CALLED:
        ways.append({"name": "Command line", "code": f"catalog run {_quoted(key)}{_options(entry)}"})
    ways.append({"name": "MCP", "code": _mcp(entry)})
    if entry.kind == "tool":
        ways += [
            {
                "name": called,
                "code": f"from catalog import Catalog\nfrom catalog.adapters import {name}\n\n"
                f"cat = Catalog()\n{_variable(entry)} = {name}.tool(cat, {key!r})",
            }
            for name, called in FRAMEWORKS
        ]
    return ways


def _variable(entry: Entry) -> str:
    word = re.sub(r"\W+", "_", entry.name.rpartition("/")[2]).strip("_").lower()
    return word if word.isidentifier() and len(word) <= 40 else entry.kind


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w.:/@-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _arguments(entry: Entry) -> dict[str, Any]:
    schema = entry.parameters
    properties = schema.get("properties")
    required = schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    found = {}
    for name in required:
        member = properties.get(name)
        kind = member.get("type") if isinstance(member, dict) else None
        found[str(name)] = _SAMPLES.get(kind, "…") if isinstance(kind, str) else "…"
    return found


def _options(entry: Entry) -> str:
    return "".join(
        f" {name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in _arguments(entry).items()
    )


def _mcp(entry: Entry) -> str:
    """Return the call of our MCP server for a tool; for anything else the address of its resource."""
    if entry.kind in ("tool", "agent", "council"):
        return "call_tool(" + json.dumps({"key": entry.key, "arguments": _arguments(entry)}, ensure_ascii=False) + ")"
    return f"catalog://{entry.kind}/{entry.name}"
