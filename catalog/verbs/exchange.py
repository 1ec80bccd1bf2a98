"""What has happened to entries, and entries as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from catalog.entry.key import format_key
from catalog.errors import EmbedderError, InvalidEntryError

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.reader import Row


class Revision(NamedTuple):
    """One change of one entry.

    Attributes:
        revision: its number, from 1; it goes on counting after an entry was taken away.
        action: ``register``, ``scan``, ``plugin``, ``live``, ``import``, ``accept``, ``repair``, ``restore``,
            ``unregister`` or ``gone``.
        actor: who, as the operating system or ``CATALOG_ACTOR`` says.
        at: when, in UTC.
        data: the fields of the entry after the change; None where it was taken away.
    """

    kind: str
    name: str
    revision: int
    action: str
    actor: str
    at: datetime
    data: dict[str, Any] | None

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    @property
    def entry(self) -> Entry | None:
        """The entry after the change, or None where it was taken away."""
        if self.data is None:
            return None
        from catalog.entry.entry import make_entry

        return make_entry({**self.data, "revision": self.revision, "updated_at": self.at})

    def changed(self, before: Revision | None) -> dict[str, tuple[Any, Any]]:
        """Return the fields that differ from the revision *before*, with old and new value."""
        old = (before.data if before else None) or {}
        new = self.data or {}
        return {
            field: (old.get(field), new.get(field))
            for field in dict.fromkeys((*old, *new))
            if old.get(field) != new.get(field) and (old.get(field) or new.get(field))
        }


def revision_from_row(row: Row) -> Revision:
    """Return the revision of a row of the table ``revision``."""
    _, kind, name, number, action, actor, at, data = row
    return Revision(
        kind,
        name,
        number,
        action,
        actor,
        datetime.fromisoformat(at),
        None if data is None else json.loads(data),
    )


VECTORS = "vectors"
"""The field of a line beside those of an entry: for each embedder by name a list with one vector for the text of the
entry and one for each of its examples; null where there is none."""


class Brought(NamedTuple):
    """Vectors that a line brings along.

    Attributes:
        where: file and line, for messages.
        kind: of the entry.
        name: of the entry.
        hashes: of what the line says, text and examples: what the vectors are of.
        vectors: by the name of the embedder, one for each of the hashes or None.
    """

    where: str
    kind: str
    name: str
    hashes: list[str]
    vectors: dict[str, list[list[float] | None]]

    def packed(self, embedder: str, width: int) -> list[bytes | None]:
        """Return the vectors of *embedder* as they are stored, made 1 long; those that are so already stay as they are.

        Raises:
            InvalidEntryError: one has not *width* numbers, or holds what is no finite number.
        """
        import numpy as np

        from catalog.embedders.base import unit_rows
        from catalog.store.vectors import pack

        found: list[bytes | None] = []
        for given in self.vectors[embedder]:
            if given is None:
                found.append(None)
                continue
            try:
                unit = unit_rows([given], 1, width, embedder)
            except EmbedderError as error:
                raise InvalidEntryError(f"{self.where}: {error}", where=self.where, embedder=embedder) from None
            as_given = np.array([given], np.float32)
            found += pack(as_given if abs(float((as_given**2).sum()) - 1) < 1e-5 else unit)
        return found


def write_lines(
    entries: Iterable[Entry], file: IO[str], vectors: Callable[[Entry], dict[str, Any]] | None = None
) -> int:
    """Write one JSON object a line with the fields of each entry, and its *vectors*; return their number."""
    written = 0
    for entry in entries:
        line = entry.model_dump_json()
        if vectors is not None and (found := vectors(entry)):
            line = f"{line[:-1]},{json.dumps(VECTORS)}:{json.dumps(found, separators=(',', ':'))}}}"
        file.write(line + "\n")
        written += 1
    return written


def read_lines(lines: Iterable[str], where: str, brought: list[Brought]) -> Iterator[Mapping[str, Any]]:
    """Yield the fields each line of *where* gives, vectors apart: these go to *brought*; blank lines are passed over.

    Raises:
        InvalidEntryError: a line is not a JSON object, or its vectors are not in form; the text names file and line.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise InvalidEntryError(f"{where}, line {number}: not JSON: {error}", file=where, line=number) from None
        if not isinstance(fields, dict):
            raise InvalidEntryError(f"{where}, line {number}: not a JSON object", file=where, line=number)
        vectors = fields.pop(VECTORS, None)
        if vectors:
            brought.append(_brought(fields, vectors, f"{where}, line {number}"))
        yield fields


def _brought(fields: dict[str, Any], vectors: Any, where: str) -> Brought:
    from catalog.entry.embedding_text import hashes
    from catalog.entry.entry import make_entry

    entry = make_entry(fields)
    said = hashes(entry)
    form = 'write {"name of the embedder": [[…], …]}, a list of numbers or null for the text and for each example'
    if not isinstance(vectors, dict):
        raise InvalidEntryError(f"{where}: vectors are no object; {form}", where=where)
    for embedder, rows in vectors.items():
        if not isinstance(rows, list) or not all(row is None or isinstance(row, list) for row in rows):
            raise InvalidEntryError(f"{where}: the vectors of '{embedder}' are no list of lists; {form}", where=where)
        if len(rows) != len(said):
            raise InvalidEntryError(
                f"{where}: '{embedder}' has {len(rows)} vectors for {len(said)} texts; {form}",
                where=where,
                embedder=embedder,
            )
    return Brought(where, entry.kind, entry.name, said, vectors)
