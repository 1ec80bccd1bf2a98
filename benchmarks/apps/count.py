"""The independent count of one repository: everything that its files hold, each thing once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.apps.code import Counter
from benchmarks.apps.documents import items_of
from benchmarks.apps.files import counted
from benchmarks.apps.given import Given
from benchmarks.apps.item import Item
from benchmarks.apps.names import Repository
from benchmarks.apps.written import written


@dataclass(slots=True)
class Count:
    """What a repository holds, the files that were read for it, and those that could not be."""

    items: list[Item]
    python: list[str]
    files: list[str]
    broken: list[str] = field(default_factory=list)


def count(top: Path) -> Count:
    """Count what the repository in the folder *top* holds."""
    files = counted(top)
    repository = Repository(top, files)
    counter = Counter(repository)
    given = Given(repository, counter)
    items: list[Item] = []
    for name in repository.names:
        module = repository.module(name)
        if module is not None:
            items += counter.items(module)
            items += given.items(module)
            items += written(module)
    for name in files:
        items += items_of(top, name)
    items = _settled(_once(items))
    return Count(items, repository.names, files, repository.broken)


def _once(items: list[Item]) -> list[Item]:
    """Return each thing once: a function may be given to many agents, and carry a mark besides."""
    seen: dict[tuple[str, str, int, str], Item] = {}
    for item in items:
        key = (item.kind, item.path, item.line, item.name)
        before = seen.get(key)
        if before is None:
            seen[key] = item
        else:
            before.required = before.required or item.required
            before.spans += [span for span in item.spans if span not in before.spans]
    return list(seen.values())


def _settled(items: list[Item]) -> list[Item]:
    """Let what is the same thing told twice be found in either place."""
    wrapped = {(path, first): item for item in items if item.how == "given" for path, first, _ in item.spans[1:]}
    agents = {item.path for item in items if item.kind == "agent" and item.how != "document"}
    methods: dict[tuple[str, str, str], Item] = {}
    for item in items:
        if item.origin.startswith("crewai.project") or item.origin in ("crewai.Agent", "crewai.Task"):
            for name in (item.name, *item.names):
                methods[item.kind, name, os.path.dirname(item.path)] = item
    for item in items:
        if item.how == "constructed" and item.kind == "tool" and (item.path, item.line) in wrapped:
            item.required = False  # FunctionTool(f): the function is the tool
            wrapped[item.path, item.line].names += (item.name, *item.names)
        if item.origin == "langgraph.json" and agents.intersection(item.names):
            item.required = False  # the graph that it names is the agent
        if item.origin.startswith("CrewAI "):
            folder = os.path.dirname(item.path)
            method = methods.get((item.kind, item.name, folder)) or methods.get(
                (item.kind, item.name, os.path.dirname(folder))
            )
            if method is not None:  # the method and its texts are one agent
                method.text = True
                method.spans += item.spans
                item.required = False
    return items
