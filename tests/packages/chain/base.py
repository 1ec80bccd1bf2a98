try:
    from langchain_core.tools import BaseTool as LangTool
except ImportError:
    LangTool = object

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool


class ToolBase(LangTool):
    """A base without a name."""

    description: str = "What every tool of the chain does."
