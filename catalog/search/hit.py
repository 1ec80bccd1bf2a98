"""``Hit``: an entry that a search gives; the entry itself and the reasons are read only when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogError, StoreError
from catalog.store.forms import parsed_texts
from catalog.store.fulltext import FIELDS
from catalog.store.mapping import entry_from_row, words_of
from catalog.store.queries import entry_at, rows_of, words_and_examples

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Reader, Row

_AT_ONCE = 50


class Hit:
    """An entry that a search gives, with its score and the reasons for it.

    Attributes:
        score: points, unitless; higher is better, comparable within one answer only. By words BM25; by meaning and
            words see :mod:`catalog.search.fusion`; a cosine where entries similar to an entry were asked for. 0 where
            nothing was ranked.
    """

    __slots__ = ("_entry", "_reader", "_row", "_together", "_why", "score")

    def __init__(
        self,
        source: Row | Entry,
        score: float = 0.0,
        why: Callable[[Hit], dict[str, Any]] | dict[str, Any] | None = None,
        reader: Reader | None = None,
    ) -> None:
        """Wrap an entry.

        Args:
            source: the row listed of a persistent entry, or an entry.
            score: in points.
            why: the reasons, or what gives them when they are asked for.
            reader: gives the rest of a persistent entry; None: *source* is an entry.
        """
        self.score = score
        self._why = why
        self._reader = reader
        self._together: Together | None = None
        self._entry: Entry | None
        self._row: Row
        if reader is not None:
            self._row, self._entry = source, None  # type: ignore[assignment]
        else:
            self._row, self._entry = (), source  # type: ignore[assignment]

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
        """The entry as it was when the search was made, even if it has been changed or taken away since."""
        if self._entry is None:
            assert self._reader is not None
            self._entry = self._together.entry_of(self.key, self._row[4]) if self._together else None
            if self._entry is None:
                self._entry = entry_at(self._reader, self.kind, self.name, self._row[4])
        return self._entry

    @property
    def readable_entry(self) -> Entry | None:
        """The entry; None if its row is damaged, and the history does not tell either."""
        try:
            return self.entry
        except StoreError:
            return None

    @property
    def description(self) -> str:
        """The description of the entry."""
        text: str = self._row[2] if self._row else self.entry.description
        return text

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the entry."""
        if self._row:
            try:
                return parsed_texts(self._row[3])
            except ValueError:  # a damaged row; the history may have kept what it said
                with suppress(CatalogError):
                    return self.entry.tags
                return ()
        return self.entry.tags

    def share(self, together: Together) -> None:
        """Have the entry, its words and examples read *together* with those of other hits."""
        self._together = together

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the entry, field by field, as the index has them."""
        read = self._together.of(self.key, self._row[4]) if self._together and self._row else None
        return words_of(self.entry) if read is None else read[0]

    @property
    def examples(self) -> tuple[str, ...]:
        """The examples of the entry."""
        read = self._together.of(self.key, self._row[4]) if self._together and self._row else None
        return self.entry.examples if read is None else read[1]

    @property
    def why(self) -> dict[str, Any]:
        """Why the entry is here, as data: ``matched`` gives the words of the request that each field holds."""
        if not isinstance(self._why, dict):
            try:
                self._why = self._why(self) if self._why else {}
            except StoreError as error:  # the row is damaged, and the history does not tell either
                self._why = {"damaged": str(error)}
        return self._why

    def add_reason(self, name: str, reason: dict[str, Any]) -> None:
        """Add *reason* to ``why``, under *name*; the other reasons are still made only when somebody asks."""
        before = self._why
        self._why = lambda hit: {**(before(hit) if callable(before) else before or {}), name: reason}

    def to_dict(self, *, ranked: bool = True) -> dict[str, Any]:
        """Return the hit as JSON data: what ``search --json`` shows; without *ranked* what ``ls --json`` shows.

        Args:
            ranked: whether score and reasons are part of it.

        Returns:
            ``key kind name description tags tier``, and with *ranked* ``score``, to six decimals, and ``why``.
        """
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


class Together:
    """The entries of some hits, and what their reasons are made of: read for all of them once one of them is asked."""

    def __init__(self, reader: Reader, keys: Sequence[tuple[str, str]]) -> None:
        """Stand for the entries with these *keys*; nothing is read yet."""
        self._reader, self._keys = reader, keys
        self._read: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] | None = None
        self._rows: dict[tuple[str, int], Row] | None = None

    def entry_of(self, key: str, revision: int) -> Entry | None:
        """Return an entry; None: it has changed since, its row is damaged, or it was asked for before."""
        if self._rows is None:
            self._rows = rows_of(self._reader, self._keys)
        row = self._rows.pop((key, revision), None)
        with suppress(StoreError):
            return None if row is None else entry_from_row(row)
        return None

    def of(self, key: str, revision: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return words and examples of an entry; None: it has changed since, or its row is damaged."""
        if self._read is None:
            self._read = words_and_examples(self._reader, self._keys)
        found = self._read.get(key)
        return found[1:] if found is not None and found[0] == revision else None


class Hits(list[Hit]):
    """What a search gives: a list of hits that notebooks show as a table."""

    def together(self, reader: Reader) -> Hits:
        """Have entries, and what the reasons are made of, read for many hits at once; return them."""
        for start in range(0, len(self), _AT_ONCE):
            stored = [hit for hit in self[start : start + _AT_ONCE] if hit.tier == "persistent"]
            shared = Together(reader, [(hit.kind, hit.name) for hit in stored])
            for hit in stored:
                hit.share(shared)
        return self

    def _repr_html_(self) -> str:
        return hits_html(self)


def hits_html(hits: Sequence[Hit]) -> str:
    """Return hits as a table for a notebook."""
    from catalog.entry.html import framed, table  # for notebooks only

    rows = [(hit.key, f"{hit.score:.3f}", hit.description, ", ".join(hit.tags)) for hit in hits]
    return framed(table(("key", "score", "description", "tags"), rows))


def matched(document: Sequence[str], wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return which of the *wanted* words each field of a *document* holds; fields without any are left out."""
    words_by_field = {}
    for field, text in zip(FIELDS, document, strict=False):
        held = set(text.split())
        words = [word for word in wanted if word in held]
        if words:
            words_by_field[field] = words
    return words_by_field
