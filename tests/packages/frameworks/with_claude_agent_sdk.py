from claude_agent_sdk import AgentDefinition, create_sdk_mcp_server, tool


@tool("greet", "Greet a user.", {"name": str})
async def greet_user(args):
    return {"content": []}


@tool("add", "Add.", {"type": "object", "properties": {"a": {"type": "number"}}})
async def add_numbers(args):
    return {"content": []}


server = create_sdk_mcp_server(name="calculator", version="1.0.0", tools=[greet_user, add_numbers])
reviewer = AgentDefinition(description="Reviews code.", prompt="Review.", tools=["Read"])
