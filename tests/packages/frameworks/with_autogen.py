from autogen_agentchat.agents import AssistantAgent, BaseChatAgent
from autogen_agentchat.teams import RoundRobinGroupChat, SelectorGroupChat
from autogen_core import RoutedAgent
from autogen_core.tools import BaseTool, FunctionTool
from autogen_ext.models.openai import OpenAIChatCompletionClient

client = OpenAIChatCompletionClient(model="gpt-4o")


def stock(ticker: str) -> float:
    return 1.0


class Ruler(BaseTool):
    """Measures."""


class Waiter(RoutedAgent):
    """Waits."""


class Silent(BaseChatAgent):
    """Says nothing."""


prices = FunctionTool(stock, description="Tell the price of a stock.")
writer = AssistantAgent("writer", client, system_message="Write.")
critic = AssistantAgent(name="critic", model_client=client, description="Criticises.")
team = RoundRobinGroupChat([writer, critic])
chosen = SelectorGroupChat([writer, critic], model_client=client)
