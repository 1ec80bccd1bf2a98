from catalog import tool


@tool
def search(text: str):
    """The first."""


@tool(name="search")
def search_too(text: str):
    """The second, in the same file."""
