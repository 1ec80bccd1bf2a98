"""Programs that MCP clients start: an honest one of the official SDK, and a raw one that misbehaves in one way each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalog import Settings

HONEST = '''
import os

from mcp.server import MCPServer

server = MCPServer("honest")


@server.tool()
def add(a: int, b: int = 40) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(why)


@server.tool()
def variable(name: str) -> str:
    """Tell a variable of the environment."""
    return os.environ.get(name, "none")


@server.prompt()
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Say hello to {name}."


@server.resource("memo://today", name="today", description="What is on today.")
def today() -> str:
    return "nothing"


@server.resource("memo://days/{day}", name="day", description="What is on a day.")
def day(day: str) -> str:
    return f"{day}: rest"


if __name__ == "__main__":
    server.run()
'''

CHANGING = """
import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

bus = InMemorySubscriptionBus()
changes = 0


async def listed(ctx, params):
    described = types.Tool(name="echo", description=f"Echo {changes}.", input_schema={"type": "object"})
    return types.ListToolsResult(tools=[described])


async def called(ctx, params):
    global changes
    changes += 1
    await bus.publish(ToolsListChanged())
    return types.CallToolResult(content=[types.TextContent(type="text", text="echo")])


server = Server(
    "changing", on_list_tools=listed, on_call_tool=called, on_subscriptions_listen=ListenHandler(bus)
)


async def main():
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


anyio.run(main)
"""
"""A server of the current revision whose tool is described differently after each call, which it tells who listens."""

RAW = r'''
import json, os, sys, time

MODE, STATE = sys.argv[1], sys.argv[2]
"""How to behave, and a file: what is in it says which tools there are; each start appends a line to the other."""

with open(STATE + ".starts", "a") as file:
    file.write(f"{os.getpid()}\n")


def tools():
    with open(STATE) as file:
        return json.load(file)


def answer(request, result):
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)


if MODE == "hang at start":
    time.sleep(600)
if MODE == "crash at start":
    sys.exit("no configuration")
if MODE == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for line in sys.stdin:
    request = json.loads(line)
    method = request.get("method")
    if method == "initialize":
        version = "1999-01-01" if MODE == "wrong version" else request["params"]["protocolVersion"]
        about = {"name": "raw", "version": "1"}
        answer(request, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about})
    elif method == "tools/list":
        if MODE == "noise":
            print("listing my tools ...", flush=True)
        answer(request, {"tools": tools()})
    elif method == "tools/call":
        if MODE == "hang in a call" and request["params"]["arguments"].get("text") == "hang":
            continue
        if MODE == "crash":
            print("out of memory", file=sys.stderr)
            sys.exit(3)
        if MODE == "large":
            sys.stdout.write('{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"' % request["id"])
            for _ in range(100):
                sys.stdout.write("x" * 1_000_000)
            sys.stdout.write('"}]}}\n')
            sys.stdout.flush()
            continue
        if MODE == "invalid JSON":
            print('{"jsonrpc": "2.0", "id": ' + str(request["id"]) + ', "result": {', flush=True)
            continue
        if MODE == "flood":
            for _ in range(2_000):
                sys.stderr.write("warning: " + "x" * 1_000 + "\n")
        if MODE == "chatter":
            for number in range(20_000):
                note = {"level": "info", "data": "x" * 100}
                print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": note}))
        if MODE == "tells":
            print(json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}), flush=True)
        if MODE == "lies":
            answer(request, {"content": [], "structuredContent": {"result": "not a number"}})
            continue
        text = request["params"]["arguments"].get("text", "")
        answer(request, {"content": [{"type": "text", "text": f"{request['params']['name']}: {text}"}]})
    elif "id" in request:
        error = {"code": -32601, "message": f"no method {method}"}
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}), flush=True)
if MODE == "stubborn":
    time.sleep(600)
'''

ECHO = {
    "name": "echo",
    "description": "Say it again.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}


def limited(**remote: Any) -> Settings:
    """Return settings with short limits."""
    return Settings(embedder="none", remote={"start": 20, "call": 20, **remote})


class Raw:
    """A raw server: its state, and how it was started."""

    def __init__(self, program: Path, folder: Path, mode: str, name: str) -> None:
        """Have a server called *name* that behaves as *mode* says."""
        self.state = folder / f"{name}.json"
        self.command = [sys.executable, "-S", str(program), mode, str(self.state)]
        self.name = name
        self.has(ECHO)

    def has(self, *tools: dict[str, Any]) -> None:
        """List these tools from now on."""
        self.state.write_text(json.dumps(tools), encoding="utf-8")

    @property
    def starts(self) -> list[int]:
        """The processes that were started, the oldest first."""
        file = Path(f"{self.state}.starts")
        return [int(line) for line in file.read_text().split()] if file.exists() else []


MakeRaw = Callable[..., Raw]
