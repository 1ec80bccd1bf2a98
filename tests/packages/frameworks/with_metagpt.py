"""A role and a tool of MetaGPT."""

from metagpt.roles import Role
from metagpt.tools.tool_registry import register_tool


class Cook(Role):
    name: str = "Ada"
    profile: str = "Cook"
    goal: str = "Make something good of what there is."


@register_tool(tags=["kitchen"])
class Oven:
    """Heat things."""
