from livekit.agents import Agent, AgentTask, RunContext, function_tool
from livekit.plugins import openai

llm = openai.LLM(model="gpt-4o")


class Barista(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="You make coffee.", tools=[order])

    @function_tool
    async def price(self, context: RunContext, drink: str) -> str:
        """Tell the price of a drink."""
        return "1"


@function_tool(name="order_drink", description="Order.")
async def order(drink: str) -> str:
    return drink


class Consent(AgentTask[bool]):
    """Asks for consent."""
