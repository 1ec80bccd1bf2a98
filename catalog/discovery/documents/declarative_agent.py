"""Agents that are written in YAML alone: Microsoft's (Agent Framework, Semantic Kernel) and Google's (ADK)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import name_of, options_of, stem_of, table_of

_KERNEL_TYPES = frozenset(
    {"chat_completion_agent", "azure_ai_agent", "azure_assistant", "openai_assistant", "foundry_agent"}
    | {"openai_responses", "azure_openai_responses", "azure_responses"}
)
"""What Semantic Kernel calls the types of its agents."""
_ADK_CLASSES = frozenset({"LlmAgent", "SequentialAgent", "ParallelAgent", "LoopAgent"})
_ADK_SCHEMA = re.compile(r"\$schema=\S*/AgentConfig\.json")
_INVOKED = "Agent"
"""How the kinds of a workflow's actions end that ask an agent: ``InvokeAzureAgent``."""


def read(document: Document) -> Iterator[Item]:
    """Yield the agent or workflow, if the table is one."""
    table = document.yaml
    if not isinstance(table, dict):
        return
    if table.get("kind") == "Workflow" and isinstance(table.get("trigger"), dict):
        yield _item(document, table, _comment(document.text), {"agents": _invoked(table["trigger"])}, "agent-framework")
        return
    instructions = table.get("instructions", table.get("instruction"))
    if table.get("kind") == "Prompt" and isinstance(instructions, str):
        framework = "agent-framework"
    elif table.get("type") in _KERNEL_TYPES and isinstance(instructions, str):
        framework = "semantic-kernel"
    elif table.get("agent_class") in _ADK_CLASSES or _ADK_SCHEMA.search(document.text):
        framework = "google-adk"
    else:
        return
    yield _item(document, table, instructions, _spec(table), framework)


def _item(document: Document, table: Mapping[str, Any], text: Any, spec: Mapping[str, Any], framework: str) -> Item:
    """Return the agent; what it does is what its description says, else its instructions."""
    said = [each for each in (table.get("description"), text) if isinstance(each, str) and each.strip()]
    return Item(
        kind="agent",
        name=name_of(table.get("name"), _called(document)),
        description=said[0].strip() if said else "",
        spec={"framework": framework, **{word: value for word, value in spec.items() if value}},
        line=document.line_of("name") if "name" in table else 1,
    )


def _called(document: Document) -> str:
    """Return the name of the file, or that of its folder where the file is called as all are."""
    stem = stem_of(document)
    return os.path.basename(document.folder) if stem in ("agent", "workflow", "root_agent") else stem


def _spec(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return instructions, model, tools and sub-agents; how anything is reached, and with which key, is left out."""
    model = table.get("model")
    named = model if isinstance(model, str) else table_of(model).get("id")
    instructions = table.get("instructions", table.get("instruction"))
    return {
        "instructions": instructions.strip() if isinstance(instructions, str) else "",
        "model": named if isinstance(named, str) and not named.startswith(("${", "=")) else None,
        "model_options": options_of(table_of(model).get("options")),
        "tools": [name for each in _list(table.get("tools")) if (name := _named(each, "name", "id"))],
        "sub_agents": [
            name for each in _list(table.get("sub_agents")) if (name := _named(each, "config_path", "code"))
        ],
        "agent_class": table.get("agent_class") if isinstance(table.get("agent_class"), str) else None,
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(value: Any, *words: str) -> str:
    if isinstance(value, str):
        return value
    return next((value[word] for word in words if isinstance(table_of(value).get(word), str)), "")


def _invoked(trigger: Mapping[str, Any]) -> list[str]:
    """Return the names of the agents that a workflow asks, in the order of its actions."""
    names: list[str] = []
    waiting: list[Any] = [trigger]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = table_of(each.get("agent")).get("name")
            if str(each.get("kind", "")).endswith(_INVOKED) and isinstance(name, str) and name not in names:
                names.append(name)
            waiting += reversed(each.values())
        elif isinstance(each, list):
            waiting += reversed(each)
    return names


def _comment(text: str) -> str:
    """Return the comment a file begins with."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return "\n".join(lines).strip().partition("\n\n")[0]
