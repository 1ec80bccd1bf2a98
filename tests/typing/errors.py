"""Mistakes that type checkers must report, one on each line with a mark. Never run."""

from __future__ import annotations

from catalog import (
    AutoCouncil,
    Catalog,
    Entry,
    tool,
    tools,
)

cat = Catalog("sqlite://")
cat.serch("x")  # error
cat.toools  # error
cat.search(5)  # error
cat.search("x", limits=3)  # error
cat.search("x", kind=3)  # error
cat.entry(5)  # error
tools.lst()  # error
cat.tools.register()  # error
wrong: int = cat.search("x")  # error
name: int = cat.entry("tool", "x").name  # error
AutoCouncil(cat, kinds="tool").resolv("x")  # error
AutoCouncil("sqlite://")  # error
Entry().kindd  # error


@tool
def plot(path: str) -> bytes:
    return path.encode()


plot(3)  # error
