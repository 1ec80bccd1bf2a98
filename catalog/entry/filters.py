"""``Filters``: which entries a search, a listing or a router considers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from catalog.entry.key import composed
from catalog.entry.states import ALL_STATES, marks_of
from catalog.errors import InvalidFilterError

Kinds = str | Iterable[str] | None
"""One kind, several, or None for every kind."""


class Filters(NamedTuple):
    """Conditions on kind, tags, origin and state of an entry; an empty field is no condition.

    Attributes:
        kinds: the entry is of one of these kinds.
        tags: it has all of these tags.
        any_tags: it has at least one of these.
        exclude_tags: it has none of these.
        sources: its source is one of these, or goes on after one of these with one of :data:`SEPARATORS`.
        distributions: it came with one of these distributions, ``name`` or ``name==version``, as :func:`folded`.
        states: the state of its review, or what is said of its code, is one of these.
        frameworks: it is of one of these frameworks.
        scoped: the origin is that of the project's scope, which says nothing of what this process and the
            configuration have themselves.
        ids: of the stored entries that meet the conditions on origin, states and frameworks, where they are known and
            few; None: they are not.
        without: the ids are of those that do not meet them.
    """

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    scoped: bool = False
    ids: tuple[int, ...] | None = None
    without: bool = False

    @property
    def unworded(self) -> Filters:
        """The conditions that no word of the full-text index stands for: neither kind nor tags."""
        return self._replace(kinds=(), tags=(), any_tags=(), exclude_tags=(), scoped=False)

    @property
    def known(self) -> bool:
        """Whether the ids say all of stored entries: there are no conditions but those they are of."""
        return self.ids is not None and self._replace(scoped=False) == self.unworded

    def passes(self, entry: Any) -> bool:
        """Return whether an *entry* of any tier meets all the conditions."""
        is_of_origin = (self.scoped and entry.tier != "persistent") or (
            self.accept_source(entry.source) and self.accept_distribution(entry.distribution)
        )
        return is_of_origin and self.accept(entry.kind, entry.tags) and self._accept_metadata(entry.metadata)

    def accept_source(self, source: str) -> bool:
        """Return whether an entry of this *source* meets the condition on it."""
        return not self.sources or any(_is_within(source, outer) for outer in self.sources)

    def accept_distribution(self, distribution: str | None) -> bool:
        """Return whether an entry of this *distribution* meets the condition on it."""
        return not self.distributions or any(_is_of(distribution, name) for name in self.distributions)

    def _accept_metadata(self, metadata: Any) -> bool:
        if self.frameworks and metadata.get("framework") not in self.frameworks:
            return False
        if not self.states:
            return True
        marks = marks_of(metadata)
        return marks.state in self.states or marks.code in self.states

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


def states_of(given: Sequence[str]) -> tuple[str, ...]:
    """Return the states that a caller gives, checked.

    Raises:
        InvalidFilterError: it is no list of texts, or there is no such state.
    """
    states = texts_of("states", given)
    for state in states:
        if state not in ALL_STATES:
            raise InvalidFilterError(f"states: there is no {state!r}; choose of {', '.join(ALL_STATES)}", state=state)
    return states


def texts_of(what: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return the texts that a caller gives for a filter, each once.

    Raises:
        InvalidFilterError: it is no list of texts.
    """
    if not given:
        return ()
    if isinstance(given, str) or not all(isinstance(text, str) for text in given):
        raise InvalidFilterError(f"{what}={given!r}: give a list of texts, as in {what}=['plot']", filter=what)
    return tuple(dict.fromkeys(map(composed, given)))
