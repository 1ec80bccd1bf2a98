"""What is known of the code behind an entry: marks in its metadata, each with the reason in words.

They are written where source code is read (`refresh`, `scan`, `verify`), and shown where none is (listings, routing).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GONE = "gone"
"""``metadata["gone"]``: the code was not there when it was last looked for."""

BROKEN = "broken"
"""``metadata["broken"]``: the code is there, and Python can't read it: a syntax error, a wrong encoding."""

DRIFTED = "drifted"
"""``metadata["drifted"]``: the code is not as it was recorded, and nobody has accepted that."""

STATES: tuple[str, str, str] = (GONE, BROKEN, DRIFTED)


def state_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the mark in the *metadata* of an entry, or None: nothing is known against it."""
    if isinstance(metadata, dict):  # another tool may have written something else
        for state in STATES:
            if metadata.get(state):
                return state
    return None


def with_state(metadata: Mapping[str, Any], state: str | None, why: str = "") -> dict[str, Any]:
    """Return *metadata* with the mark *state* and no other; None takes them all away."""
    kept = {field: value for field, value in metadata.items() if field not in STATES}
    return kept if state is None else {**kept, state: why or state}
