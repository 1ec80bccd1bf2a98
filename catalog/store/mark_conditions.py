"""The state and the framework of an entry as conditions of SQL, on the metadata of ``entry AS o``."""

from __future__ import annotations

from catalog.entry.states import (
    APPROVED,
    BROKEN,
    DEPRECATED,
    DRAFT,
    DRIFTED,
    GONE,
    MARKS,
    NEEDS_REVIEW,
    REVIEW,
    UNLOADABLE,
)


def _field(name: str) -> str:
    """Return what stands under *name* in the metadata, as text; the first look is cheap, and false of nearly all."""
    path = f"$.{name}" if name.isidentifier() else f'$."{name}"'
    return (
        f"CASE WHEN instr(o.metadata, '\"{name}\"') AND json_valid(o.metadata) "
        f"THEN CAST(json_extract(o.metadata, '{path}') AS TEXT) END"
    )


def may_be_marked(alias: str) -> str:
    """Return the condition that an entry perhaps has a mark: whoever reads its metadata knows for sure."""
    return "(" + " OR ".join(f"instr({alias}.metadata, '\"{mark}\"')" for mark in (*MARKS, UNLOADABLE)) + ")"


def _has(mark: str) -> str:
    return f"coalesce({_field(mark)}, '') NOT IN ('', '0', 'false', '{{}}', '[]')"


_IS_IN = {
    GONE: _has(GONE),
    BROKEN: f"(NOT {_has(GONE)} AND {_has(BROKEN)})",
    DRIFTED: f"(NOT {_has(GONE)} AND NOT {_has(BROKEN)} AND {_has(DRIFTED)})",
    UNLOADABLE: f"(NOT {_has(GONE)} AND NOT {_has(BROKEN)} AND NOT {_has(DRIFTED)} AND {_has(UNLOADABLE)})",
    DRAFT: _has(DRAFT),
    NEEDS_REVIEW: f"(NOT {_has(DRAFT)} AND ({_has(REVIEW)} OR {_has(DRIFTED)}))",
    DEPRECATED: f"(NOT {_has(DRAFT)} AND NOT {_has(REVIEW)} AND NOT {_has(DRIFTED)} AND {_has(DEPRECATED)})",
    APPROVED: f"NOT ({_has(DRAFT)} OR {_has(REVIEW)} OR {_has(DRIFTED)} OR {_has(DEPRECATED)})",
}
"""For each state, as :func:`catalog.entry.states.marks_of` has it, the condition of being in it."""

FRAMEWORK = _field("framework")
"""The framework of an entry, or NULL."""


def in_states(states: tuple[str, ...]) -> str:
    """Return the condition of being in one of these *states*."""
    return f"({' OR '.join(_IS_IN[state] for state in states)})"
