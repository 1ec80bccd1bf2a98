"""``Filters``: which entries a search, a listing or a router looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Kinds = str | Iterable[str] | None
"""One kind, several, or None for every kind."""


class Filters(NamedTuple):
    """What an entry must be to count: one of the kinds, with all, any and none of the tags."""

    kinds: tuple[str, ...] = ()  # empty: every kind
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()

    def accept(self, kind: str, tags: Sequence[str]) -> bool:
        """Tell whether an entry of *kind* with *tags* passes."""
        return (
            (not self.kinds or kind in self.kinds)
            and all(tag in tags for tag in self.tags)
            and (not self.any_tags or any(tag in tags for tag in self.any_tags))
            and not any(tag in tags for tag in self.exclude_tags)
        )


NO_FILTERS = Filters()
"""What every entry passes."""
