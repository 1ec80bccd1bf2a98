"""What the page of an entry shows."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from catalog import (
    Catalog,
    CatalogError,
    council_graph,
    deprecated_in_words,
    entry_marks,
    explain_council,
    parameter_rows,
    prompt_text,
    reference_graph,
    signature_line,
)
from catalog.look import parts
from catalog.look.drawing import drawing
from catalog.server.page.loading import ways_to_load

if TYPE_CHECKING:
    from catalog import Entry, Graph, Reference, Revision

COUNCILS = ("council", "sub_council")
REMEDIES = {
    "gone": ("Its code was not there when it was last looked for.", "catalog doctor", "looks for where it went."),
    "broken": ("Its code can't be read by Python.", "catalog refresh", "looks again, once it is mended."),
    "drifted": ("Its code is not as it was recorded.", "catalog verify {key} --accept", "takes it as it is now."),
    "not loadable": ("No import path leads to it.", "", "It can be found and read, not loaded; routers leave it out."),
    "draft": ("A draft: routers leave it out.", "catalog approve {key}", "lets them pick it."),
    "needs review": ("Routers leave it out until somebody has looked.", "catalog approve {key}", "lets them pick it."),
}
"""For each state: what it means, and the command that is its remedy."""

MOST_DRAWN = 40
SIMILAR = 6
REVISIONS = 30
_LISTED = 60
_FACTS_ELSEWHERE = frozenset(
    {"parameters", "inputSchema", "input_schema", "review", "deprecated", "draft", "gone", "broken", "drifted"}
    | {"not loadable", "references", "root", "file"}
)


def entry_facts(catalog: Catalog, kind: str, name: str, link: Callable[[str], str]) -> dict[str, Any]:
    """Return all that is known of an entry, nothing imported.

    Args:
        catalog: whose entry.
        kind, name: of the entry.
        link: returns the address of the page of a key.

    Raises:
        EntryNotFoundError: no tier has it.
    """
    standings = catalog.which(kind, name)
    entry = standings[0].entry
    marks = entry_marks(entry.metadata)
    uses, used_by = catalog.references(entry.key), catalog.used_by(entry.key)
    return {
        "entry": entry,
        "tiers": standings,
        "state": marks.code or ("" if marks.state == "approved" else marks.state),
        "marks": marks,
        "remedies": _remedies(entry),
        "deprecated": deprecated_in_words(entry.metadata).removeprefix("is ") if marks.state == "deprecated" else "",
        "instead": marks.instead,
        "signature": signature_line(entry),
        "template": prompt_text(entry.spec) if entry.kind == "prompt" or isinstance(entry.spec, str) else None,
        "parameters": Markup(parts.parameters_table(row.to_dict() for row in parameter_rows(entry))),
        "drawing": _drawing(catalog, entry, len(uses) + len(used_by), link),
        "council": explain_council(entry, catalog) if entry.kind in COUNCILS else None,
        "uses": _ends(uses, forth=True),
        "used_by": _ends(used_by, forth=False),
        "similar": _similar(catalog, entry.key),
        "place": _place(catalog, entry),
        "aliases": catalog.aliases(entry.kind, entry.name) if entry.tier == "persistent" else {},
        "revisions": revisions(catalog.history(entry.kind, entry.name, limit=REVISIONS + 1)),
        "ways": ways_to_load(entry),
        "facts": list(_more_facts(entry)),
    }


def _remedies(entry: Entry) -> list[dict[str, str]]:
    marks = entry_marks(entry.metadata)
    review = None if marks.code == "drifted" else marks.state  # what has drifted needs review, and says so
    found = []
    for state in (state for state in (marks.code, review) if state in REMEDIES):
        meaning, command, does = REMEDIES[str(state)]
        said = entry.metadata.get(str(state)) or entry.metadata.get("review" if state == "needs review" else "")
        found.append(
            {
                "state": str(state),
                "meaning": meaning,
                "why": str(said) if isinstance(said, str) and said != state else "",
                "command": command.format(key=entry.key),
                "does": does,
            }
        )
    return found


def _drawing(catalog: Catalog, entry: Entry, links: int, link: Callable[[str], str]) -> dict[str, Any] | None:
    """Return a council as it works, else what an entry refers to; None: nothing, or more than one can read."""
    graph: Graph | None = None
    title = f"How {entry.name} works"
    if entry.kind in COUNCILS and isinstance(entry.spec, dict):
        graph = council_graph(entry.key, catalog)
    elif 0 < links <= MOST_DRAWN:
        graph, title = reference_graph(catalog, entry.key), f"What {entry.name} refers to, and what refers to it"
    if graph is None:
        return None

    def href(node: Any) -> str | None:
        council = node.attrs.get("council")
        keys = (node.id, f"council:{council}", f"sub_council:{council}")
        return next((link(key) for key in keys if key in catalog), None)

    svg = drawing(graph.nodes, graph.edges, title=title, href=href, here=entry.key)
    return {"svg": Markup(svg), "text": graph.text(), "title": title}


def _ends(links: Sequence[Reference], *, forth: bool) -> dict[str, Any]:
    """Return the keys that links lead to, each with whether it is there, and its places."""
    ends: dict[str, dict[str, Any]] = {}
    for link in links:
        key = link.target if forth else link.source
        end = ends.setdefault(key, {"key": key, "exists": link.exists if forth else True, "paths": []})
        end["paths"].append(link.path)
    return {"shown": list(ends.values())[:_LISTED], "hidden": max(len(ends) - _LISTED, 0)}


def _similar(catalog: Catalog, key: str) -> list[dict[str, Any]]:
    with suppress(CatalogError):  # no embedder, or no vector: then nothing is near
        return [
            {"key": hit.key, "kind": hit.kind, "name": hit.name, "score": hit.score, "description": hit.description}
            for hit in catalog.similar(key, limit=SIMILAR)
        ]
    return []


def _place(catalog: Catalog, entry: Entry) -> str:
    """Return file and line of what an entry stands for; empty where that is not known."""
    with suppress(CatalogError, OSError):
        place = catalog.where(entry.kind, entry.name)
        if place is not None:
            return f"{_short(place[0], entry)}:{place[1]}"
    return ""


def _short(path: str, entry: Entry) -> str:
    """Return the path of a file from the folder that it is imported from: where that lies, each machine knows."""
    if entry.root and path.startswith(f"{entry.root.rstrip('/')}/"):
        return path.removeprefix(f"{entry.root.rstrip('/')}/")
    top = (entry.ref or "").partition(":")[0].partition(".")[0]
    _, package, below = path.rpartition(f"/{top}/")
    return f"{top}/{below}" if top and package else path.rpartition("/")[2]


def _more_facts(entry: Entry) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for word, value in sorted(entry.metadata.items()):
        is_linked = word == "framework" and isinstance(value, str)
        if word in _FACTS_ELSEWHERE or is_linked or value in (None, "", [], {}):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        found.append((word.replace("_", " ").capitalize(), text if len(text) <= 400 else f"{text[:399]}…"))
    return found


def revisions(history: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return revisions, the newest first, each with what differs from the one before; the oldest may lack that."""
    shown = []
    for place, revision in enumerate(history[:REVISIONS]):
        before = history[place + 1] if place + 1 < len(history) else None
        is_known = revision.data is not None and (before is not None or revision.revision == 1)
        changed = revision.changed(before) if is_known else {}
        is_new = before is None or before.data is None
        shown.append(
            {
                "number": revision.revision,
                "action": revision.action,
                "actor": revision.actor,
                "at": revision.at,
                "reason": revision.reason or "",
                "kept": revision.data is not None,
                "is_new": is_new,
                "fields": sorted(changed),
                "diffs": []
                if is_new
                else [(field, Markup(difference(old, new))) for field, (old, new) in sorted(changed.items())],
            }
        )
    return shown


def taken_away(history: Sequence[Revision]) -> dict[str, Any]:
    """Return who took an entry away, when and why, what it was, and the revision that brings it back."""
    last = next((revision for revision in history if revision.data is not None), None)
    return {
        "actor": history[0].actor,
        "at": history[0].at,
        "reason": history[0].reason or "",
        "number": None if last is None else last.revision,
        "description": "" if last is None else str((last.data or {}).get("description") or ""),
    }


_LONGEST_DIFF = 200


def difference(old: Any, new: Any) -> str:
    """Return what differs between two values of a field as HTML: lines taken away and lines added."""
    before, after = _lines(old), _lines(new)
    lines = []
    for line in difflib.unified_diff(before, after, lineterm="", n=2):
        if line.startswith(("---", "+++", "@@")):
            continue
        word = {"-": "del", "+": "ins"}.get(line[:1], "span")
        lines.append(f"<{word}>{Markup.escape(line[1:])}</{word}>")
        if len(lines) >= _LONGEST_DIFF:
            lines.append("<span>…</span>")
            break
    return "\n".join(lines)


def _lines(value: Any) -> list[str]:
    if value in (None, "", [], {}):
        return []
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    return text.split("\n")
