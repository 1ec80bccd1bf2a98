"""Loads that were refused: one line each, the newest ten thousand of them.

Written through plain ``sqlite3``, on a connection of its own that gives up at once: whoever is refused gets the reason,
whether it could be noted or not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import singledispatch
from typing import TYPE_CHECKING

from catalog.store import forks
from catalog.store.access import WRITE, connect

if TYPE_CHECKING:
    from catalog.store.store import Store

MOST = 10_000
"""Lines that are kept."""

PATIENCE = 0.05
"""Seconds to wait for another process that writes."""

LINES = "SELECT a.id, a.at, a.actor, a.key, a.ref, a.code, a.message FROM audit AS a ORDER BY a.id DESC LIMIT ?"
ADD = "INSERT INTO audit (at, actor, key, ref, code, message) VALUES (?, ?, ?, ?, ?, ?)"
DROP = (  # counted, not reckoned from the largest number: damage may have made that any number
    "DELETE FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?)"
)


@singledispatch
def add(store: Store, line: Sequence[str | None]) -> bool:
    """Add a line, given as (at, actor, key, ref, code, message); return whether that could be done.

    It can't where the database may only be read, is not there yet, or is busy; nothing is raised then.
    """
    if store.read_only or store.is_to_come:
        return False
    opening = forks.opening  # a child of a fork has another
    if not opening.acquire(timeout=PATIENCE):
        return False
    try:
        with closing(connect(store.path, WRITE, timeout=PATIENCE)) as own:
            own.execute("BEGIN IMMEDIATE")
            own.execute(ADD, tuple(line))
            own.execute(DROP, (MOST,))
            own.execute("COMMIT")
    except (sqlite3.Error, OSError, UnicodeError):
        return False
    finally:
        opening.release()
    return True
