"""Aliases: ``tool:plot@prod`` is an entry as it is at the revision that ``prod`` points at."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from catalog.entry.key import composed, format_key, name_fault, split_key
from catalog.errors import EntryNotFoundError, InvalidEntryError, did_you_mean
from catalog.store import aliases as stored
from catalog.store import queries
from catalog.store.forms import NUMBER, NUMBER_OR_NONE, TEXT, TEXT_OR_NONE, is_number, is_row, passed_over
from catalog.workspace.workspace import Workspace


class AliasMove(NamedTuple):
    """One move of one alias.

    Attributes:
        key: of the entry.
        alias: its name.
        action: ``alias``, or ``unalias`` where it was taken away.
        revision: where it points from then on; None: at the newest, at any time.
        actor: who moved it.
        at: when, in UTC.
        reason: what they said of it; None where nothing was said.
    """

    key: str
    alias: str
    action: str
    revision: int | None
    actor: str
    at: datetime
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as data for JSON, ``at`` in ISO 8601."""
        return {**self._asdict(), "at": self.at.isoformat()}


def alias_of(kind: str, name: str, alias: str | None) -> tuple[str, str, str]:
    """Return kind, name and alias, where the first two may be one key."""
    if alias is None:
        kind, alias, name = kind, name, ""
        kind, name = split_key(kind)
    return kind, composed(name), composed(alias)


def point(ws: Workspace, kind: str, name: str, alias: str, revision: int | None) -> None:
    """Let an alias point at a revision; see :meth:`catalog.Catalog.alias`."""
    fault = name_fault(alias) or ("holds an '@', which stands between a name and its alias" if "@" in alias else None)
    if fault:
        raise InvalidEntryError(f"the alias {alias!r:.80} {fault}", alias=alias)
    if revision is not None and not is_number(revision, 1):
        raise InvalidEntryError(f"revision={revision!r:.40}: give a number from 1", revision=revision)
    key = (kind, name)
    with ws.writing() as transaction:
        if key not in transaction.existing([key]):
            raise ws.not_found(ws.snapshot(), kind, name)
        if revision is not None:
            _ensure_kept(ws, kind, name, revision)
        known = _current(ws, kind, name)
        if alias in known and known[alias] == revision:
            return
        transaction.point(key, alias, stored.SET, revision)


def _ensure_kept(ws: Workspace, kind: str, name: str, revision: int) -> None:
    row = ws.store.reader.one(queries.REVISION_DATA, (kind, name, revision))
    if row is None or row[0] is None:
        rows = ws.store.reader.all(queries.KEPT_REVISIONS, (kind, name, 20))
        numbers = sorted(kept[3] for kept in rows if is_number(kept[3]))
        raise EntryNotFoundError(
            f"'{format_key(kind, name)}' has no revision {revision} that an alias could name; it has {numbers}",
            kind=kind,
            name=name,
            close=[],
            revisions=numbers,
        )


def take_away(ws: Workspace, kind: str, name: str, alias: str) -> None:
    """Take an alias away; see :meth:`catalog.Catalog.unalias`."""
    with ws.writing() as transaction:
        known = _current(ws, kind, name)
        if alias not in known:
            raise EntryNotFoundError(_unknown(kind, name, alias, known), kind=kind, name=name, close=sorted(known))
        transaction.point((kind, name), alias, stored.UNSET, None)


def _unknown(kind: str, name: str, alias: str, known: dict[str, int | None]) -> str:
    from catalog.errors import close_matches

    has = f"; it has {', '.join(sorted(known))}" if known else ""
    return f"'{format_key(kind, name)}' has no alias '{alias}'{has}{did_you_mean(close_matches(alias, known))}"


def aliases(ws: Workspace, kind: str, name: str) -> dict[str, int | None]:
    """Return the aliases of an entry, by name; see :meth:`catalog.Catalog.aliases`."""
    ws.snapshot()
    ws.known_kind(kind)
    return _current(ws, kind, name)


def _current(ws: Workspace, kind: str, name: str) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for move in reversed(moves(ws, kind, name)):
        if move.action == stored.SET:
            found[move.alias] = move.revision
        else:
            found.pop(move.alias, None)
    return dict(sorted(found.items()))


def moves(ws: Workspace, kind: str, name: str) -> list[AliasMove]:
    """Return every move of every alias; see :meth:`catalog.Catalog.alias_history`."""
    found, damaged = [], 0
    for row in ws.store.reader.all(stored.MOVES, (kind, name)):
        try:
            if not is_row(row, _FORM):
                raise ValueError("a value of a wrong type")
            _, _, _, alias, action, revision, actor, at, reason = row
            key = format_key(kind, name)
            found.append(AliasMove(key, alias, action, revision, actor, datetime.fromisoformat(at), reason))
        except ValueError:
            damaged += 1
    if damaged:
        passed_over("alias", damaged)
    return found[::-1]


_FORM = (NUMBER, TEXT, TEXT, TEXT, TEXT, NUMBER_OR_NONE, TEXT, TEXT, TEXT_OR_NONE)
