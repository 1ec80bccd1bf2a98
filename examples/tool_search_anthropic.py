"""Ten thousand tools for Claude, of which it sees one: it searches, gets references, calls, answers.

python examples/tool_search_anthropic.py

The client is Anthropic's own; only the model is a script that runs here. With a real one, leave out ``base_url``.
"""

import sys
from pathlib import Path
from typing import Any

from anthropic import Anthropic
from scripted_model import scripted_model, ten_thousand

from catalog import Catalog
from catalog.adapters import anthropic

HOUSES = str(Path(__file__).parent / "houses.csv")


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Stand in for the model: what it says depends on what it was told last."""
    told = asked["messages"][-1]["content"]
    if isinstance(told, str):
        names = [tool["name"] for tool in asked["tools"]]
        print(f"the model sees {names} and asks for the mean of columns")
        said = tool_use("tool_search", {"query": "mean of the columns of a CSV file"})
    elif isinstance(told[0]["content"], list):
        found = told[0]["content"][0]["tool_name"]
        loaded = [tool["name"] for tool in asked["tools"] if tool.get("defer_loading")]
        print(f"it gets {len(told[0]['content'])} references, and {found in loaded=}")
        said = tool_use(found, {"path": HOUSES})
    else:
        said = {"type": "text", "text": f"The means are {told[0]['content']}."}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": [said],
        "stop_reason": said["type"] if said["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10},
    }


def tool_use(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the block with which the model calls a tool."""
    return {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": arguments}


def run(client: Anthropic, cat: Catalog, request: str) -> str:
    """Let the model work until it answers; this is all that an application needs."""
    tools = anthropic.search_tool(cat, max_tokens=2_000)
    messages: list[Any] = [{"role": "user", "content": request}]
    while True:
        message = client.messages.create(model="claude", max_tokens=1_000, tools=tools, messages=messages)  # type: ignore[arg-type]
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        messages.append({"role": "assistant", "content": message.content})
        messages.append({"role": "user", "content": [tools.result(call) for call in calls]})


def main() -> None:
    """Fill a catalog and ask."""
    with Catalog("sqlite://", embedder="none") as cat, scripted_model(answer) as url:
        print(f"{cat.register_many(ten_thousand()):,} tools, imported: {'plots' in sys.modules}")
        with Anthropic(base_url=url, api_key="none") as client:
            print(run(client, cat, "What do houses cost?"))
        print(f"imported now: {'plots' in sys.modules}")


if __name__ == "__main__":
    main()
