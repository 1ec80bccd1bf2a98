from agent_framework import Agent, ChatAgent, FunctionTool, WorkflowBuilder, ai_function, tool, workflow
from agent_framework.openai import OpenAIChatClient
from agent_framework_foundry import FoundryChatClient

client = OpenAIChatClient(model="gpt-4o")
other = FoundryChatClient(model="gpt-4o")


@tool(approval_mode="never_require")
def weather(city: str) -> str:
    """Tell the weather."""
    return city


@ai_function(name="old_weather", description="Tell it the old way.")
def before(city: str) -> str:
    return city


stored = FunctionTool(name="stored", description="Kept.", func=before)
agent = Agent(client=client, name="Weatherman", instructions="Tell the weather.", tools=[weather])
chat = ChatAgent(chat_client=other, name="Chatter", description="Chats.")


@workflow(name="twice")
async def run_twice(text: str) -> str:
    """Ask twice."""
    return text


steps = WorkflowBuilder(start_executor=agent, name="steps").add_edge(agent, chat).build()
