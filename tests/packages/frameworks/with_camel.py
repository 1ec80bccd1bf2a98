from camel.agents import ChatAgent
from camel.models import ModelFactory
from camel.societies import RolePlaying
from camel.toolkits import BaseToolkit, FunctionTool

llm = ModelFactory.create(model_platform="openai", model_type="gpt-4o")


class Clocks(BaseToolkit):
    """Tells the time."""


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


adding = FunctionTool(add)
agent = ChatAgent("You help.", model=llm, tools=[adding])
session = RolePlaying("trader", "programmer")
