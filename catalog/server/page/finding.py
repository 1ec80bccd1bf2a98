"""What the page that finds shows: rows with their reasons, and how many entries have which value."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.datastructures import QueryParams

from catalog import ENTRY_STATES, REVIEW_STATES, Catalog, Hit, facets, search_words
from catalog.look import parts
from catalog.server.remembered import Remembered

if TYPE_CHECKING:
    from catalog import Marks

FILTERS = ("kind", "tag", "framework", "source", "distribution", "state")
"""The facets, each a parameter of the address that may stand there several times."""

SORTS = {"key": "by kind and name", "name": "by name", "updated": "the newest first"}
AT_ONCE = 50
MOST = 1_000

_STATES = (*REVIEW_STATES, *ENTRY_STATES)
_FIELDS = {"params": "parameters"}


class Asked(NamedTuple):
    """What is looked for, as the address says.

    Attributes:
        text: what was typed.
        filters: by facet, the values chosen.
        sort: the order where nothing was typed, one of :data:`SORTS`.
        most: rows to show.
    """

    text: str
    filters: dict[str, tuple[str, ...]]
    sort: str
    most: int

    @classmethod
    def of(cls, query: QueryParams) -> Asked:
        """Return what an address asks; what it can't mean is left out."""
        filters = {name: tuple(dict.fromkeys(filter(None, query.getlist(name)))) for name in FILTERS}
        filters["state"] = tuple(state for state in filters["state"] if state in _STATES)
        most = query.get("n", "")
        sort = query.get("sort", "key")
        return cls(
            query.get("q", "").strip(),
            filters,
            sort if sort in SORTS else "key",
            min(max(int(most), 1), MOST) if most.isascii() and most.isdecimal() else AT_ONCE,
        )

    def query(self, **changes: Any) -> str:
        """Return the address of this question, but for *changes*, without the path."""
        pairs: list[tuple[str, Any]] = [("q", self.text)] if self.text else []
        for name in FILTERS:
            pairs += [(name, value) for value in changes.get(name, self.filters[name])]
        sort, most = changes.get("sort", self.sort), changes.get("n", AT_ONCE)
        pairs += [("sort", sort)] if sort != "key" else []
        pairs += [("n", most)] if most != AT_ONCE else []
        return f"?{urlencode(pairs)}" if pairs else "?"

    def toggled(self, name: str, value: str) -> str:
        """Return the address with one value of a facet chosen, or no longer chosen."""
        values = self.filters[name]
        return self.query(**{name: tuple(v for v in values if v != value) if value in values else (*values, value)})

    @property
    def narrowed(self) -> bool:
        """Whether a facet is chosen."""
        return any(self.filters.values())

    def search(self) -> dict[str, Any]:
        """Return the filters that a search itself takes."""
        return {
            "kind": self.filters["kind"] or None,
            "tags": self.filters["tag"],
            "sources": self.filters["source"] or (),
            "distributions": self.filters["distribution"] or (),
            "states": self.filters["state"],
            "frameworks": self.filters["framework"],
        }


class Found(NamedTuple):
    """The rows of an answer.

    Attributes:
        rows: what each row shows.
        more: whether there are more.
        milliseconds: what finding them took.
    """

    rows: list[dict[str, Any]]
    more: bool
    milliseconds: float


def find(catalog: Catalog, asked: Asked) -> Found:
    """Return the rows for what is *asked*."""
    began = time.perf_counter()
    if asked.text:
        hits = catalog.search(asked.text, limit=asked.most + 1, **asked.search())
    else:
        hits = list(islice(catalog.listed(order=asked.sort, **asked.search()), asked.most + 1))
    more = len(hits) > asked.most
    del hits[asked.most :]
    marks = catalog.marks([hit.key for hit in hits]) if hits else {}
    rows = [_row(hit, marks.get(hit.key), bool(asked.text)) for hit in hits]
    return Found(rows, more, (time.perf_counter() - began) * 1_000)


def _row(hit: Hit, marks: Marks | None, ranked: bool) -> dict[str, Any]:
    why = hit.why if ranked else {}
    matched: dict[str, list[str]] = why.get("matched") or {}
    stems = frozenset(word for words in matched.values() for word in words)
    return {
        "key": hit.key,
        "kind": hit.kind,
        "name": hit.name,
        "shown": Markup(parts.marked(hit.name, stems, _stems)),
        "description": Markup(parts.marked(parts.summary(hit.description), stems, _stems)),
        "tags": hit.tags[:4],
        "state": "" if marks is None else marks.code or ("" if marks.state == "approved" else marks.state),
        "why": list(_reasons(why, matched)),
    }


def _reasons(why: dict[str, Any], matched: dict[str, list[str]]) -> Iterator[str]:
    """Yield in a few words each why a hit is here."""
    fields = [_FIELDS.get(field, field) for field in matched if field != "facets"]
    if fields:
        yield f"words in {', '.join(fields)}"
    if "similarity" in why:
        yield f"nearness {why['similarity']:.2f}"
    example = why.get("example")
    if isinstance(example, dict):
        yield f"like “{parts.summary(str(example['text']), 60)}”"
    use = why.get("use")
    if isinstance(use, dict) and use.get("bonus"):
        yield "taken after such requests" if use["bonus"] > 0 else "turned down after such requests"
    if "damaged" in why:
        yield "its row is damaged"


def _stems(word: str) -> list[str]:
    return search_words(word, whole=True)


def facet_groups(catalog: Catalog, asked: Asked, known: Remembered) -> dict[str, Any]:
    """Return what stands beside the rows: each facet with its values, how many entries have them, and their links."""
    key = ("facets", asked.text, tuple(asked.filters.values()))
    counted = known.get(catalog, key, lambda: facets(catalog, asked.text, **asked.search()))
    groups = []
    for name in FILTERS:
        chosen = asked.filters[name]
        counts = counted.counts.get(name, {})
        values = [*chosen, *(value for value in counts if value not in chosen)]
        if not chosen and (len(values) < 2 and name != "kind"):
            continue
        groups.append(
            {
                "name": name,
                "values": [
                    {"value": value, "count": counts.get(value), "chosen": value in chosen} for value in values[:40]
                ],
                "hidden": max(len(values) - 40, 0),
            }
        )
    return {"groups": groups, "total": counted.total, "complete": counted.complete}
