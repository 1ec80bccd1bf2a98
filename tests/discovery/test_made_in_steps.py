"""What is made in steps, and by methods of objects: the name is that of the result."""

from __future__ import annotations

from typing import Any

from catalog.discovery.scan import scan


def test_a_graph_is_called_like_what_its_builder_gives(make: Any) -> None:
    """At module level, in a function that returns it and in one that doesn't; a builder of its own keeps its name."""
    file = """
        from langgraph.graph import StateGraph
        from strands.multiagent import GraphBuilder

        b = StateGraph(dict)
        b.add_node("x", print)
        g = b.compile()
        only = StateGraph(dict)

        def build():
            workflow = StateGraph(dict)
            app = workflow.compile()
            return app

        def main():
            builder = GraphBuilder()
            team = builder.build()
            team("go")
        """
    found = scan(make({"app.py": file})).findings
    assert {each.key: (each.ref, each.line) for each in found} == {
        "agent:g": ("app:g", 7),
        "agent:only": ("app:only", 8),
        "agent:build": ("app:build", 10),
        "agent:team": (None, 16),
    }


def test_a_graph_and_its_line_in_langgraph_json_are_one(make: Any) -> None:
    """It has the name that the document gives it."""
    files = {
        "app.py": "from langgraph.graph import StateGraph\nb = StateGraph(dict)\ngraph = b.compile()\n",
        "langgraph.json": '{"graphs": {"chat": "./app.py:graph"}}',
    }
    assert {each.key: each.ref for each in scan(make(files)).findings} == {"agent:chat": "app:graph"}


def test_a_method_of_an_object_makes_an_agent(make: Any) -> None:
    """``client.as_agent(name="x")``, with the client in a variable or not, and a method of a class that is awaited."""
    file = """
        from agent_framework.openai import OpenAIChatClient
        from semantic_kernel.agents import BedrockAgent

        client = OpenAIChatClient(model_id="m")
        top = client.as_agent(name="Top", instructions="Be kind.", tools=[look])

        def look(q: str):
            "Look."

        def build():
            mine = OpenAIChatClient()
            return mine.as_agent(name="Built")

        async def main():
            bed = await BedrockAgent.create_and_prepare_agent(name="Bed", instructions="Sleep.")
            async with OpenAIChatClient().as_agent(name="With") as agent:
                ...
        """
    found = [each for each in scan(make({"app.py": file})).findings if each.kind == "agent"]
    assert {each.key: (each.ref, each.description, each.metadata.get("references", [])) for each in found} == {
        "agent:Top": ("app:top", "Be kind.", ["tool:look"]),
        "agent:Built": ("app:build", "", []),
        "agent:Bed": (None, "Sleep.", []),
        "agent:With": (None, "", []),
    }


def test_the_result_of_an_agent_that_is_awaited_is_no_agent(make: Any) -> None:
    """``email = await GetEmail()`` asks an agent of LiveKit's and has its answer; the class is the entry."""
    file = """
        from livekit.agents import Agent, AgentTask

        class GetEmail(AgentTask):
            "Ask for the address."

        async def main():
            email = await GetEmail()
            desk = Agent(instructions="Be kind.")
        """
    found = scan(make({"app.py": file})).findings
    assert sorted(each.key for each in found) == ["agent:GetEmail", "agent:desk"]
