"""Agents, flows, tasks and tools of ControlFlow."""

import controlflow as cf
from controlflow import task, tool

poet = cf.Agent(name="Poet", instructions="Write in rhyme.")


@tool
def rhyme(word: str) -> str:
    """Find a rhyme."""


@task(objective="Praise the season.")
def ode(season: str) -> str: ...


@cf.flow
def verses(topic: str) -> str:
    """Write some verses."""
    return cf.Task("Write a verse.", agents=[poet], name="verse").run()
