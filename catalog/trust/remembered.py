"""Which configuration files the user trusts: remembered by path and content, in the user's own folder."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.errors import SettingsError
from catalog.files import data_file, open_own, whole_file

VARIABLE = "CATALOG_TRUST"
"""The environment variable that trusts every configuration file, for containers and CI."""

_TRUE = ("1", "true", "yes", "on")
_RECORD = "trusted.json"
_MOST = 4_000_000  # bytes of the record


def is_trusted(file: Path, table: Mapping[str, Any], env: Mapping[str, str] | None = None) -> bool:
    """Tell whether the user has said that *file*, with just this *table*, may name code.

    A file that anybody may write to is trusted only by the environment.
    """
    if (os.environ if env is None else env).get(VARIABLE, "").lower() in _TRUE:
        return True
    try:
        if os.stat(file).st_mode & stat.S_IWOTH:
            return False
    except OSError:
        return False
    return _read().get(_path(file)) == _hash(table)


def remember(file: Path, table: Mapping[str, Any]) -> None:
    """Trust *file* as long as its *table* stays as it is.

    Raises:
        SettingsError: anybody may write to it, or the record can't be written.
    """
    try:
        if os.stat(file).st_mode & stat.S_IWOTH:
            raise SettingsError(
                f"{file} can't be trusted: anybody may write to it; `chmod o-w {file}` first", file=str(file)
            )
        place = data_file(_RECORD)
        if place is None:
            raise FileNotFoundError("this user has no home folder")
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        known = {**_read(), _path(file): _hash(table)}
        with whole_file(place) as record:
            json.dump(known, record, indent=0, sort_keys=True)
        os.chmod(place, 0o600)
    except OSError as error:
        raise SettingsError(f"what is trusted can't be recorded: {error}", file=str(file)) from None


def _path(file: Path) -> str:
    return os.path.realpath(file)


def _hash(table: Mapping[str, Any]) -> str:
    from hashlib import sha256

    # In an order of its own, with the types that TOML has and JSON lacks as text.
    text = json.dumps(table, sort_keys=True, default=repr)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read() -> dict[str, str]:
    """Return what is recorded; nothing where the record is not the user's own, or can't be read."""
    place = data_file(_RECORD)
    opened = None if place is None else open_own(place)
    if opened is None:
        return {}
    with opened as file:
        try:
            known = json.loads(file.read(_MOST))
        except (ValueError, RecursionError):
            return {}
    return {path: value for path, value in known.items() if isinstance(value, str)} if isinstance(known, dict) else {}
