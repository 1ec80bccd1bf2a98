"""Agents that decorators register on an application: any number on one function, and each names the others."""

from fast_agent import FastAgent

fast = FastAgent("Newsroom")


@fast.tool
def clock(zone: str) -> str:
    """Tell the time."""


@fast.agent("reporter", "Find out what happened.", servers=["fetch"])
@fast.agent(name="editor", instruction="Make it short.")
@fast.parallel(name="desk", fan_out=["reporter"], fan_in="editor")
@fast.custom(dict, "proofs", instruction="Look for mistakes.")
async def main() -> None:
    async with fast.run() as agents:
        await agents.desk.send("What is new?")
