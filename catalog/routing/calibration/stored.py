"""The calibration that is stored for a router, and whether it still holds."""

from __future__ import annotations

from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING

from catalog.routing.calibration.candidate_vectors import Vectors
from catalog.routing.context import RouterContext
from catalog.routing.pool import Pool
from catalog.store.calibrations import calibration

if TYPE_CHECKING:
    from catalog.store.calibrations import Stored


def text_mark(text: str) -> str:
    """Return a short hash of a prompt, by which evaluations know the prompts that a router was fitted on."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def router_key(context: RouterContext) -> str:
    """Return the key that a calibration is stored under: the same name and filters give the same key."""
    filters = context.filters
    marks = [context.name, sorted(filters.kinds), *map(sorted, filters[1:4])]
    if filters.sources or filters.distributions:  # else the key is what it was before there were these
        marks += [sorted(filters.sources), sorted(filters.distributions)]
    return sha256(dumps(marks).encode()).hexdigest()


def stored(context: RouterContext) -> Stored | None:
    """Return the calibration of a router, whether it still holds or not; None: nothing is stored."""
    return calibration(context.workspace.store.reader, router_key(context))


def fingerprints(pool: Pool, vectors: Vectors) -> dict[str, str]:
    """Return a hash of the texts of each candidate, by key: it changes when a text changes that was learned from."""
    known = pool.memo.get("fingerprints")
    if known is None or known[0] is not vectors:
        digests = [sha256() for _ in pool.entries]
        for owner, hashed in zip(vectors.owners.tolist(), vectors.hashes, strict=True):
            digests[owner].update(hashed.encode())
        prints = {entry.key: digest.hexdigest()[:12] for entry, digest in zip(pool.entries, digests, strict=True)}
        known = pool.memo["fingerprints"] = vectors, prints
    held: dict[str, str] = known[1]
    return held


def stale(kept: Stored, pool: Pool, vectors: Vectors) -> str | None:
    """Return why a calibration no longer holds, in words; None: it does."""
    about, data = kept.about, kept.data
    if about.get("embedder") != vectors.embedder.name:
        return f"it was made with {about.get('embedder')}, and prompts are embedded with {vectors.embedder.name} now"
    if about.get("sha256") != sha256(data).hexdigest():
        return "the stored calibration can't be read: its bytes are not those that were stored"
    then, now = about.get("candidates"), fingerprints(pool, vectors)
    if not isinstance(then, dict):
        return "its record is damaged"
    if then == now:
        return None
    counts = (
        (len(now.keys() - then.keys()), "new"),
        (len(then.keys() - now.keys()), "gone"),
        (sum(then[key] != now[key] for key in then.keys() & now.keys()), "changed"),
    )
    changes = " and ".join(f"{count} {what}" for count, what in counts if count)
    return f"of the candidates it was made for, {changes}"
