"""Errors of the driver as errors of the catalog, chosen by their SQLSTATE, never by their text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from catalog.errors import CatalogError, ReadOnlyError, SchemaOutdatedError, StoreBusyError, StoreError

_LOST = ("08", "57P", "25P03")  # connection exceptions; shut down, crashed, starting; idle for too long
_BUSY = {"53300": "has no connection left (too many clients)", "55P03": "is busy: another process writes"}


_FOR_NOW = (
    "starting up", "shutting down", "in recovery", "not yet accepting", "too many", "connection slots", "terminating",
)  # fmt: skip


_TLS = ("certificate", "SSL error", "does not support SSL", "sslmode")


def _is_tls(error: BaseException) -> bool:
    """Tell whether an *error* is about encryption: libpq gives it no state, and waiting does not mend it."""
    return not getattr(error, "sqlstate", None) and any(words in str(error) for words in _TLS)


def is_lost(error: BaseException) -> bool:
    """Tell whether *error* says that there is no connection any more, or none yet: asking again may help."""
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


def store_error(error: BaseException, shown: str) -> CatalogError:
    """Return the error of the catalog called *shown* for an *error* of the driver."""
    state = getattr(error, "sqlstate", None) or ""
    if not state and (refused := _refused(error, shown)):
        return refused
    if state in _BUSY:
        return StoreBusyError(f"{shown} {_BUSY[state]}; try again", url=shown, sqlstate=state)
    if state == "57014":
        return StoreBusyError(
            f"{shown} took longer than the statement timeout; ask for less, or give more time with "
            "?statement_timeout=SECONDS in the URL",
            url=shown,
            sqlstate=state,
        )
    if state == "40P01" or state.startswith("40"):
        return StoreBusyError(f"{shown}: another process changed the same; try again", url=shown, sqlstate=state)
    if state == "25006":
        return ReadOnlyError(
            f"{shown} is read only (a standby, or set so); nothing was changed. Write to the primary server",
            url=shown,
            sqlstate=state,
        )
    if state == "42501":
        return ReadOnlyError(
            f"{shown}: this role may not do that ({_said(error)}); docs/postgres.md lists the roles",
            url=shown,
            sqlstate=state,
        )
    if state in ("42P01", "42703"):
        return SchemaOutdatedError(
            f"{shown} lacks a table or column of this version ({_said(error)}); run "
            f"`catalog --url {shlex.quote(shown)} db upgrade`",
            url=shown,
            sqlstate=state,
        )
    if state in ("22P05", "22021"):
        return StoreError(
            f"{shown} can't keep this text, as its encoding is not UTF8 ({_said(error)}); `db copy` it to a database "
            "made with `createdb -E UTF8 -T template0 NAME`. Nothing was changed",
            url=shown,
            sqlstate=state,
        )
    if isinstance(error, psycopg.DataError) and not state:
        return StoreError(
            f"{shown} keeps no text with the character NUL ({_said(error)}); take it out. Nothing was changed",
            url=shown,
        )
    if state.startswith("53"):
        return StoreError(f"{shown} has no room or memory left ({_said(error)})", url=shown, sqlstate=state)
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
        return StoreBusyError(f"{shown} {_BUSY['53300']}; try again", url=shown, sqlstate="53300")
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
