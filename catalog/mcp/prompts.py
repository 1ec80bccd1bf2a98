"""Entries of kind ``prompt`` as prompts that a client fills in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog import CatalogError, read_json
from catalog.adapters.base import ToolError, as_text
from catalog.adapters.finding import usable
from catalog.mcp.pages import Page, page
from catalog.mcp.tools import Tools, said, shortened

if TYPE_CHECKING:
    from catalog import Entry

KIND = "prompt"
_LISTED = 120


class Prompts:
    """The prompts of a catalog, as a client lists them and fills them in."""

    def __init__(self, tools: Tools) -> None:
        """Read from the catalog of *tools*."""
        self.tools, self.cat = tools, tools.cat

    def page(self, cursor: str | None) -> Page:
        """Return one page of the list of prompts, by name."""
        return page([KIND], self.cat.list, self._listed, lambda item: len(json.dumps(item)) + 2, cursor)

    def _listed(self, keys: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
        marks = self.cat.marks([f"{kind}:{name}" for kind, name in keys])
        listed: list[dict[str, Any] | None] = []
        for kind, name in keys:
            mark = marks.get(f"{kind}:{name}")
            try:
                listed.append(self._described(self.cat.entry(kind, name)) if usable(mark) else None)
            except CatalogError:  # taken away meanwhile, or a row that is damaged
                listed.append(None)
        return listed

    def _described(self, entry: Entry) -> dict[str, Any]:
        schema = self.tools.bridge(entry).parameters
        required = schema.get("required") or ()
        described: dict[str, Any] = {"name": entry.name, "description": shortened(entry.description)[:_LISTED]}
        arguments = [_argument(name, part, name in required) for name, part in schema["properties"].items()]
        return {**described, "arguments": arguments} if arguments else described

    def messages(self, name: str, given: Mapping[str, str] | None) -> tuple[str, list[tuple[str, str]]]:
        """Return description and messages of a prompt that was filled in: role and text of each.

        A prompt that is data is filled in as it is; the code behind another is imported under the policy of trust.

        Raises:
            EntryNotFoundError: there is no such prompt.
            ToolError: it can't be filled in; the text says why.
        """
        entry = self.cat.entry(KIND, name)
        tool = self.tools.bridge(entry)
        outcome = tool.call(_typed(given or {}, tool.parameters))
        if outcome.error is not None:
            raise ToolError(said(outcome, entry.key)) from outcome.error
        return shortened(entry.description), _messages(outcome.value)

    def completions(self, name: str, argument: str, value: str) -> list[str]:
        """Return what may stand for an *argument* of a prompt, as far as its schema says."""
        if (KIND, name) not in self.cat:
            return []
        part = self.tools.bridge(self.cat.entry(KIND, name)).parameters["properties"].get(argument)
        if not isinstance(part, Mapping):
            return []
        words = [*_list(part.get("enum")), *_list(part.get("examples"))]
        words += [part["default"]] if "default" in part else []
        texts = dict.fromkeys(word if isinstance(word, str) else json.dumps(word, default=str) for word in words)
        return [text for text in texts if text.casefold().startswith(value.casefold())]


def _list(words: Any) -> list[Any]:
    return words if isinstance(words, list) else []


def _argument(name: str, part: Any, required: bool) -> dict[str, Any]:
    description = part.get("description") if isinstance(part, Mapping) else None
    said = {"description": shortened(description)} if isinstance(description, str) and description else {}
    return {"name": name, **said, "required": required}


def _typed(given: Mapping[str, str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments, which clients send as text, as the data that their schema asks for."""
    typed: dict[str, Any] = dict(given)
    for name, text in given.items():
        part = schema["properties"].get(name)
        wanted = part.get("type") if isinstance(part, Mapping) else None
        if isinstance(text, str) and wanted in ("integer", "number", "boolean", "array", "object"):
            try:
                typed[name] = read_json(text)
            except ValueError:
                typed[name] = text  # the check of the arguments says what is wrong with it
    return typed


def _messages(value: Any) -> list[tuple[str, str]]:
    """Return role and text of each message in what a prompt gives: one text, a chat, or messages of a framework."""
    if isinstance(value, Mapping) and isinstance(value.get("messages"), (list, tuple)):
        value = value["messages"]
    to_messages = getattr(value, "to_messages", None)
    if callable(to_messages):
        value = to_messages()
    if isinstance(value, (list, tuple)) and value:
        read = [_message(part) for part in value]
        if all(part is not None for part in read):
            return [part for part in read if part is not None]
    return [("user", as_text(value))]


def _message(part: Any) -> tuple[str, str] | None:
    if isinstance(part, tuple) and len(part) == 2 and all(isinstance(word, str) for word in part):
        role, text = part
    else:
        role = part.get("role") if isinstance(part, Mapping) else getattr(part, "role", getattr(part, "type", None))
        text = part.get("content") if isinstance(part, Mapping) else getattr(part, "content", None)
    if not isinstance(role, str) or text is None:
        return None
    return ("assistant" if role in ("assistant", "ai", "model") else "user"), as_text(text)
