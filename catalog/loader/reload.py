"""Modules that entries were loaded from, imported again when their files change (``auto_refresh``)."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from typing import Any

from catalog.errors import CatalogWarning
from catalog.source.stamp import stamp


def note(loaded: dict[str, Any], module: str) -> None:
    """Remember in *loaded* how the file of a *module* that was just imported looks."""
    loaded[module] = _stamp(module)


def reload_changed(loaded: dict[str, Any]) -> bool:
    """Import again those of the *loaded* modules whose file has changed; return whether there were any.

    Args:
        loaded: as :func:`note` fills it; brought up to date here.
    """
    changed = False
    for name, before in list(loaded.items()):
        module = sys.modules.get(name)
        now = _stamp(name)
        if module is None or now is None or now == before:
            continue
        loaded[name] = now
        changed = True
        importlib.invalidate_caches()
        # Bytecode is matched to its source by whole seconds and size: two edits in one second would look alike.
        if module.__file__ and (compiled := getattr(module, "__cached__", None)):
            Path(compiled).unlink(missing_ok=True)
        try:
            importlib.reload(module)
        except Exception as error:  # the person is in the middle of an edit: the old code stays
            warnings.warn(f"{name} could not be loaded again: {error!r}", CatalogWarning, stacklevel=2)
    return changed


def _stamp(name: str) -> str | None:
    """Return the stamp of a loaded module's file, or None if there is none."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return stamp(file) if file else None
