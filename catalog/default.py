"""The default catalog, opened on first use, and its registries: ``from catalog import tools``."""

from __future__ import annotations

import atexit
import sys
import threading
from typing import Any

from catalog.app import Catalog
from catalog.entry.kinds import KINDS, plural
from catalog.registry import Registry

_lock = threading.RLock()
_open: list[Catalog] = []


def default_catalog() -> Catalog:
    """Return the catalog that the environment and the nearest configuration file name.

    It is opened at the first call, and opened again by the first call after it was closed.
    """
    with _lock:
        if _open and _open[0].is_closed:
            _close()
        if not _open:
            _open.append(Catalog())
            atexit.register(_close)
            if "catalog.authoring" in sys.modules:  # what the program has marked so far is in its own registries
                from catalog.ingest.refresh import refresh_live

                refresh_live(_open[0].workspace)
        return _open[0]


def _close() -> None:
    while _open:
        _open.pop().close()


def __getattr__(name: str) -> Registry[Any]:
    for kind in KINDS:
        if plural(kind) == name:
            return Registry(default_catalog, kind)
    raise AttributeError(f"module 'catalog.default' has no attribute {name!r}")
