"""``catalog info``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from catalog import REVIEW_STATES, name_search, vector_search
from catalog_cli.application import Application, pass_app
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option
from catalog_cli.output import vectors


@command(
    "info",
    examples="""
        catalog info
        catalog info --json
    """,
    embedder=True,
)
@json_option("what is known of the catalog as a whole")
@pass_app
def info(app: Application, as_json: bool) -> None:
    """Show which catalog this is.

    Database and size, configuration, entries by kind, what is gone or not approved, embedder and vectors.
    """
    schema, catalog = app.schema(), app.catalog
    marks = catalog.marks()
    gone = [key for key, mark in marks.items() if mark.code == "gone"]
    data: dict[str, Any] = {
        "url": app.shown_url,
        "path": schema.path,
        "schema": schema.newest,
        "bytes": _size(schema.path),
        "configuration": str(catalog.settings.file) if catalog.settings.file else None,
        "generation": catalog.generation,
        "entries": {kind: count for kind in catalog.kinds() if (count := len(catalog.list(kind)))},
        "gone": gone,
        "states": {
            state: number for state in REVIEW_STATES[1:] if (number := sum(m.state == state for m in marks.values()))
        },
        "embedder": catalog.embedder,
        "vectors": {name: status.to_dict() for name, status in catalog.embed_status().items()},
    }
    if way := vector_search(catalog):
        data["vector_search"] = way
    if way := name_search(catalog):
        data["name_search"] = way
    if as_json:
        app.screen.json(data)
        return
    width = 14
    app.screen.print(*(f"{name:<{width}}{clean(text)}" for name, text in _lines(data)))


def _lines(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    size = "" if data["bytes"] is None else f"{data['bytes'] / 1e6:,.1f} MB, "
    yield "database", f"{data['path']} ({size}schema {data['schema']})"
    yield "configuration", data["configuration"] or "none; `catalog init` writes it"
    counts = ", ".join(f"{count:,} {kind}" for kind, count in data["entries"].items())
    yield "entries", f"{sum(data['entries'].values()):,}{f' ({counts})' if counts else ''}"
    if data["gone"]:
        yield "gone", f"{len(data['gone'])}, such as {data['gone'][0]}; `catalog doctor` says what may be done"
    if data["states"]:
        counts = ", ".join(f"{number:,} {state}" for state, number in data["states"].items())
        yield "not approved", f"{counts}; `catalog ls --state` lists them"
    yield "embedder", data["embedder"] or "none: searches go by words"
    for name, status in data["vectors"].items():
        yield "vectors", vectors(name, status)
    if "vector_search" in data:
        yield "meaning", data["vector_search"]
    if "name_search" in data:
        yield "mistyped", data["name_search"]


def _size(path: str) -> int | None:
    """Return the bytes of a database with its log; None where it is on a server."""
    if "://" in path:
        return None
    return sum(os.path.getsize(path + end) for end in ("", "-wal") if os.path.exists(path + end))
