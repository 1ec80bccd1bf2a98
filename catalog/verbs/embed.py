"""Vectors: how many there are, what making the rest would cost, and making them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.entry.embedding_text import texts_of
from catalog.store.nearby import wish
from catalog.workspace.lookup import HasWorkspace
from catalog.workspace.workspace import Workspace, actor

if TYPE_CHECKING:
    from catalog.embedders.openai import Estimate
    from catalog.store.vectors import Status


def embedder_name(ws: Workspace) -> str | None:
    """Return the name that vectors of the embedder are kept under; None without an embedder."""
    embedder = ws.embedding.ready()
    return None if embedder is None else embedder.name


def status(ws: Workspace) -> dict[str, Status]:
    """Return, by the name of the embedder, how many texts have a fresh vector, a stale vector, and none.

    Texts of entries in the configuration are fresh: the embedder in use makes their vectors in memory, from what they
    say now.
    """
    configured = [entry for entry in ws.indexed().corpus().overlay if entry.tier == "config"]
    found = ws.embedding.status()
    used = embedder_name(ws)
    if used in found:
        counts = found[used]
        found[used] = counts._replace(fresh=counts.fresh + sum(len(texts_of(entry)) for entry in configured))
    return found


def vector_search(catalog: HasWorkspace) -> str:
    """Return how a search by meaning would look at the vectors now, in words; empty for a file, which is searched here.

    On a server it begins with "hnsw", where pgvector's index is asked, or with "exact" and the reason why.
    """
    ws = catalog.workspace
    if not wish(ws.store.reader):
        return ""  # without loading an embedder
    meanings = ws.embedding.searching(ws.snapshot(), optional=True)
    return "" if meanings is None else meanings.way()


def estimate(ws: Workspace) -> Estimate | None:
    """Return what an update would send to a server; None where the embedder runs on this machine."""
    ws.indexed()
    return ws.embedding.estimate()


def update(ws: Workspace, progress: Callable[[int, int], None] | None) -> int:
    """Embed every text that has no fresh vector yet; return how many were."""
    ws.indexed()
    return ws.embedding.update(actor=actor(), progress=progress)
