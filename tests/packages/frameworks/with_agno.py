from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.team import Team
from agno.tools import Toolkit, tool
from agno.workflow.workflow import Workflow

llm = OpenAIChat(id="gpt-4o")


@tool(name="top_stories", description="List the top stories.")
def stories(count: int) -> str:
    return "none"


@tool
def ping() -> str:
    """Answer."""
    return "pong"


class Shell(Toolkit):
    """Runs commands."""

    def __init__(self):
        super().__init__(name="shell", instructions="Run with care.")


reporter = Agent(name="Reporter", model=llm, role="Reports.", tools=[stories])
desk = Team(name="Desk", members=[reporter], instructions="Report together.")
daily = Workflow(name="Daily", description="Every day.", steps=[desk])
