"""``Hit``: one answer of a search; the entry, its score and the reason are made only when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json import loads
from typing import TYPE_CHECKING, Any

from catalog.entry.kinds import format_key
from catalog.store.fts import FIELDS
from catalog.store.mapping import DESCRIPTION, KIND, NAME, TAGS, entry_from_row
from catalog.store.reader import Row

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


class Hit:
    """An entry that was found.

    Attributes:
        key: ``kind:name``.
        score: BM25, unitless; higher is better, comparable within one answer only. 0 where nothing was ranked.
        tier: where the entry comes from.
    """

    __slots__ = ("_entry", "_row", "_why", "kind", "name", "score", "tier")

    def __init__(
        self,
        found: Row | Entry,
        score: float = 0.0,
        why: Callable[[Hit], dict[str, Any]] | dict[str, Any] | None = None,
    ) -> None:
        """Wrap a row of the database or an entry of another tier."""
        self.score = score
        self._why = why
        self._entry: Entry | None
        if isinstance(found, tuple):
            self._row, self._entry, self.tier = found, None, "persistent"
            self.kind: str = found[KIND]
            self.name: str = found[NAME]
        else:
            self._row, self._entry, self.tier = (), found, found.tier
            self.kind, self.name = found.kind, found.name

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    @property
    def entry(self) -> Entry:
        """The entry found."""
        if self._entry is None:
            self._entry = entry_from_row(self._row)
        return self._entry

    @property
    def description(self) -> str:
        """The description of the entry."""
        text: str = self._entry.description if self._entry else self._row[DESCRIPTION]
        return text

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the entry."""
        return self._entry.tags if self._entry else tuple(loads(self._row[TAGS]))

    @property
    def why(self) -> dict[str, Any]:
        """Why it was found, as data: ``matched`` gives the words of the request found in each field."""
        if not isinstance(self._why, dict):
            self._why = self._why(self) if self._why else {}
        return self._why

    def listing(self, *, ranked: bool = False) -> dict[str, Any]:
        """Return what ``ls`` and ``search`` show of it, as data; *ranked* adds score and reason."""
        shown: dict[str, Any] = {
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "description": self.description,
            "tags": list(self.tags),
            "tier": self.tier,
        }
        if ranked:
            shown |= {"score": round(self.score, 6), "why": self.why}
        return shown

    def __repr__(self) -> str:
        return f"Hit({self.key!r}, score={self.score:.3f})"


def matched(document: Sequence[str], wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return which of the *wanted* words each field of a *document* holds; fields without any are left out."""
    found = {}
    for field, text in zip(FIELDS, document, strict=False):
        there = set(text.split())
        words = [word for word in wanted if word in there]
        if words:
            found[field] = words
    return found
