"""Errors of the driver as errors of the catalog, chosen by their SQLSTATE, never by their text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from catalog.errors import CatalogError, ReadOnlyError, SchemaOutdatedError, StoreBusyError, StoreError

_LOST = ("08", "57P", "25P03")  # connection exceptions; shut down, crashed, starting; idle for too long


_FOR_NOW = (
    "starting up", "shutting down", "in recovery", "not yet accepting", "too many", "connection slots", "terminating",
)  # fmt: skip


_TLS = ("certificate", "SSL error", "does not support SSL", "sslmode")


def _is_tls(error: BaseException) -> bool:
    """Tell whether an *error* is about encryption: libpq gives it no state, and waiting does not mend it."""
    return not getattr(error, "sqlstate", None) and any(words in str(error) for words in _TLS)


def _is_stale(error: BaseException) -> bool:
    """Tell whether a connection remembers what somebody has made anew since, as types of an extension."""
    state = getattr(error, "sqlstate", None)
    return (state == "XX000" and "cache lookup failed" in str(error)) or (state == "0A000" and "plan" in str(error))


def is_lost(error: BaseException) -> bool:
    """Tell whether *error* says that a connection is of no use any more, or that there is none yet: another may be."""
    if _is_stale(error):
        return True
    if not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return False
    state = error.sqlstate or ""
    if _is_tls(error) and "closed" not in str(error):
        return False
    if not state and (said := str(error)) and "FATAL:" in said:
        # A server that refuses a connection says why, but the driver hands on its words only.
        return any(words in said for words in _FOR_NOW)
    return not state or state.startswith(_LOST) or state == "53300"


_MISTAKEN = (
    "failed to resolve host",
    "could not translate host name",
    "definition of service",
    "invalid port",
    "invalid integer",
)


_LACKS = (
    SchemaOutdatedError,
    "{shown} lacks a table, column, type or function of this version ({said}); run `catalog --url {quoted} db upgrade`",
)
_POOLED = (
    StoreError,
    "{shown} lost a prepared statement ({said}): is there a pooler that gives each transaction another connection? "
    "Then say ?prepare=off in the URL",
)
_ENCODED = (
    StoreError,
    "{shown} can't keep such a text ({said}); nothing was changed. `catalog --url {quoted} db upgrade` helps where an "
    "older version made the catalog. Is the encoding of the database not UTF8? Then `catalog db copy` it to another, "
    "made with `createdb -E UTF8 -T template0 NAME`",
)
_BY_STATE: dict[str, tuple[type[StoreError], str]] = {
    "53300": (StoreBusyError, "{shown} has no connection left (too many clients); try again"),
    "55P03": (StoreBusyError, "{shown} is busy: another process writes; try again"),
    "57014": (
        StoreBusyError,
        "{shown} took longer than the statement timeout; ask for less, or give more time with "
        "?statement_timeout=SECONDS in the URL",
    ),
    "25006": (
        ReadOnlyError,
        "{shown} is read only (a standby, or set so); nothing was changed. Write to the primary server",
    ),
    "42501": (ReadOnlyError, "{shown}: this role may not do that ({said}); docs/postgres.md lists the roles"),
    **dict.fromkeys(("42P01", "42703", "42704", "42883"), _LACKS),
    **dict.fromkeys(("26000", "42P05"), _POOLED),
    **dict.fromkeys(("22P05", "22021"), _ENCODED),
    "40": (StoreBusyError, "{shown}: another process changed the same; try again"),
    "53": (StoreError, "{shown} has no room or memory left ({said})"),
}
"""Error and text by SQLSTATE, or by the two signs that its class begins with."""


def store_error(error: BaseException, shown: str) -> CatalogError:
    """Return the error of the catalog called *shown* for an *error* of the driver."""
    state = getattr(error, "sqlstate", None) or ""
    if not state and (refused := _refused(error, shown)):
        return refused
    known = _BY_STATE.get(state) or _BY_STATE.get(state[:2])
    if known is not None:
        kind, text = known
        said = {"shown": shown, "said": _said(error), "quoted": shlex.quote(shown)}
        return kind(text.format_map(said), url=shown, sqlstate=state)
    if _is_stale(error):
        return StoreBusyError(
            f"{shown} was rebuilt while it was used ({_said(error)}); nothing was changed, try again",
            url=shown,
            sqlstate=state,
        )
    if isinstance(error, psycopg.DataError) and not state:
        return StoreError(
            f"{shown} keeps no text with the character NUL ({_said(error)}); take it out. Nothing was changed",
            url=shown,
        )
    if is_lost(error):
        mistaken = not state and any(words in str(error) for words in _MISTAKEN)
        return StoreBusyError(
            f"{shown} does not answer ({_said(error)}); "
            + ("look at the URL and at PGHOST, PGPORT and PGSERVICE" if mistaken else "try again when the server runs"),
            url=shown,
            sqlstate=state,
        )
    return StoreError(f"{shown}: {_said(error)} ({state or type(error).__name__})", url=shown, sqlstate=state)


def _refused(error: BaseException, shown: str) -> CatalogError | None:
    """Return the error for a connection that was refused, which has no state; None where that is not what happened."""
    if "FATAL:" in str(error) and any(words in str(error) for words in ("too many", "connection slots")):
        return StoreBusyError(_BY_STATE["53300"][1].format(shown=shown), url=shown, sqlstate="53300")
    if "FATAL:" in str(error) and not is_lost(error):
        return StoreError(
            f"{shown} refuses the connection ({_said(error)}); check user, password and database in the URL; "
            "`createdb NAME` makes a database",
            url=shown,
        )
    if _is_tls(error) and not is_lost(error):
        return StoreError(
            f"there is no TLS connection to {shown} ({_said(error)}); look at sslmode and sslrootcert in the URL",
            url=shown,
        )
    return None


def _said(error: BaseException) -> str:
    """Return the first line of what the server or the driver said, without what may hold a login."""
    from catalog.store.postgres.address import without_logins

    lines = str(error).strip().splitlines()
    return without_logins(lines[0]) if lines else type(error).__name__


@contextmanager
def translated(shown: str) -> Iterator[None]:
    """Turn errors of the driver into errors of the catalog."""
    try:
        yield
    except psycopg.Error as error:
        raise store_error(error, shown) from error


def unknown_commit(shown: str, error: Any) -> StoreBusyError:
    """Return the error for a commit that nothing was heard of: it may have been done."""
    return StoreBusyError(
        f"the connection to {shown} was lost while a change was committed; look whether it is there before you try "
        "again",
        url=shown,
        is_committed=None,
        sqlstate=getattr(error, "sqlstate", None) or "",
    )
