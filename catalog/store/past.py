"""What the history says of a moment: which entries there were, under which names, with which history of their own.

The history of an entry that was renamed lies under its new name, behind that of an entry which had that name before;
so each key is taken apart into lives, and a life has the name that it had at the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice, pairwise
from typing import TYPE_CHECKING, Any

from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import Key, format_key
from catalog.errors import CatalogError, InvalidFilterError
from catalog.store import derived
from catalog.store.forms import is_number, parsed, passed_over
from catalog.store.mapping import WRITABLE, row_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from catalog.store.reader import Reader, Row

_STEPS = (  # in the order of an index: nothing is sorted, and of later revisions no data is read
    "SELECT r.id, r.kind, r.name, r.revision, r.action, r.at, r.generation, {then}, r.data IS NULL, "
    "CASE WHEN {then} AND r.data IS NOT NULL AND json_valid(r.data) THEN json_extract(r.data, '$.name') END "
    "FROM revision AS r ORDER BY r.kind, r.name, r.revision"
)
_BY_MOMENT = _STEPS.replace("{then}", "r.at <= ?1")
_BY_GENERATION = _STEPS.replace("{then}", "(r.generation IS NULL OR r.generation <= ?1)")
_FIRST = "SELECT min(r.generation) FROM revision AS r"
_WHOLE = (
    "SELECT r.id, r.revision, r.action, r.actor, r.at, r.data, r.reason, r.generation FROM revision AS r "
    "WHERE r.id IN ({ids})"
)
_MOVES = (
    "SELECT a.kind, a.name, a.alias, a.action, a.revision, a.actor, a.at, a.reason, a.generation FROM alias AS a "
    "WHERE {then} ORDER BY a.id"
)
_CHUNK = 500
"""Revisions that are read, and held, at once."""


@dataclass(slots=True)
class _Life:
    """What happened to one entry up to the moment.

    Attributes:
        name: its last name.
        steps: ids of its revisions.
        now: id of the revision that shows it as it was; None where it was taken away by then.
        since: when it was stored first.
    """

    name: str
    steps: list[int] = field(default_factory=list)
    now: int | None = None
    since: str = ""


def fill(target: Connection, source: Reader, moment: datetime | int) -> list[str]:
    """Fill the empty database *target* with entries, history and aliases of *moment*; return keys nobody knows of.

    Of those keys revisions were deleted that came before the moment, and none is left that shows the entry then.

    Raises:
        InvalidFilterError: *moment* is a generation from before generations were recorded.
    """
    by_generation = isinstance(moment, int)
    bound: Any = moment if isinstance(moment, int) else moment.isoformat(timespec="microseconds")
    if by_generation:
        (first,) = source.one(_FIRST) or (None,)
        if is_number(first) and bound < first - 1:
            raise InvalidFilterError(
                f"which revisions belong to generation {bound} was not recorded yet; the first that is known is "
                f"{first - 1}. Give a moment instead",
                when=bound,
            )
    missing: list[str] = []
    renamed: dict[Key, str] = {}
    taken: set[Key] = set()
    rows = source.stream(_BY_GENERATION if by_generation else _BY_MOMENT, (bound,))
    wanted = _wanted(rows, missing, renamed)
    next_id, damaged, generation = 1, 0, 0
    while chunk := list(islice(wanted, _CHUNK)):
        made, bad, newest = _copy(target, source, chunk, taken, next_id)
        next_id, damaged, generation = next_id + made, damaged + bad, max(generation, newest)
    if damaged:
        passed_over("revision", damaged)
    _copy_moves(target, source, bound, renamed, "a.generation <= ?1" if by_generation else "a.at <= ?1")
    generation = bound if by_generation else generation
    target.exec_driver_sql("UPDATE catalog_state SET generation = ?", (generation,))
    return missing


_Step = tuple[int, str, str, str | None]
"""Id of a revision, kind and name of its entry then, and, where it shows the entry, when that was stored first."""


def _wanted(rows: Iterable[Row], missing: list[str], renamed: dict[Key, str]) -> Iterator[_Step]:
    """Yield the revisions up to the moment; add to *missing* and *renamed* what is found out meanwhile."""
    sound = (row for row in rows if type(row[1]) is str and type(row[2]) is str and is_number(row[3], 1))
    for (kind, name), group in groupby(sound, key=lambda row: (row[1], row[2])):
        lives, is_known = _lives(name, group)
        if not is_known:
            missing.append(format_key(kind, lives[-1].name if lives else name))
            if lives:
                lives[-1].now = None
        if lives and lives[-1].name != name:
            renamed[kind, name] = lives[-1].name
        for life in lives:
            for id_ in life.steps:
                yield id_, kind, life.name, life.since if id_ == life.now else None


def _lives(name: str, rows: Iterable[Row]) -> tuple[list[_Life], bool]:
    """Return the lives of one key up to the moment, and whether no revision is missing between then and later ones."""
    lives: list[_Life] = []
    last, later, is_over = 0, None, False
    for id_, _, _, revision, action, at, _, is_then, is_removal, called in rows:
        if not is_then:
            later = revision if later is None else later
            is_over = is_over or is_removal  # what comes behind a removal after the moment, and is older, is of another
            continue
        last, later = revision, None
        called = called if type(called) is str else None
        if not lives or is_over:
            lives.append(_Life(called or name))
            is_over = False
        elif called is not None and called != lives[-1].name:
            if action == "rename":
                lives[-1].name = called
            else:
                lives.append(_Life(called))
        life = lives[-1]
        life.steps.append(id_)
        if life.now is None:
            life.since = at
        life.now = None if is_removal else id_
    for before, after in pairwise(lives):
        if before.name == after.name and after.now is not None:  # a clock was set back: the last word counts
            before.now = None
    return lives, later is None or later == last + 1


def _copy(
    target: Connection, source: Reader, steps: list[_Step], taken: set[Key], next_id: int
) -> tuple[int, int, int]:
    """Copy revisions, and make the entries they show; return how many, how many are damaged, the last generation."""
    from catalog.store.queries import rows_of_ids

    found = {row[0]: row for row in rows_of_ids(source, _WHOLE, [step[0] for step in steps])}
    revisions, fields = [], []
    entries: list[tuple[int, Entry]] = []
    damaged = generation = 0
    for id_, kind, name, since in steps:
        if id_ not in found:  # deleted while this was read
            continue
        _, revision, action, actor, at, data, reason, of = found[id_]
        generation = max(generation, of if is_number(of) else 0)
        revisions.append((id_, kind, name, revision, action, actor, at, data, reason, of))
        if since is None or (kind, name) in taken:
            continue
        entry = _entry(kind, name, data)
        if entry is None:
            damaged += 1
            continue
        taken.add((kind, name))
        entries.append((next_id + len(entries), entry))
        fields.append((entries[-1][0], kind, name, *row_of(entry, revision, at), since))
    names = ("id", "kind", "name", "revision", "action", "actor", "at", "data", "reason", "generation")
    derived.insert_rows(target, "revision", names, revisions)
    derived.insert_rows(target, "entry", ("id", "kind", "name", *WRITABLE, "created_at"), fields)
    derived.insert_derived(target, entries)
    return len(entries), damaged, generation


def _entry(kind: str, name: str, data: Any) -> Entry | None:
    try:
        return make_entry({**parsed(data, dict), "kind": kind, "name": name})
    except (ValueError, TypeError, CatalogError):
        return None


def _copy_moves(target: Connection, source: Reader, bound: Any, renamed: dict[Key, str], then: str) -> None:
    names = ("kind", "name", "alias", "action", "revision", "actor", "at", "reason", "generation")
    rows = source.stream(_MOVES.replace("{then}", then), (bound,))
    moved = ((kind, renamed.get((kind, name), name), *rest) for kind, name, *rest in rows)
    while chunk := list(islice(moved, _CHUNK)):
        derived.insert_rows(target, "alias", names, chunk)
