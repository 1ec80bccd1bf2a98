"""What declarative agents name: the tools, agents and models in a document become references where a scan has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.discovery.finding import Finding

_NAMING = {
    "tools": ("tool", "mcp_server"),
    "prompts": ("prompt",),
    **dict.fromkeys(("agents", "sub_agents"), ("agent",)),
    "model": ("model",),
}
"""The parts of a specification that name others, and the kinds of these."""
_REGISTERED = {
    "servers": ("mcp_server",),
    **dict.fromkeys(("agents", "fan_in", "generator", "evaluator", "worker"), ("agent",)),
}
"""The same for what is registered on an application, whose parts call each other by their names."""


def naming(findings: Iterable[Finding]) -> list[Finding]:
    """Return *findings*, whose names are settled, with the keys of what their specifications name.

    A name is that of the entry nearest to the document; a name that several are as near to stays a name.
    """
    findings = list(findings)
    if not any(map(_names_others, findings)):
        return findings
    there: dict[tuple[str, str], list[Finding]] = {}
    real = _without_links({finding.path for finding in findings})
    for finding in findings:
        for name in {finding.given_name, finding.name, *_ways(finding, real)}:
            there.setdefault((finding.kind, name), []).append(finding)
    return [_with_named(each, there) if _names_others(each) else each for each in findings]


def _without_links(paths: Iterable[str]) -> dict[str, str]:
    """Return each of *paths* with what it is without links; each folder is followed once."""
    folders: dict[str, str] = {}
    real: dict[str, str] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        real[path] = os.path.realpath(path) if os.path.islink(path) else os.path.join(folders[folder], name)
    return real


def _names_others(finding: Finding) -> bool:
    return bool(_parts(finding))


def _parts(finding: Finding) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Return what of a finding names others, with the kinds of these, by part."""
    if finding.form != "document":
        said: Mapping[str, Any] = finding.metadata
        return {part: (said[part], kinds) for part, kinds in _REGISTERED.items() if part in said}
    said = finding.spec if finding.framework and isinstance(finding.spec, dict) else {}
    return {part: (said[part], kinds) for part, kinds in _NAMING.items() if part in said}


def _ways(finding: Finding, real: Mapping[str, str]) -> Iterator[str]:
    """Yield what else leads to *finding*: its path, without links as *real* has it, and its reference with dots."""
    yield real[finding.path]
    if finding.ref is not None:
        yield finding.ref.replace(":", ".")


def _with_named(document: Finding, there: dict[tuple[str, str], list[Finding]]) -> Finding:
    folder = os.path.dirname(document.path)
    keys: list[str] = []
    for part, kinds in _parts(document).values():
        for name in _texts(part):
            path = os.path.realpath(os.path.join(folder, name))
            found = [each for kind in kinds for word in (name, path) for each in there.get((kind, word), ())]
            nearest = _nearest([each for each in found if each is not document], document.path)
            keys += [] if nearest is None else [nearest.key]
    if not keys:
        return document
    references = list(dict.fromkeys([*document.metadata.get("references", ()), *keys]))
    return replace(document, metadata={**document.metadata, "references": references})


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str) and each]


def _nearest(found: list[Finding], path: str) -> Finding | None:
    """Return the one of *found* that is in the file *path*, else whose file is the fewest folders away, or None."""
    folder = os.path.dirname(path)
    steps = [
        0 if each.path == path else len(os.path.relpath(os.path.dirname(each.path), folder).split(os.sep))
        for each in found
    ]
    nearest = [each for each, step in zip(found, steps, strict=True) if step == min(steps)]
    return nearest[0] if len(nearest) == 1 else None
