"""Vectors that come with imported lines, in place of those the catalog's embedder would make."""

from __future__ import annotations

from typing import Any, NamedTuple

from catalog.errors import EmbedderError, InvalidEntryError

VECTORS = "vectors"
"""The field of a line beside those of an entry: for each embedder by name a list with one vector for the text of the
entry and one for each of its examples; null where there is none."""


class ImportedVectors(NamedTuple):
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

        packed: list[bytes | None] = []
        for row in self.vectors[embedder]:
            if row is None:
                packed.append(None)
                continue
            try:
                unit = unit_rows([row], 1, width, embedder)
            except EmbedderError as error:
                raise InvalidEntryError(f"{self.where}: {error}", where=self.where, embedder=embedder) from None
            as_written = np.array([row], np.float32)
            packed += pack(as_written if abs(float((as_written**2).sum()) - 1) < 1e-5 else unit)
        return packed


def imported_vectors(fields: dict[str, Any], vectors: Any, where: str) -> ImportedVectors:
    """Return the *vectors* of a line whose other *fields* are those of an entry.

    Raises:
        InvalidEntryError: they are not in form, or not as many as the entry has texts; its facts say *where*.
    """
    from catalog.entry.embedding_text import hashes
    from catalog.entry.entry import make_entry

    entry = make_entry(fields)
    texts = hashes(entry)
    form = 'write {"name of the embedder": [[…], …]}, a list of numbers or null for the text and for each example'
    if not isinstance(vectors, dict):
        raise InvalidEntryError(f"vectors are no object; {form}", where=where)
    for embedder, rows in vectors.items():
        if not isinstance(rows, list) or not all(row is None or isinstance(row, list) for row in rows):
            raise InvalidEntryError(f"the vectors of '{embedder}' are no list of lists; {form}", where=where)
        if len(rows) != len(texts):
            raise InvalidEntryError(
                f"'{embedder}' has {len(rows)} vectors for {len(texts)} texts; {form}",
                where=where,
                embedder=embedder,
            )
    return ImportedVectors(where, entry.kind, entry.name, texts, vectors)
