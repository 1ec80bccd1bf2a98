from enum import Enum

import mcp.types as types
from mcp.server import Server

server = Server("low")


class Names(str, Enum):
    READ = "read_rows"


listing = types.Tool(name="listing", description="List.", inputSchema={"type": "object", "properties": {}})


@server.list_tools()
async def list_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name=Names.READ.value,
            description="Read rows.",
            inputSchema={"type": "object", "properties": {"table": {"type": "string"}}},
        ),
        *[types.Tool(name=one, description="", inputSchema={}) for one in ()],
    ]
