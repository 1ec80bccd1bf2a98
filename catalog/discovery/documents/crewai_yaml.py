"""CrewAI: agents and tasks that are written in YAML; what they are is told by their words, not by the file's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import name_of, options_of
from catalog.entry.template import parameters_of_text

AGENT = ("role", "goal", "backstory")
TASK = ("description", "expected_output")
"""What an agent and a task must say of themselves."""

_NAMED = ("agent", "tools", "context", "llm", "function_calling_llm")
"""What may name others: kept as it is."""


def read(document: Document) -> Iterator[Item]:
    """Yield each agent and each task of the table."""
    table = document.yaml
    if not isinstance(table, dict):
        return
    for name, each in table.items():
        if not isinstance(each, dict) or not isinstance(name, str):
            continue
        if all(isinstance(each.get(word), str) for word in AGENT):
            yield _item("agent", name, each, AGENT, document)
        elif all(isinstance(each.get(word), str) for word in TASK):
            yield _item("prompt", name, each, TASK, document)


def _item(kind: str, name: str, table: Mapping[str, Any], words: tuple[str, ...], document: Document) -> Item:
    said = {word: table[word].strip() for word in words}
    named = {word: table[word] for word in _NAMED if isinstance(table.get(word), (str, list))}
    text = "\n\n".join(said.values())
    return Item(
        kind=kind,
        name=name_of(name, "task" if kind == "prompt" else "agent"),
        description=text,
        spec={**said, **named, **options_of(table), **({"template": text} if kind == "prompt" else {})},
        parameters=parameters_of_text(text) or None,
        line=document.line_of(name),
        metadata={"key": name},
    )
