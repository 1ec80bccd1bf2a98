"""Drafts: entries that somebody has to approve before a router may pick them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from catalog.entry.states import DRAFT
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

_SLUG = 60


def slug(text: str, otherwise: str) -> str:
    """Return *text* as a name: small letters, digits and ``-``, at most 60; *otherwise* where nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:_SLUG].strip("-") or otherwise


def free_name(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """Return *wanted*, or the first of *wanted*-2, *wanted*-3, ... that is not taken."""
    return next(name for number in count(1) if not is_taken(name := wanted if number == 1 else f"{wanted}-{number}"))


def keep(ws: Workspace, draft: Entry) -> Entry:
    """Store a draft under its name or, if another entry has that, the next one that is free; return it as stored.

    A draft that was made for the same prompt gives way: its history stays.
    """
    with ws.writing() as transaction:  # nobody can take the name in between

        def is_taken(name: str) -> bool:
            stored = transaction.existing([(draft.kind, name)]).get((draft.kind, name))
            if stored is not None:
                return not _same_prompt(stored[1].metadata.get(DRAFT), draft.metadata[DRAFT])
            return ws.snapshot().has(draft.kind, name)  # of another tier

        entry = draft.model_copy(update={"name": free_name(draft.name, is_taken)})
        ws.put(transaction, [entry], "draft")
    return ws.entry(entry.kind, entry.name)


def _same_prompt(one: Any, other: Any) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and one.get("prompt") == other.get("prompt")
