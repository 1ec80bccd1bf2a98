"""Where a catalog on a server is: its URL, taken apart into what the driver is told and what this package reads."""

from __future__ import annotations

import hashlib
import os
import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from catalog.errors import StoreError, close_matches, did_you_mean

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

    @property
    def quoted(self) -> str:
        """The schema as statements have it: its name may be a word of SQL's."""
        return f'"{self.schema}"'

    def cache(self) -> str:
        """Return the path after which files derived from this database are named, in the user's cache."""
        from platformdirs import user_cache_path

        folder = user_cache_path("magma-catalog", appauthor=False)
        return str(folder / f"pg-{hashlib.sha256(self.shown.encode()).hexdigest()[:24]}")


def is_server(url: str) -> bool:
    """Tell whether *url* names a database on a server."""
    return url.partition("://")[0].lower() in SCHEMES and "://" in url


def address_of(url: str) -> Address:
    """Return what *url* says.

    Raises:
        StoreError: it can't be read, an option has a value it can't have, or no database is named.
    """
    parts = _parts(url)
    given = parse_qsl(parts.query, keep_blank_values=True)
    ours = {**_OURS, **{name: value for name, value in given if name in _OURS}}
    theirs = [(name, value) for name, value in given if name not in _OURS]
    shown = _shown(parts.netloc, parts.path, dict(theirs), ours["schema"])
    _check(shown, ours, [name for name, _ in theirs])
    login, at, _ = parts.netloc.rpartition("@")
    query = urlencode(theirs, quote_via=quote)
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
        url, conninfo, replica, shown, ours["schema"], float(ours["statement_timeout"]), float(ours["patience"]),
        int(float(ours["pool"])), ours["prepare"] == "on", ours["vectors"]
    )  # fmt: skip


def _parts(url: str) -> SplitResult:
    """Return the parts of *url*, once it is sure which is which: a password with a bare sign parts it elsewhere.

    Raises:
        StoreError: it is not sure. Nothing of the URL is in the error, as any part may be one of the password.
    """
    rest = url.partition("://")[2]
    place, _, query = rest.partition("?")
    host = re.sub(r"/.*", "", place).rpartition("@")[2]
    ports = [re.sub(r"^(\[[^]]*\]|[^:\[\]]*):?", "", one, count=1) for one in host.split(",")]
    if (
        re.search(r"[\s#\x00-\x1f]|%(?![0-9A-Fa-f]{2})", rest)
        or re.search(r"@.*[@\[\]]|[\[\]].*@|/.*@", place)
        or not all(port == "" or (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536) for port in ports)
        or (query and not all("=" in option for option in query.split("&") if option))
        or (place.strip("/") == place and "@" not in place and "@" in query)
    ):
        raise StoreError(
            "the URL of the server can't be read, and is not shown as it may hold a password: write it as "
            "postgresql://user:password@host:port/name?option=value with a number for the port and %40 for '@', "
            "%2F for '/', %3A for ':', %3F for '?', %23 for '#', %25 for '%', %5B for '[', %5D for ']', %20 for a space"
        )
    return urlsplit(f"postgresql://{rest}")


def _check(shown: str, ours: dict[str, str], theirs: list[str]) -> None:
    """Raise unless every option is known, and ours have values that they can have."""
    from psycopg import pq  # here, as the driver is missed before a URL is read

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} | {*_OURS, "ssl"}
    for name in theirs:
        if name not in known:
            close = did_you_mean(close_matches(name, known)) or "; docs/postgres.md lists the catalog's"
            raise StoreError(f"{shown}: the URL has an option {name!r} that nobody knows{close}", url=shown)
    if not _SCHEMA.fullmatch(ours["schema"]):
        raise StoreError(f"{shown}: a schema has small letters, digits and '_', not {ours['schema']!r}", url=shown)
    if ours["schema"].startswith("pg_") or ours["schema"] == "information_schema":
        raise StoreError(f"{shown}: schemas of this name are the server's own; choose another", url=shown)
    for name in ("statement_timeout", "patience", "pool"):
        if not re.fullmatch(r"\d{1,6}(\.\d+)?", ours[name]):
            raise StoreError(f"{shown}: {name}={ours[name]!r} is no number", url=shown)
    if ours["prepare"] not in ("on", "off"):
        raise StoreError(f"{shown}: prepare={ours['prepare']!r} is neither on nor off", url=shown)
    if ours["vectors"] not in ("auto", "exact", "server"):
        raise StoreError(f"{shown}: vectors={ours['vectors']!r} is neither auto, exact nor server", url=shown)


def _shown(netloc: str, path: str, options: dict[str, str], schema: str) -> str:
    """Return what to call a database: no user, no password, and none of the options, which may hold either.

    Raises:
        StoreError: neither the URL nor the environment names a database.
    """
    last = f"?schema={schema}" if schema != _OURS["schema"] else ""
    service = options.get("service") or os.environ.get("PGSERVICE", "")
    if service:  # where that is stands in a file that only libpq reads
        named = quote(service) + (f"&schema={schema}" if last else "")
        return f"postgresql://{netloc.rpartition('@')[2]}{path}?service={named}"
    host = netloc.rpartition("@")[2] or options.get("host") or options.get("hostaddr") or os.environ.get("PGHOST", "")
    if host.startswith(("/", "%2F", "%2f")) or not host:  # a folder of sockets is no host in a URL
        host = "localhost"
    if port := options.get("port") or os.environ.get("PGPORT", ""):
        host += f":{port}" if not re.search(r":\d+$", host) else ""
    name = path.lstrip("/") or quote(options.get("dbname") or os.environ.get("PGDATABASE", ""), safe="")
    if not name:
        raise StoreError(
            f"postgresql://{host}/{last} names no database; write postgresql://host/name", url=f"postgresql://{host}/"
        )
    return f"postgresql://{host}/{name}{last}"


def without_logins(text: str) -> str:
    """Return a *text* of the driver without passwords, and without users in URLs."""
    text = re.sub(r"(://)[^/\s@]*@", r"\1", text)
    return re.sub(r"(password\s*=\s*)('[^']*'|\S+)", r"\1…", text, flags=re.IGNORECASE)
