"""What a server does while nobody asks: it holds no memory for what it can have again at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.workspace.lookup import HasWorkspace


async def release_when_idle(catalog: HasWorkspace, after: float = 10.0) -> None:
    """Hold no memory for mapped vectors while nobody searches, until this is cancelled; for servers.

    At 100,000 entries the file of vectors has 100 MB, and a search by meaning may look at all of them. The system keeps
    the file at hand all the same, so a search after a rest is as fast as any other.

    Args:
        catalog: whose vectors.
        after: seconds without a search.
    """
    while True:
        await asyncio.sleep(after)
        catalog.workspace.embedding.release_memory(after)
