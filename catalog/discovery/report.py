"""What a scan or a refresh did to the catalog, as data for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one scan or refresh did.

    Attributes:
        target: what was scanned: a package, a path, or what a refresh went over.
        found: keys that are new.
        updated: keys whose record was brought up to date: description, tags, place.
        unchanged: keys whose record was already right.
        drifted: entries whose code changed, which keep the old checksums until somebody accepts the drift:
            ``{"key", "ref", "change", "old_signature", "new_signature"}``.
        gone: keys whose source no longer holds them.
        skipped: what could not be read: ``{"path": …, "reason": …}``.
        clashes: names two findings wanted: ``{"key", "kept", "other", "renamed"}``.
        renamed: entries that are gone and whose body has another name or place now: ``{"key", "became", "ref",
            "new_ref", "stored_as", "accepted"}``.
        undecided: entries of which the source holds several definitions, and reading can't tell which of them runs
            here: ``{"key", "ref", "path", "lines"}``; the entry describes all of them.
        shadows: entries that stand before entries of the configuration with the same key: ``{"key", "configured"}``,
            the latter the reference of the entry that is not seen any more.
        files: how many files there are to look at.
        seen: how many Python files there are, those included that are left out.
        opened: how many files were opened; those that did not change since the last scan are not.
        left_out: how many files were left out, by reason: ``tests``, ``vendored``, ``generated``, ``excluded``,
            ``.gitignore``; of ``virtual environments`` and ``installed packages`` the folders are counted.
        unread: how many files of a project are in languages that are not read, by language: ``TypeScript``.
        seconds: how long it took.
    """

    target: str
    found: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    drifted: tuple[Mapping[str, Any], ...] = ()
    gone: tuple[str, ...] = ()
    skipped: tuple[Mapping[str, Any], ...] = ()
    clashes: tuple[Mapping[str, Any], ...] = ()
    renamed: tuple[Mapping[str, Any], ...] = ()
    undecided: tuple[Mapping[str, Any], ...] = ()
    shadows: tuple[Mapping[str, Any], ...] = ()
    files: int = 0
    seen: int = 0
    opened: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing in the catalog changed and nothing needs a look."""
        return not (self.found or self.updated or self.drifted or self.gone or self.renamed)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON data, tuples as lists."""
        return {name: list(part) if isinstance(part, tuple) else part for name, part in asdict(self).items()}
