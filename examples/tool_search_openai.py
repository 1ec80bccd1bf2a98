"""Ten thousand tools for a model of OpenAI, of which it sees one: it searches, gets definitions, calls, answers.

python examples/tool_search_openai.py

The client is OpenAI's own; only the model is a script that runs here. With a real one (gpt-5.4 or later), leave out
``base_url``.
"""

import json
import sys
from pathlib import Path
from typing import Any

from openai import OpenAI
from scripted_model import scripted_model, ten_thousand

from catalog import Catalog
from catalog.adapters import openai

HOUSES = str(Path(__file__).parent / "houses.csv")


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Stand in for the model: what it says depends on what it was told last."""
    told = asked["input"][-1]
    said: dict[str, Any]
    if told.get("role") == "user":
        print(f"the model sees {[tool['type'] for tool in asked['tools']]} and asks for the mean of columns")
        said = {"type": "tool_search_call", "execution": "client", "call_id": "call_1", "status": "completed"}
        said |= {"id": "ts_1", "arguments": {"query": "mean of the columns of a CSV file"}}
    elif told["type"] == "tool_search_output":
        found = told["tools"][0]["name"]
        print(f"it gets {len(told['tools'])} definitions, of which {found} is the first")
        said = {"type": "function_call", "id": "fc_1", "call_id": "call_2", "name": found, "status": "completed"}
        said |= {"arguments": json.dumps({"path": HOUSES})}
    else:
        text = {"type": "output_text", "text": f"The means are {told['output']}.", "annotations": []}
        said = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "model": asked["model"],
        "status": "completed",
        "output": [said],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def run(client: OpenAI, cat: Catalog, request: str) -> str:
    """Let the model work until it answers; this is all that an application needs."""
    tools = openai.search_tool(cat, max_tokens=2_000)
    items: list[Any] = [{"role": "user", "content": request}]
    while True:
        response = client.responses.create(model="gpt-5.4", tools=tools, input=items)  # type: ignore[arg-type]
        answers = tools.outputs(response.output)
        if not answers:
            return response.output_text
        items += [*response.output, *answers]


def main() -> None:
    """Fill a catalog and ask."""
    with Catalog("sqlite://", embedder="none") as cat, scripted_model(answer) as url:
        print(f"{cat.register_many(ten_thousand()):,} tools, imported: {'plots' in sys.modules}")
        with OpenAI(base_url=url, api_key="none") as client:
            print(run(client, cat, "What do houses cost?"))
        print(f"imported now: {'plots' in sys.modules}")


if __name__ == "__main__":
    main()
