"""The catalog as an MCP server: four tools, entries as resources, prompts; over stdio and streamable HTTP.

`serve` and `app` are all that other rooms use; neither imports the SDK before it is called.
"""

from catalog.mcp.http import app
from catalog.mcp.stdio import serve

__all__ = ["app", "serve"]
