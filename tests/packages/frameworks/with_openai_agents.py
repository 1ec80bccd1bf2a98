from agents import Agent, function_tool


@function_tool
def time_now() -> str:
    """Tell the time."""


@function_tool(name_override="date_now", description_override="Tell the date.")
def date() -> str:
    """Not this."""


triage = Agent(name="Triage", instructions="Send people to the right place.", model="gpt-4o")
