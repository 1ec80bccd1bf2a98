__all__ = ["listed"]


def listed():
    """In the list."""


def unlisted():
    """Not in the list."""
