"""``Policy``: whether a reference may be imported, asked before the import, and of the object after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.errors import UntrustedReferenceError
from catalog.trust.patterns import Place, matches

OPEN = "open"
LISTED = "listed"
PINNED = "pinned"

MODES = (OPEN, LISTED, PINNED)
"""Everything that the catalog's owner registered; only what ``allow`` names; of that, only what the lock file pins."""

PREDICATE = "predicate"
"""Stands for a kind where a policy is asked about the function that an entry is routed by."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be imported.

    Attributes:
        mode: one of :data:`MODES`.
        allow: patterns of what may be imported where the mode, or where an entry comes from, asks for that.
        deny: patterns of what may never be imported; they come first.
    """

    mode: str = OPEN
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one catalog.

    Attributes:
        rules: for every kind that has none of its own.
        by_kind: for single kinds; the patterns of ``rules`` count beside theirs.
        why: the reason for the mode, for messages.
        file: the configuration file that says so, or would have to; None: there is none.
        folder: of that file, if it is trusted: patterns of modules count in it too.
    """

    rules: Rules = Rules()
    by_kind: Mapping[str, Rules] = field(default_factory=dict)
    why: str = "this catalog is its owner's"
    file: str | None = None
    folder: str | None = None

    def of(self, kind: str) -> Rules:
        """Return the rules for entries of a *kind*."""
        own = self.by_kind.get(kind)
        if own is None:
            return self.rules
        return Rules(own.mode, (*self.rules.allow, *own.allow), (*self.rules.deny, *own.deny))

    def check(
        self,
        place: Place,
        *,
        kind: str,
        who: str,
        stranger: str | None = None,
        named: bool = False,
        also: Place | None = None,
    ) -> None:
        """Do nothing if what is at *place* may be imported.

        Args:
            place: where the reference leads to.
            kind: of the entry, or :data:`PREDICATE`.
            who: what errors call it.
            stranger: why the owner of the catalog has not chosen this reference, if that is so; then it must be allowed
                in the mode ``open``, too.
            named: whether trusted configuration, or the program itself, names the reference: then only ``deny`` counts.
            also: what the reference said, where *place* is the true place of the object it led to.

        Raises:
            UntrustedReferenceError: it may not; the text says which setting would allow it.
        """
        rules = self.of(kind)
        denied = matches(rules.deny, place, self.folder)
        if denied is not None:
            raise self._refused(place, kind, who, f"deny = [{denied!r}] forbids it", None, also)
        why = stranger if rules.mode == OPEN else self.why
        if named or why is None or matches(rules.allow, place, self.folder) is not None:
            return
        top = place.module.partition(".")[0]
        allow = f'"{top}.*"' if place.is_home else f'"root:{_folder_of(place)}"'
        if place.file is not None and matches((f"{top}.*",), place, self.folder):
            allow = f'"{top}.*"'
        raise self._refused(place, kind, who, why, allow, also)

    def _refused(
        self, place: Place, kind: str, who: str, why: str, allow: str | None, also: Place | None
    ) -> UntrustedReferenceError:
        said = f"{also.ref}, which is really {place.ref}," if also is not None else place.ref
        table = f"[tool.catalog.trust{f'.{kind}' if kind in self.by_kind else ''}]"
        where = self.file or "pyproject.toml"
        advice = f"; if you trust it, write allow = [{allow}] under {table} in {where}" if allow else ""
        return UntrustedReferenceError(
            f"{who}: {said} is not imported, as it is not trusted: {why}{advice}",
            key=who,
            ref=place.ref,
            mode=self.of(kind).mode,
            setting="trust.allow" if allow else "trust.deny",
            allow=allow,
        )


def policy_from(
    table: Mapping[str, Any], *, mode: str, why: str, file: str | None = None, folder: str | None = None
) -> Policy:
    """Return the policy that a *table* ``[tool.catalog.trust]``, which was checked, describes.

    Args:
        table: as written.
        mode: where the table names none; *why* says the reason.
        file, folder: see :class:`Policy`.
    """
    given = table.get("mode")
    rules = _rules(table, mode)
    kinds = {kind: _rules(own, rules.mode) for kind, own in table.items() if isinstance(own, Mapping)}
    why = f"the mode is '{given}'" if given not in (None, OPEN) else why
    return Policy(rules, kinds, why, file, folder)


def _rules(table: Mapping[str, Any], mode: str) -> Rules:
    return Rules(table.get("mode", mode), tuple(table.get("allow", ())), tuple(table.get("deny", ())))


def _folder_of(place: Place) -> str:
    import os

    return os.path.dirname(place.file) if place.file else "FOLDER"
