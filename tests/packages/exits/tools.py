import os

os._exit(17)

from catalog import tool


@tool
def reachable(x: int) -> int:
    """Found without being run."""
