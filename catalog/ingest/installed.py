"""Has anything been installed here since the plugins were last looked at? A few stat calls tell.

Every catalog that is opened asks, so this file imports nothing that a lookup can do without.
"""

from __future__ import annotations

import os
import sys
import warnings
from json import loads
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogWarning, StoreError
from catalog.store import queries
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.store.reader import Reader

PLUGINS = "plugins@"
"""Begins the name of the record of what an environment has; its prefix follows."""

PLUGIN = "plugin:"
"""Begins the source of what a plugin brought; group, distribution and name of the plugin follow."""

DISCOVERED = ("scan:", PLUGIN, "live")
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
    row = reader.one(queries.SOURCE, (PLUGINS + sys.prefix,))
    return loads(row[2]) if row else None


def is_changed(reader: Reader) -> bool:
    """Tell whether something was installed or uninstalled here since the plugins were last looked at."""
    known = recorded(reader)
    return known is None or known["site"] != site_stamp()


def refresh_plugins_if_changed(ws: Workspace) -> None:
    """Take in the plugins that were installed since the last look, and let go of those that were uninstalled."""
    if not is_changed(ws.store.reader):
        return
    from catalog.ingest.refresh import refresh_plugins  # scans: only where something was installed

    with ws.refreshing():
        try:
            refresh_plugins(ws)
        except StoreError as error:  # what is stored can be read; the next to open it will look again
            warnings.warn(f"plugins were not looked at: {error}", CatalogWarning, stacklevel=4)


def before_snapshot(ws: Workspace) -> None:
    """Take in all that has changed, in code too: before each look of a catalog with ``auto_refresh``."""
    from catalog.ingest.refresh import refresh
    from catalog.loader.reload import reload_changed

    refresh(ws)
    if reload_changed(ws.loaded):
        ws.objects.clear()
        ws.drop_snapshot()
