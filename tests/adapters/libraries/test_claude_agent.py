"""The Claude Agent SDK, with a script in place of Claude Code; it has no adapter, and what it makes can be run."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from cases import live

from catalog import Catalog, acall, arun_result, call, run_result

pytest.importorskip("claude_agent_sdk", reason="claude-agent-sdk is not installed; .ci/frameworks runs this")

CLAUDE = """#!{python}
import json, sys

if "-v" in sys.argv or "--version" in sys.argv:
    print("9.9.9 (Claude Code)")
    raise SystemExit


def say(**message):
    print(json.dumps(message), flush=True)


for line in sys.stdin:
    asked = json.loads(line)
    if asked["type"] == "control_request":
        answer = {{"subtype": "success", "request_id": asked["request_id"], "response": {{"commands": []}}}}
        say(type="control_response", response=answer)
    elif asked["type"] == "user":
        about = {{"session_id": "s", "uuid": "u", "parent_tool_use_id": None}}
        for text in ("do", "ne") if "--include-partial-messages" in sys.argv else ():
            delta = {{"type": "content_block_delta", "index": 0, "delta": {{"type": "text_delta", "text": text}}}}
            say(type="stream_event", event=delta, **about)
        usage = {{"input_tokens": 3, "output_tokens": 1}}
        prompt = sys.argv[sys.argv.index("--system-prompt") + 1] if "--system-prompt" in sys.argv else "done"
        say(type="result", subtype="success", duration_ms=1, duration_api_ms=1, is_error=prompt == "fail", num_turns=1,
            session_id="s", total_cost_usd=0.25, usage=usage, result=prompt or "done")
        break
"""


@pytest.fixture
def module(catalog: Catalog, module_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module with options, a subagent and tools; what is called Claude Code is a script."""
    script = module_folder / "claude"
    script.write_text(CLAUDE.format(python=sys.executable), encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("SCRIPTED_CLAUDE", str(script))
    live(
        module_folder,
        "import os\nfrom claude_agent_sdk import AgentDefinition, ClaudeAgentOptions, tool\n\n"
        "path = os.environ['SCRIPTED_CLAUDE']\n"
        "triage = ClaudeAgentOptions(cli_path=path)\n"
        "failing = ClaudeAgentOptions(cli_path=path, system_prompt='fail')\n\n\n"
        "@tool('scale', 'Multiply.', {'x': int})\nasync def scale(given):\n"
        "    if given['x'] < 0:\n        return {'content': [{'type': 'text', 'text': 'no'}], 'is_error': True}\n"
        "    return {'content': [{'type': 'text', 'text': str(given['x'] * 2)}]}\n",
    )


def test_claude_code_is_asked(catalog: Catalog, module: None) -> None:
    """Options are an agent: it answers, in parts, and says what that cost; its failure is one."""
    entry = catalog.register("agent", "triage", "live_objects:triage")
    parts: list[str] = []
    cost = {"requests": 1, "input_tokens": 3, "output_tokens": 1, "cost": 0.25}
    done = run_result(catalog, entry, "go", on_part=parts.append, timeout=30)
    assert (done.value, done.usage, parts) == ("done", cost, ["do", "ne"])
    assert asyncio.run(arun_result(catalog, entry, {"input": "go"})).value == "done"
    with pytest.raises(RuntimeError, match="fail"):
        run_result(catalog, catalog.register("agent", "failing", "live_objects:failing"), "go")


def test_a_subagent_is_asked_by_its_prompt(monkeypatch: pytest.MonkeyPatch, module: None) -> None:
    """A definition becomes options with its prompt."""
    import claude_agent_sdk as sdk
    import live_objects  # type: ignore[import-not-found]

    asked = sdk.query
    monkeypatch.setattr(
        sdk, "query", lambda prompt, options: asked(prompt=prompt, options=with_path(options, live_objects.path))
    )
    definition = sdk.AgentDefinition(description="Sorts.", prompt="sorted", tools=["Read"])
    assert call(definition, "go") == "sorted"


def with_path(options: object, path: str) -> object:
    """Return *options* with the script in place of Claude Code."""
    from dataclasses import replace

    return replace(options, cli_path=path)  # type: ignore[type-var]


def test_a_tool_is_called(module: None) -> None:
    """A tool gives what its content block holds, and its error is one."""
    import live_objects

    assert call(live_objects.scale, {"x": 3}) == asyncio.run(acall(live_objects.scale, {"x": 3})) == "6"
    with pytest.raises(RuntimeError, match="no"):
        call(live_objects.scale, {"x": -1})
