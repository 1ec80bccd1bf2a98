"""LangChain: agents of `create_agent`, which is LangGraph."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cases import Framework, Steps, as_it_is, live

pytest.importorskip("langchain", reason="langchain is not installed; .ci/frameworks runs this")
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, ToolMessage

from catalog import Catalog, call, run_result
from catalog.adapters import langchain

USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}


class Scripted(FakeMessagesListChatModel):
    """A model that calls what it is told to."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


def scripted(steps: Steps) -> Scripted:
    """Return a model that calls *steps* and then answers."""
    said = [
        AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"c{place}", "type": "tool_call"}])
        for place, (name, arguments) in enumerate(steps)
    ]
    return Scripted(responses=[*said, AIMessage("done", usage_metadata=USAGE)])  # type: ignore[arg-type]


class TestLangChain(Framework):
    adapter = langchain
    LIVE = (
        "from langchain_core.tools import tool\n\n\n"
        "@tool('scaled_sum')\ndef scaled(x: int, factor: float = 2.0) -> float:\n"
        '    """Multiply.\n\n    Args:\n        x: what\n    """\n    return x * factor\n',
        "scaled_sum",
    )
    AGENT = (
        "from langchain.agents import create_agent\nfrom test_langchain import scripted\n\n"
        "triage = create_agent(scripted([]), tools=[])\n"
    )

    def model(self, steps: Steps) -> Any:
        return as_it_is(scripted(steps))

    def run(self, tools: list[Any], steps: Steps, awaited: bool) -> tuple[str, list[Any]]:
        made = create_agent(scripted(steps), tools=tools)
        request = {"messages": [("user", "go")]}
        state = asyncio.run(made.ainvoke(request)) if awaited else made.invoke(request)  # type: ignore[arg-type]
        told = [message for message in state["messages"] if isinstance(message, ToolMessage)]
        failed = " (error)"
        return state["messages"][-1].text, [f"{m.content}{failed if m.status == 'error' else ''}" for m in told]

    def facts(self, tool: Any) -> tuple[Any, ...]:
        schema = tool.args_schema
        said = schema if isinstance(schema, dict) else tool.tool_call_schema.model_json_schema()
        return tool.name, tool.description, said, tool.args


def test_models_chains_and_graphs_are_run(catalog: Catalog, module_folder: Any) -> None:
    """A chat model and a chain give text and tokens, in parts; a graph takes a text where it has a place for one."""
    module = live(
        module_folder,
        "from typing import TypedDict\n"
        "from langchain_core.output_parsers import StrOutputParser\n"
        "from langchain_core.prompts import ChatPromptTemplate\n"
        "from langgraph.checkpoint.memory import InMemorySaver\n"
        "from langgraph.graph import StateGraph\n"
        "from test_langchain import scripted\n\n\n"
        "class State(TypedDict):\n    text: str\n\n\n"
        "async def shout(state: State) -> State:\n    return {'text': state['text'].upper()}\n\n\n"
        "graph = StateGraph(State).add_node('shout', shout).set_entry_point('shout').compile(InMemorySaver())\n"
        "chain = ChatPromptTemplate.from_template('Hi {name}') | scripted([]) | StrOutputParser()\n"
        "model = scripted([])\n",
    )
    parts: list[Any] = []
    model = catalog.register("model", "fake", "live_objects:model")
    done = run_result(catalog, model, "go", on_part=parts.append)
    assert (done.value, parts, done.usage) == ("done", ["done"], {"input_tokens": 1, "output_tokens": 1})
    assert call(module.chain, {"name": "Bo"}) == "done"
    assert call(module.graph, "hi") == call(module.graph, {"text": "hi"}) == {"text": "HI"}
