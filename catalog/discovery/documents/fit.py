"""Names as documents write them, made fit for the catalog."""

from __future__ import annotations

from catalog.entry.key import NAME_LENGTH, composed, name_fault


def fit_name(text: str, otherwise: str = "unnamed") -> str:
    """Return *text* as a name: without what can't be seen, and no longer than names may be; else *otherwise*."""
    name = composed(" ".join(text.split()))[:NAME_LENGTH].strip()
    if name_fault(name) is None:
        return name
    name = "".join(char for char in name if name_fault(f"a{char}a") is None).strip()
    return name if name_fault(name) is None else otherwise
