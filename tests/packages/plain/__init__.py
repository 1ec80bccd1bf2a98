"""Marked with our own decorators, in every way they can be written."""

from ._hidden import exported
from .tools import shout

__all__ = ["exported", "shout"]
