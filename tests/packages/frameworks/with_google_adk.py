from google.adk.agents import Agent, BaseAgent, LoopAgent, ParallelAgent, SequentialAgent
from google.adk.models.lite_llm import LiteLlm
from google.adk.tools import BaseTool, FunctionTool, LongRunningFunctionTool

llm = LiteLlm(model="openai/gpt-4o")


def lookup(city: str) -> str:
    """Look a city up."""
    return city


class Clock(BaseTool):
    """Tells the time."""


class Router(BaseAgent):
    """Passes work on."""


cities = FunctionTool(func=lookup)
slow = LongRunningFunctionTool(func=lookup)
writer = Agent(model=llm, name="writer", description="Writes.", instruction="Write well.", tools=[lookup])
critic = Agent(name="critic", instruction="Criticise.")
rounds = LoopAgent(name="rounds", sub_agents=[writer, critic])
both = ParallelAgent(name="both", sub_agents=[writer, critic])
root_agent = SequentialAgent(name="pipeline", description="One after the other.", sub_agents=[rounds, both])
