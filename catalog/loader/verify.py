"""Drift: whether the code behind an entry still has the checksum that was recorded; nothing is run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from catalog.entry.key import format_key
from catalog.entry.kinds import VERIFY_POLICIES
from catalog.errors import DriftError, SettingsError, close_matches, did_you_mean
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator


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
        change: ``signature``; ``source`` (the body only); ``missing`` (it is gone, or can't be seen from here); or
            ``unreadable`` (it is there, and reading it can't tell).
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
    change: Literal["signature", "source", "missing", "unreadable"]
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


def check(entry: Recorded, locator: Locator, policy: str = "signature") -> Drift | None:
    """Return how the code behind *entry* has drifted, or None if it has not.

    An entry without a reference or without a recorded checksum has nothing to drift from.

    Args:
        entry: what was recorded.
        locator: where to look; the same for all entries of an operation, so that each file is parsed once.
        policy: one of `VERIFY_POLICIES`.

    Raises:
        SettingsError: there is no such policy.
    """
    check_policy(policy)
    ref = entry.ref
    body = entry.source_checksum if policy == "source" else None
    if policy == "off" or ref is None or not (entry.checksum or body):
        return None
    definition = find_object(ref, locator)
    key = format_key(entry.kind, entry.name)
    if isinstance(definition, Missing):
        if definition.is_gone:
            advice = "`catalog doctor` looks for where it went"
            return _drift(entry, ref, "missing", f"{key}: the code of {ref} is gone: {definition.message}; {advice}")
        if definition.is_out_of_sight:
            text = f"{key}: {ref} can't be loaded here: {definition.message}; it may be fine where it was recorded"
            return _drift(entry, ref, "missing", text)
        text = f"{key}: the code of {ref} can't be compared: {definition.message}"
        return _drift(entry, ref, "unreadable", f"{text}; register it again to record it as it is")
    sums = (definition.signature, definition.checksum, definition.source_checksum)
    if entry.checksum and definition.checksum != entry.checksum:
        old = f"from {entry.signature} " if entry.signature else ""
        text = f"{key}: the signature of {ref} changed {old}to {definition.signature}"
        return _drift(entry, ref, "signature", f"{text}; {_accept(key)}", *sums)
    if body and definition.source_checksum != body:
        text = f"{key}: the body of {ref} changed; its signature is still {definition.signature}"
        return _drift(entry, ref, "source", f"{text}; {_accept(key)}", *sums)
    return None


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
    change: Literal["signature", "source", "missing", "unreadable"],
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
