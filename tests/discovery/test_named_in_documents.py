"""Declarative agents refer to what they name, where a scan has it."""

from __future__ import annotations

from typing import Any

from catalog.discovery.scan import scan

AGENT = (
    "kind: Prompt\nname: %s\ninstructions: Be kind.\nmodel:\n  id: gpt-4o\ntools:\n  - name: look\n  - name: nowhere\n"
)
TOOL = "from agents import function_tool\n@function_tool\ndef look(q: str):\n    '''Look.'''\n"


def references(make: Any, files: dict[str, str]) -> dict[str, list[str]]:
    """Return the keys of the agents with what they refer to."""
    found = scan(make(files)).findings
    return {each.key: each.metadata.get("references", []) for each in found if each.kind == "agent"}


def test_a_declarative_agent_refers_to_the_tool_it_names(make: Any) -> None:
    """A name that nothing has stays a name; of two tools with one name the nearer is meant, and none if none is."""
    files = {"in/agent.yaml": AGENT % "near", "in/here/tools.py": TOOL, "other/more/tools.py": TOOL}
    assert references(make, files) == {"agent:near": ["tool:look"]}
    files = {"agent.yaml": AGENT % "both", "a/tools.py": TOOL, "b/tools.py": TOOL}
    gone = dict.fromkeys(("in/agent.yaml", "in/here/tools.py", "other/more/tools.py"), "")
    assert references(make, {**files, **gone}) == {"agent:both": []}


def test_an_agent_of_adk_refers_to_sub_agents_by_file_and_to_tools_by_dotted_name(make: Any) -> None:
    """``config_path`` is a file beside it, and ``name`` a function of a module."""
    files = {
        "root_agent.yaml": (
            "agent_class: LlmAgent\nname: root\ninstruction: Ask.\n"
            "sub_agents:\n  - config_path: helper.yaml\ntools:\n  - name: mine.tools.look\n"
        ),
        "helper.yaml": "agent_class: LlmAgent\nname: helper\ninstruction: Help.\n",
        "mine/__init__.py": "",
        "mine/tools.py": TOOL,
    }
    assert references(make, files) == {"agent:root": ["tool:look", "agent:helper"], "agent:helper": []}
