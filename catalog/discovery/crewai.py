"""CrewAI's crews: classes marked ``@CrewBase`` whose methods make agents and tasks that YAML files describe."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.discovery.finding import Finding
from catalog.discovery.made import call_fault
from catalog.discovery.scopes import last_name
from catalog.entry.states import CALL, OF_OBJECT

FRAMEWORK = "crewai"
"""What findings in code and in YAML say whose they are."""
CREW = "CrewBase"
CONFIGS = {"agents_config": "config/agents.yaml", "tasks_config": "config/tasks.yaml"}
"""The attributes of a class that name its files, from the folder of its module, and what they are by default."""

Crews = dict[str, dict[str, Any]]
"""By qualified name of a class: ``doc``, whether making one ``needs`` arguments, and ``methods``, each with file and
key of its ``table`` in YAML, and what it ``calls`` of the others, by the argument it is given to."""
Use = tuple[str, str, str]
"""What one finding refers to: role, kind and place, see :class:`catalog.discovery.finding.Finding`."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def crews_of(tree: ast.Module) -> Crews:
    """Return the crews of a file, as JSON."""
    return {
        name: {"doc": ast.get_docstring(node) or "", "needs": _needs(node), "methods": dict(_methods(node))}
        for name, node in _classes(tree)
    }


def _needs(node: ast.ClassDef) -> bool:
    """Tell whether an object of the class needs arguments, as far as its own ``__init__`` says."""
    init = next((each for each in node.body if isinstance(each, _FUNCTIONS) and each.name == "__init__"), None)
    return init is not None and bool(call_fault(init, in_class=True, of_object=True))


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


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and facts of each method."""
    files = dict(CONFIGS)
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        value = getattr(getattr(statement, "value", None), "value", None)
        if isinstance(target, ast.Name) and target.id in files and isinstance(value, str):
            files[target.id] = value
    methods = [statement for statement in node.body if isinstance(statement, _FUNCTIONS)]
    names = {method.name for method in methods}
    for method in methods:
        attribute, key = next(_tables(method), ("", ""))
        calls = [[argument, name] for argument, name in _calls(method) if name in names]
        yield method.name, {"table": [files[attribute], key] if attribute else None, "calls": calls}


def _calls(method: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the methods of the same object that are called in arguments: ``agent=self.writer()``."""
    for node in ast.walk(method):
        if isinstance(node, ast.keyword) and node.arg:
            for call in ast.walk(node.value):
                func = call.func if isinstance(call, ast.Call) else None
                if isinstance(func, ast.Attribute) and getattr(func.value, "id", "") == "self":
                    yield node.arg, func.attr


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
    documents = [_placed(each) for each in documents]
    tables = {(os.path.realpath(each.path), each.metadata["key"]): each for each in documents if _is_table(each)}
    stands_for: dict[int, Finding] = {}  # by table: the finding in code that takes it
    described: dict[tuple[str, Any], Finding] = {}
    for finding in found:
        crew, method = _place(finding, crews)
        table = None
        facts = _facts(crew, method)
        if facts["table"] is not None:
            file, key = facts["table"]
            table = tables.get((os.path.realpath(os.path.join(os.path.dirname(finding.path), file)), key))
        elif crew is None and finding.framework == FRAMEWORK and not finding.description:
            table = _beside(finding, tables)
        if table is not None and table.kind == finding.kind:
            finding = stands_for[id(table)] = _described(finding, table)
        elif crew is not None and facts["table"] is None and finding.kind == "agent":
            finding = replace(finding, description=finding.description or crew["doc"])
        # A class that defines a method twice has the second.
        described[finding.kind, id(finding) if crew is None else (finding.path, finding.ref)] = finding
    left = [each for each in documents if id(each) not in stands_for]
    edges = _edges(tables, stands_for)
    for place, more in _calls_of(described.values(), crews):
        edges.setdefault(place, []).extend(more)
    taken = [_taken(_with_uses(each, edges), crews) for each in described.values()]
    return taken, [_with_uses(each, edges) for each in left]


def _taken(finding: Finding, crews: Mapping[str, Crews]) -> Finding:
    """Return the method of a crew as what a crew's object gives, or as what can't be loaded if that needs arguments."""
    crew, method = _place(finding, crews)
    if crew is None or finding.form != "function":
        return finding
    if not crew["needs"]:
        return replace(finding, metadata={**finding.metadata, CALL: OF_OBJECT})
    name = str(finding.ref).partition(":")[2].rpartition(".")[0]
    reason = f"made by {name}(…).{method}(), a method of what needs arguments"
    return replace(finding, ref=None, nested_in=finding.ref, reason=reason)


def _is_table(document: Finding) -> bool:
    return document.framework == FRAMEWORK and "key" in document.metadata


def _placed(document: Finding) -> Finding:
    """Return a table with a place, by which others may use it."""
    return replace(document, place=f"{document.path}#{document.metadata['key']}") if _is_table(document) else document


def _edges(tables: Mapping[tuple[str, str], Finding], stands_for: Mapping[int, Finding]) -> dict[str, list[Use]]:
    """Return, by place, what tables say of others in their folder: ``agent: writer``, ``context: [outline]``."""
    places = {
        (os.path.dirname(path), table.kind, key): stands_for.get(id(table), table).place
        for (path, key), table in tables.items()
    }
    edges: dict[str, list[Use]] = {}
    for (path, _), table in tables.items():
        agent, context = table.spec.get("agent"), table.spec.get("context")
        named = [("agent", "agent", agent)] if table.kind == "prompt" and isinstance(agent, str) else []
        if isinstance(context, list):
            named += [("context", "prompt", name) for name in context if isinstance(name, str)]
        folder = os.path.dirname(path)
        uses = [
            (role, kind, places[folder, kind, name]) for role, kind, name in named if (folder, kind, name) in places
        ]
        if uses:
            edges[stands_for.get(id(table), table).place] = uses
    return edges


def _calls_of(found: Iterable[Finding], crews: Mapping[str, Crews]) -> Iterator[tuple[str, list[Use]]]:
    """Yield the place of each method of a crew, and what it calls of the others that were found."""
    methods: dict[tuple[int, str], tuple[Finding, list[list[str]]]] = {}
    for finding in found:
        crew, method = _place(finding, crews)
        if crew is not None:
            methods[id(crew), method] = finding, _facts(crew, method)["calls"]
    for (crew_id, _), (finding, calls) in methods.items():
        called = [(role, methods[crew_id, name][0]) for role, name in calls if (crew_id, name) in methods]
        yield finding.place, [(role, other.kind, other.place) for role, other in called]


def _facts(crew: dict[str, Any] | None, method: str) -> dict[str, Any]:
    """Return what is known of a method."""
    nothing: dict[str, Any] = {"table": None, "calls": []}
    return nothing if crew is None else crew["methods"].get(method, nothing)


def _with_uses(finding: Finding, edges: Mapping[str, list[Use]]) -> Finding:
    more = edges.get(finding.place, ())
    return replace(finding, uses=tuple(dict.fromkeys((*finding.uses, *more)))) if more else finding


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
