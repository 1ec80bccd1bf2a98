import catalog
import catalog as c
from catalog import agent, tool
from catalog import tool as mark

KIND = "plot"


@tool
def shout(text: str, times: int = 1) -> str:
    """Say *text* loudly.

    Args:
        text: what to say.
        times: how often.
    """
    return text.upper() * times


@catalog.tool(
    name="create_scatter",
    tags=["chart", KIND],
    description="Draw a scatter plot "
    "from two columns.",
    examples=["plot price against size"],
    priority=3,
    match="scatter|dots",
    providers=["openai"],
    metadata={"cost": 0.5, "owners": ["ann"]},
)
async def scatter(data: str, x: str = "a"):
    """Not the description."""


@c.prompt(name=f"{KIND}/intro")
def intro():
    """Greet."""


@mark(tags=("quiet",))
def whisper(text): ...


@agent(name="helper")
class Helper:
    """Answers questions."""

    @tool
    def ask(self, question: str) -> str:
        """Ask the helper."""


def make():
    from catalog import tool as inner_tool

    @inner_tool(name="made")
    def inner(x: int) -> int:
        """Made when asked."""

    return inner


gpt = catalog.model(object(), name="openai/gpt-4o", tags=["large"])
small = catalog.model(name="openai/mini")(object())
"""A cheap model."""


def helper(value):
    """Only public, not marked."""


def _secret(value):
    """Private."""


if __name__ == "__main__":

    @tool
    def never():
        """Not there when imported."""
