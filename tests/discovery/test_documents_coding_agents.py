"""What coding agents read: instructions for a folder, sub-agents and commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog import call
from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]


def facts(folder: Path) -> list[dict[str, Any]]:
    """Return what matters of the documents in *folder*, by name."""
    return [
        {
            "key": each.key,
            "spec": each.spec,
            "description": each.description,
            "parameters": each.parameters,
            **{word: value for word, value in each.metadata.items() if word != "file"},
        }
        for each in sorted(scan(folder).findings, key=lambda each: each.key)
        if each.form == "document"
    ]


SUB_AGENT = """\
---
name: code-reviewer
description: Use this agent: after code was written. Example: <x>
tools: Read, Bash(git diff:*), Grep
model: sonnet
color: red
---

You review code.
"""


def test_sub_agents_are_agents(make: Make) -> None:
    """Name, purpose, tools, model and instructions are read, also where the table in front is no YAML."""
    folder = make(
        {
            ".claude/agents/review.md": SUB_AGENT,
            ".claude/agents/README.md": "# About these agents",
            ".claude/agents/team/plan.md": "---\nname: plan\ndescription: Plans.\ndisallowedTools: [Bash]\n---\nPlan.",
            ".github/agents/docs.agent.md": "---\ndescription: Writes docs.\ntools: ['read', 'edit']\n---\nWrite.\n",
            ".opencode/agent/look.md": "---\ndescription: Looks.\ntools: {read: true, bash: false}\n---\nLook.\n",
            ".codex/agents/fix.toml": 'name = "fix"\ndescription = "Fixes."\ndeveloper_instructions = "Fix it."\n',
            "agents/other.md": SUB_AGENT,
        }
    )
    rest = {"parameters": None}
    assert facts(folder) == [
        {
            "key": "agent:code-reviewer",
            "spec": {
                "instructions": "You review code.",
                "tools": ["Read", "Bash(git diff:*)", "Grep"],
                "model": "sonnet",
            },
            "description": "Use this agent: after code was written. Example: <x>",
            **rest,
        },
        {
            "key": "agent:docs",
            "spec": {"instructions": "Write.", "tools": ["read", "edit"]},
            "description": "Writes docs.",
            **rest,
        },
        {"key": "agent:fix", "spec": {"instructions": "Fix it."}, "description": "Fixes.", **rest},
        {"key": "agent:look", "spec": {"instructions": "Look.", "tools": ["read"]}, "description": "Looks.", **rest},
        {
            "key": "agent:plan",
            "spec": {"instructions": "Plan.", "disallowed_tools": ["Bash"]},
            "description": "Plans.",
            **rest,
        },
    ]


def test_commands_are_prompts(make: Make, url: str) -> None:
    """Commands are prompts in the language of their program, and are filled in."""
    folder = make(
        {
            ".claude/commands/git/fix.md": "---\nallowed-tools: Bash(git add:*), Edit\nargument-hint: issue\n"
            "description: Fix an issue\n---\nFix $ARGUMENTS.\n",
            ".github/prompts/new-form.prompt.md": "---\ndescription: Make a form\nmodel: gpt-4o\n---\n"
            "Make ${input:name:What is it called?}.\n",
            ".gemini/commands/explain.toml": 'description = "Explain"\nprompt = "Explain {{args}}."\n',
            ".cursor/commands/tidy.md": "Tidy up {this}.\n",
            ".claude/commands/README.md": "About.",
        }
    )
    one = {"type": "object", "properties": {"ARGUMENTS": {"type": "string"}}, "required": ["ARGUMENTS"]}
    assert facts(folder) == [
        {
            "key": "prompt:explain",
            "spec": "Explain {{args}}.",
            "description": "Explain\n\nExplain {{args}}.",
            "parameters": {"type": "object", "properties": {"args": {"type": "string"}}, "required": ["args"]},
            "template_format": "gemini-command",
        },
        {
            "key": "prompt:fix",
            "spec": "Fix $ARGUMENTS.\n",
            "description": "Fix an issue\n\nFix $ARGUMENTS.",
            "parameters": one,
            "template_format": "claude-command",
            "tools": ["Bash(git add:*)", "Edit"],
            "argument_hint": "issue",
        },
        {
            "key": "prompt:new-form",
            "spec": "Make ${input:name:What is it called?}.\n",
            "description": "Make a form\n\nMake ${input:name:What is it called?}.",
            "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "template_format": "copilot-prompt",
            "model": "gpt-4o",
        },
        {
            "key": "prompt:tidy",
            "spec": "Tidy up {this}.\n",
            "description": "Tidy up {this}.",
            "parameters": None,
            "template_format": "plain",
        },
    ]
    with open_catalog(url) as cat:
        cat.scan(folder)
        assert call(cat["prompt:fix"], "#12", entry=cat.entry("prompt:fix")) == "Fix #12.\n"
        assert call(cat["prompt:tidy"], None, entry=cat.entry("prompt:tidy")) == "Tidy up {this}.\n"


def test_instructions_are_prompts_called_as_their_folder(make: Make) -> None:
    """Instructions for a folder are a plain text; what repeats them beside, or only points to them, is none."""
    folder = make(
        {
            "AGENTS.md": "# How to work here\n\nUse {tool}.\n",
            "CLAUDE.md": "Others' words.\n",
            ".github/copilot-instructions.md": "Others' words.\n",
            "web/CLAUDE.md": "Use npm.\n",
            "api/CLAUDE.md": "@../AGENTS.md\n",
            "lib/GEMINI.md": "Use cmake.\n",
            "empty/AGENTS.md": "\n",
        }
    )
    found = [(each["key"], each["spec"], each["parameters"], each["template_format"]) for each in facts(folder)]
    assert found == [
        ("prompt:lib", "Use cmake.\n", None, "plain"),
        ("prompt:made", "# How to work here\n\nUse {tool}.\n", None, "plain"),
        ("prompt:web", "Use npm.\n", None, "plain"),
    ]


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        (".claude/agents/a.md", "---\nname: [\n", "coding agents: it begins with `---`"),
        (".codex/agents/a.toml", "name = ", "coding agents: it is not TOML"),
        (".claude/commands/a.md", "---\nname: x\n---\n", "coding agents: it has no text"),
    ],
)
def test_a_broken_file_is_named(make: Make, file: str, text: str, fault: str) -> None:
    """A broken file is passed over with the reason, and harms no other."""
    result = scan(make({file: text, ".claude/agents/b.md": SUB_AGENT}))
    assert [each.key for each in result.findings] == ["agent:code-reviewer"]
    [skipped] = result.skipped
    assert skipped.reason[: len(fault)] == fault


def test_plugins_and_collections_hold_agents_and_commands(make: Make) -> None:
    """Plain folders of a plugin are read as those of an agent, and names that end as Copilot's do anywhere."""
    agent = "---\nname: {}\ndescription: Does it.\n---\nDo it.\n"
    folder = make(
        {
            "plugins/backend/.claude-plugin/plugin.json": '{"name": "backend"}',
            "plugins/backend/agents/architect.md": agent.format("architect"),
            "plugins/backend/agents/db/tuner.md": agent.format("tuner"),
            "plugins/backend/agents/README.md": "# These agents",
            "plugins/backend/commands/review.md": "---\ndescription: Review.\n---\nReview $ARGUMENTS.\n",
            "extension/gemini-extension.json": "{}",
            "extension/commands/ask.toml": 'description = "Ask"\nprompt = "Ask {{args}}."\n',
            "agents/expert.agent.md": agent.format("C# Expert"),
            "prompts/new-form.prompt.md": "---\ndescription: Make a form.\n---\nMake ${input:name}.\n",
            "docs/agents/about.md": agent.format("about"),
            "commands/about.md": "# These commands",
        }
    )
    found = [(each["key"], each.get("template_format")) for each in facts(folder)]
    assert found == [
        ("agent:C# Expert", None),
        ("agent:architect", None),
        ("agent:tuner", None),
        ("prompt:ask", "gemini-command"),
        ("prompt:new-form", "copilot-prompt"),
        ("prompt:review", "claude-command"),
    ]


def test_rules_for_some_files_are_prompts(make: Make) -> None:
    """Instructions of Copilot, Cursor and Windsurf say where they hold; a file that says nothing of itself is none."""
    folder = make(
        {
            "docs/style.instructions.md": "---\ndescription: Write so.\napplyTo: '**/*.md, **/*.rst'\n---\nBe brief.\n",
            ".github/instructions/plain.md": "---\napplyTo: '**'\n---\nUse tabs.\n",
            ".cursor/rules/deep/types.mdc": "---\nglobs: *.py\nalwaysApply: false\n---\nAnnotate.\n",
            ".windsurf/rules/always.md": "---\ntrigger: always_on\n---\nAsk first.\n",
            "docs/README.instructions.md": "# About our instructions\n",
            "notes/other.mdc": "---\nglobs: '*'\n---\nNot below rules.\n",
        }
    )
    assert {each["key"]: (each["description"], each["applies_to"]) for each in facts(folder)} == {
        "prompt:always": ("Ask first.", ["always_on"]),
        "prompt:plain": ("Use tabs.", ["**"]),
        "prompt:style": ("Write so.\n\nBe brief.", ["**/*.md", "**/*.rst"]),
        "prompt:types": ("Annotate.", ["*.py"]),
    }


def test_comments_of_markdown_describe_nothing(make: Make) -> None:
    """What stands in a comment of HTML is in the text of the prompt, and not in its description."""
    text = "<!-- made from reviews\n  do not sort -->\n# Rules\n\nBe kind. <!-- always -->\n"
    (prompt,) = facts(make({"app/AGENTS.md": text}))
    assert (prompt["key"], prompt["description"], prompt["spec"]) == ("prompt:app", "# Rules\n\nBe kind.", text)
