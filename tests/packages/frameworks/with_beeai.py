from beeai_framework.agents.requirement import RequirementAgent
from beeai_framework.backend import ChatModel
from beeai_framework.template import PromptTemplate, PromptTemplateInput
from beeai_framework.tools import Tool, tool
from beeai_framework.workflows.agent import AgentWorkflow


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class Riddle(Tool[dict, dict, dict]):
    name = "riddle"
    description = "Ask a riddle."


llm = ChatModel.from_name("ollama:granite")
greeting = PromptTemplate(PromptTemplateInput(schema=dict, template="Hello {{name}}"))
agent = RequirementAgent(llm=llm, name="Helper", role="Helps.", tools=[add])
flow = AgentWorkflow(name="smart")
