from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.core.tools.tool_spec.base import BaseToolSpec
from llama_index.llms.openai import OpenAI


class WikiToolSpec(BaseToolSpec):
    """Read an encyclopedia."""

    spec_functions = ["load", "search"]

    def load(self, page: str) -> str:
        """Load a page."""


multiply = FunctionTool.from_defaults(fn=print, name="multiply", description="Multiply.")
SUMMARY = PromptTemplate("Summarize {text}")
llm = OpenAI(model="gpt-4o-mini")
worker = FunctionAgent(name="worker", description="Works.", tools=[])
