"""What a catalog trusts: the policy of its configuration, or what its owner and its database suggest."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from catalog.trust.policy import LISTED, OPEN, Policy, policy_from

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.settings import Settings

IMPORTED = "import"
"""Begins the source of what came from a file of lines."""

HTTP = "http"
"""The source, alone or with a colon and who it was behind it, of what was written through a server."""

FOUND = ("scan:", "plugin:")
"""Begin the sources of what was found in code that a person did not pick entry by entry."""

SAY_SO = "read it, then say `catalog init --trust`"


def policy_of(settings: Settings, path: str | None, *, url_is_configured: bool, is_server: bool = False) -> Policy:
    """Return the policy of a catalog.

    Args:
        settings: of the catalog.
        path: the file of its database, or its address; None: it is in memory.
        url_is_configured: whether the configuration names the database, not the caller.
        is_server: whether it is on a server.
    """
    trusted = settings.is_trusted
    file = str(settings.file) if settings.file else None
    mode, why = OPEN, "this catalog is its owner's"
    if settings.served:
        mode, why = LISTED, "others may ask it through a server"
    elif not trusted and url_is_configured:
        mode, why = LISTED, f"{file} names this database, and nobody has trusted that file; {SAY_SO}"
    elif is_server:
        mode, why = LISTED, f"{path} is on a server, where others may write to it"
    elif path is not None:
        fault = _fault_of_owner(path)
        if fault is not None:
            mode, why = LISTED, fault
    folder = os.path.dirname(file) if file and trusted else None
    return policy_from(settings.trust if trusted else {}, mode=mode, why=why, file=file, folder=folder)


def _fault_of_owner(path: str) -> str | None:
    """Return why the file at *path* may hold what its reader has not chosen, or None."""
    try:
        about = os.stat(path)
    except OSError:
        return None
    if hasattr(os, "geteuid") and about.st_uid not in (os.geteuid(), 0):  # whoever is root may do anything here anyway
        return f"{path} belongs to another user"
    if os.name == "posix" and about.st_mode & stat.S_IWOTH:
        return f"anybody may write to {path}; `chmod o-w` would end that"
    return None


def stranger_of(entry: Entry, settings: Settings, *, is_predicate: bool = False) -> str | None:
    """Return why the owner of the catalog has not chosen what *entry* refers to, or None.

    Args:
        entry: the entry.
        settings: of its catalog.
        is_predicate: whether it is about the function that the entry is routed by: nobody looks at that when a scan or
            a plugin brings an entry, and every route would run it.
    """
    if entry.tier == "config" and not settings.is_trusted:
        return f"{settings.file} names it, and nobody has trusted that file; {SAY_SO}"
    if entry.tier != "persistent":
        return None
    if entry.source.startswith(IMPORTED):
        return "it came from an imported file"
    if entry.source == HTTP or entry.source.startswith(f"{HTTP}:"):
        return f"it was written over HTTP{f' by {who!r}' if (who := entry.source[len(HTTP) + 1 :]) else ''}"
    if is_predicate and entry.source.startswith(FOUND):
        return f"it came with '{entry.source}', and routing runs only predicates that a person has chosen"
    return None


def unchosen(entry: Entry, settings: Settings) -> str | None:
    """Return why no person has chosen the server or the address that *entry* names, or None.

    A scan reads what programs of others are told to start: that somebody looked at a folder chooses nothing in it.
    """
    why = stranger_of(entry, settings)
    if why is None and entry.tier == "persistent" and entry.source != "manual":
        return f"it came with '{entry.source}', and nobody has chosen it"
    return why


def is_named(entry: Entry, settings: Settings) -> bool:
    """Tell whether the program itself or trusted configuration names *entry*, not the database."""
    return entry.tier == "runtime" or (entry.tier == "config" and settings.is_trusted)
