from langgraph.func import entrypoint, task
from langgraph.graph import StateGraph
from langgraph.prebuilt import create_react_agent


@task
def step(text: str) -> str:
    """Not an entry: a part of the workflow."""
    return text


@entrypoint()
def flow(text: str) -> str:
    """Do one thing."""
    return step(text).result()


agent = create_react_agent("openai:gpt-4o", tools=[], name="worker", prompt="Work.")

graph = StateGraph(dict).add_node("step", step).compile()
