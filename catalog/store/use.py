"""What was taken after which request: rows of hashes, and how they fade.

A row says how often an entry was taken after one feature of a request: the request itself (``r:``), one of its words
(``w:``) or two that follow each other (``p:``). The feature is a hash under a key of the catalog's own, which the table
keeps in a row with an empty query and which goes when everything is forgotten.

What that is worth: an export tells nothing to who has not the database, and hashes of two catalogs can't be compared.
Who has the database has the key too, and can test guesses: whether *this* request was made, and (words being few)
which words were in requests after which an entry was taken. A catalog where that is too much keeps ``learn = "off"``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.store.reader import Reader

HALF_LIFE = 30 * 86_400.0
"""Seconds after which a use counts half."""

FAINT = 1 / 32
"""What has faded to less than this is forgotten: a single use after five half-lives."""

MOST_ROWS = 100_000
"""How many rows are kept; beyond, those go that were not added to for longest."""

MOST_ENTRIES = 32
"""How many entries are kept for one feature: what so many were taken after says nothing about any of them."""

TIDY_EVERY = 100
"""After so many records the faint and the surplus rows are taken away."""

KEY = "SELECT u.text FROM used AS u WHERE u.query = ''"
_ROWS = "SELECT u.query, u.kind, u.name, u.weight, u.at FROM used AS u WHERE u.query IN ({marks})"
ALL_USES = (
    "SELECT u.query, u.kind, u.name, u.weight, u.at, u.text FROM used AS u WHERE u.query <> '' "
    "ORDER BY u.kind, u.name, u.query"
)


class Use(NamedTuple):
    """One row.

    Attributes:
        query: hash of a feature of requests, after the letter of its form and a colon.
        kind: of the entry.
        name: of the entry.
        weight: successes less failures, as faded at the moment *at*.
        at: when it was last added to, in seconds since 1970.
        text: the request, where the project keeps texts; only of the form ``r``.
    """

    query: str
    kind: str
    name: str
    weight: float
    at: float
    text: str | None = None


def faded(weight: float, at: float, now: float) -> float:
    """Return what is left at *now* of a *weight* of the moment *at*; nothing fades before its time."""
    return weight * math.exp2(-max(now - at, 0.0) / HALF_LIFE)


def merged(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return the sum of two (weight, moment), at the later moment. The order of many makes no difference."""
    at = max(one[1], other[1])
    return faded(*one, at) + faded(*other, at), at


def hashed(key: str, features: Iterable[tuple[str, str]]) -> list[str]:
    """Return the hash of each (form, text) of *features* under the hexadecimal *key*."""
    secret = bytes.fromhex(key)
    return [
        f"{form}:" + blake2b(f"{form}\0{text}".encode("utf-8", "surrogatepass"), key=secret, digest_size=16).hexdigest()
        for form, text in features
    ]


def key_of(reader: Reader) -> str | None:
    """Return the key of the hashes, or None as long as nothing was recorded."""
    row = reader.one(KEY)
    return row[0] if row else None


def uses(reader: Reader, queries: Sequence[str]) -> list[Use]:
    """Return the rows of these hashes, in no order."""
    return [Use(*row) for row in reader.all(_ROWS.format(marks=", ".join("?" * len(queries))), queries)]


def every_use(reader: Reader) -> Iterator[Use]:
    """Yield all rows, by kind, name and hash; the key is not among them."""
    return (Use(*row) for row in reader.all(ALL_USES))


def weakest(rows: Sequence[Any], now: float) -> list[Any]:
    """Return those of the *rows* of one feature that are too many: the faintest, of equals the oldest."""
    ordered = sorted(rows, key=lambda row: (abs(faded(row.weight, row.at, now)), row.at, row.kind, row.name))
    return ordered[: max(len(rows) - MOST_ENTRIES, 0)]


# -- writing: on the connection of a transaction; none of it is a change of any entry --------------------------------


def record(
    run: Connection,
    features: Sequence[tuple[str, str]],
    key: tuple[str, str],
    weight: float,
    now: float,
    text: str | None,
) -> None:
    """Add *weight* to what is kept of the entry *key* for each of *features*.

    Args:
        run: the connection.
        features: (form, text), without repeats.
        key: kind and name.
        weight: 1 for a success, -1 for a failure.
        now: the moment, in seconds since 1970.
        text: the request itself, to be kept with the form ``r``; None: only hashes are.
    """
    import sqlalchemy as sa

    from catalog.store.tables import used

    done, secret = _count(run, now)
    queries = hashed(secret, features)
    there: dict[str, dict[tuple[str, str], Use]] = {query: {} for query in queries}
    for row in run.execute(sa.select(*used.c).where(used.c.query.in_(queries))):
        there[row.query][row.kind, row.name] = Use(*row)
    gone: list[Use] = []
    for query, rows in there.items():
        old = rows.get(key)
        total, at = merged((old.weight, old.at), (weight, now)) if old else (weight, now)
        said = text if query.startswith("r:") and text is not None else old.text if old else None
        rows[key] = Use(query, *key, total, at, said)
        gone += [old] if old else []
        gone += [row for row in weakest(list(rows.values()), now) if row is not rows[key]]
    if gone:
        columns = (used.c.query, used.c.kind, used.c.name)
        same = sa.and_(*(column == sa.bindparam(f"_{column.name}") for column in columns))
        keys = [{"_query": row.query, "_kind": row.kind, "_name": row.name} for row in gone]
        run.execute(sa.delete(used).where(same), keys)
    run.execute(sa.insert(used), [rows[key]._asdict() for rows in there.values()])
    if done % TIDY_EVERY == 0:
        _tidy(run, now)


def _count(run: Connection, now: float) -> tuple[int, str]:
    """Count one more record; return how many there were, and the key, which the first record makes."""
    import secrets

    import sqlalchemy as sa

    from catalog.store.tables import used

    row = run.execute(sa.select(used.c.weight, used.c.text).where(used.c.query == "")).first()
    if row is None:
        secret = secrets.token_hex(32)
        run.execute(sa.insert(used).values(query="", kind="", name="", weight=1, at=now, text=secret))
        return 1, secret
    run.execute(sa.update(used).where(used.c.query == "").values(weight=row.weight + 1))
    return int(row.weight) + 1, str(row.text)


def _tidy(run: Connection, now: float) -> None:
    """Take the faint rows away, then the oldest of what is still too many."""
    import sqlalchemy as sa

    from catalog.store.tables import used

    # Whole half-lives in comparisons: not every SQLite has a function for powers.
    faint = [
        (sa.func.abs(used.c.weight) <= FAINT * 2**lives) & (used.c.at <= now - lives * HALF_LIFE) for lives in range(16)
    ]
    run.execute(sa.delete(used).where(used.c.query != "", sa.or_(*faint)))
    surplus = int(run.execute(sa.select(sa.func.count()).select_from(used)).scalar_one()) - 1 - MOST_ROWS
    if surplus > 0:
        key = (used.c.query, used.c.kind, used.c.name)
        oldest = sa.select(*key).where(used.c.query != "").order_by(used.c.at, *key).limit(surplus)
        run.execute(sa.delete(used).where(sa.tuple_(*key).in_(oldest)))


def forget(run: Connection, key: tuple[str, str] | None) -> int:
    """Forget the uses of one entry, or of all (None) with the key of the hashes; return how many rows that were."""
    import sqlalchemy as sa

    from catalog.store.tables import used

    rows = sa.delete(used).where(used.c.query != "")
    if key is not None:
        return run.execute(rows.where(used.c.kind == key[0], used.c.name == key[1])).rowcount
    gone = run.execute(rows).rowcount
    run.execute(sa.delete(used))
    return gone
