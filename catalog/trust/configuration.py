"""What in a configuration leads to code, or sends texts and keys somewhere: followed only where the user said so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.trust.folders import is_within

_CODE = ("mcp", "plugin_groups", "recognise", "runner", "server", "trust", "verify")
"""Settings that name code, decide which code may run, or say who may ask and write."""

_ASKING = ("api_key", "base_url", "client", "model", "runner", "watch")
"""Options of a router that send prompts somewhere, with a key of the user's, or are code themselves."""


def code_in(table: Mapping[str, Any], file: Path) -> list[str]:
    """Return the names of the settings in *table* that lead to code or send something away, sorted.

    A database is data where it is a file in the folder of the configuration; elsewhere it may be one of the user's own,
    or another person's server.
    """
    found = {name for name in _CODE if table.get(name)}
    form, colon, _ = str(table.get("embedder", "")).strip().partition(":")
    if colon and form != "hash":  # a server, models of others, or a reference; words alone name our own
        found.add("embedder")
    if _sends(table.get("router")):
        found.add("router")
    remote = table.get("remote")
    if isinstance(remote, Mapping) and remote.get("apis"):
        found.add("remote")
    url = table.get("url")
    if isinstance(url, str) and not _is_beside(url, file):
        found.add("url")
    return sorted(found)


def _sends(router: Any) -> bool:
    if not isinstance(router, Mapping):
        return router is not None
    steps = [router.get("strategy", "rules"), *(router.get("chain") or ())]
    return any(router.get(option) is not None for option in _ASKING) or any(
        not isinstance(step, str) or ":" in step or step.startswith("llm_") for step in steps
    )


def _is_beside(url: str, file: Path) -> bool:
    """Tell whether *url* names a SQLite file in the folder of the configuration *file*, or below it."""
    path = url.removeprefix("sqlite:///")
    if "://" in path or path.startswith("~") or (path == url and url.startswith("sqlite:")):
        return url in ("sqlite://", "sqlite:///:memory:")
    folder = os.path.dirname(os.path.realpath(file))
    return is_within(os.path.join(folder, path.partition("?")[0]), folder)
