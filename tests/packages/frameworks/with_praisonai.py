"""Agents, teams and tasks of PraisonAI."""

from praisonaiagents import Agent, AgentTeam, Task, tool


@tool
def weigh(grams: float) -> str:
    """Tell a weight in words."""


def height(metres: float) -> str:
    """Tell a height in words."""


guide = Agent(name="Guide", instructions="Show the way.", tools=[height])
speaker = Agent("You are somebody who speaks slowly, clearly and at great length about all that there is.")


def main() -> None:
    walk = Task(description="Walk up the hill.", agent=guide)
    AgentTeam(agents=[guide], tasks=[walk]).start()
