from pydantic_ai import Agent, RunContext

roller = Agent("openai:gpt-4o", name="dice", system_prompt="Roll dice.")


@roller.tool_plain
def roll() -> int:
    """Roll a die."""


@roller.tool(name="player")
def get_player(ctx: RunContext[str], upper: bool = False) -> str:
    """Get the name of the player."""
