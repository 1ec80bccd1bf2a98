"""What the files of a repository that are not Python hold, each by its published form."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.apps.item import Item

_OPERATIONS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace"])
_SERVERS = (
    "mcp.json",
    ".mcp.json",
    "claude_desktop_config.json",
    "mcp_config.json",
    "mcp-config.json",
    "mcp_settings.json",
    *("mcp_agent.config.yaml", "fastagent.config.yaml", "fast-agent.yaml"),
)
_OF_PLUGINS = (".claude-plugin", ".codex-plugin", ".cursor-plugin", "plugin.json", "gemini-extension.json")
_HINTS = re.compile(
    r"""^\s*\{?\s*["']?(openapi|_type|mcpServers|template|instructions?|agent_class|kind|type)["']?\s*:""", re.MULTILINE
)
_BAML = re.compile(r"^function\s+(\w+)\s*\(", re.MULTILINE)


def items_of(top: Path, name: str) -> list[Item]:
    """Return what one file holds; nothing of a form that is not known, or of a broken file."""
    for fits, read in _FORMS:
        if fits(name):
            try:
                return list(read(top, name))
            except (ValueError, yaml.YAMLError, RecursionError, AttributeError, TypeError, OSError):
                return []
    return []


def _text(top: Path, name: str) -> str:
    return (top / name).read_text(encoding="utf-8-sig")


def _item(
    kinds: str, name: str, path: str, form: str, *, text: bool, required: bool = True, line: int = 1, last: int = 0
) -> Item:
    spans = [(path, 0, last or 1_000_000)]
    return Item(tuple(kinds.split()), name, path, line, "document", form, "document", text, required, spans)


def _front_matter(text: str) -> dict[str, Any]:
    parts = text.split("---\n", 2) if text.startswith("---\n") else []
    table = yaml.safe_load(parts[1]) if len(parts) == 3 else None
    return table if isinstance(table, dict) else {}


def _skill(top: Path, name: str) -> Iterator[Item]:
    table = _front_matter(_text(top, name))
    if table:
        given = str(table.get("name") or (top / name).parent.name)
        yield _item("skill", given, name, "SKILL.md", text=bool(table.get("description")))


def _sub_agent(top: Path, name: str) -> Iterator[Item]:
    table = _front_matter(_text(top, name))
    if table.get("name"):
        yield _item("agent", str(table["name"]), name, "sub-agent", text=bool(table.get("description")))


def _command(top: Path, name: str) -> Iterator[Item]:
    yield _item("prompt skill", Path(name).stem, name, "command", text=True, required=False)


def _instructions(top: Path, name: str) -> Iterator[Item]:
    yield _item("prompt skill profile agent", "AGENTS", name, "AGENTS.md", text=True, required=False)


def _servers(top: Path, name: str) -> Iterator[Item]:
    data = yaml.safe_load(_text(top, name)) if name.endswith(".yaml") else json.loads(_text(top, name))
    tables = data.get("mcpServers") or data.get("servers") or (data.get("mcp") or {}).get("servers") or {}
    for each in tables if isinstance(tables, dict) else ():
        yield _item("mcp_server", each, name, "MCP client configuration", text=False)


def _server(top: Path, name: str) -> Iterator[Item]:
    data = json.loads(_text(top, name))
    if "modelcontextprotocol" in str(data.get("$schema", "")) or {"packages", "version"} <= set(data):
        yield _item("mcp_server", data["name"], name, "server.json", text=bool(data.get("description")))


def _card(top: Path, name: str) -> Iterator[Item]:
    data = json.loads(_text(top, name))
    if isinstance(data.get("skills"), list) and data.get("name") and ("capabilities" in data or "url" in data):
        yield _item("agent", data["name"], name, "agent card", text=bool(data.get("description")))


def _graphs(top: Path, name: str) -> Iterator[Item]:
    for each, target in (json.loads(_text(top, name)).get("graphs") or {}).items():
        item = _item("agent", each, name, "langgraph.json", text=False)
        path = target.get("path", "") if isinstance(target, dict) else str(target)
        file = os.path.normpath(os.path.join(os.path.dirname(name), path.partition(":")[0]))
        item.names = (file,)
        item.spans += [(file, first, last) for first, last in _bound(top / file, path.rpartition(":")[2])]
        yield item


def _bound(file: Path, name: str) -> Iterator[tuple[int, int]]:
    """Yield the lines of the statements of a Python file that define a name."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for each in tree.body:
        names = [getattr(each, "name", ""), *(getattr(target, "id", "") for target in getattr(each, "targets", ()))]
        if name in names:
            yield each.lineno, each.end_lineno or each.lineno


def _flow(top: Path, name: str) -> Iterator[Item]:
    data = yaml.safe_load(_text(top, name))
    if data.get("nodes") or data.get("entry"):
        given = str(data.get("display_name") or data.get("name") or Path(name).parent.name)
        item = _item("agent", given, name, "promptflow", text=bool(data.get("description")))
        file = f"{str(data.get('entry')).partition(':')[0].replace('.', '/')}.py"
        item.spans.append((str(Path(name).parent / file), 0, 1_000_000))
        yield item


def _crew(top: Path, name: str) -> Iterator[Item]:
    kind = "prompt" if "task" in os.path.basename(name) else "agent"
    wanted = {"description", "expected_output"} if kind == "prompt" else {"role", "goal", "backstory"}
    for each, value in (yaml.safe_load(_text(top, name)) or {}).items():
        if isinstance(value, dict) and wanted & set(value):
            yield _item(kind, str(each), name, f"CrewAI {Path(name).stem}.yaml", text=True)


def _prompty(top: Path, name: str) -> Iterator[Item]:
    table = _front_matter(_text(top, name).replace("\r\n", "\n"))
    given = str(table.get("name") or Path(name).stem)
    yield _item("prompt", given, name, Path(name).suffix, text=bool(table.get("description")))


def _template(top: Path, name: str) -> Iterator[Item]:
    yield _item("prompt", Path(name).stem, name, "Jinja", text=False, required=False)


def _plain_prompt(top: Path, name: str) -> Iterator[Item]:
    yield _item("prompt", Path(name).parent.name, name, "Semantic Kernel prompt", text=False, required=False)


def _prompt_text(top: Path, name: str) -> Iterator[Item]:
    yield _item("prompt", Path(name).stem, name, "text in a folder of prompts", text=False, required=False)


def _baml(top: Path, name: str) -> Iterator[Item]:
    text = _text(top, name)
    for match in _BAML.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield _item("tool prompt agent", match[1], name, "BAML", text=False, line=line)


def _data(top: Path, name: str) -> Iterator[Item]:
    """Read JSON and YAML of any name: descriptions of an API, and LangChain's prompts."""
    text = _text(top, name)
    if not _HINTS.search(text):
        return
    data = (
        json.loads(text) if name.endswith(".json") else yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    )
    if not isinstance(data, dict):
        return
    if str(data.get("openapi", "")).startswith("3"):
        for path, table in (data.get("paths") or {}).items():
            for method, operation in table.items():
                if method in _OPERATIONS and isinstance(operation, dict):
                    told = bool(operation.get("summary") or operation.get("description"))
                    given = str(operation.get("operationId") or f"{method} {path}")
                    yield _item("tool", given, name, "OpenAPI", text=told)
    elif isinstance(data.get("mcpServers"), dict):
        yield from _servers(top, name)
    elif data.get("_type") in ("prompt", "few_shot", "chat"):
        yield _item("prompt", Path(name).stem, name, "LangChain prompt", text=False)
    else:
        yield from _declared(data, name)


def _declared(data: dict[str, Any], name: str) -> Iterator[Item]:
    """Read prompts and agents that frameworks load from YAML; a scan may know them or not."""
    given = str(data.get("name") or Path(name).stem)
    if "template" in data and ("name" in data or "template_format" in data):
        yield _item("prompt", given, name, "Semantic Kernel prompt", text=False, required=False)
    elif _is_agent(data):
        yield _item("agent", given, name, "declared agent", text=False, required=False)


def _is_agent(data: dict[str, Any]) -> bool:
    """Tell whether a table of YAML declares an agent or a workflow."""
    return (
        ("name" in data and ("instruction" in data or "instructions" in data))
        or "agent_class" in data
        or str(data.get("kind", "")) in ("Prompt", "Workflow", "workflow", "Agent")
        or "agent" in str(data.get("type"))
    )


def _of_plugin(top: Path, name: str) -> Iterator[Item]:
    """Read what lies in ``agents`` and ``commands`` of a plugin for coding agents."""
    parts = name.split("/")
    for place, part in enumerate(parts[:-1]):
        folder = top.joinpath(*parts[:place])
        if part in ("agents", "commands") and any((folder / each).exists() for each in _OF_PLUGINS):
            if not name.endswith((".agent.md", ".prompt.md", "README.md")):
                yield from (_sub_agent if part == "agents" else _command)(top, name)
            return


def _named(*names: str) -> Callable[[str], bool]:
    return lambda path: os.path.basename(path) in names


def _ending(*ends: str) -> Callable[[str], bool]:
    return lambda path: path.endswith(ends)


_FORMS: tuple[tuple[Callable[[str], bool], Callable[[Path, str], Iterator[Item]]], ...] = (
    (_named("SKILL.md"), _skill),
    (lambda path: ".claude/agents/" in f"/{path}" and path.endswith(".md"), _sub_agent),
    (lambda path: ".claude/commands/" in f"/{path}" and path.endswith(".md"), _command),
    (_ending(".agent.md", ".chatmode.md"), _sub_agent),
    (_ending(".prompt.md", ".instructions.md"), _command),
    (lambda path: ".cursor/rules/" in f"/{path}" and path.endswith(".mdc"), _command),
    (lambda path: bool(re.search(r"(^|/)(agents|commands)/.*\.md$", path)), _of_plugin),
    (_named("AGENTS.md", "CLAUDE.md", "GEMINI.md", "copilot-instructions.md"), _instructions),
    (_named(*_SERVERS), _servers),
    (_named("server.json"), _server),
    (_named("agent.json", "agent-card.json", "agent_card.json"), _card),
    (_named("langgraph.json"), _graphs),
    (_named("flow.dag.yaml", "flow.flex.yaml"), _flow),
    (_ending("agents.yaml", "agents.yml", "tasks.yaml", "tasks.yml"), _crew),
    (_ending(".prompty", ".prompt"), _prompty),
    (_ending(".j2", ".jinja", ".jinja2"), _template),
    (_ending(".baml"), _baml),
    (_named("skprompt.txt"), _plain_prompt),
    (lambda path: "prompts" in path.split("/")[:-1] and path.endswith((".md", ".txt")), _prompt_text),
    (_ending(".json", ".yaml", ".yml"), _data),
)
