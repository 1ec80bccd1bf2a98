"""The version of the schema: which one a database has, which one this package needs, and how to upgrade."""

from __future__ import annotations

import importlib
import os
import re
import sqlite3
import time
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.errors import CatalogWarning, NotACatalogError, SchemaOutdatedError, StoreError
from catalog.settings import names_a_file
from catalog.store.access import Access, access_to, connect, opened
from catalog.store.foreign import harden, refuse_foreign
from catalog.store.private import make_place
from catalog.store.reader import store_error, translated

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0007"
"""The newest revision in ``migrations/``. It is a constant so that opening a current database needs no Alembic."""

OLDEST_SQLITE = (3, 37, 0)
"""The oldest SQLite that migrations run on: ``pragma_table_list`` came with it."""


def sqlite_path(url: str) -> str | None:
    """Return the path in a SQLite *url*, or None if the URL asks for a temporary database.

    The path of a file is taken for its URL.

    Raises:
        StoreError: *url* is no database URL, or is of a database that this version has no driver for.
    """
    if url == ":memory:":
        return None
    if names_a_file(url):
        return _absolute(url, url)
    scheme, separator, rest = url.partition("://")
    if not separator and re.search(r"(?i)^postgres|@|\b(host|password|dbname|service)=", url):
        raise StoreError(  # without the text, in which there may be a password
            "this is no URL of a database; for a server write postgresql://host/name, for a file sqlite:///team.db"
        )
    if not separator:
        file = url.removeprefix("sqlite:").lstrip("/")
        raise StoreError(f"{url!r} is not a database URL; for a file write sqlite:///{file}", url=url)
    if scheme.lower().partition("+")[0] in ("postgresql", "postgres"):
        raise StoreError(f"no driver for {scheme}:// databases; write postgresql://host/name, which psycopg 3 opens")
    if scheme not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(
            f"no driver for {scheme}:// databases; write sqlite:///team.db, or postgresql://host/name for a server"
        )
    option = _OPTION.search(rest)
    if option is not None:
        if option[1] != _READ_ONLY:
            raise StoreError(f"{url!r}: leave out ?{option[1]}; the only option is ?{_READ_ONLY}", url=url)
        rest = rest[: option.start()]
    if rest in ("", "/:memory:"):
        return None
    if rest == "/" or rest.startswith("/file:"):
        raise StoreError(f"{url!r} names no file; write sqlite:///team.db, or sqlite:////srv/team.db", url=url)
    if not rest.startswith("/"):
        raise StoreError(f"{url!r} names a host; a file takes three slashes: sqlite:///{rest}", url=url)
    return _absolute(rest[1:], url)


_READ_ONLY = "mode=ro"
_OPTION = re.compile(r"\?(\w+=[^/]*)$")
"""A question mark may belong to the name of a file; what follows one as ``name=value`` is an option."""


def is_read_only(url: str) -> str:
    """Return why the database at *url* is to be read only, in words, or an empty text: the URL may say so."""
    return f"its URL says ?{_READ_ONLY}" if "://" in url and url.endswith(f"?{_READ_ONLY}") else ""


def _absolute(path: str, url: str) -> str:
    path = os.path.expanduser(path)
    if path.startswith("~"):
        raise StoreError(f"{url!r}: there is no home folder for '~' to stand for; write the whole path", url=url)
    try:
        return os.path.abspath(path)
    except OSError:
        raise StoreError(
            f"{url!r} is relative, and the current folder is gone; write the whole path", url=url
        ) from None


def migrations_dir() -> Path:
    """Return the folder of the migration scripts: inside the package if installed, beside it in a checkout.

    Raises:
        StoreError: there is no such folder.
    """
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "migrations", package.parent / "migrations"):
        if (candidate / "env.py").is_file():
            return candidate
    raise StoreError("the migration scripts are missing from this installation; install magma-catalog again")


def alembic_config(**attributes: Any) -> Config:
    """Return a configuration for Alembic that needs no ini file; *attributes* are passed to ``env.py``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(attributes)
    return config


def ensure_at(path: str, access: Access) -> None:
    """Do what :func:`ensure` does for a file that can be opened with *access*.

    Raises:
        SchemaOutdatedError: it has another schema, and can only be read.
        NotACatalogError: it is not the database of a catalog.
    """
    at = current(path, access)
    if at == HEAD:
        return
    if access.why:
        raise _outdated(path, at, access)
    ensure(path)


def _outdated(path: str, at: str | None, access: Access) -> SchemaOutdatedError:
    return SchemaOutdatedError(
        f"{path} has schema {at or 'none'}, this version works with {HEAD}, and it is read only here "
        f"({access.why}); let its owner run `catalog --url sqlite:///{path} db upgrade`",
        url=path,
        found=at,
        known=HEAD,
    )


def current(path: str, access: Access | None = None) -> str | None:
    """Return the revision of the database file *path*, or None if the file is missing or empty.

    Raises:
        NotACatalogError: it is no SQLite database, or the database of another program.
    """
    return _look(path, access)[0]


def _look(path: str, access: Access | None = None) -> tuple[str | None, bool]:
    """Return the revision of the database file *path*, and whether it is in WAL mode; raises as :func:`current`."""
    if not os.path.exists(path):
        return None, False
    if os.path.getsize(path) == 0:
        access_to(path)  # it may not be readable
        return None, False
    return opened(path, "", partial(_asked, path)) if access is None else _asked(path, access)


def _asked(path: str, access: Access) -> tuple[str | None, bool]:
    with translated(path):
        connection = connect(path, access.mode, timeout=10)
        try:
            try:
                refuse_foreign(connection, path)
                versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
                connection.execute("SELECT generation FROM catalog_state")
                # Asked of SQLite, not of the header: who opens the file and closes it drops every lock of this process.
                has_log = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # SQLITE_ERROR: one of the tables does not exist
                    raise
                # A downgrade to the base leaves Alembic's table behind, empty; that database counts as empty.
                tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'alembic_version'")
                if tables.fetchone()[0]:
                    raise NotACatalogError(
                        f"{path} is a database, but not a catalog; name another file with --url", url=path
                    ) from None
                return None, False
        finally:
            connection.close()
    return (versions[0][0] if versions else None), has_log


def is_to_come(path: str, read_only: str = "") -> bool:
    """Tell whether even the folder of *path* is not there: a database that is only read is no reason to make it.

    Raises:
        StoreError: there is no database at *path*, and none can be made.
    """
    if os.path.lexists(path):
        return False
    if read_only:
        raise StoreError(f"there is no database at {path}, and {read_only}", url=path)
    at = folder = os.path.dirname(path)
    while not os.path.lexists(at):
        at = os.path.dirname(at)
    if not os.path.isdir(at):
        raise StoreError(f"{path} can't be used: {at} is no folder", url=path)
    if not os.access(at, os.W_OK | os.X_OK):
        raise StoreError(
            f"there is no database at {path}, and it can't be made: this user may not write to {at}; name another "
            "place with --url or CATALOG_URL",
            url=path,
        )
    return at != folder


def advice(path: str, at: str | None, read_only: str = "") -> str:
    """Return what to do about the database file *path*, which has the revision *at*; nothing if it is up to date.

    *read_only* says why it is to be read only, in words.

    Raises:
        StoreError: there is no database at *path*, and none can be made.
    """
    if at == HEAD:
        return ""
    if not os.path.exists(path):
        is_to_come(path, read_only)
        return f"there is no database at {path} yet; the first command that needs it makes it"
    access = access_to(path, read_only)
    if at is not None and at > HEAD:
        return f"schema {at} is newer than {HEAD}, which this version works with; upgrade magma-catalog"
    if access.why:
        return str(_outdated(path, at, access))
    if at is None:
        return f"{path} is empty; the first command that needs it makes a database of it"
    return (
        f"schema {at} is not {HEAD}, which this version works with; `catalog db upgrade` upgrades it, and so does the "
        f"first command that needs it; the file as it is will be kept as {path}.before-{HEAD}"
    )


def ensure(path: str, read_only: str = "") -> bool:
    """Create or upgrade the database file *path* to :data:`HEAD`; return whether anything had to be done.

    Several processes may call this at once: one upgrades, and the others wait until it has.

    Args:
        path: the file.
        read_only: why it is to be read only, in words.

    Raises:
        SchemaOutdatedError: a newer version of this package wrote the database, or it may not be upgraded here.
        NotACatalogError: it is not the database of a catalog.
    """
    is_to_come(path, read_only)
    at, has_log = _look(path)
    if at == HEAD:
        if not has_log and not access_to(path, read_only).why:
            _write_ahead(path)  # a copy that was to replace it was interrupted when it had taken the log away
        return False
    if os.path.exists(path) and (access := access_to(path, read_only)).why:
        raise _outdated(path, at, access)
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        need = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old; {need} or newer is needed")
    make_place(path)
    if at is not None and at < HEAD:
        from catalog.store.before_upgrade import keep  # upgrades are rare

        keep(path, at, HEAD)
    upgrade(path)
    return True


def upgrade(path: str) -> None:
    """Run the migrations that the database file *path* lacks, in one transaction.

    Raises:
        SchemaOutdatedError: a newer version of this package wrote the database.
        StoreError: a migration failed; the database is as it was before.
    """
    # All of this is slow to import, and opening a current database needs none of it.
    import sqlalchemy as sa

    load_alembic()
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    from catalog.entry.embedding_text import TEMPLATE_VERSION
    from catalog.entry.words import WORDS_VERSION
    from catalog.store.engine import keys_off, make_engine

    _write_ahead(path)
    config = alembic_config()
    url = sa.URL.create("sqlite", database=path)  # not as text: the path may hold '?'
    engine = make_engine(url).execution_options(sqlite_begin="IMMEDIATE")
    try:
        # The order matters: keys can be turned off only before BEGIN, and the version is read under the write lock, as
        # another process may be upgrading at this moment.
        with engine.connect() as connection, keys_off(connection), connection.begin():
            at = current(path)
            known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
            if at is not None and at not in known:
                raise SchemaOutdatedError(
                    f"{path} was written by a newer catalog (schema {at}, this one knows {HEAD}); "
                    "upgrade magma-catalog",
                    url=path,
                    found=at,
                    known=HEAD,
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.exec_driver_sql(  # without entries there is nothing to index, so the index is up to date
                "UPDATE catalog_state SET words_version = ?, text_version = ? WHERE NOT EXISTS (SELECT 1 FROM entry)",
                (WORDS_VERSION, TEMPLATE_VERSION),
            )
    except CommandError as error:
        raise StoreError(f"{path} could not be upgraded: {error}", url=path) from error
    except sa.exc.DBAPIError as error:
        raise store_error(error.orig or error, path) from error
    finally:
        engine.dispose()


def load_alembic() -> None:
    """Import Alembic, which loads its plugins of all that is installed; our migrations need none of them."""
    from catalog.distributions import forgiving

    try:
        with forgiving():
            importlib.import_module("alembic.command")
    except Exception as error:  # whatever the code of a plugin raises
        warnings.warn(f"a plugin of Alembic can't be loaded: {error!r}", CatalogWarning, stacklevel=2)
        with forgiving(without="alembic.plugins"):
            importlib.import_module("alembic.command")


def _write_ahead(path: str) -> None:
    """Put the database file into WAL mode, creating it if it is missing."""
    # SQLite ignores the busy timeout when a change of the mode has to wait for a lock, so we wait: up to 5 seconds.
    for attempt in range(100):
        with translated(path):
            connection = harden(sqlite3.connect(path, isolation_level=None, timeout=10))
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if attempt == 99 or not (error.sqlite_errorname or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise store_error(error, path) from error
            time.sleep(0.05)
        except sqlite3.DatabaseError as error:
            raise store_error(error, path) from error
        else:
            return
        finally:
            connection.close()
