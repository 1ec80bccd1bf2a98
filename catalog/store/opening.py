"""Which store a URL is opened with: a file, or a server."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from catalog.errors import MissingExtraError, StoreError
from catalog.store import schema
from catalog.store.store import Store

if TYPE_CHECKING:
    from catalog.store.carry import Copied, Progress
    from catalog.store.postgres.address import Address


def open_store(url: str) -> Store:
    """Return the open store of the database at *url*.

    Raises:
        StoreError: it can't be used; classes derived from it say why.
        MissingExtraError: it is on a server, and there is no driver.
    """
    address = server_at(url)
    if address is None:
        return Store(url)
    from catalog.store.postgres.store import PostgresStore  # with a driver that files need not

    return PostgresStore(url)


def server_at(url: str) -> Address | None:
    """Return where on a server the database at *url* is; None: it is a file."""
    if url[:8].lower() != "postgres":
        return None
    from catalog.store.postgres.address import address_of, is_server

    if not is_server(url):
        return None
    _need_driver()
    return address_of(url)


def _need_driver() -> None:
    if find_spec("psycopg") is None:
        raise MissingExtraError(
            "a catalog on PostgreSQL needs psycopg 3: pip install 'magma-catalog[postgres]'", extra="postgres"
        )


def place_of(url: str) -> str | None:
    """Return what the database at *url* is called: its path, or its address without a login; None: it is a private one.

    Raises:
        StoreError: *url* is no URL of a database.
    """
    address = server_at(url)
    return schema.sqlite_path(url) if address is None else address.shown


def current(url: str) -> str | None:
    """Return the revision of the database at *url*, or None where there is no catalog yet.

    Raises:
        StoreError: it is a private database, or can't be looked at.
    """
    address = server_at(url)
    if address is not None:
        from catalog.store.postgres.schema import current as of_server

        return of_server(address)
    path = schema.sqlite_path(url)
    if path is None:
        raise StoreError(
            f"{url} is a private database, which is gone when a command ends; name a file, as sqlite:///team.db",
            url=url,
        )
    return schema.current(path)


def advice(url: str, at: str | None) -> str:
    """Return what to do about the database at *url*, which has the revision *at*; nothing if it is up to date."""
    address = server_at(url)
    if address is not None:
        from catalog.store.postgres.schema import advice as for_server

        return for_server(address, at)
    path = schema.sqlite_path(url) or ""
    return schema.advice(path, at, schema.is_read_only(url))


def upgrade_database(url: str) -> None:
    """Make the database at *url*, or bring it up to date: on a server nobody does that by opening it.

    Raises:
        StoreError: that can't be done; all is as it was.
    """
    address = server_at(url)
    if address is None:
        Store(url).close()
        return
    from catalog.store.postgres.schema import upgrade as upgrade_server

    upgrade_server(address)


def copy(from_url: str, to_url: str, *, replace: bool = False, progress: Progress | None = None) -> Copied:
    """Copy a whole catalog; see :func:`carry.carry`. What is returned has names of both without a login.

    Raises:
        StoreError: *to_url* holds a catalog, or is in use; *from_url* can't be read; the two did not agree.
    """
    source, target = server_at(from_url), server_at(to_url)
    copied = _copy(from_url, to_url, replace=replace, progress=progress)
    return copied._replace(
        source=from_url if source is None else source.shown, target=to_url if target is None else target.shown
    )


def _copy(from_url: str, to_url: str, *, replace: bool, progress: Progress | None) -> Copied:
    """Copy a whole catalog from one database to another, each a file or on a server.

    Raises:
        StoreError: it can't be done.
    """
    from catalog.store import carry  # with SQLAlchemy, which opening a file needs not

    source, target = server_at(from_url), server_at(to_url)
    if source is None and target is None:
        return carry.carry(file_of(from_url), file_of(to_url), replace=replace, progress=progress)
    from catalog.store.postgres import carrying

    if source is not None and target is None:
        file = file_of(to_url)
        return carry.into_file(
            lambda folder: carrying.reading(source), source.shown, file, replace=replace, progress=progress
        )
    assert target is not None
    if replace:
        raise StoreError(
            f"a catalog on a server is not replaced by a copy; name another database than {target.shown}, or another "
            "schema with ?schema=NAME",
            url=target.shown,
        )
    if source is not None:
        if source.shown == target.shown:
            raise StoreError(f"{source.shown} can't be copied to itself; name another place", url=source.shown)
        return carrying.into_server(lambda folder: carrying.reading(source), target, progress=progress)
    path = file_of(from_url)
    if not os.path.exists(path):
        raise StoreError(f"there is no database at {path}", url=path)
    return carrying.into_server(lambda folder: carry.reading(path, folder), target, progress=progress)


def file_of(url: str) -> str:
    """Return the path of the file that *url* names.

    Raises:
        StoreError: it names none.
    """
    address = server_at(url)
    if address is not None:
        raise StoreError(
            f"{address.shown} is on a server, and no file; `pg_dump` backs it up, and `catalog db copy` writes a copy "
            "into a file",
            url=address.shown,
        )
    path = schema.sqlite_path(url)
    if path is None:
        raise StoreError(f"{url} is a private database; name a file, as sqlite:///team.db", url=url)
    return path
