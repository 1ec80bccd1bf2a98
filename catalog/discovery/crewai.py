"""CrewAI's crews: classes marked ``@CrewBase`` whose methods make agents and tasks that YAML files describe."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.discovery.finding import Finding
from catalog.discovery.scopes import last_name

FRAMEWORK = "crewai"
"""What findings in code and in YAML say whose they are."""
CREW = "CrewBase"
CONFIGS = {"agents_config": "config/agents.yaml", "tasks_config": "config/tasks.yaml"}
"""The attributes of a class that name its files, from the folder of its module, and what they are by default."""

Crews = dict[str, dict[str, Any]]
"""By qualified name of a class: ``doc``, and ``methods``, each with file and key of its table in YAML."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def crews_of(tree: ast.Module) -> Crews:
    """Return the crews of a file, as JSON."""
    return {
        name: {"doc": ast.get_docstring(node) or "", "methods": dict(_methods(node))} for name, node in _classes(tree)
    }


def _classes(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef]]:
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                if any(last_name(decorator) == CREW for decorator in child.decorator_list):
                    yield prefix + child.name, child
                waiting.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, (ast.If, ast.Try, ast.With)):
                waiting.append((prefix, child))


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, list[str]]]:
    """Yield the methods that take a table of a YAML file, with the file and the key of the table."""
    files = dict(CONFIGS)
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(getattr(statement, "value", None), "value", None)
        if isinstance(target, ast.Name) and target.id in files and isinstance(value, str):
            files[target.id] = value
    for statement in node.body:
        if isinstance(statement, _FUNCTIONS):
            for attribute, key in _tables(statement):
                yield statement.name, [files[attribute], key]
                break


def _tables(method: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield attribute and key of each ``self.agents_config["key"]`` in *method*, and of ``….get("key")``."""
    for node in ast.walk(method):
        holder: ast.AST | None = None
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            holder, key = node.value, node.slice
        elif isinstance(node, ast.Call) and last_name(node) == "get" and node.args:
            holder, key = getattr(node.func, "value", None), node.args[0]
        if isinstance(holder, ast.Attribute) and holder.attr in CONFIGS and getattr(holder.value, "id", "") == "self":
            name = getattr(key, "value", None)
            if isinstance(name, str):
                yield holder.attr, name


def with_tables(
    found: Iterable[Finding], crews: Mapping[str, Crews], documents: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings in code with what the YAML files say of them, and the documents that are left.

    Args:
        found: in code.
        crews: by path of the file.
        documents: what was found in documents; a table that a method takes is no entry of its own.
    """
    documents = list(documents)
    tables = {
        (os.path.realpath(each.path), each.metadata["key"]): each
        for each in documents
        if each.framework == FRAMEWORK and "key" in each.metadata
    }
    taken: set[int] = set()
    described: dict[tuple[str, Any], Finding] = {}
    for finding in found:
        crew, method = _place(finding, crews)
        table = None
        if crew is not None and method in crew["methods"]:
            file, key = crew["methods"][method]
            table = tables.get((os.path.realpath(os.path.join(os.path.dirname(finding.path), file)), key))
        elif crew is None and finding.framework == FRAMEWORK and not finding.description:
            table = _beside(finding, tables)
        if table is not None and table.kind == finding.kind:
            taken.add(id(table))
            finding = _described(finding, table)
        elif crew is not None and method not in crew["methods"] and finding.kind == "agent":
            finding = replace(finding, description=finding.description or crew["doc"])
        # A class that defines a method twice has the second.
        described[finding.kind, finding.ref if crew is not None and finding.ref else id(finding)] = finding
    return list(described.values()), [each for each in documents if id(each) not in taken]


def _place(finding: Finding, crews: Mapping[str, Crews]) -> tuple[dict[str, Any] | None, str]:
    """Return the crew whose method a finding is, and the method's name; None if it is no method of one."""
    name, _, method = (finding.ref or "").partition(":")[2].rpartition(".")
    return crews.get(finding.path, {}).get(name), method


def _beside(finding: Finding, tables: Mapping[tuple[str, str], Finding]) -> Finding | None:
    """Return the only table called as an object that says nothing itself, in a file beside its module or one below.

    Programs without a crew read the files themselves: ``writer = Agent(config=agents["writer"])``.
    """
    folder = os.path.realpath(os.path.dirname(finding.path)) + os.sep
    found = [
        table
        for (path, key), table in tables.items()
        if key == finding.name
        and table.kind == finding.kind
        and path.startswith(folder)
        and path.count(os.sep, len(folder)) <= 1
    ]
    return found[0] if len(found) == 1 else None


def _described(finding: Finding, table: Finding) -> Finding:
    metadata = {**finding.metadata, "described_in": f"{table.metadata['file']}#{table.metadata['key']}"}
    return replace(
        finding, description=table.description, parameters=table.parameters or finding.parameters, metadata=metadata
    )
