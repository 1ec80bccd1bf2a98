from strands import Agent, tool
from strands.models import BedrockModel
from strands.multiagent import Swarm

TOOL_SPEC = {
    "name": "legacy",
    "description": "Do it the old way.",
    "inputSchema": {"json": {"type": "object", "properties": {"text": {"type": "string"}}}},
}


def legacy(tool, **kwargs):
    return {"toolUseId": tool["toolUseId"], "status": "success", "content": []}


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@tool(name="take_away", description="Subtract.")
def sub(a: int, b: int) -> int:
    return a - b


class Shop:
    @tool
    def price(self, item: str) -> int:
        """Tell the price."""
        return 1


model = BedrockModel(model_id="some-model")
agent = Agent(model=model, name="clerk", system_prompt="Serve.", tools=[add, sub])
team = Swarm([agent])
