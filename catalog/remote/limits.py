"""How long, how large: what the catalog lets a server, an API or an agent elsewhere take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.configuration import REMOTE


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one catalog.

    Attributes:
        start: seconds until a server must be ready.
        call: seconds until an answer must be there.
        idle: seconds without a call after which a session ends.
        recheck: seconds for which a listing holds; 0: it is read again before each call.
        size: the most bytes of an answer.
    """

    start: float = REMOTE["start"]
    call: float = REMOTE["call"]
    idle: float = REMOTE["idle"]
    recheck: float = REMOTE["recheck"]
    size: int = int(REMOTE["size"])

    @classmethod
    def of(cls, remote: Mapping[str, Any]) -> Limits:
        """Return the limits that a table ``[tool.catalog.remote]`` says."""
        said = {word: float(remote[word]) for word in ("start", "call", "idle", "recheck") if word in remote}
        return cls(**said, size=int(remote.get("size", REMOTE["size"])))
