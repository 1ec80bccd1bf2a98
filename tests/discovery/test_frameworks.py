"""Every framework's way of writing is known without the framework."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers import refs

from catalog.discovery.scan import scan

EXPECTED = {
    "langchain": {
        "agent:helper": "helper",
        "model:llm": "llm",
        "prompt:CHAT": "CHAT",
        "prompt:GREETING": "GREETING",
        "tool:add": "add",
        "tool:lookup": "lookup",
        "tool:multiply_numbers": "multiply",
        "tool:search": "search",
        "tool:subtract": "subtract",
        "tool:weather": "Weather",
    },
    "mcp": {
        "mcp_server:demo": "mcp",
        "mcp_server:inner": None,
        "prompt:review": "review",
        "tool:add": "add",
        "tool:fetch_page": "fetch",
        "tool:ping": None,
        "tool:pong": None,
        "tool:short": "shorten",
    },
    "mcp_lowlevel": {"mcp_server:low": "server", "tool:listing": "listing", "tool:read_rows": None},
    "fast_agent": {
        "agent:desk": None,
        "agent:editor": None,
        "agent:proofs": None,
        "agent:reporter": None,
        "tool:clock": "clock",
    },
    "agent_stack": {"agent:Forms": "fill"},
    "controlflow": {
        "agent:Poet": "poet",
        "agent:verses": "verses",
        "prompt:ode": "ode",
        "prompt:verse": None,
        "tool:rhyme": "rhyme",
    },
    "praisonai": {
        "agent:Guide": "guide",
        "agent:agent_team": None,
        "agent:speaker": "speaker",
        "prompt:walk": None,
        "tool:height": "height",
        "tool:weigh": "weigh",
    },
    "swarms": {"agent:Analyst": "analyst", "agent:Report": "orderly"},
    "swarm": {"agent:Sales": "sales", "agent:Triage": "triage", "tool:to_sales": "to_sales"},
    "browser_use": {"agent:agent": "agent", "model:m": None, "tool:press": "press"},
    "metagpt": {"agent:Cook": "Cook", "tool:Oven": "Oven"},
    "fastmcp": {
        "mcp_server:mine": "server",
        "mcp_server:x": "built",
        "tool:add": "add",
        "tool:div": None,
        "tool:mul": "mul",
        "tool:sub": "sub",
    },
    "openai_agents": {
        "agent:Triage": "triage",
        "tool:date_now": "date",
        "tool:mood_now": "mood",
        "tool:place": "place",
        "tool:time_now": "time_now",
    },
    "pydantic_ai": {"agent:dice": "roller", "tool:player": "get_player", "tool:roll": "roll"},
    "smolagents": {"agent:coder": "coder", "tool:count": "count", "tool:reverse": "Reverse"},
    "crewai": {
        "agent:Writer": "writer",
        "model:brain": "brain",
        "tool:Read a file": "Reader",
        "tool:Web search": "search",
    },
    "llama_index": {
        "agent:worker": "worker",
        "model:llm": "llm",
        "prompt:SUMMARY": "SUMMARY",
        "tool:WikiToolSpec": "WikiToolSpec",
        "tool:multiply": "multiply",
    },
    "ag2": {
        "agent:assistant": "assistant",
        "agent:helper": "helper",
        "agent:user": "user",
        "tool:add": "add",
        "tool:double": "double",
        "tool:halve_it": "halve",
    },
    "agent_framework": {
        "agent:Chatter": "chat",
        "agent:Weatherman": "agent",
        "agent:steps": "steps",
        "agent:twice": "run_twice",
        "model:client": "client",
        "model:other": "other",
        "tool:old_weather": "before",
        "tool:stored": "stored",
        "tool:weather": "weather",
    },
    "agno": {
        "agent:Daily": "daily",
        "agent:Desk": "desk",
        "agent:Reporter": "reporter",
        "model:llm": "llm",
        "tool:ping": "ping",
        "tool:shell": "Shell",
        "tool:top_stories": "stories",
    },
    "autogen": {
        "agent:Silent": "Silent",
        "agent:Waiter": "Waiter",
        "agent:chosen": "chosen",
        "agent:critic": "critic",
        "agent:team": "team",
        "agent:writer": "writer",
        "model:client": "client",
        "tool:Ruler": "Ruler",
        "tool:prices": "prices",
    },
    "beeai": {
        "agent:Helper": "agent",
        "agent:smart": "flow",
        "model:llm": "llm",
        "prompt:greeting": "greeting",
        "tool:add": "add",
        "tool:riddle": "Riddle",
    },
    "camel": {
        "agent:agent": "agent",
        "agent:session": "session",
        "model:llm": "llm",
        "tool:Clocks": "Clocks",
        "tool:adding": "adding",
    },
    "claude_agent_sdk": {
        "agent:reviewer": "reviewer",
        "mcp_server:calculator": "server",
        "tool:add": "add_numbers",
        "tool:greet": "greet_user",
    },
    "crewai_project": {
        "agent:Daily": "Daily",
        "agent:crew": "Press.crew",
        "agent:desk": "desk",
        "agent:reporter": "Press.reporter",
        "prompt:check": "check",
        "prompt:report": "Press.report",
    },
    "dspy": {
        "agent:Research": "Research",
        "agent:agent": "agent",
        "model:lm": "lm",
        "prompt:Emotion": "Emotion",
        "prompt:answer": "answer",
        "prompt:classify": "classify",
        "tool:lookup": "lookup",
    },
    "google_adk": {
        "agent:Router": "Router",
        "agent:both": "both",
        "agent:critic": "critic",
        "agent:pipeline": "root_agent",
        "agent:rounds": "rounds",
        "agent:writer": "writer",
        "model:llm": "llm",
        "tool:Clock": "Clock",
        "tool:cities": "cities",
        "tool:slow": "slow",
    },
    "haystack": {
        "agent:agent": "agent",
        "agent:pipeline": "pipeline",
        "model:llm": "llm",
        "prompt:prompt": "prompt",
        "tool:Welcome": "Welcome",
        "tool:add": "add",
        "tool:weather": "weather",
        "tool:welcome": "welcome",
    },
    "langgraph": {
        "agent:graph": "graph",
        "agent:flow": "flow",
        "agent:worker": "agent",
    },
    "livekit": {
        "agent:Barista": "Barista",
        "agent:Consent": "Consent",
        "model:llm": "llm",
        "tool:order_drink": "order",
        "tool:price": "Barista.price",
    },
    "pipecat": {
        "agent:Greeter": "Greeter",
        "model:llm": "llm",
        "tool:end": "Greeter.end",
        "tool:get_weather": "weather",
        "tool:inside": None,
        "tool:restaurant": "restaurant",
    },
    "prompts": {
        "agent:Poet": "poet",
        "model:client": "client",
        "prompt:basic": "basic",
        "prompt:older": "older",
        "prompt:poem": "poem",
        "prompt:recommend": "recommend",
        "tool:node": "node",
        "tool:sentiment": "sentiment",
        "tool:shelves": "shelves",
    },
    "semantic_kernel": {
        "agent:Host": "host",
        "agent:everyone": "everyone",
        "model:service": "service",
        "prompt:greet": "config",
        "prompt:summary": "summary",
        "tool:price_of": "Menu.price",
        "tool:specials": "Menu.specials",
    },
    "strands": {
        "agent:clerk": "agent",
        "agent:team": "team",
        "model:model": "model",
        "tool:add": "add",
        "tool:legacy": "legacy",
        "tool:price": "Shop.price",
        "tool:take_away": "sub",
    },
}


@pytest.mark.parametrize("framework", sorted(EXPECTED))
def test_a_framework_is_recognised(packages: Path, framework: str) -> None:
    """All that a file in the style of the framework defines is found, and nothing else."""
    module = f"frameworks.with_{framework}"
    expected = {key: f"{module}:{name}" if name else None for key, name in EXPECTED[framework].items()}
    assert refs(scan(packages / "frameworks" / f"with_{framework}.py")) == expected


def test_every_file_of_the_package_is_expected(packages: Path) -> None:
    """No style is kept in the package without a test."""
    files = {one.stem.removeprefix("with_") for one in (packages / "frameworks").glob("with_*.py")}
    assert files == set(EXPECTED)


def test_a_server_of_another_module_counts(packages: Path) -> None:
    """A decorator of an object that another module makes is that object's framework's."""
    result = scan(packages / "frameworks")
    found = {one.given_name: one.framework for one in result.findings if "with_fastmcp" in one.path}
    assert found == dict.fromkeys(("add", "div", "mine", "sub", "x"), "fastmcp") | {"mul": "mcp"}


def test_low_level_definitions_bring_their_schema(packages: Path) -> None:
    """The input schema that a low-level server's definition gives as a literal is the finding's."""
    found = next(one for one in scan(packages / "frameworks").findings if one.name == "read_rows")
    assert found.parameters == {"type": "object", "properties": {"table": {"type": "string"}}}


def test_a_module_with_a_specification_brings_its_schema(packages: Path) -> None:
    """``TOOL_SPEC`` of a module describes the function that it names, and gives its input schema."""
    (found,) = [one for one in scan(packages / "frameworks" / "with_strands.py").findings if one.name == "legacy"]
    assert (found.ref, found.description) == ("frameworks.with_strands:legacy", "Do it the old way.")
    assert found.parameters == {"type": "object", "properties": {"text": {"type": "string"}}}


def test_other_peoples_names_are_left_alone(packages: Path) -> None:
    """A decorator, class, method or constructor that only has the name of a known one is not reported."""
    assert refs(scan(packages / "lookalike")) == {}


@pytest.mark.parametrize(
    ("imports", "decorator", "found"),
    [
        ("from langchain_core.tools import tool", "@tool", True),
        ("from langchain_core.tools import tool as t", "@t('x')", True),
        ("import langchain_core.tools", "@langchain_core.tools.tool", True),
        ("from langchain_core import tools as lc", "@lc.tool()", True),
        ("from langchain_core.tools import *", "@tool", find_spec("langchain_core") is not None),  # if it can be read
        ("tool = print", "@tool", False),
        ("from .tools import tool", "@tool", False),
        ("import fastmcp\nserver = fastmcp.FastMCP('x')", "@server.tool", True),
        ("from fastmcp import FastMCP\nmcp: FastMCP = make()", "@mcp.tool()", True),
        ("from fastmcp import FastMCP\nmcp = FastMCP.from_openapi({})", "@mcp.tool()", True),
        ("mcp = object()", "@mcp.tool()", False),
        ("from unknown import mcp", "@mcp.tool()", True),
        ("from unknown import thing", "@thing.tool()", False),
    ],
)
def test_decorators_are_followed_to_their_home(make, imports: str, decorator: str, found: bool) -> None:
    """A decorator counts by where its name comes from; only of an object nobody can trace does the name decide."""
    folder = make({"one.py": f"{imports}\n\n\n{decorator}\ndef here(x: int) -> int: ...\n"})
    tools = [one.ref for one in scan(folder / "one.py").findings if one.kind == "tool"]
    assert tools == (["one:here"] if found else [])
