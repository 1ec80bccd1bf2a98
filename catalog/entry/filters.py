"""``Filters``: which entries a search, a listing or a router considers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Kinds = str | Iterable[str] | None
"""One kind, several, or None for every kind."""


class Filters(NamedTuple):
    """Conditions on the kind and the tags of an entry; an empty field is no condition.

    Attributes:
        kinds: the entry is of one of these kinds.
        tags: it has all of these tags.
        any_tags: it has at least one of these.
        exclude_tags: it has none of these.
    """

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()

    def accept(self, kind: str, tags: Sequence[str]) -> bool:
        """Return whether an entry of *kind* with *tags* meets the conditions."""
        return (
            (not self.kinds or kind in self.kinds)
            and all(tag in tags for tag in self.tags)
            and (not self.any_tags or any(tag in tags for tag in self.any_tags))
            and not any(tag in tags for tag in self.exclude_tags)
        )


NO_FILTERS = Filters()
"""No condition: every entry passes."""
