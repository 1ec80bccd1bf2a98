"""Short forms of findings, to be compared as a whole."""

from __future__ import annotations

from catalog.discovery.finding import ScanResult


def refs(result: ScanResult) -> dict[str, str | None]:
    """Return key and reference of every finding."""
    return {one.key: one.ref for one in result.findings}


def purposes(result: ScanResult) -> dict[str, str]:
    """Return key and description of every finding."""
    return {one.key: one.description for one in result.findings}
