"""Adapters where their frameworks are not installed."""

from __future__ import annotations

import importlib
import sys

import pytest

from catalog import Catalog, MissingExtraError

NAMES = {
    "agent_framework": "agent_framework",
    "agno": "agno",
    "crewai": "crewai",
    "dspy": "dspy",
    "google_adk": "google.adk",
    "haystack": "haystack",
    "langchain": "langchain_core",
    "llamaindex": "llama_index",
    "mcp": "mcp",
    "openai_agents": "agents",
    "pydantic_ai": "pydantic_ai",
    "smolagents": "smolagents",
    "strands": "strands",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_named(tools: Catalog, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The module of an adapter imports without its framework, whose tools say which extra brings it."""
    for module in list(sys.modules):
        if module == NAMES[name] or module.startswith(f"{NAMES[name]}."):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, NAMES[name], None)
    adapter = importlib.import_module(f"catalog.adapters.{name}")
    extra = name.replace("_", "-")
    for make in (lambda: adapter.tool(tools, "add"), lambda: adapter.search_tool(tools)):
        with pytest.raises(MissingExtraError) as caught:
            make()
        assert str(caught.value).startswith(f"catalog.adapters.{name} needs its framework: ")
        assert str(caught.value).endswith(f"; `pip install 'magma-catalog[{extra}]'` brings it")
        assert caught.value.facts["extra"] == extra
