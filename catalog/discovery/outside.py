"""What a scan has read outside of its files, kept for the files of all roots: frameworks are read once."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.discovery.extract import Extract


@dataclass(slots=True)
class Outside:
    """Extracts by module and path, bytes by path."""

    extracts: dict[tuple[str, str], Extract | None] = field(default_factory=dict)
    bytes: dict[str, bytes] = field(default_factory=dict)
