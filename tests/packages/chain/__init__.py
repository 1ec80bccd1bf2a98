"""A chain of classes across modules; only the first of them names a framework."""

from .base import ToolBase as Base
