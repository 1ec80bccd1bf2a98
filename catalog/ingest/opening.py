"""What is looked at when a catalog is opened, and before each look where the settings ask for ``auto_refresh``.

Every catalog that is opened comes through here, so what scans is imported only where something has changed.
"""

from __future__ import annotations

import warnings

from catalog.errors import CatalogWarning, StoreError
from catalog.ingest.installed import is_changed
from catalog.workspace.workspace import Workspace


def at_opening(ws: Workspace) -> None:
    """Take in what was installed since the last look, and record what configured entries stand for."""
    refresh_plugins_if_changed(ws)
    if not ws.config.is_recorded:
        from catalog.verbs.marks import record_configured  # only where a configuration is new

        record_configured(ws)


def refresh_plugins_if_changed(ws: Workspace) -> None:
    """Take in the plugins that were installed since the last look, and let go of those that were uninstalled."""
    if ws.store.read_only or ws.store.is_to_come or not is_changed(ws.store.reader):
        return
    from catalog.ingest.refresh import refresh_plugins  # scans: only where something was installed

    with ws.refreshing():
        try:
            refresh_plugins(ws)
        except StoreError as error:  # what is stored can be read; the next to open it will look again
            warnings.warn(f"plugins were not looked at: {error}", CatalogWarning, stacklevel=4)


def before_snapshot(ws: Workspace) -> None:
    """Take in all that has changed, in code too: before each look of a catalog with ``auto_refresh``."""
    from catalog.ingest.refresh import refresh_sources
    from catalog.loader.reload import reload_changed

    if not ws.store.read_only:
        refresh_sources(ws)
    if reload_changed(ws.loaded):
        ws.objects.clear()
        ws.drop_snapshot()
