"""What is known of an entry beyond what it says: marks in its metadata, each with the reason in words.

Two sorts. The state of its code (gone, broken, drifted) is written where source code is read (`refresh`, `scan`,
`verify`), and shown where none is (listings, routing). The state of its review says whether routers may pick it.
Only the catalog writes marks: what is scanned, imported or registered can't set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

GONE = "gone"
"""``metadata["gone"]``: the code was not there when it was last looked for."""

BROKEN = "broken"
"""``metadata["broken"]``: the code is there, and Python can't read it: a syntax error, a wrong encoding."""

DRIFTED = "drifted"
"""``metadata["drifted"]``: the code is not as it was recorded, and nobody has accepted that."""

STATES: tuple[str, str, str] = (GONE, BROKEN, DRIFTED)

CALL = "call"
"""``metadata["call"]``: True if the reference is to be called, without arguments, and what that gives is the object;
`OF_OBJECT` if it is a method of a class of which an object is made first."""
OF_OBJECT = "method"
UNLOADABLE = "not loadable"
"""``metadata["not loadable"]``: why no import path leads to what an entry describes.

Nothing is wrong with its code: the entry is there to be found and read."""

CODES: tuple[str, str, str, str] = (*STATES, UNLOADABLE)
"""All that may be said of the code of an entry."""

DRAFT = "draft"
"""``metadata["draft"]`` of an entry that a model made and nobody has approved; what it holds says where it is from."""

REVIEW = "review"
"""``metadata["review"]``: why somebody has to look at the entry before routers may pick it."""

DEPRECATED = "deprecated"
"""``metadata["deprecated"]``: ``{"instead": key or None, "reason": text}``; searches rank the entry last."""

REVIEW_MARKS: tuple[str, str, str] = (DRAFT, REVIEW, DEPRECATED)
MARKS: tuple[str, ...] = (*STATES, *REVIEW_MARKS)
CATALOGS: tuple[str, ...] = (*STATES, REVIEW, DEPRECATED)
"""The marks that nobody but the catalog gives; that an entry is a draft, its author may say."""

APPROVED, NEEDS_REVIEW = "approved", "needs review"
REVIEW_STATES: tuple[str, ...] = (APPROVED, DRAFT, NEEDS_REVIEW, DEPRECATED)

ALL_STATES: tuple[str, ...] = (*REVIEW_STATES, *CODES)
"""What entries can be asked for by."""


class Marks(NamedTuple):
    """What is known of an entry beyond what it says.

    Attributes:
        state: ``approved``, ``draft``, ``needs review`` or ``deprecated``: whether routers may pick it.
        code: ``gone``, ``broken`` or ``drifted``: what the last look at its code saw; ``not loadable``: no import path
            leads to it; None: nothing against it.
        instead: the key of what replaces a deprecated entry.
        reason: why the entry is not loadable.
    """

    state: str = APPROVED
    code: str | None = None
    instead: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        """What listings show; empty where there is nothing to say."""
        words = [] if self.code is None else [f"{self.code}: {self.reason}" if self.reason else self.code]
        if self.state == DEPRECATED:
            words.append(f"{DEPRECATED}, see {self.instead}" if self.instead else DEPRECATED)
        elif self.state != APPROVED and self.code in (None, UNLOADABLE):
            words.append(self.state)
        return ", ".join(words)

    def to_dict(self) -> dict[str, Any]:
        """Return ``state``, with ``code``, ``instead`` and ``reason`` where there is one."""
        more = {"code": self.code, "instead": self.instead, "reason": self.reason}
        return {"state": self.state, **{name: value for name, value in more.items() if value is not None}}


def state_of(metadata: Mapping[str, Any]) -> str | None:
    """Return the mark on the code of an entry with this *metadata*, or None: nothing is known against it."""
    if isinstance(metadata, dict):  # another tool may have written something else
        for state in STATES:
            if metadata.get(state):
                return state
    return None


def review_of(metadata: Mapping[str, Any]) -> str:
    """Return the state of the review of an entry with this *metadata*; the strictest counts where it has several."""
    if not isinstance(metadata, dict):
        return APPROVED
    if metadata.get(DRAFT):
        return DRAFT
    if metadata.get(REVIEW) or metadata.get(DRIFTED):
        return NEEDS_REVIEW
    return DEPRECATED if metadata.get(DEPRECATED) else APPROVED


def marks_of(metadata: Mapping[str, Any]) -> Marks:
    """Return all that the *metadata* of an entry says of its state."""
    code = code_of(metadata)
    reason = str(metadata[UNLOADABLE]) if code == UNLOADABLE else None
    return Marks(review_of(metadata), code, deprecation(metadata)[0], reason)


def code_of(metadata: Mapping[str, Any]) -> str | None:
    """Return what is to be said of the code of an entry with this *metadata*, or None."""
    unloadable = isinstance(metadata, dict) and metadata.get(UNLOADABLE)
    return state_of(metadata) or (UNLOADABLE if unloadable else None)


def is_deprecated(metadata: Mapping[str, Any]) -> bool:
    """Tell whether *metadata* has the mark of a deprecated entry, whatever else it has."""
    return isinstance(metadata, dict) and bool(metadata.get(DEPRECATED))


def deprecation(metadata: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the key of what replaces a deprecated entry, and the reason; None and nothing where none is given."""
    mark = metadata.get(DEPRECATED) if isinstance(metadata, dict) else None
    said = mark if isinstance(mark, dict) else {"reason": mark}
    instead, reason = said.get("instead"), said.get("reason")
    return instead if isinstance(instead, str) else None, reason if isinstance(reason, str) else ""


def deprecated_in_words(metadata: Mapping[str, Any]) -> str:
    """Return what is to be told of a deprecated entry, after its key."""
    instead, reason = deprecation(metadata)
    return f"is deprecated{f': {reason}' if reason else ''}{f'; use {instead} instead' if instead else ''}"


def with_state(metadata: Mapping[str, Any], state: str | None, why: str = "") -> dict[str, Any]:
    """Return *metadata* with the mark *state* on its code and no other there; None takes them all away."""
    kept = {field: value for field, value in metadata.items() if field not in STATES}
    return kept if state is None else {**kept, state: why or state}


def without(metadata: Mapping[str, Any], *marks: str) -> dict[str, Any]:
    """Return *metadata* without these *marks*; without any mark where none is given."""
    away = marks or MARKS
    return {field: value for field, value in metadata.items() if field not in away}


def only(metadata: Mapping[str, Any], *marks: str) -> dict[str, Any]:
    """Return those of the *marks* that *metadata* has."""
    return {field: metadata[field] for field in marks if field in metadata}
