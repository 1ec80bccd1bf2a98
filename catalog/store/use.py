"""Uses: how often an entry was taken after which request, kept as hashes, with weights that fade.

A row counts for an entry and one feature of a request: the request itself (``r:``), one of its words (``w:``) or two
consecutive words (``p:``). The feature is stored as a hash under a secret key of this catalog. The key is kept in a row
of the same table with an empty query, and deleted when all uses are forgotten.

How much that protects: without the database an export reveals nothing, and hashes of two catalogs can't be compared.
Whoever has the database has the key, too, and can test guesses: whether a certain request was made, and, as there are
not many words, which words occurred in the requests after which an entry was taken. A project for which that is too
much sets ``learn = "off"``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.store.forms import LATEST, NONE, is_real

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.entry.key import Key
    from catalog.store.reader import Reader

HALF_LIFE = 30 * 86_400.0
"""Seconds after which a use counts half."""

FAINT = 1 / 32
"""Weights below this are deleted: that is a single use after five half-lives."""

MOST_ROWS = 100_000
"""How many rows are kept. If there are more, those that were added to least recently are deleted."""

MOST_ENTRIES = 32
"""How many entries are kept for one feature. A feature with more entries says nothing about any of them."""

TIDY_EVERY = 100
"""After how many records faint and surplus rows are deleted."""

KEY = "SELECT u.text FROM used AS u WHERE u.query = ''"
ROWS_OF_QUERIES = "SELECT u.query, u.kind, u.name, u.weight, u.at FROM used AS u WHERE u.query IN ({marks})"
ALL_USES = (
    "SELECT u.query, u.kind, u.name, u.weight, u.at, u.text FROM used AS u WHERE u.query <> '' "
    "ORDER BY u.kind, u.name, u.query"
)


class Use(NamedTuple):
    """How often one entry was taken after one feature of requests.

    Attributes:
        query: the letter of the feature's form, a colon, and the feature's hash.
        kind: kind of the entry.
        name: name of the entry.
        weight: successes minus failures, each faded to the time *at*.
        at: when it was last added to, in seconds since 1970.
        text: the request itself, if the project keeps texts; only with the form ``r``.
    """

    query: str
    kind: str
    name: str
    weight: float
    at: float
    text: str | None = None


def faded(weight: float, at: float, now: float) -> float:
    """Return what is left at the time *now* of a *weight* of the time *at*; a time in the future changes nothing."""
    return weight * math.exp2(-max(now - at, 0.0) / HALF_LIFE)


def merged(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """Return the sum of two pairs of weight and time, at the later time. Sums don't depend on the order of pairs."""
    at = max(first[1], second[1])
    return faded(*first, at) + faded(*second, at), at


def hashed(key: str, features: Iterable[tuple[str, str]]) -> list[str]:
    """Return the queries of *features*, given as (form, text), hashed under the hexadecimal *key*."""
    secret = bytes.fromhex(key)
    return [
        f"{form}:" + blake2b(f"{form}\0{text}".encode("utf-8", "surrogatepass"), key=secret, digest_size=16).hexdigest()
        for form, text in features
    ]


def key_of(reader: Reader) -> str | None:
    """Return the key of the hashes, or None if nothing is recorded yet."""
    row = reader.one(KEY)
    return row[0] if row and is_key(row[0]) else None


def is_key(text: Any) -> bool:
    """Tell whether *text* is a key of hashes; without it no row can be understood."""
    return type(text) is str and len(text) == 64 and set(text) <= set("0123456789abcdef")


def _in_form(rows: Iterable[Sequence[Any]]) -> Iterator[Use]:
    """Yield the uses of *rows*; a damaged row is passed over: what it said about one request is lost."""
    for query, kind, name, weight, at, *text in rows:
        if (
            type(query) is type(kind) is type(name) is str
            and is_real(weight)
            and is_real(at, LATEST)
            and (not text or isinstance(text[0], (str, NONE)))
        ):
            yield Use(query, kind, name, weight, at, *text)


def uses(reader: Reader, queries: Sequence[str]) -> list[Use]:
    """Return the rows of these *queries*, in no particular order."""
    return list(_in_form(reader.all(ROWS_OF_QUERIES.format(marks=", ".join("?" * len(queries))), queries)))


def every_use(reader: Reader) -> Iterator[Use]:
    """Yield all rows, by kind, name and query; the row of the key is left out."""
    return _in_form(reader.all(ALL_USES))


def weakest(rows: Sequence[Any], now: float) -> list[Any]:
    """Return the surplus among the *rows* of one feature: the faintest rows; of equally faint rows the oldest."""
    ordered = sorted(rows, key=lambda row: (abs(faded(row.weight, row.at, now)), row.at, row.kind, row.name))
    return ordered[: max(len(rows) - MOST_ENTRIES, 0)]


# -- writing, on the connection of a transaction; no entry changes ---------------------------------------------------


def record(
    run: Connection,
    features: Sequence[tuple[str, str]],
    key: Key,
    weight: float,
    now: float,
    text: str | None,
) -> None:
    """Add *weight* to the rows of the entry *key* for each of *features*.

    Args:
        run: the connection.
        features: (form, text), without repeats.
        key: kind and name.
        weight: 1 for a success, -1 for a failure.
        now: the time, in seconds since 1970.
        text: the request itself, kept in the row of the form ``r``; None keeps only hashes.
    """
    import sqlalchemy as sa

    from catalog.store.tables import used

    records, secret = _count(run, now)
    queries = hashed(secret, features)
    stored: dict[str, dict[Key, Use]] = {query: {} for query in queries}
    for row in _in_form(map(tuple, run.execute(sa.select(*used.c).where(used.c.query.in_(queries))))):
        stored[row.query][row.kind, row.name] = row
    obsolete: list[Use] = []
    for query, rows in stored.items():
        old = rows.get(key)
        total, at = merged((old.weight, old.at), (weight, now)) if old else (weight, now)
        request = text if query.startswith("r:") and text is not None else old.text if old else None
        rows[key] = Use(query, *key, total, at, request)
        obsolete += [old] if old else []
        # The new row stays even if it is the faintest: otherwise a new entry could never displace older ones.
        obsolete += [row for row in weakest(list(rows.values()), now) if row is not rows[key]]
    if obsolete:
        columns = (used.c.query, used.c.kind, used.c.name)
        same = sa.and_(*(column == sa.bindparam(f"_{column.name}") for column in columns))
        keys = [{"_query": row.query, "_kind": row.kind, "_name": row.name} for row in obsolete]
        run.execute(sa.delete(used).where(same), keys)
    # Deleted first: also a row that is damaged, and has not been read, may have this key.
    run.execute(sa.delete(used).where(used.c.query.in_(queries), used.c.kind == key[0], used.c.name == key[1]))
    run.execute(sa.insert(used), [rows[key]._asdict() for rows in stored.values()])
    if records % TIDY_EVERY == 0:
        _tidy(run, now)


def _count(run: Connection, now: float) -> tuple[int, str]:
    """Count one more record; return the number of records so far, and the key, which the first record creates."""
    import secrets

    import sqlalchemy as sa

    from catalog.store.tables import used

    row = run.execute(sa.select(used.c.weight, used.c.text).where(used.c.query == "")).first()
    if row is not None and not is_key(row.text):  # then no row can be understood any more
        run.execute(sa.delete(used))
        row = None
    if row is None:
        secret = secrets.token_hex(32)
        run.execute(sa.insert(used).values(query="", kind="", name="", weight=1, at=now, text=secret))
        _tell(run)
        return 1, secret
    counted = int(row.weight) + 1 if is_real(row.weight) else 1
    run.execute(sa.update(used).where(used.c.query == "").values(weight=counted))
    return counted, str(row.text)


def _tidy(run: Connection, now: float) -> None:
    """Delete faint rows, then the oldest rows if there are still too many."""
    import sqlalchemy as sa

    from catalog.store.tables import used

    # Compared in whole half-lives, because not every build of SQLite has a function for powers.
    faint = [
        (sa.func.abs(used.c.weight) <= FAINT * 2**lives) & (used.c.at <= now - lives * HALF_LIFE) for lives in range(16)
    ]
    run.execute(sa.delete(used).where(used.c.query != "", sa.or_(*faint)))
    surplus = int(run.execute(sa.select(sa.func.count()).select_from(used)).scalar_one()) - 1 - MOST_ROWS
    if surplus > 0:
        key = (used.c.query, used.c.kind, used.c.name)
        oldest = sa.select(*key).where(used.c.query != "").order_by(used.c.at, *key).limit(surplus)
        run.execute(sa.delete(used).where(sa.tuple_(*key).in_(oldest)))


def forget(run: Connection, key: Key | None) -> int:
    """Delete the uses of one entry, or all uses and the key of the hashes (None); return the number of uses."""
    import sqlalchemy as sa

    from catalog.store.tables import used

    rows = sa.delete(used).where(used.c.query != "")
    if key is not None:
        return run.execute(rows.where(used.c.kind == key[0], used.c.name == key[1])).rowcount
    deleted = run.execute(rows).rowcount
    run.execute(sa.delete(used))
    _tell(run)
    return deleted


def _tell(run: Connection) -> None:
    """Let all who hold the key of the hashes, or that there is none, look again: the same generation, but a commit."""
    import sqlalchemy as sa

    from catalog.store.tables import state

    run.execute(sa.update(state).values(generation=state.c.generation))
