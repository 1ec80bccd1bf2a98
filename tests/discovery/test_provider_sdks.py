"""What programs build with the SDKs of the providers themselves, without a framework."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.discovery.scan import scan

FUNCTION = "def look(city: str) -> str:\n    'Look up a city.'\n"


@pytest.mark.parametrize(
    ("framework", "text"),
    [
        ("anthropic", f"from anthropic import beta_tool\n@beta_tool\n{FUNCTION}"),
        ("anthropic", f"import anthropic\n@anthropic.beta_async_tool(strict=True)\nasync {FUNCTION}"),
        ("openai", f"from openai.lib.beta.agents import function_tool\n@function_tool\n{FUNCTION}"),
        ("ollama", f"import ollama\n{FUNCTION}ollama.chat(model='m', tools=[look])\n"),
        (
            "google-genai",
            f"from google.genai import types\n{FUNCTION}c = types.GenerateContentConfig(tools=[look])\n",
        ),
        (
            "google-genai",
            f"import google.generativeai as genai\n{FUNCTION}def run(name):\n"
            "    return genai.GenerativeModel(name, tools=[look])\n",
        ),
    ],
)
def test_functions_of_a_providers_program_are_tools(make: Any, framework: str, text: str) -> None:
    """What an SDK's decorator marks, and plain functions that a call of it is given, are tools with their path."""
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.framework, each.description) for each in found if each.kind == "tool"] == [
        ("tool:look", "app:look", framework, "Look up a city.")
    ]


@pytest.mark.parametrize(
    ("framework", "client", "call"),
    [
        (
            "openai",
            "from openai import OpenAI as C",
            "client.beta.assistants.create(name='Tutor', instructions=TEXT)",
        ),
        (
            "openai",
            "from openai import AsyncOpenAI as C",
            "client.beta.agents.create(name='Tutor', instructions=TEXT)",
        ),
        (
            "anthropic",
            "from anthropic import Anthropic as C",
            "client.beta.agents.create(name='Tutor', system=TEXT)",
        ),
        (
            "mistral",
            "from mistralai import Mistral as C",
            "client.beta.agents.create(name='Tutor', instructions=TEXT)",
        ),
        ("letta", "from letta_client import Letta as C", "client.agents.create(name='Tutor', system=TEXT)"),
    ],
)
def test_agents_that_a_client_makes_at_the_providers(make: Any, framework: str, client: str, call: str) -> None:
    """An agent or assistant that a client's method creates is an agent; its path is the variable that holds it."""
    found = scan(make({"app.py": f"{client}\nTEXT = 'Teach.'\nclient = C()\ntutor = {call}\n"}) / "app.py").findings
    assert [(each.key, each.ref, each.framework, each.description) for each in found] == [
        ("agent:Tutor", "app:tutor", framework, "Teach.")
    ]


def test_what_a_client_of_somebody_else_creates_is_no_agent(make: Any) -> None:
    """A method of the same name of an object of no provider makes nothing."""
    text = "from company import Client\nclient = Client()\nx = client.beta.assistants.create(name='Tutor')\n"
    assert [each.key for each in scan(make({"app.py": text}) / "app.py").findings] == []


def test_a_declaration_is_a_tool(make: Any) -> None:
    """Google's declaration of a function is a tool with the name, description and parameters it is given."""
    text = (
        "from google.genai import types\n"
        "on = types.FunctionDeclaration(name='turn_on', description='Turn it on.', parameters={'type': 'OBJECT'})\n"
    )
    found = scan(make({"app.py": text}) / "app.py").findings
    assert [(each.key, each.ref, each.description, each.parameters) for each in found] == [
        ("tool:turn_on", "app:on", "Turn it on.", {"type": "OBJECT"})
    ]
