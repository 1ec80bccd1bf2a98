"""``Hit``: one answer of a search; the entry, its score and the reason are made only when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from json import loads
from typing import TYPE_CHECKING, Any

from catalog.entry.html import table
from catalog.store.fulltext import FIELDS
from catalog.store.queries import entry_at

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Reader, Row


class Hit:
    """An entry that was found.

    Attributes:
        score: BM25, unitless; higher is better, comparable within one answer only. 0 where nothing was ranked.
    """

    __slots__ = ("_entry", "_reader", "_row", "_why", "score")

    def __init__(
        self,
        found: Row | Entry,
        score: float = 0.0,
        why: Callable[[Hit], dict[str, Any]] | dict[str, Any] | None = None,
        reader: Reader | None = None,
    ) -> None:
        """Wrap what is listed of a persistent entry, the rest of which *reader* gives, or an entry of another tier."""
        self.score = score
        self._why = why
        self._reader = reader
        self._entry: Entry | None
        self._row: Row
        if reader is not None:
            self._row, self._entry = found, None  # type: ignore[assignment]
        else:
            self._row, self._entry = (), found  # type: ignore[assignment]

    @property
    def kind(self) -> str:
        """The kind of the entry."""
        kind: str = self._row[0] if self._row else self.entry.kind
        return kind

    @property
    def name(self) -> str:
        """The name of the entry."""
        name: str = self._row[1] if self._row else self.entry.name
        return name

    @property
    def tier(self) -> str:
        """Where the entry comes from."""
        return "persistent" if self._row else self.entry.tier

    @property
    def key(self) -> str:
        """``kind:name``."""
        return f"{self.kind}:{self.name}"

    @property
    def entry(self) -> Entry:
        """The entry as it was when the search found it, also if it has been changed or taken away since."""
        if self._entry is None:
            assert self._reader is not None
            self._entry = entry_at(self._reader, self.kind, self.name, self._row[4])
        return self._entry

    @property
    def description(self) -> str:
        """The description of the entry."""
        text: str = self._row[2] if self._row else self.entry.description
        return text

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the entry."""
        if self._row:
            with suppress(ValueError):  # a damaged row; the history has kept what it said
                return tuple(loads(self._row[3]))
        return self.entry.tags

    @property
    def why(self) -> dict[str, Any]:
        """Why it was found, as data: ``matched`` gives the words of the request found in each field."""
        if not isinstance(self._why, dict):
            self._why = self._why(self) if self._why else {}
        return self._why

    def add_reason(self, name: str, told: dict[str, Any]) -> None:
        """Let ``why`` say *told* under *name* beside what it says already."""
        before = self._why
        self._why = lambda hit: {**(before(hit) if callable(before) else before or {}), name: told}

    def to_dict(self, *, ranked: bool = True) -> dict[str, Any]:
        """Return what ``search`` shows of it, as data; without *ranked* what ``ls`` shows: no score and no reason."""
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

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy stands on its own: it asks no database, which may be closed by then.
        return Hit, (self.entry, self.score, self.why)

    def _repr_html_(self) -> str:
        return hits_html([self])


class Hits(list[Hit]):
    """What a search gives: a list of hits that notebooks show as a table."""

    def _repr_html_(self) -> str:
        return hits_html(self)


def hits_html(hits: Sequence[Hit]) -> str:
    """Return hits as a table for a notebook."""
    rows = [(hit.key, f"{hit.score:.3f}", hit.description, ", ".join(hit.tags)) for hit in hits]
    return table(("key", "score", "description", "tags"), rows)


def matched(document: Sequence[str], wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return which of the *wanted* words each field of a *document* holds; fields without any are left out."""
    found = {}
    for field, text in zip(FIELDS, document, strict=False):
        there = set(text.split())
        words = [word for word in wanted if word in there]
        if words:
            found[field] = words
    return found
