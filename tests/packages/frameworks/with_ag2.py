from ag2 import Agent
from ag2.tools import tool
from autogen import AssistantAgent, UserProxyAgent

helper = Agent("helper", "Help.")


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@helper.tool
def double(a: int) -> int:
    """Double."""
    return 2 * a


assistant = AssistantAgent(name="assistant", system_message="Assist.")
user = UserProxyAgent(name="user")


@user.register_for_execution()
@assistant.register_for_llm(name="halve_it", description="Halve.")
def halve(a: int) -> int:
    return a // 2
