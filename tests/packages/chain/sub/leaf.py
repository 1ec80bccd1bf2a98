import chain.words
from chain import sub
from chain.words import LEAF, Names
from pydantic import BaseModel, Field


class Args(BaseModel):
    query: str = Field(description="What to look for.")
    limit: int = 10


class Leaf(sub.Middle):
    name: str = Field(default=LEAF)
    description: str = f"A leaf of {chain.words.PREFIX}."
    args_schema: type = Args


class Heir(Leaf):
    """Has its name from its parent."""


class Twig(sub.Middle):
    name: str = Names.TWIG
    description: str = (
        """
        A twig.
        """.strip()
    )


class Unsaid(sub.Middle):
    """Says its name only when it runs."""

    name: str
    description: str = "x".join(["a", "b"])


class NoTool(Args):
    name: str = "no tool"
