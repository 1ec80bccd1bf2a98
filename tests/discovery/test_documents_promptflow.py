"""Flows of promptflow: an agent each, with the tools and prompts of its steps."""

from __future__ import annotations

from typing import Any

from document_samples import found

from catalog.discovery.scan import scan

DAG = """
inputs:
  url: {type: string, default: https://example.org}
  most: {type: int, description: How many}
outputs:
  category: {type: string, reference: "${classify.output}"}
nodes:
- {name: fetch_text, type: python, source: {type: code, path: fetch_text.py}}
- {name: summarise, use_variants: true}
- {name: classify, type: llm, source: {type: code, path: classify.jinja2}, connection: open_ai_connection}
- {name: look, type: python, source: {type: package, tool: pkg.search.look}}
node_variants:
  summarise:
    default_variant_id: v0
    variants:
      v0: {node: {type: llm, source: {type: code, path: summarise.jinja2}}}
"""
TOOL = "from promptflow.core import tool\n@tool\ndef fetch_text(url: str) -> str:\n    '''Fetch a page.'''\n"


def test_a_flow_is_an_agent_with_the_tools_and_prompts_of_its_steps(make: Any) -> None:
    """It is called like its folder, says its steps where nobody describes it, and takes its inputs."""
    folder = make(
        {
            "pages/flow.dag.yaml": DAG,
            "pages/fetch_text.py": TOOL,
            "pages/classify.jinja2": "# system:\nClassify.\n# user:\n{{text}}\n",
            "pages/summarise.jinja2": "# system:\nSummarise.\n# user:\n{{text}}\n",
        }
    )
    flow = next(each for each in scan(folder).findings if each.kind == "agent")
    assert (flow.key, flow.description) == (
        "agent:pages",
        "Flow of fetch text, summarise, classify, look; from url, most to category",
    )
    assert flow.metadata["references"] == ["tool:fetch_text", "prompt:summarise", "prompt:classify"]
    assert flow.spec == {
        "framework": "promptflow",
        "steps": ["fetch_text", "summarise", "classify", "look"],
        "tools": ["fetch_text.py", "pkg.search.look"],
        "prompts": ["summarise.jinja2", "classify.jinja2"],
    }
    assert flow.parameters == {
        "type": "object",
        "properties": {"url": {"type": "string"}, "most": {"type": "integer", "description": "How many"}},
        "required": ["most"],
    }


def test_a_flow_of_code_is_the_object_it_names(make: Any) -> None:
    """``flow.flex.yaml`` names a function or class, whose docstring describes the flow."""
    folder = make(
        {
            "chat/flow.flex.yaml": "entry: talk:Chat\n",
            "chat/talk.py": "class Chat:\n    '''Talk about anything.'''\n",
        }
    )
    (flow,) = scan(folder).findings
    assert (flow.key, flow.ref, flow.description) == ("agent:chat", "talk:Chat", "Talk about anything.")


def test_what_is_no_flow_is_none(make: Any) -> None:
    """A file of that name without steps and entry, or of another shape, gives nothing."""
    texts = {"a": "inputs: {}\n", "b": "- 1\n", "c": "entry: 3\n", "d": "nodes: [1, {name: 2}]\n"}
    found_in = {name: list(found(make({"flow.dag.yaml": text}))) for name, text in texts.items() if name != "d"}
    assert found_in == {"a": [], "b": [], "c": []}
    (flow,) = found(make({"d/flow.dag.yaml": texts["d"]})).values()
    assert (flow.name, flow.spec["steps"]) == ("d", ["2"])


def test_a_tool_provider_is_a_tool(make: Any) -> None:
    """A class of tools that derives from ``ToolProvider`` counts, as its marked methods do."""
    text = "from promptflow.core import ToolProvider, tool\nclass Search(ToolProvider):\n    '''Look.'''\n    @tool\n"
    found_in = scan(make({"app.py": f"{text}    def look(self, q: str): 'Look it up.'\n"})).findings
    assert [each.key for each in found_in] == ["tool:Search", "tool:look"]
