"""What coding agents read: instructions for a folder, rules for some files, sub-agents, commands.

Claude Code, Codex, Copilot, Cursor, Gemini CLI, OpenCode and Windsurf have the same things in folders of their own, as
Markdown with a table in front, or as TOML. Plugins have them in plain folders; of Copilot's the ends of names tell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.forms import CODING_AGENTS
from catalog.discovery.documents.prompt import name_of, prompt_item, shown, stem_of, texts_of
from catalog.discovery.documents.skill import allowed_tools
from catalog.entry.template import PLAIN

INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md", "GEMINI.md", "copilot-instructions.md")
"""Instructions for whatever is done in a folder; where the first is, the others repeat it."""

_TAG = "coding-agent"
_ENDS = {
    ".agent.md": "agents",
    ".chatmode.md": "chatmodes",
    ".prompt.md": "prompts",
    ".instructions.md": "instructions",
}
"""Ends of names, and the folder whose files are of the same form."""
_RULES = ("instructions", "rules")
"""Folders of instructions that hold for some files, or that an agent takes where they fit."""
_WHERE = ("applyTo", "globs", "trigger")
"""How a rule says where it holds."""
_FORMS = {".prompt.md": "copilot-prompt", ".toml": "gemini-command"}
_PLUGINS = (".claude-plugin", ".codex-plugin", ".cursor-plugin", "plugin.json", "gemini-extension.json")
"""What lies in the folder of a plugin."""
_LINE = re.compile(r"(?P<word>[A-Za-z][\w-]*):[ \t]*(?P<value>.*)")
_IMPORT = re.compile(r"\s*(?:@\S+\s*)*")
"""A text of nothing but references to other files."""

_LANGUAGES = {".claude": "claude-command", ".codex": "claude-command", ".github": "copilot-prompt"}
"""How the commands of an agent write what they are given; those of others take nothing."""


def read(document: Document) -> Iterator[Item]:
    """Yield what the file is by its name and folder: instructions, a sub-agent or a command."""
    name = document.name
    if name in INSTRUCTIONS:
        yield from _instructions(document, name)
        return
    folder = _folder_of(document)
    if not folder:
        return
    table, text, line = _parts(document)
    if folder in ("agents", "agent", "chatmodes"):
        yield from _agent(document, table, text, line)
    elif folder in _RULES:
        yield from _rule(document, table, text, line)
    elif name.lower() != "readme.md":
        yield _command(document, table, text, line)


def _folder_of(document: Document) -> str:
    """Return what the folder of the file is for, in that of an agent or of a plugin; empty: it is in neither."""
    for end, folder in _ENDS.items():
        if document.name.endswith(end):
            return folder
    path = f"{os.path.abspath(document.folder).replace(os.sep, '/')}/"
    own = next((each for each in CODING_AGENTS if f"/{each}/" in path), None)
    if own is not None:
        return own.partition("/")[2]
    folder = document.folder
    while os.path.basename(folder) not in ("agents", "commands") and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    plugin = os.path.dirname(folder)
    is_plugin = any(os.path.exists(os.path.join(plugin, each)) for each in _PLUGINS)
    return os.path.basename(folder) if is_plugin else ""


def _instructions(document: Document, name: str) -> Iterator[Item]:
    folder = document.folder.removesuffix(os.sep + ".github")
    if name != INSTRUCTIONS[0] and os.path.isfile(os.path.join(folder, INSTRUCTIONS[0])):
        return
    if _IMPORT.fullmatch(document.text):
        return
    yield prompt_item(document, document.text, PLAIN, name=os.path.basename(folder), tags=(_TAG,))


def _parts(document: Document) -> tuple[Mapping[str, Any], str, int]:
    """Return the table of a file, its text, and the line that begins in."""
    if document.name.endswith(".toml"):
        table = document.toml
        text = table.get("prompt", table.get("developer_instructions"))
        return table, text if isinstance(text, str) else "", 1
    try:
        return document.front_matter
    except DocumentFault:
        # These programs read the table line by line, so that people write what is no YAML: description: Use it: now.
        table, text, line = _by_lines(document.text)
        if not table:
            raise
        return table, text, line


def _by_lines(text: str) -> tuple[dict[str, Any], str, int]:
    lines = text.splitlines(keepends=True)
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        return {}, text, 1
    found = [match for line in lines[1:end] if (match := _LINE.match(line))]
    table = {match["word"]: match["value"].strip().strip("\"'") for match in found}
    return table, "".join(lines[end + 1 :]), end + 2


def _agent(document: Document, table: Mapping[str, Any], text: str, line: int) -> Iterator[Item]:
    """Yield the sub-agent; a file that says neither its name nor what it is for is none."""
    description = table.get("description")
    if not isinstance(description, str) and not isinstance(table.get("name"), str):
        return
    tools = table.get("tools")
    if isinstance(tools, Mapping):  # of OpenCode: each tool with whether it may be used
        tools = [str(name) for name, allowed in tools.items() if allowed]
    model = table.get("model")
    spec: dict[str, Any] = {
        "instructions": text.strip(),
        "tools": _tools(tools),
        "disallowed_tools": _tools(table.get("disallowedTools")),
        "skills": list(texts_of(table.get("skills"))),
        "model": model if isinstance(model, str) else None,
    }
    said = description.strip() if isinstance(description, str) else ""
    yield Item(
        kind="agent",
        name=name_of(table.get("name"), stem_of(document)),
        description=said or shown(text),
        spec={word: value for word, value in spec.items() if value},
        line=line if not said else 1,
        tags=(_TAG,),
    )


def _rule(document: Document, table: Mapping[str, Any], text: str, line: int) -> Iterator[Item]:
    """Yield instructions for some files; what says neither where they hold nor what for is none."""
    where = next((table[word] for word in _WHERE if table.get(word)), None)
    if where is None and not isinstance(table.get("description"), str):
        return
    yield prompt_item(
        document,
        text,
        PLAIN,
        name=table.get("name") or stem_of(document),
        description=table.get("description"),
        tags=(_TAG,),
        line=line,
        metadata={"applies_to": list(texts_of(where)) if isinstance(where, (str, list)) else None},
    )


def _tools(given: Any) -> list[str]:
    """Return the names of tools, what is allowed of each behind it: ``Bash(git add:*)``."""
    return allowed_tools({"allowed-tools": given})


def _command(document: Document, table: Mapping[str, Any], text: str, line: int) -> Item:
    hint, model = table.get("argument-hint"), table.get("model")
    parts = document.path.replace(os.sep, "/").split("/")
    owner = next((part for part in reversed(parts) if part.startswith(".")), "")
    form = _LANGUAGES.get(owner, PLAIN if owner else "claude-command")
    form = next((ends for end, ends in _FORMS.items() if document.path.endswith(end)), form)
    return prompt_item(
        document,
        text,
        form,
        name=table.get("name") or stem_of(document),
        description=table.get("description"),
        tags=(_TAG,),
        line=line,
        metadata={
            "tools": _tools(table.get("allowed-tools", table.get("tools"))),
            "argument_hint": hint if isinstance(hint, str) else None,
            "model": model if isinstance(model, str) else None,
        },
    )
