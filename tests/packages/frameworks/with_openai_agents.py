from agents import Agent, function_tool, tool
from agents.decorators import tool as today


@function_tool
def time_now() -> str:
    """Tell the time."""


@function_tool(name_override="date_now", description_override="Tell the date.")
def date() -> str:
    """Not this."""


@tool
def place() -> str:
    """Tell the place."""


@today(name_override="mood_now")
def mood() -> str:
    """Tell the mood."""


triage = Agent(name="Triage", instructions="Send people to the right place.", model="gpt-4o")
