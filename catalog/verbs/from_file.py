"""What came from a file says so: origin, root and state of an entry are the catalog's to write."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from catalog.entry.states import APPROVED, REVIEW, review_of, without
from catalog.errors import CatalogWarning, EntryError
from catalog.verbs.lines import Line
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.writer import Transaction

IMPORT = "import"
"""Begins the source of what came from a file."""

_FEW = 5
_ORIGIN = {"source", "distribution", "tier", "revision", "created_at", "updated_at", "metadata"}


class FromFile:
    """The origin that an import gives its entries."""

    def __init__(self, ws: Workspace, *, replace: bool) -> None:
        """Import into *ws*; with *replace* over entries of another origin, too."""
        self._ws = ws
        self._replace = replace
        self._replaced: list[str] = []
        self._rooted = 0
        self._unapproved = 0

    def of(self, line: Line) -> Entry:
        """Return the entry of a *line* without what only the catalog may say."""
        entry = line.entry
        said: dict[str, Any] = {"source": entry.source, "distribution": entry.distribution}
        metadata = without(without(entry.metadata), "root", "imported")
        metadata["imported"] = {**said, "from": os.path.basename(line.at.file)}
        self._rooted += "root" in entry.metadata
        state = review_of(entry.metadata)
        if state != APPROVED:
            self._unapproved += 1
            metadata[REVIEW] = f"it was {state} where the file comes from"
        update: dict[str, Any] = {
            "source": IMPORT, "distribution": None, "revision": 0, "created_at": None, "updated_at": None,
            "metadata": metadata,
        }  # fmt: skip
        if entry.checksum is None or entry.source_checksum is None:  # half a record would be half a check
            update |= {"checksum": None, "source_checksum": None}
        return entry.model_copy(update=update)

    def fitting(self, transaction: Transaction, drafts: Sequence[Entry]) -> list[Entry]:
        """Return what is to be stored of *drafts*: all but what an entry of another origin says already.

        Raises:
            EntryError: an entry of another origin has the key, and says something else.
        """
        stored = transaction.existing([(draft.kind, draft.name) for draft in drafts])
        fitting, others = [], []
        for draft in drafts:
            held = stored.get((draft.kind, draft.name))
            there = self._ws.config.entries.get((draft.kind, draft.name)) if held is None else held[1]
            if there is None or there.source.startswith(IMPORT):
                fitting.append(draft)
            elif _says(there) != _says(draft):
                others.append(there)
                fitting.append(draft)
        if others and not self._replace:
            named = ", ".join(f"{entry.key} ({entry.source})" for entry in others[:_FEW])
            more = " and more" if len(others) > _FEW else ""
            raise EntryError(
                f"nothing is imported, as entries of another origin have keys of the file: {named}{more}; --replace "
                "(replace=True) writes over them, --restore (restore=True) takes back an export of your own",
                keys=[entry.key for entry in others],
            )
        self._replaced += [entry.key for entry in others]
        return fitting

    def tell(self) -> None:
        """Warn once of what was left out and what was replaced."""
        told = []
        if self._replaced:
            shown = ", ".join(self._replaced[:_FEW])
            more = f" and {len(self._replaced) - _FEW} more" if len(self._replaced) > _FEW else ""
            told.append(f"replaced entries of another origin: {shown}{more}")
        if self._rooted:
            told.append(f"{self._rooted} named a folder for their code, which was left out")
        if self._unapproved:
            told.append(
                f"{self._unapproved} were not approved there and need review: `catalog approve --source import`"
            )
        if told:
            warnings.warn(f"imported; {'; '.join(told)}", CatalogWarning, stacklevel=5)


def _says(entry: Entry) -> dict[str, Any]:
    """Return what an entry says but for its origin."""
    fields = {name: value for name, value in entry if name not in _ORIGIN}
    return {**fields, "metadata": without(without(entry.metadata), "root", "imported")}
