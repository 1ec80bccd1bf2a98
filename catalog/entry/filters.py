"""``Filters``: which entries a search, a listing or a router considers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Kinds = str | Iterable[str] | None
"""One kind, several, or None for every kind."""


class Filters(NamedTuple):
    """Conditions on kind, tags and origin of an entry; an empty field is no condition.

    Attributes:
        kinds: the entry is of one of these kinds.
        tags: it has all of these tags.
        any_tags: it has at least one of these.
        exclude_tags: it has none of these.
        sources: its source is one of these, or goes on after one of these with one of :data:`SEPARATORS`.
        distributions: it came with one of these distributions, ``name`` or ``name==version``, as :func:`folded`.
        scoped: the origin is that of the project's scope, which says nothing of what this process and the
            configuration have themselves.
    """

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    scoped: bool = False

    @property
    def origin(self) -> Filters:
        """The conditions on the origin alone."""
        return Filters(sources=self.sources, distributions=self.distributions)

    def passes(self, entry: Any) -> bool:
        """Return whether an *entry* of any tier meets all the conditions."""
        return self.accept(entry.kind, entry.tags) and (
            (self.scoped and entry.tier != "persistent")
            or (
                (not self.sources or any(_is_within(entry.source, source) for source in self.sources))
                and (not self.distributions or any(_is_of(entry.distribution, name) for name in self.distributions))
            )
        )

    def accept(self, kind: str, tags: Sequence[str]) -> bool:
        """Return whether an entry of *kind* with *tags* meets the conditions on these."""
        return (
            (not self.kinds or kind in self.kinds)
            and all(tag in tags for tag in self.tags)
            and (not self.any_tags or any(tag in tags for tag in self.any_tags))
            and not any(tag in tags for tag in self.exclude_tags)
        )


SEPARATORS = ":/.\\"
"""What may follow a source that stands for more: ``scan:mypkg`` for ``scan:mypkg.tools``, but not ``scan:mypkg2``."""


def _is_within(source: str, outer: str) -> bool:
    if not source.startswith(outer):
        return False
    return len(source) == len(outer) or outer[-1:] in SEPARATORS or source[len(outer)] in SEPARATORS


def folded(distribution: str) -> str:
    """Return the name of a *distribution* in the form in which two names are compared."""
    return distribution.lower().replace("_", "-").replace(".", "-")


def _is_of(distribution: str | None, name: str) -> bool:
    if distribution is None:
        return False
    whole = folded(distribution)
    return whole == name or whole.startswith(name + "==")


NO_FILTERS = Filters()
"""No condition: every entry passes."""
