"""What is called like the request comes first, whatever else is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.entry.key import NAME_LENGTH
from catalog.search.hit import Hit
from catalog.store.queries import named

if TYPE_CHECKING:
    from catalog.search.corpus import Corpus
    from catalog.store.reader import Row

_KEY_LENGTH = NAME_LENGTH + 41  # a kind has up to 40 characters, and a colon follows


def may_be_named(text: str) -> bool:
    """Tell whether *text* is short enough for a name or a key."""
    return len(text) <= _KEY_LENGTH


def exact_first(
    corpus: Corpus,
    text: str,
    filters: Filters,
    hits: list[Hit],
    reason: Callable[[Hit], dict[str, Any]],
    *,
    complete: bool,
    called: list[Row] | None = None,
) -> list[Hit]:
    """Return *hits* with the entries whose name or key is the request itself before all others.

    Args:
        corpus: where to look for such entries, if *hits* has none.
        text: the request.
        filters: what an entry must be to count.
        hits: best first.
        reason: gives the reasons of hits that are added.
        complete: whether *hits* has every entry with a word of the request, and so every entry of that name.
        called: the rows of the persistent entries called so, where they were read before.
    """
    exact = [hit for hit in hits if hit.name == text or (":" in text and hit.key == text)]
    if not exact and not complete and may_be_named(text):  # a complete list holds whatever is called so
        kind, colon, name = text.partition(":")
        rows = named(corpus.reader, text, corpus.kinds) if called is None else called
        if colon and kind in corpus.kinds:
            rows = [*rows, *named(corpus.reader, name, [kind])]
        called_so = [Hit(row, 0.0, reason, corpus.reader) for row in rows]
        called_so += [Hit(entry, 0.0, reason) for entry in corpus.overlay if text in (entry.name, entry.key)]
        exact = [
            hit
            for hit in called_so
            if (hit.tier != "persistent" or (hit.kind, hit.name) not in corpus.hidden)
            and filters.accept(hit.kind, hit.tags)
            and (filters.unworded == NO_FILTERS or filters.passes(hit.entry))
        ]
    if not exact:
        return hits
    best = hits[0].score if hits else 0.0
    for hit in exact:  # so that scores descend from the first hit to the last
        hit.score = max(hit.score, best)
    keys = {hit.key for hit in exact}
    return exact + [hit for hit in hits if hit.key not in keys]
