"""Mistakes that type checkers must report, one on each line with a mark. Never run."""

from __future__ import annotations

import catalog
from catalog import (
    AutoCouncil,
    Catalog,
    Entry,
    tool,
    tools,
)

# isort: split
from catalog import Catalogue  # noqa: F401  # error

cat = Catalog("sqlite://")
cat.serch("x")  # error
cat.toools  # error
cat.search(5)  # error
cat.search("x", limits=3)  # error
cat.search("x", kind=3)  # error
cat.entry(5)  # error
cat.entry()  # error
cat.entry(("tool", "plot"))  # error
tools.lst()  # error
cat.tools.register()  # error
cat.register("tool")  # error
cat.sub_council.list()  # error
wrong: int = cat.search("x")  # error
name: int = cat.entry("tool", "x").name  # error
AutoCouncil(cat, kind="tool").resolv("x")  # error
AutoCouncil("sqlite://")  # error
cat.entry("tool", "x").kindd  # error
Entry(kind="tool", name=3)  # error
tool(tag="plot")  # error
tool(tags=3)  # error
catalog.mark(3)  # error
catalog.mark("dataset", tag="plot")  # error


@tool
def plot(path: str) -> bytes:
    return path.encode()


plot(3)  # error
