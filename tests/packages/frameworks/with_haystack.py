from haystack import Pipeline, component
from haystack.components.agents import Agent
from haystack.components.builders import PromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.tools import ComponentTool, Tool, tool


@component
class Welcome:
    """Welcomes."""

    @component.output_types(text=str)
    def run(self, name: str):
        return {"text": name}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return city


llm = OpenAIChatGenerator(model="gpt-4o")
prompt = PromptBuilder(template="Hello {{ name }}")
add = Tool(name="add", description="Add.", parameters={"type": "object"}, function=sum)
welcome = ComponentTool(component=Welcome(), name="welcome")
agent = Agent(chat_generator=llm, tools=[weather], system_prompt="Help.")
pipeline = Pipeline()
pipeline.add_component("prompt", prompt)
