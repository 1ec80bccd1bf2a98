"""How a session with an MCP server is opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalog.remote.oauth import OAuth


@dataclass(frozen=True, slots=True)
class Launch:
    """How a session is opened, variables filled in; two entries that say the same share one.

    Attributes:
        words: the command; empty: there is an address.
        env: what it is given of the environment beside what every server is given.
        cwd: its folder.
        url: the address.
        transport: ``http`` or ``sse``.
        headers: sent to the address.
        oauth: how leave is got to use it, if that is needed.
    """

    words: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cwd: str | None = None
    url: str = ""
    transport: str = "http"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    oauth: OAuth | None = field(default=None, repr=False)
