from fastmcp import FastMCP
from frameworks.with_mcp import mcp as shared


class Custom(FastMCP):
    pass


def build() -> Custom:
    return Custom("x")


server = Custom("mine")
built = build()


@server.tool(tags={"math"})
def add(a: int, b: int) -> int:
    """Add."""


@built.tool
def sub(a: int, b: int) -> int:
    """Subtract."""


@shared.tool()
def mul(a: int, b: int) -> int:
    """Multiply on a server of another module."""


def register(app: "FastMCP | None") -> None:
    @app.tool
    def div(a: int, b: int) -> int:
        """Divide."""
