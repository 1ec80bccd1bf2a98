"""Statements that go to the server together, on one way there and back.

A change writes to a dozen tables, and nobody looks at what most of its statements give. Those wait here until a result
counts, and are told with that statement; an error of one of them comes up there, and nothing is changed.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

Waiting = list[tuple[str, Any, bool]]
"""Statements in the driver's form, what each is given, and whether it is run for each of many."""


def waiting_on(connection: Any) -> Waiting:
    """Return what waits on a connection of SQLAlchemy."""
    try:
        waiting: Waiting = connection.info.setdefault("waiting", [])
    except NotImplementedError:  # it has none while SQLAlchemy asks a new server what it is
        return []
    return waiting


def tell(raw: psycopg.Connection[Any], waiting: Waiting, *last: Any, cursor: Any = None) -> Any:
    """Tell the server the statements that wait, in their order; return a cursor with the result of a *last* one.

    Args:
        raw: the driver's connection.
        waiting: what waits; afterwards nothing does.
        last: a statement, what it is given, and whether it is run for each of many; or nothing.
        cursor: runs the last one; a new one otherwise.
    """
    from psycopg import Error, Pipeline  # a catalog in a file needs no driver, and its migrations come by here

    before, waiting[:] = list(waiting), []
    own = cursor or raw.cursor()
    if not before and not last:
        return own
    refused: Error | None = None
    try:
        with raw.pipeline() if Pipeline.is_supported() else nullcontext():
            try:
                for statement, given, is_many in before:
                    another = raw.cursor()
                    (another.executemany if is_many else another.execute)(statement, given)
                if last:
                    statement, given, is_many = last
                    (own.executemany if is_many else own.execute)(statement, given)
            except Error as error:  # kept from the pipeline, whose end would log that there was no more to run
                refused = error
    except Error:
        if refused is None:
            raise
    if refused is not None:
        raise refused
    return own
