"""Has anything been installed here since the plugins were last looked at? A few stat calls tell.

Every catalog that is opened asks, so this file imports nothing that a lookup can do without.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from catalog.entry.remote import LISTED
from catalog.store.sources import files_of

if TYPE_CHECKING:
    from catalog.store.reader import Reader

PLUGINS = "plugins@"
"""Begins the name of the record of what an environment has; its prefix follows."""

PLUGIN = "plugin:"
"""Begins the source of what a plugin brought; group, distribution and name of the plugin follow."""

DISCOVERED = ("scan:", PLUGIN, "live", LISTED)
"""Begin the sources of entries that were found in code, not registered by a person."""


def site_stamp() -> dict[str, int]:
    """Return when something was last installed or uninstalled in this environment, folder by folder."""
    stamp = {}
    for path in sys.path:
        if path.endswith(("site-packages", "dist-packages")):
            try:
                stamp[path] = os.stat(path).st_mtime_ns
            except OSError:
                continue
    return stamp


def recorded(reader: Reader) -> dict[str, Any] | None:
    """Return the plugins of this environment and its stamp as last recorded, or None."""
    known = files_of(reader, PLUGINS + sys.prefix)
    return known if known and isinstance(known.get("plugins"), dict) else None


def is_changed(reader: Reader) -> bool:
    """Tell whether something was installed or uninstalled here since the plugins were last looked at."""
    known = recorded(reader)
    return known is None or known.get("site") != site_stamp()
