"""The configuration file: finding it, and reading what it says of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from errno import EFBIG, EINVAL
from pathlib import Path
from typing import Any

from catalog.errors import SettingsError, close_matches, did_you_mean
from catalog.files import read_regular


def find_file(start: Path) -> Path | None:
    """Return the configuration file for the folder *start*, or None; see :func:`load_settings`."""
    for folder in (start, *start.parents):
        for name in ("catalog.toml", "pyproject.toml"):
            candidate = folder / name
            try:
                text = _content(candidate)
            except OSError:
                continue
            # Searching for the bytes is a hundred times faster than parsing every pyproject.toml on the way up.
            may_have_table = b"tool.catalog" in text or b"[tool]" in text
            if name == "catalog.toml" or (may_have_table and "catalog" in _tool(_parse(candidate))):
                return candidate
    return None


LARGEST = 1_000_000
"""The most bytes of a configuration file."""


def _content(file: Path) -> bytes:
    """Return the bytes of a configuration file.

    Raises:
        OSError: it can't be opened.
        SettingsError: it is a device or a pipe, which may never end or never begin; or it is too large.
    """
    try:
        return read_regular(file, LARGEST)
    except OSError as error:
        if error.errno == EINVAL:
            raise SettingsError(f"{file} is no file but a device or a pipe; take it away", file=str(file)) from None
        if error.errno == EFBIG:
            text = f"{file} has more than {LARGEST:,} bytes, too many for a configuration"
            raise SettingsError(text, file=str(file)) from None
        raise


def _parse(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_content(file).decode().replace("\r\n", "\n"))
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise SettingsError(f"{file} is not valid TOML: {error}", file=str(file)) from None
    except RecursionError:
        raise SettingsError(f"{file} is not valid TOML: it is nested too deep", file=str(file)) from None
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error.strerror}", file=str(file)) from None


def _tool(parsed: dict[str, Any]) -> dict[str, Any]:
    """Return the table ``tool``; empty where that is something else, which is no business of the catalog."""
    tool = parsed.get("tool")
    return tool if isinstance(tool, dict) else {}


def read_file(file: Path) -> dict[str, Any]:
    """Return the catalog's table of a configuration file; empty if it has none."""
    parsed = _parse(file)
    if file.name == "pyproject.toml":
        parsed = _tool(parsed).get("catalog", {})
        if not isinstance(parsed, dict):
            raise SettingsError(f"{file}: tool.catalog must be a table: [tool.catalog]", file=str(file))
    return parsed


REMOTE: dict[str, float] = {"start": 30, "call": 60, "idle": 300, "recheck": 0, "size": 10_000_000}
"""The limits of what is called elsewhere, and what they are unless the configuration says otherwise."""

API = ("url", "headers", "query")
"""The parts of what is said of an API: the address, and what is sent to it and nowhere else."""


def remote_faults(remote: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a table ``[tool.catalog.remote]``: each key, and the fault in words."""
    for part, value in remote.items():
        if part in REMOTE:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
                yield f"remote.{part}", "must be a number from 0"
        elif part != "apis":
            hint = did_you_mean(close_matches(part, (*REMOTE, "apis"))) or f"; there are {', '.join(REMOTE)} and apis"
            yield f"remote.{part}", f"is no part of it{hint}"
    apis = remote.get("apis", {})
    for name, api in apis.items() if isinstance(apis, dict) else (("", None),):
        if not isinstance(api, dict) or not isinstance(api.get("url"), str) or set(api) - set(API):
            yield f"remote.apis.{name}", 'must be a table with "url", and "headers" and "query"'
            continue
        for part in API[1:]:
            values = api.get(part, {})
            if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
                yield f"remote.apis.{name}.{part}", "must be a table of texts"


PIN = {"mode": ("off", "warn", "block"), "file": ()}
"""The parts of ``pin``, each with what it may be; none: any text."""


def pin_faults(pin: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a table ``[tool.catalog.pin]``, as :func:`remote_faults` does."""
    for part, value in pin.items():
        if part not in PIN:
            hint = did_you_mean(close_matches(part, PIN)) or f"; there are {' and '.join(PIN)}"
            yield f"pin.{part}", f"is no part of it{hint}"
        elif not isinstance(value, str) or not value:
            yield f"pin.{part}", "must be a text"
        elif PIN[part] and value not in PIN[part]:
            yield f"pin.{part}", f"is {value!r}; choose one of {', '.join(PIN[part])}"


def without_login(url: str) -> str:
    """Return the *url* of a server without user, password and options, however they are written; others as they are."""
    if not url.lower().startswith("postgres"):
        return url
    return re.sub(r":/+.*@", "://", url, flags=re.DOTALL).partition("?")[0]
