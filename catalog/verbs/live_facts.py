"""What a live object of a framework says of itself: name, description, JSON Schema of its arguments.

No framework is imported to recognise its objects: the names of the classes in the method resolution order tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from catalog.entry.limits import data_fault


class _Row(NamedTuple):
    """Where objects of a class say something: attributes, with dots between; a method is called."""

    parameters: str
    name: str = "name"
    description: str = "description"


_ROWS: dict[tuple[str, str], _Row] = {
    ("langchain_core", "BaseTool"): _Row("tool_call_schema"),
    ("pydantic_ai", "Tool"): _Row("tool_def.parameters_json_schema"),
    ("agents", "FunctionTool"): _Row("params_json_schema"),
    ("mcp", "Tool"): _Row("parameters"),
    ("fastmcp", "Tool"): _Row("parameters"),
    ("smolagents", "Tool"): _Row("inputs"),
    ("llama_index", "BaseTool"): _Row("metadata.get_parameters_dict", "metadata.name", "metadata.description"),
    ("crewai", "BaseTool"): _Row("args_schema"),
    ("google", "FunctionTool"): _Row("_get_declaration.parameters_json_schema"),
    ("agno", "Function"): _Row("parameters"),
    ("strands", "AgentTool"): _Row("tool_spec.inputSchema.json", "tool_name", "tool_spec.description"),
    ("agent_framework", "FunctionTool"): _Row("parameters"),
    ("haystack", "Tool"): _Row("parameters"),
    ("dspy", "Tool"): _Row("args", description="desc"),
}
"""Top-level module and name of a class to where its objects say what; the first in an object's order counts."""


def live_facts(obj: object) -> dict[str, Any]:
    """Return what *obj* says: ``name``, ``description`` and ``parameters``, those that it has; empty for others."""
    if isinstance(obj, type):
        return {}
    rows = (_ROWS.get((base.__module__.partition(".")[0], base.__name__)) for base in type(obj).__mro__)
    row = next((row for row in rows if row is not None), None)
    if row is None:
        return {}
    facts = {"name": _at(obj, row.name), "description": _at(obj, row.description)}
    facts = {word: text for word, text in facts.items() if isinstance(text, str) and text.strip()}
    schema = _schema(_at(obj, row.parameters))
    return {**facts, "parameters": schema} if schema else facts


def live_fields(obj: object) -> dict[str, Any]:
    """Return the fields of an entry that *obj* gives: ``description``, and ``metadata`` with its parameters."""
    facts = live_facts(obj)
    fields = {word: facts[word] for word in ("description",) if word in facts}
    return {**fields, "metadata": {"parameters": facts["parameters"]}} if "parameters" in facts else fields


def _at(obj: Any, path: str) -> Any:
    """Return what lies at *path*; None where it does not, or where looking fails."""
    for part in path.split("."):
        try:
            obj = obj.get(part) if isinstance(obj, Mapping) else getattr(obj, part, None)
            if callable(obj) and not isinstance(obj, type):
                obj = obj()
        except Exception:  # code of others runs here: a property, a validator
            return None
    return obj


def _schema(said: Any) -> dict[str, Any] | None:
    """Return the JSON Schema that *said* gives: a model of pydantic, a schema, or a schema for each argument."""
    make = getattr(said, "model_json_schema", None)
    if callable(make):
        try:
            said = make()
        except Exception:  # pydantic can't say it in JSON Schema
            return None
    if not isinstance(said, dict) or data_fault(said) is not None:
        return None
    if "properties" in said or not all(isinstance(part, dict) for part in said.values()):
        return said
    needed = [name for name, part in said.items() if not part.get("nullable") and "default" not in part]
    return {"type": "object", "properties": said, "required": needed}
