import langchain_core.tools as lc
from langchain.agents import create_agent
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.tools import StructuredTool, Tool, tool
from langchain_openai import ChatOpenAI


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool("multiply_numbers", return_direct=True)
def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""


@lc.tool(description="Subtract.")
def subtract(a: int, b: int) -> int:
    """Something else."""


class Weather(lc.BaseTool):
    name: str = "weather"
    description: str = "Tell the weather of a city."

    def _run(self, city: str, run_manager=None) -> str:
        return "fine"


search = Tool("search", print, "Search the web.")
lookup = StructuredTool.from_function(func=print, name="lookup", description="Look it up.")
GREETING = PromptTemplate.from_template("Hello {name}")
"""Says hello."""
CHAT = ChatPromptTemplate.from_messages([("system", "Be kind.")]).partial(mood="good")
llm = ChatOpenAI(model="gpt-4o", temperature=0)
helper: object = create_agent(llm, tools=[add], name="helper", system_prompt="Help.")
