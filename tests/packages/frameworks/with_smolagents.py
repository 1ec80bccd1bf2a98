from smolagents import CodeAgent, Tool, tool


@tool
def count(text: str) -> int:
    """Count letters.

    Args:
        text: what to count in.
    """


class Reverse(Tool):
    name = "reverse"
    description = "Turn a text around."
    inputs = {"text": {"type": "string", "description": "The text."}}
    output_type = "string"

    def forward(self, text: str):
        return text[::-1]


coder = CodeAgent(tools=[], model=None, name="coder", description="Writes code.")
