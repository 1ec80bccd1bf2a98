"""The forms of documents that a scan reads, and which of them a file may have."""

from __future__ import annotations

from functools import lru_cache

from catalog.discovery.documents.form import Form

PROMPT_FOLDERS = frozenset({"prompts", "prompt_templates", "prompt-templates", "system_prompts", "system-prompts"})
"""What folders for prompts are called."""

CODING_AGENTS = tuple(
    f"{agent}/{folder}"
    for agent, folders in {
        ".claude": ("agents", "commands"),
        ".codex": ("agents", "prompts"),
        ".cursor": ("agents", "commands", "rules"),
        ".gemini": ("agents", "commands"),
        ".github": ("agents", "prompts", "chatmodes", "instructions"),
        ".opencode": ("agent", "agents", "command", "commands"),
        ".windsurf": ("rules",),
    }.items()
    for folder in folders
)
"""Where coding agents look for sub-agents, commands and rules."""

FORMS: tuple[Form, ...] = (
    Form(
        name="agent skill",
        kinds=("skill",),
        files=("SKILL.md",),
        reader="skill",
        checked="agentskills.io, 2026-08",
        whole_folder=True,
    ),
    Form(
        name="MCP client configuration",
        kinds=("mcp_server",),
        files=("mcp.json", ".mcp.json", "mcp.jsonc", "mcp_config.json", "claude_desktop_config.json"),
        reader="mcp_config",
        checked="Claude, VS Code, Cursor, 2026-11",
    ),
    Form(
        name="MCP client configuration",  # of other programs, or under a name of one's own
        kinds=("mcp_server",),
        files=("*.json", "*.jsonc"),
        reader="mcp_config",
        checked="Gemini CLI, Zed, Claude plugins, 2026-11",
        hints=(b'"mcpServers"', b'"mcp_servers"', b'"context_servers"'),
    ),
    Form(
        name="MCP client configuration",
        kinds=("mcp_server",),
        files=("config.toml",),
        folders=(".codex",),
        reader="mcp_config",
        checked="Codex, 2026-11",
    ),
    Form(
        name="MCP client configuration",
        kinds=("mcp_server",),
        files=("mcp_agent.config.yaml", "fastagent.config.yaml", "fast-agent.yaml"),
        reader="mcp_config",
        checked="mcp-agent 0.2.6, fast-agent 0.10.9",
    ),
    Form(
        name="MCP server.json",
        kinds=("mcp_server",),
        files=("server.json",),
        reader="mcp_server_json",
        checked="schema 2025-12-11",
    ),
    Form(
        name="A2A agent card",
        kinds=("agent",),
        files=("agent-card.json", "agent.json"),
        reader="agent_card",
        checked="A2A 1.0 and 0.3",
    ),
    Form(
        name="A2A agent card",
        kinds=("agent",),
        files=("*.json",),
        reader="agent_card",
        checked="A2A 1.0 and 0.3",
        hints=(b'"defaultInputModes"', b'"supportedInterfaces"', b'"default_input_modes"'),
    ),
    Form(
        name="OpenAPI",
        kinds=("tool",),
        files=("*.json", "*.yaml", "*.yml"),
        reader="openapi",
        checked="OpenAPI 3.0, 3.1, 3.2",
        hints=(b"openapi", b"swagger"),
    ),
    Form(
        name="prompty",
        kinds=("prompt",),
        files=("*.prompty",),
        reader="prompty",
        checked="Prompty 2.0 and 1.0, 2026-08",
    ),
    Form(
        name="dotprompt",
        kinds=("prompt",),
        files=("*.prompt",),
        reader="dotprompt",
        checked="github.com/google/dotprompt, 2026-08",
    ),
    Form(
        name="langchain",
        kinds=("prompt",),
        files=("*.yaml", "*.yml", "*.json"),
        reader="langchain_prompt",
        checked="langchain-core 1.0, prompts/loading.py",
        hints=(b"_type: prompt", b"_type: few_shot", b"_type: chat", b'"_type"'),
    ),
    Form(
        name="semantic-kernel",
        kinds=("prompt",),
        files=("skprompt.txt",),
        reader="semantic_kernel",
        checked="Semantic Kernel for Python 1.37, 2026-11",
        whole_folder=True,
    ),
    Form(
        name="semantic-kernel",
        kinds=("prompt",),
        files=("*.yaml", "*.yml"),
        reader="semantic_kernel",
        checked="Semantic Kernel for Python 1.37, 2026-11",
        hints=(b"template_format",),
    ),
    Form(
        name="prompt text",
        kinds=("prompt",),
        files=("*.jinja", "*.jinja2", "*.j2"),
        reader="prompt_text",
        checked="Jinja 3.1",
    ),
    Form(
        name="prompt text",
        kinds=("prompt",),
        files=("*.md", "*.txt"),
        folders=tuple(sorted(PROMPT_FOLDERS)),
        reader="prompt_text",
        checked="no form of anybody's: a folder for prompts",
    ),
    Form(
        name="langgraph",
        kinds=("agent",),
        files=("langgraph.json",),
        reader="langgraph",
        checked="langgraph-cli 0.4, schema v0",
    ),
    Form(
        name="crewai",
        kinds=("agent", "prompt"),
        files=("*.yaml", "*.yml"),
        reader="crewai_yaml",
        checked="crewai 1.6, 2026-11",
        hints=(b"backstory", b"expected_output"),
    ),
    Form(
        name="declarative agent",
        kinds=("agent",),
        files=("*.yaml", "*.yml"),
        reader="declarative_agent",
        checked="Agent Framework 1.0, Semantic Kernel 1.37, Google ADK 1.20, 2026-11",
        hints=(b"instructions:", b"instruction:", b"kind: Workflow", b"agent_class:"),
    ),
    Form(
        name="promptflow",
        kinds=("agent",),
        files=("flow.dag.yaml", "flow.flex.yaml"),
        reader="promptflow_flow",
        checked="promptflow-core 1.18.5",
    ),
    Form(
        name="drawn flow",
        kinds=(),
        files=("*.json", "*.yaml", "*.yml"),
        reader="drawn_flow",
        checked="not read: n8n, Flowise, Langflow, Dify, 2026-11",
        hints=(b"n8n-nodes-langchain", b'"inputAnchors"', b'"last_tested_version"', b"kind: app"),
    ),
    Form(
        name="baml",
        kinds=("prompt",),
        files=("*.baml",),
        reader="baml",
        checked="BAML 0.2, 2026-11",
    ),
    Form(
        name="coding agents",
        kinds=("prompt", "agent"),
        files=("AGENTS.md", "CLAUDE.md", "GEMINI.md", "copilot-instructions.md"),
        reader="coding_agents",
        checked="agents.md, 2026-11",
    ),
    Form(
        name="coding agents",
        kinds=("prompt", "agent"),
        files=("*.md", "*.mdc", "*.toml"),
        folders=CODING_AGENTS,
        reader="coding_agents",
        checked="Claude Code, Codex, Copilot, Cursor, Gemini CLI, OpenCode, Windsurf, 2026-11",
    ),
    Form(
        name="coding agents",  # of Copilot, wherever they are kept
        kinds=("prompt", "agent"),
        files=("*.agent.md", "*.chatmode.md", "*.prompt.md", "*.instructions.md"),
        reader="coding_agents",
        checked="Copilot, 2026-11",
    ),
    Form(
        name="coding agents",  # of plugins: beside a folder or file that says so
        kinds=("prompt", "agent"),
        files=("*.md", "*.toml"),
        folders=("agents", "commands"),
        reader="coding_agents",
        checked="Claude Code, Codex, Gemini CLI, 2026-11",
    ),
)
"""All forms; a file may have several, and then each is tried."""

HIDDEN = frozenset((".claude", ".claude-plugin", ".agents", ".vscode", ".cursor", ".well-known", ".codex", ".gemini"))
"""Folders with a dot in front that are gone into for documents, beside those that a form names."""

SKILLS = "skills"
"""A folder that every agent may have in a folder of its own with a dot in front; it holds agent skills."""


@lru_cache(maxsize=1)
def hidden_folders() -> frozenset[str]:
    """Return the names of folders with a dot in front in which documents are looked for."""
    named = {folder.split("/")[0] for form in FORMS for folder in form.folders}
    return HIDDEN | {name for name in named if name.startswith(".")}


@lru_cache(maxsize=1)
def _by_name() -> tuple[dict[str, tuple[Form, ...]], dict[str, tuple[Form, ...]]]:
    names: dict[str, tuple[Form, ...]] = {}
    endings: dict[str, tuple[Form, ...]] = {}
    for form in FORMS:
        for file in form.files:
            table, key = (endings, file[1:]) if file.startswith("*") else (names, file)
            table[key] = (*table.get(key, ()), form)
    return names, endings


def forms_of(name: str, folder: str) -> tuple[Form, ...]:
    """Return the forms that a file *name* in *folder* may have, by its name alone."""
    names, endings = _by_name()
    dot = name.rfind(".")
    first = name.rfind(".", 0, max(dot, 0))  # of docs.agent.md, which is no other text
    ending = (first > 0 and endings.get(name[first:])) or (dot > 0 and endings.get(name[dot:])) or ()
    forms = (*names.get(name, ()), *ending)
    if not forms:
        return ()
    fitting = [form for form in forms if not form.folders or _is_below(folder, form.folders)]
    return tuple({form.name: form for form in reversed(fitting)}.values())[::-1]  # of one name, the first counts


def _is_below(folder: str, folders: tuple[str, ...]) -> bool:
    path = f"/{folder.strip('/')}/"
    return any(f"/{each}/" in path for each in folders)
