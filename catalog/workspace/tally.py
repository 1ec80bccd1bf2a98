"""``Tally``: how many stored entries have which value, under any filters; a change costs what it changes.

What entries are counted by is kept as arrays of numbers, a place for each entry: a count is a pass over those, not over
the database. After a change only the entries that it touched are read again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS
from catalog.entry.states import APPROVED, marks_of
from catalog.forks import after_fork
from catalog.store.counts import Mark, counted_since
from catalog.store.forms import parsed, parsed_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.entry.filters import Filters
    from catalog.store.reader import Reader, Row

    Codes = NDArray[np.int32]
    Places = NDArray[np.bool_]

_MOST = 20_000
"""Entries that may have changed; if there are more, all are read again."""

_FEW = 5_000
"""Ids that a statement is given at most."""

_COLUMNS = ("kind", "source", "distribution", "framework", "state", "code")
_NONE = ""
"""The value of an entry that has none."""


class _Words:
    """Values, each with a number."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: object) -> int:
        """Return the number of a *value*; what is no text is none."""
        text = value if isinstance(value, str) else _NONE
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.values)
            self.values.append(text)
        return number


class _Rows:
    """The numbers of entries: a column for each of :data:`_COLUMNS`, and the tags of all, one behind the other."""

    def __init__(self, ids: NDArray[np.int64], columns: Codes, tags: Codes, tags_each: Codes) -> None:
        self.ids, self.columns, self.tags, self.tags_each = ids, columns, tags, tags_each

    def without(self, ids: Sequence[int]) -> _Rows:
        """Return the rows of all entries but these."""
        import numpy as np

        kept = ~np.isin(self.ids, np.array(ids, np.int64))
        if kept.all():
            return self
        tags = self.tags[np.repeat(kept, self.tags_each)]
        return _Rows(self.ids[kept], self.columns[:, kept], tags, self.tags_each[kept])

    def and_(self, other: _Rows) -> _Rows:
        """Return these rows and those of another."""
        import numpy as np

        return _Rows(
            np.concatenate((self.ids, other.ids)),
            np.concatenate((self.columns, other.columns), axis=1),
            np.concatenate((self.tags, other.tags)),
            np.concatenate((self.tags_each, other.tags_each)),
        )

    def with_tag(self, numbers: Iterable[int]) -> Places:
        """Return which entries have a tag with one of these *numbers*."""
        import numpy as np

        has = np.zeros(len(self.ids), np.bool_)
        owners = np.repeat(np.arange(len(self.ids), dtype=np.int32), self.tags_each)
        has[owners[np.isin(self.tags, np.fromiter(numbers, np.int32))]] = True
        return has


class Tally:
    """Counts the stored entries of one database; safe to use from many threads."""

    def __init__(self, reader: Reader) -> None:
        """Count what a *reader* of the database reads, once somebody asks."""
        self._reader = reader
        self._lock = threading.Lock()
        self._mark: Mark | None = None
        self._words = {name: _Words() for name in (*_COLUMNS, "tag")}
        self._rows: _Rows | None = None
        after_fork(self)

    def renew_after_fork(self) -> None:
        """Give a child process a lock of its own; another thread may have left half of a reading."""
        self._lock, self._mark = threading.Lock(), None

    def counts(self, filters: Filters) -> tuple[int, dict[str, Counter[str]]]:
        """Return how many stored entries pass *filters*, and by facet how many of them have each value."""
        import numpy as np

        with self._lock:
            rows, words = self._now(), {name: [*each.values] for name, each in self._words.items()}
        passing = self._passing(rows, words, filters) if filters != NO_FILTERS else None
        found: dict[str, Counter[str]] = {}

        def count(name: str, codes: Codes) -> None:
            numbers = np.bincount(codes, minlength=len(words[name])).tolist()
            pairs = zip(words[name], numbers, strict=True)
            found[name] = Counter({value: number for value, number in pairs if number and value != _NONE})

        for name, codes in zip(_COLUMNS, rows.columns, strict=True):
            count(name, codes if passing is None else codes[passing])
        count("tag", rows.tags if passing is None else rows.tags[np.repeat(passing, rows.tags_each)])
        found["state"].update(found.pop("code"))
        return len(rows.ids) if passing is None else int(np.count_nonzero(passing)), found

    def narrowed(self, filters: Filters) -> Filters:
        """Return *filters* with the ids of what they mean, where that spares a search a look at every entry."""
        import numpy as np

        if self._mark is None or filters.unworded == NO_FILTERS:
            return filters
        with self._lock:
            rows, words = self._now(), {name: [*each.values] for name, each in self._words.items()}
        passing = self._passing(rows, words, filters.unworded)
        number = int(np.count_nonzero(passing))
        if number > _FEW < len(rows.ids) - number:
            return filters
        without = number > _FEW
        ids: list[int] = rows.ids[~passing if without else passing].tolist()
        return filters._replace(ids=tuple(sorted(ids)), without=without)

    def ids(self, filters: Filters) -> NDArray[np.int64] | None:
        """Return the ids of the stored entries that pass *filters*, ascending; None where that is not known here.

        Nobody has counted yet, or it depends on tags, of which those of a damaged row can't be read.
        """
        import numpy as np

        if self._mark is None or filters.tags or filters.any_tags or filters.exclude_tags:
            return None
        with self._lock:
            rows, words = self._now(), {name: [*each.values] for name, each in self._words.items()}
        return np.sort(rows.ids[self._passing(rows, words, filters)])

    def _passing(self, rows: _Rows, words: dict[str, list[str]], filters: Filters) -> Places:
        """Return which entries pass *filters*."""
        import numpy as np

        conditions: list[Places] = [np.ones(len(rows.ids), np.bool_)]

        def among(name: str, accepts: Callable[[str], bool]) -> Places:
            accepted = np.array([accepts(value) for value in words[name]], np.bool_)
            column: Places = accepted[rows.columns[_COLUMNS.index(name)]]
            return column

        def tagged(tags: Iterable[str]) -> Places:
            return rows.with_tag(number for number, tag in enumerate(words["tag"]) if tag in tags)

        if filters.kinds:
            conditions.append(among("kind", lambda kind: kind in filters.kinds))
        if filters.sources:
            conditions.append(among("source", filters.accept_source))
        if filters.distributions:
            conditions.append(among("distribution", lambda name: filters.accept_distribution(name or None)))
        if filters.frameworks:
            conditions.append(among("framework", lambda name: name in filters.frameworks))
        if filters.states:
            is_in = filters.states.__contains__
            conditions.append(among("state", is_in) | among("code", is_in))
        conditions += [tagged([tag]) for tag in filters.tags]
        if filters.any_tags:
            conditions.append(tagged(filters.any_tags))
        if filters.exclude_tags:
            conditions.append(~tagged(filters.exclude_tags))
        passing: Places = np.logical_and.reduce(conditions)
        return passing

    def _now(self) -> _Rows:
        """Return the rows as the database has them now."""
        with counted_since(self._reader, self._mark, _MOST) as (mark, touched, batches):
            if touched is None:
                self._mark, self._words = None, {name: _Words() for name in self._words}
                self._rows = self._read(batches)
            elif touched:
                assert self._rows is not None
                self._rows = self._rows.without(touched).and_(self._read(batches))
        self._mark = mark
        assert self._rows is not None
        return self._rows

    def _read(self, batches: Iterable[list[Row]]) -> _Rows:
        import numpy as np

        ids: list[int] = []
        columns: tuple[list[int], ...] = tuple([] for _ in _COLUMNS)
        tags: list[int] = []
        tags_each: list[int] = []
        known: dict[Any, list[int]] = {}  # many entries have the same tags
        for batch in batches:
            for id_, kind, source, distribution, text, framework, metadata in batch:
                state, code = marks_of_row(metadata)
                ids.append(id_)
                values = (kind, source, distribution, framework, state, code)
                for name, column, value in zip(_COLUMNS, columns, values, strict=True):
                    column.append(self._words[name].number(value))
                own = known.get(text)
                if own is None:
                    own = known[text] = [self._words["tag"].number(tag) for tag in _tags(text)]
                tags += own
                tags_each.append(len(own))
        return _Rows(
            np.array(ids, np.int64),
            np.array(columns, np.int32).reshape(len(_COLUMNS), len(ids)),
            np.array(tags, np.int32),
            np.array(tags_each, np.int32),
        )


def marks_of_row(metadata: object) -> tuple[str, str | None]:
    """Return the state of an entry's review and what is said of its code, by the *metadata* of its row."""
    if metadata is None:
        return APPROVED, None
    try:
        marks = marks_of(parsed(metadata, dict))
    except ValueError:  # a damaged row, which others report
        return APPROVED, None
    return marks.state, marks.code


def _tags(text: object) -> Sequence[str]:
    try:
        return tuple(dict.fromkeys(parsed_texts(text)))
    except ValueError:
        return ()
