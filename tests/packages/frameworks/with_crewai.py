from crewai import LLM, Agent
from crewai.tools import BaseTool, tool


@tool("Web search")
def search(question: str) -> str:
    """Search the web."""


class Reader(BaseTool):
    name: str = "Read a file"
    description: str = "Read the content of a file."

    def _run(self, path: str) -> str:
        return path


writer = Agent(role="Writer", goal="Write well.", backstory="Long.")
brain = LLM(model="openai/gpt-4o")
