"""Agents and workflows that are written in YAML alone, Microsoft's and Google's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from catalog.discovery.scan import scan

Make = Callable[[Mapping[str, str | bytes]], Path]

PROMPT = """\
kind: Prompt
name: Helper
description: Is of help.
instructions: Answer briefly.
model:
  id: gpt-4.1-mini
  provider: OpenAI
  options: {temperature: 0.9, extra: 1}
  connection: {kind: key, apiKey: sk-1234567890abcdef}
tools:
  - {kind: function, name: get_weather}
  - {kind: web_search}
"""

WORKFLOW = """\
#
# Writes and edits.
#
# Example input: a bottle
#
kind: Workflow
trigger:
  kind: OnConversationStart
  id: workflow_demo
  actions:
    - {kind: InvokeAzureAgent, id: a, agent: {name: Writer}}
    - kind: ConditionGroup
      conditions:
        - {condition: =x, actions: [{kind: InvokeAzureAgent, id: b, agent: {name: Editor}}]}
    - {kind: InvokeAzureAgent, id: c, agent: {name: Writer}}
"""

KERNEL = """\
type: chat_completion_agent
name: Host
instructions: Answer questions about the menu.
model: {id: "${OpenAI:ChatModelId}"}
tools: [{id: MenuPlugin.get_specials, type: function}]
"""

ADK = """\
# yaml-language-server: $schema=https://example.org/config_schemas/AgentConfig.json
name: coordinator
model: gemini-3-flash
instruction: Coordinate.
sub_agents:
  - config_path: writer.yaml
tools: [{name: google_search}]
"""


def test_declarative_agents(make: Make) -> None:
    """What an agent says of itself is read; where its model is reached, and with which key, is not."""
    folder = make(
        {
            "a/helper.yaml": PROMPT,
            "a/marketing/workflow.yaml": WORKFLOW,
            "a/host.yml": KERNEL,
            "a/team/root_agent.yaml": ADK,
            "a/team/loop.yaml": "agent_class: LoopAgent\nname: loop\nsub_agents: [{config_path: x.yaml}]\n",
            "k8s.yaml": "kind: Deployment\nspec: {instructions: x}\n",
            "recipe.yaml": "kind: Recipe\ninstructions: Stir.\n",
            "list.yaml": "- instructions: x\n",
        }
    )
    findings = scan(folder).findings
    assert {each.key: (each.description, each.spec) for each in findings} == {
        "agent:Helper": (
            "Is of help.",
            {
                "framework": "agent-framework",
                "instructions": "Answer briefly.",
                "model": "gpt-4.1-mini",
                "model_options": {"temperature": 0.9},
                "tools": ["get_weather"],
            },
        ),
        "agent:marketing": ("Writes and edits.", {"framework": "agent-framework", "agents": ["Writer", "Editor"]}),
        "agent:Host": (
            "Answer questions about the menu.",
            {
                "framework": "semantic-kernel",
                "instructions": "Answer questions about the menu.",
                "tools": ["MenuPlugin.get_specials"],
            },
        ),
        "agent:coordinator": (
            "Coordinate.",
            {
                "framework": "google-adk",
                "instructions": "Coordinate.",
                "model": "gemini-3-flash",
                "tools": ["google_search"],
                "sub_agents": ["writer.yaml"],
            },
        ),
        "agent:loop": ("", {"framework": "google-adk", "sub_agents": ["x.yaml"], "agent_class": "LoopAgent"}),
    }
    assert "sk-123" not in json.dumps([each.to_dict() for each in findings])
