"""Where a catalog on a server is: its URL, taken apart into what the driver is told and what this package reads."""

from __future__ import annotations

import hashlib
import os
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from catalog.errors import StoreError

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OURS = {
    "schema": "catalog",  # of the tables: not public, where pgvector has a type of the name of one of them
    "replica": "",  # the host that is asked where it is as new as this process needs it
    "statement_timeout": "60",  # seconds
    "patience": "10",  # seconds to wait for a lock, or for a server that does not answer
    "pool": "8",  # connections that stay open for reading
    "vectors": "auto",  # where they are searched: "exact" in this process, "server" in pgvector's index
    "prepare": "on",  # "off" behind a pooler that gives each transaction another connection
}


class Address(NamedTuple):
    """A database on a server.

    Attributes:
        url: as it was given, with its password.
        conninfo: the URL for libpq.
        replica: the URL for libpq of a server that follows the first; empty without one.
        shown: what it is called in messages: without user and password.
        schema: the namespace of the tables.
        statement_timeout: seconds after which the server ends a statement that reads.
        patience: seconds to wait for a lock or an answer.
        pool: how many connections for reading stay open.
        prepares: whether statements may be prepared.
        vectors: where they are searched.
    """

    url: str
    conninfo: str
    replica: str
    shown: str
    schema: str
    statement_timeout: float
    patience: float
    pool: int
    prepares: bool
    vectors: str

    def cache(self) -> str:
        """Return the path after which files derived from this database are named, in the user's cache."""
        from platformdirs import user_cache_path

        folder = user_cache_path("magma-catalog", appauthor=False)
        return str(folder / f"pg-{hashlib.sha256(self.shown.encode()).hexdigest()[:24]}")


def is_server(url: str) -> bool:
    """Tell whether *url* names a database on a server."""
    return url.partition("://")[0] in SCHEMES and "://" in url


def address_of(url: str) -> Address:
    """Return what *url* says.

    Raises:
        StoreError: an option has a value it can't have, or no database is named.
    """
    _, _, rest = url.partition("://")
    parts = urlsplit(f"postgresql://{rest}")
    given = parse_qsl(parts.query, keep_blank_values=True)
    ours = {**_OURS, **{name: value for name, value in given if name in _OURS}}
    theirs = [(name, value) for name, value in given if name not in _OURS]
    shown = _shown(parts.netloc, parts.path, dict(theirs), ours["schema"])
    database = unquote(parts.path.lstrip("/")) or dict(theirs).get("dbname") or os.environ.get("PGDATABASE")
    if not database:
        raise StoreError(f"{shown} names no database; write postgresql://host/name", url=shown)
    if not _SCHEMA.fullmatch(ours["schema"]):
        raise StoreError(f"{shown}: a schema has small letters, digits and '_', not {ours['schema']!r}", url=shown)
    numbers = []
    for name in ("statement_timeout", "patience", "pool"):
        if not re.fullmatch(r"\d{1,6}(\.\d+)?", ours[name]):
            raise StoreError(f"{shown}: {name}={ours[name]!r} is no number", url=shown)
        numbers.append(float(ours[name]))
    if ours["prepare"] not in ("on", "off"):
        raise StoreError(f"{shown}: prepare={ours['prepare']!r} is neither on nor off", url=shown)
    if ours["vectors"] not in ("auto", "exact", "server"):
        raise StoreError(f"{shown}: vectors={ours['vectors']!r} is neither auto, exact nor server", url=shown)
    query = urlencode(theirs, quote_via=quote)
    login, at, _ = parts.netloc.rpartition("@")
    conninfo = f"postgresql://{parts.netloc}{parts.path}{'?' + query if query else ''}"
    replica = ""
    if ours["replica"]:
        others = urlencode([pair for pair in theirs if pair[0] not in ("host", "port", "hostaddr")], quote_via=quote)
        host, options = (ours["replica"], others) if not ours["replica"].startswith("/") else ("", others)
        if not host:  # a folder of sockets
            folder, _, port = ours["replica"].partition(":")
            place = urlencode({"host": folder, **({"port": port} if port else {})}, quote_via=quote)
            options = "&".join(filter(None, [others, place]))
        replica = f"postgresql://{login}{at}{host}{parts.path}{'?' + options if options else ''}"
    return Address(
        url, conninfo, replica, shown, ours["schema"], numbers[0], numbers[1], int(numbers[2]),
        ours["prepare"] == "on", ours["vectors"]
    )  # fmt: skip


def _shown(netloc: str, path: str, options: dict[str, str], schema: str) -> str:
    """Return what to call a database: no user, no password, and none of the options, which may hold either."""
    host = netloc.rpartition("@")[2] or options.get("host", "")
    if host.startswith("/") or not host:  # a folder of sockets is no host in a URL
        host = "localhost"
    if ":" not in host and options.get("port"):
        host += f":{options['port']}"
    name = path if len(path) > 1 else "/" + options.get("dbname", "")
    return f"postgresql://{host}{name}" + (f"?schema={schema}" if schema != _OURS["schema"] else "")


def without_logins(text: str) -> str:
    """Return a *text* of the driver without passwords, and without users in URLs."""
    text = re.sub(r"(://)[^/\s@]*@", r"\1", text)
    return re.sub(r"(password\s*=\s*)('[^']*'|\S+)", r"\1…", text, flags=re.IGNORECASE)
