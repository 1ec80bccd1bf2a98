"""An agent that a server serves: the function answers."""

from agentstack_sdk.server import Server
from agentstack_sdk.server.context import RunContext

server = Server()


@server.agent(name="Forms")
async def fill(message: str, context: RunContext):
    """Fill in a form."""
    yield message
