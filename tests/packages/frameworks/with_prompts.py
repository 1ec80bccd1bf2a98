import instructor
import marvin
from marvin import Agent, Task
from mirascope import llm
from mirascope.core import openai, prompt_template
from promptflow.core import Prompty
from promptflow.core import tool as flow_tool

client = instructor.from_provider("openai/gpt-4o")


@llm.call("openai/gpt-4o")
def recommend(genre: str):
    """Recommend a book."""
    return f"Recommend a {genre} book"


@openai.call("gpt-4o")
@prompt_template("Recommend a {genre} book")
def older(genre: str): ...


@llm.tool
def shelves(title: str) -> str:
    """Find a shelf."""
    return title


@marvin.fn
def sentiment(text: str) -> float:
    """Return how glad a text is."""


poet = Agent(name="Poet", instructions="Write poems.")
poem = Task(instructions="Write a poem.", name="poem")


@flow_tool
def node(text: str) -> str:
    """Make it short."""
    return text


basic = Prompty.load(source="basic.prompty")
