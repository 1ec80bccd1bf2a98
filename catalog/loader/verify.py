"""Drift: whether the code behind an entry still has the checksum that was recorded; nothing is run."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Protocol

from catalog.entry.key import format_key
from catalog.entry.kinds import VERIFY_POLICIES
from catalog.entry.states import BROKEN, DRIFTED, GONE
from catalog.errors import DriftError, SettingsError, close_matches, did_you_mean
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator

Change = Literal["signature", "source", "missing", "unreadable", "elsewhere", "unchecked", "uncheckable"]


class Recorded(Protocol):
    """What verifying and repairing need to know of an entry."""

    # Properties, not fields: an entry is frozen.
    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def name(self) -> str:
        """Unique within its kind."""

    @property
    def ref(self) -> str | None:
        """Object reference."""

    @property
    def root(self) -> str | None:
        """The folder its module lies in; None for what is installed."""

    @property
    def signature(self) -> str | None:
        """The signature as text."""

    @property
    def checksum(self) -> str | None:
        """Of the signature."""

    @property
    def source_checksum(self) -> str | None:
        """Of signature and body."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the code behind an entry differs from what was recorded.

    Attributes:
        kind: of the entry.
        name: of the entry.
        ref: its object reference.
        change: ``signature``; ``source`` (the body only); ``missing`` (it is gone); ``elsewhere`` (its place can't be
            seen from here); ``unreadable`` (it is there, and reading it can't tell). Of what has nothing to compare:
            ``unchecked`` (no checksum was recorded) or ``uncheckable`` (compiled, or made when a module runs: no
            source shows it).
        old_signature: as recorded.
        new_signature: as it is; None if it can't be read. So are the ``new_`` checksums.
        old_checksum: of the signature, as recorded.
        new_checksum: as it is.
        old_source_checksum: of all the code, as recorded.
        new_source_checksum: as it is.
        message: for people: what changed and what to do.
    """

    kind: str
    name: str
    ref: str
    change: Change
    old_signature: str | None
    new_signature: str | None
    old_checksum: str | None
    new_checksum: str | None
    old_source_checksum: str | None
    new_source_checksum: str | None
    message: str

    @property
    def key(self) -> str:
        """``kind:name``."""
        return format_key(self.kind, self.name)

    def to_dict(self) -> dict[str, Any]:
        """Return the drift as JSON data, ``key`` first."""
        return {"key": self.key, **asdict(self)}


class Verified(list[Drift]):
    """The drifts that verifying found, by key, and how much it could compare.

    Attributes:
        checked: how many entries were compared with their code.
        unchecked: what could not be compared, by key, as drifts whose ``change`` says why.
        data: how many entries are data of their own: they have no code that could drift.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.checked = 0
        self.unchecked: list[Drift] = []
        self.data = 0

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON data."""
        return {
            "checked": self.checked,
            "drifts": [drift.to_dict() for drift in self],
            "unchecked": [drift.to_dict() for drift in self.unchecked],
            "data": self.data,
        }


class Examined(NamedTuple):
    """What reading the code behind an entry showed.

    Attributes:
        drift: how it differs from what was recorded; None: it does not, or that can't be known.
        unchecked: why it could not be compared, as a drift that says so; None: it was, or the entry has no code.
        state: the mark it deserves, one of `STATES`; None: none.
        why: the reason for the mark, in words.
        known: whether *state* is sure; what can't be seen from here tells nothing.
    """

    drift: Drift | None = None
    unchecked: Drift | None = None
    state: str | None = None
    why: str = ""
    known: bool = True


def drift_in_words(change: str, old_signature: str | None, new_signature: str | None) -> str:
    """Return what changed, as the reason for a mark."""
    if change == "source":
        return f"the body changed; the signature is still {new_signature}"
    return f"the signature changed {f'from {old_signature} ' if old_signature else ''}to {new_signature}"


def check(entry: Recorded, locator: Locator, policy: str = "signature") -> Drift | None:
    """Return how the code behind *entry* has drifted, or None if it has not.

    An entry without a reference has nothing to drift from; without a recorded checksum it can only be missing.

    Args:
        entry: what was recorded.
        locator: where to look; the same for all entries of an operation, so that each file is parsed once.
        policy: one of `VERIFY_POLICIES`.

    Raises:
        SettingsError: there is no such policy.
    """
    return examine(entry, locator, policy).drift


def examine(entry: Recorded, locator: Locator, policy: str = "source") -> Examined:
    """Return what reading the code behind *entry* shows; arguments and errors as of :func:`check`."""
    check_policy(policy)
    ref = entry.ref
    body = entry.source_checksum if policy == "source" else None
    if policy == "off" or ref is None:
        return Examined()
    definition = find_object(ref, locator)
    key = format_key(entry.kind, entry.name)
    if isinstance(definition, Missing):
        return _not_found(entry, ref, definition)
    sums = (definition.signature, definition.checksum, definition.source_checksum)
    if not (entry.checksum or body):
        text = f"{key}: no checksum of {ref} was recorded, so there is nothing to compare; `catalog verify --accept"
        return Examined(unchecked=_drift(entry, ref, "unchecked", f"{text} {key}` records it as it is now", *sums))
    change: Change | None = None
    if entry.checksum and definition.checksum != entry.checksum:
        change = "signature"
    elif body and definition.source_checksum != body:
        change = "source"
    if change is None:
        return Examined()
    why = drift_in_words(change, entry.signature, definition.signature)
    part = "signature" if change == "signature" else "body"
    text = f"{key}: {why.replace(f'the {part}', f'the {part} of {ref}', 1)}; {_accept(key)}"
    return Examined(_drift(entry, ref, change, text, *sums), None, DRIFTED, why)


def _not_found(entry: Recorded, ref: str, missing: Missing) -> Examined:
    """Return what it means that reading finds nothing: the code is gone, broken, or out of sight."""
    key = format_key(entry.kind, entry.name)
    was_there = bool(entry.checksum or entry.source_checksum)
    if missing.is_gone:
        text = f"{key}: the code of {ref} is gone: {missing.message}; `catalog doctor` looks for where it went"
        return Examined(_drift(entry, ref, "missing", text), None, GONE, missing.message)
    if missing.is_out_of_sight and was_there:
        text = f"{key}: {ref} can't be loaded here: {missing.message}; it may be fine where it was recorded"
        return Examined(_drift(entry, ref, "elsewhere", text), known=False)
    # What another user may read is no broken code: this user can't see it.
    hidden = missing.path is not None and not os.access(missing.path, os.R_OK)
    broken = missing.reason == "unreadable" and not hidden
    if was_there or broken:
        text = f"{key}: the code of {ref} can't be compared: {missing.message}; register it again to record it as it is"
        return Examined(
            _drift(entry, ref, "unreadable", text), None, BROKEN if broken else None, missing.message, broken
        )
    text = f"{key}: there is nothing to compare {ref} with: {missing.message}"
    change: Change = "unchecked" if missing.is_out_of_sight else "uncheckable"
    return Examined(unchecked=_drift(entry, ref, change, text), known=missing.reason in ("not-source", "dynamic"))


def ensure(entry: Recorded, policy: str, locator: Locator) -> None:
    """Do nothing if the code behind *entry* is as recorded.

    Raises:
        DriftError: it is not; the facts are those of the `Drift`, with both signatures.
        SettingsError: there is no such policy.
    """
    drift = check(entry, locator, policy)
    if drift is not None:
        facts = drift.to_dict()
        raise DriftError(facts.pop("message"), **facts)


def check_policy(policy: str) -> str:
    """Return *policy* if it is one of `VERIFY_POLICIES`.

    Raises:
        SettingsError: it is not.
    """
    if policy not in VERIFY_POLICIES:
        hint = did_you_mean(close_matches(str(policy), VERIFY_POLICIES)) or f"; use {', '.join(VERIFY_POLICIES)}"
        raise SettingsError(f"there is no verify policy {policy!r}{hint}", policy=policy, known=list(VERIFY_POLICIES))
    return policy


def _accept(key: str) -> str:
    return f"if that is fine, accept it with `catalog verify --accept {key}`"


def _drift(
    entry: Recorded,
    ref: str,
    change: Change,
    message: str,
    signature: str | None = None,
    checksum: str | None = None,
    source_checksum: str | None = None,
) -> Drift:
    return Drift(
        kind=entry.kind,
        name=entry.name,
        ref=ref,
        change=change,
        old_signature=entry.signature,
        new_signature=signature,
        old_checksum=entry.checksum,
        new_checksum=checksum,
        old_source_checksum=entry.source_checksum,
        new_source_checksum=source_checksum,
        message=message,
    )
