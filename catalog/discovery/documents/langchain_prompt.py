"""Prompts that LangChain saves: a table in YAML or JSON whose ``_type`` is ``prompt``, ``few_shot`` or ``chat``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.prompt import prompt_item, texts_of
from catalog.entry.template import F_STRING, Field, parts_of

_ROLES = {
    "SystemMessagePromptTemplate": "system",
    "HumanMessagePromptTemplate": "user",
    "AIMessagePromptTemplate": "assistant",
}
"""What LangChain calls the templates of messages, and whose they are."""


def read(document: Document) -> Iterator[Item]:
    """Yield the prompt, if the table is one."""
    table = document.json if document.path.endswith(".json") else document.yaml
    if not isinstance(table, dict) or table.get("_type") not in ("prompt", "few_shot", "chat"):
        return
    form = table.get("template_format", F_STRING)
    if not isinstance(form, str):
        raise DocumentFault("its template_format is no text")
    text = {"prompt": _text, "few_shot": _few_shot, "chat": _chat}[table["_type"]](table, form)
    if text is None:
        raise DocumentFault("its text is in another file, which the form allows and a scan does not follow")
    name, metadata = table.get("name"), table.get("metadata")
    yield prompt_item(
        document,
        text,
        form,
        name=name,
        description=metadata.get("description") if isinstance(metadata, Mapping) else None,
        inputs={word: {} for word in texts_of(table.get("input_variables"))},
        tags=table.get("tags"),
        line=1,
    )


def _text(table: Mapping[str, Any], form: str) -> str | None:
    text = table.get("template")
    return text if isinstance(text, str) else None


def _chat(table: Mapping[str, Any], form: str) -> str | None:
    """Return the texts of the messages, each behind the role it has."""
    messages = table.get("messages")
    said = []
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, Mapping):
            continue
        prompt = message.get("prompt")
        text = prompt.get("template") if isinstance(prompt, Mapping) else message.get("content")
        names = (message.get("role"), message.get("_type"), message.get("type"), (message.get("id") or [""])[-1])
        role = next((_ROLES.get(str(name), str(name)) for name in names if name), "user")
        if isinstance(text, str):
            said.append(f"{role}:\n{text.strip()}")
    return "\n\n".join(said) or None


def _few_shot(table: Mapping[str, Any], form: str) -> str | None:
    """Return prefix, examples and suffix as one text; the examples are filled in, and their braces doubled."""
    example, examples = table.get("example_prompt"), table.get("examples")
    if not isinstance(example, Mapping) or not isinstance(examples, list) or form != F_STRING:
        return None
    template = _text(example, form)
    ends = [table.get("prefix", ""), table.get("suffix", "")]
    if template is None or not all(isinstance(end, str) for end in ends):
        return None
    between = table.get("example_separator", "\n\n")
    shown = [_filled(template, each) for each in examples if isinstance(each, Mapping)]
    return (between if isinstance(between, str) else "\n\n").join(filter(None, (ends[0], *shown, ends[1])))


def _filled(template: str, values: Mapping[str, Any]) -> str:
    written = []
    for part in parts_of(template):
        text = str(values.get(part.name, "")) if isinstance(part, Field) else part
        written.append(text.replace("{", "{{").replace("}", "}}"))
    return "".join(written)
