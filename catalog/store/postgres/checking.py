"""What can be wrong with a catalog on a server: what is in its rows; of its pages the server takes care."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.store.mapping import columns, entry_from_row
from catalog.store.postgres import row_index

if TYPE_CHECKING:
    from catalog.store.reader import Reader

_ORPHANS = (
    "SELECT e.kind, e.name FROM entry AS e WHERE NOT EXISTS (SELECT 1 FROM search_doc AS d WHERE d.entry_id = e.id) "
    "ORDER BY e.kind, e.name LIMIT 20"
)
_WITHOUT_HISTORY = (
    "SELECT e.kind, e.name FROM entry AS e WHERE NOT EXISTS (SELECT 1 FROM revision AS r WHERE r.kind = e.kind "
    "AND r.name = e.name AND r.revision = e.revision) ORDER BY e.kind, e.name LIMIT 20"
)
_TAGS = (
    "SELECT e.kind, e.name FROM entry AS e WHERE (SELECT count(DISTINCT j.tag) "
    "FROM json_array_elements_text(CASE json_typeof(catalog_json(e.tags)) WHEN 'array' THEN catalog_json(e.tags) "
    "ELSE '[]' END) AS j(tag)) <> "
    "(SELECT count(*) FROM entry_tag AS t WHERE t.entry_id = e.id) ORDER BY e.kind, e.name LIMIT 20"
)
_COUNTS = (
    "SELECT w.word FROM search_word AS w FULL JOIN (SELECT t.word, count(*) AS docs FROM search_doc AS d, "
    "unnest(d.terms) AS t(word) GROUP BY t.word) AS g ON g.word = w.word "
    "WHERE g.docs IS DISTINCT FROM w.docs LIMIT 1"
)


def faults(reader: Reader) -> list[str]:
    """Return what is wrong, as texts, each with what helps."""
    from catalog.errors import StoreError

    found = []
    for row in reader.stream(f"SELECT {columns()} FROM entry AS e ORDER BY e.kind, e.name"):
        try:
            entry_from_row(row)
        except StoreError as error:
            found.append(f"entry: {error}")
    for sql, what in (
        (_ORPHANS, "search_doc: {} has no words; `catalog db upgrade` and then `catalog refresh` make them"),
        (_WITHOUT_HISTORY, "revision: the current revision of {} is not in the history"),
        (_TAGS, "entry_tag: the tags of {} and its index differ; update it"),
    ):
        found += [what.format(f"{kind}:{name}") for kind, name in reader.all(sql)]
    if reader.all(_COUNTS):
        found.append("search_word: the counts of words differ; `catalog db upgrade` makes them again")
    with reader.connection() as lent:
        if lent.execute(f"SELECT {row_index.CHECKED}").fetchone()[0]:
            raw: Any = lent
            found += row_index.Keeper(raw.raw).faults()
    return found
