"""A source of entries is let go of: a repository, a package or a plugin that nobody wants any more."""

from __future__ import annotations

from catalog.entry.key import format_key
from catalog.store import queries
from catalog.workspace.lookup import HasWorkspace

SCAN = "scan:"
"""How the sources of what scans found begin."""


def forget_source(catalog: HasWorkspace, source: str) -> list[str]:
    """Take away all stored entries of a *source*, and what its scans have left for the next; return the keys.

    Their history stays, and `restore` brings each back. A later scan of the same place finds everything anew, but for
    what somebody unregistered by hand.

    Args:
        catalog: where.
        source: as entries have it: ``scan:/home/me/app``, ``scan:langchain_core``.
    """
    ws = catalog.workspace
    with ws.writing() as transaction:
        rows = ws.store.reader.all(queries.BY_SOURCE, (source,))
        removed = transaction.remove([(row[0], row[1]) for row in rows], "gone")
        transaction.forget_source(source.removeprefix(SCAN))
    return sorted(format_key(*key) for key in removed)
