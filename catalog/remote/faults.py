"""What went wrong on a wire, kept until somebody has to be told: the library on top sees only that it is closed."""

from __future__ import annotations

from catalog.characters import visible
from catalog.errors import RemoteError, RemoteToolError
from catalog.source.secret_defaults import hide_secrets

_LONGEST = 300


class Faults:
    """The first fault of one session, and what its server said last on standard error."""

    def __init__(self, who: str) -> None:
        """Begin without a fault; *who* is what errors call the server."""
        self.who = who
        self.reason = ""
        self.text = ""
        self.tail = b""
        self.detail = ""
        self.is_over = False

    def note(self, reason: str, text: str) -> None:
        """Keep a fault, if it is the first, and the session was not ended by us."""
        if not self.reason and not self.is_over:
            self.reason, self.text = reason, text

    def error(self, reason: str, text: str) -> RemoteError:
        """Return the error for a fault: the one that was noted first, else this."""
        reason, text = (self.reason, self.text) if self.reason else (reason, text)
        tail = self.tail if reason in ("start", "ended") else b""  # else it has not to do with the fault
        said = " ".join(tail.decode("utf-8", "replace").split())[-_LONGEST:]
        more = "; ".join(part for part in (self.detail, f"it said: {said}" if said else "") if part)
        message = f"{self.who} {text}{f' ({more})' if more else ''}"
        return RemoteError(visible(hide_secrets(message)), reason=reason, server=self.who)


def told(key: str, error: RemoteToolError) -> RemoteToolError:
    """Return *error* with the *key* of what failed; ``facts["said"]`` is what it said itself."""
    return RemoteToolError(f"{key} failed: {error}", **{**error.facts, "key": key, "said": str(error)})
