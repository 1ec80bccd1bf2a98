from mcp.server.fastmcp import FastMCP

mcp = FastMCP("demo")
TOOL = mcp.tool


@mcp.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""


@mcp.tool(name="fetch_page", description="Get a page.")
async def fetch(url: str) -> str:
    """Not this."""


@TOOL("short")
def shorten(text: str) -> str:
    """Make it short."""


@mcp.prompt()
def review(code: str) -> str:
    """Ask for a review."""


@mcp.resource("file://x")
def resource():
    """No tool."""


class Service:
    def __init__(self):
        self.server = FastMCP("inner")

    def register(self):
        @self.server.tool()
        def ping() -> str:
            """Answer."""


def untyped(mcp_server):
    @mcp_server.tool()
    def pong() -> str:
        """Answer back."""
