"""``catalog log``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from catalog import json_text
from catalog_cli.application import Application, No, pass_app
from catalog_cli.differences import Changes, difference
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, key_argument, limit_option
from catalog_cli.output import Column, clip, moment

if TYPE_CHECKING:
    from catalog import AliasMove, Catalog, Revision
    from catalog_cli.output import Screen

    _Row = tuple[Revision | AliasMove, Changes]

REFUSED = (Column("WHEN"), Column("WHO"), Column("KEY", bold=True), Column("WHY", 8, "yellow"), Column("MESSAGE", 20))
_LONG = 40  # characters of a value in a pipe or a wide window


@command(
    "log",
    examples="""
        catalog log
        catalog log tool:create_scatter --limit all
        catalog log tool:create_scatter 2..5
        catalog log tool:create_scatter --diff
        catalog log --refused
        catalog log --json
    """,
)
@key_argument(required=False)
@click.argument("revisions", metavar="[REV1..REV2]", required=False)
@limit_option(20, "changes")
@click.option("--diff", is_flag=True, help="Show all that changed, line by line and word by word.")
@click.option("--refused", is_flag=True, help="Show the loads that were refused instead.")
@json_option("the changes, as an array,")
@pass_app
def log(
    app: Application, key: str | None, revisions: str | None, limit: int | str, diff: bool, refused: bool, as_json: bool
) -> None:
    """Show who changed what, when and why.

    The newest change comes first, of the whole catalog or of one KEY, even if its entry was taken away. REV1..REV2
    shows the difference between two revisions of KEY. In a pipe each line is time (UTC), who, action, key, revision and
    the changed fields, separated by tabs.
    """
    most = limit if isinstance(limit, int) else None
    if refused:
        _show_refused(app, most, as_json)
        return
    if revisions is not None:
        shown = [_between(app, str(key), revisions)]
        diff = True
    else:
        past = app.catalog.history(*app.find_past(key), limit=most) if key else app.catalog.log(most or 2**62)
        shown = list(zip(past, _changes(app.catalog, past), strict=True))
    moves = app.catalog.alias_history(*app.find_past(key)) if key and revisions is None else []
    rows: list[_Row] = sorted([*shown, *((move, {}) for move in moves)], key=lambda row: row[0].at, reverse=True)[:most]
    if as_json:
        app.screen.json([_data(*row) for row in rows])
    elif diff:
        for change, changes in rows:
            app.screen.print(*_shown(app.screen, change, {}), *difference(app.screen, changes))
    elif app.screen.is_terminal:
        app.screen.print(*(line for row in rows for line in _shown(app.screen, *row))) if rows else None
    elif rows:
        app.screen.table((), [_cells(*row) for row in rows])
    if not rows:
        raise No("nothing has happened yet: the catalog is empty; fill it with `catalog scan PACKAGE`")


def _cells(change: Revision | AliasMove, changes: Changes) -> tuple[str, ...]:
    number = "" if change.revision is None else str(change.revision)
    said = [f"reason: {clean(change.reason)}"] if change.reason else []
    return (
        change.at.isoformat(),
        change.actor,
        change.action,
        _key(change),
        number,
        "; ".join([*said, *_texts(changes)]),
    )


def _key(change: Revision | AliasMove) -> str:
    alias = getattr(change, "alias", None)
    return change.key if alias is None else f"{change.key}@{alias}"


def _between(app: Application, key: str, revisions: str) -> _Row:
    """Return the second of two revisions, with what differs from the first."""
    first, dots, second = revisions.partition("..")
    if not (dots and first.isdecimal() and second.isdecimal()):
        raise click.UsageError(f"'{revisions}' are no two revisions; write them as 2..5")
    kind, name = app.find_past(key)
    found = [app.catalog.history(kind, name, limit=1, before=int(number) + 1) for number in (first, second)]
    for number, there in zip((first, second), found, strict=True):
        if not there or there[0].revision != int(number):
            raise No(f"'{kind}:{name}' has no revision {number}; `catalog log {kind}:{name}` shows those it has")
    (old,), (new,) = found
    return new, new.changed(old)


def _show_refused(app: Application, most: int | None, as_json: bool) -> None:
    lines = app.catalog.audit(most)
    if as_json:
        app.screen.json([line.to_dict() for line in lines])
    elif lines:
        app.screen.table(
            REFUSED,
            [
                (
                    moment(line.at) if app.screen.is_terminal else line.at.isoformat(),
                    line.actor,
                    line.key,
                    line.code,
                    line.message,
                )
                for line in lines
            ],
        )
    if not lines:
        raise No("no load was refused")


def _changes(catalog: Catalog, past: list[Revision]) -> list[Changes]:
    """Return what each revision changed. Of each key only the revision before the last shown is read besides."""
    before: dict[str, Revision] = {}
    changes: list[Changes] = []
    for revision in reversed(past):
        earlier = before.get(revision.key)
        if earlier is None:
            older = catalog.history(revision.kind, revision.name, limit=1, before=revision.revision)
            earlier = older[0] if older else None
        changes.append(revision.changed(earlier))
        before[revision.key] = revision
    return changes[::-1]


def _data(revision: Revision | AliasMove, changes: Changes) -> dict[str, Any]:
    kind, _, name = revision.key.partition(":")
    return {
        "key": _key(revision),
        "kind": kind,
        "name": name,
        "revision": revision.revision,
        "action": revision.action,
        "actor": revision.actor,
        "at": revision.at.isoformat(),
        "reason": revision.reason,
        "changes": {field: {"old": old, "new": new} for field, (old, new) in changes.items()},
    }


def _texts(changes: Changes) -> list[str]:
    """Return ``field: old → new`` for what people look for; of a new entry what it stands for."""
    fields = [field for field in changes if field not in ("kind", "name")]
    if "kind" in changes:  # it came or went: every field changed
        fields = [field for field in ("ref", "spec") if field in changes]
    return [f"{name}: {_change(*values)}" for field in fields for name, values in _parts(field, *changes[field])]


def _parts(field: str, old: Any, new: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield what changed of a field; of two objects only the members that differ."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield field, (old, new)
        return
    for member in dict.fromkeys((*old, *new)):
        if old.get(member) != new.get(member):
            yield f"{field}.{member}", (old.get(member), new.get(member))


def _change(old: Any, new: Any) -> str:
    return _value(new) if old is None else f"{_value(old)} → {_value(new)}"


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    text = value if isinstance(value, str) else json_text(value)
    return clip(clean(text), _LONG)


def _shown(screen: Screen, revision: Revision | AliasMove, changes: Changes) -> list[str]:
    when, who = screen.style(moment(revision.at), dim=True), screen.style(clean(revision.actor), dim=True)
    colour = {"unregister": "red", "gone": "red", "restore": "cyan"}.get(revision.action, "green")
    action = screen.style(f"{revision.action:<10}", fg=colour)
    key, number = (
        screen.style(clean(_key(revision)), bold=True),
        screen.style(f"#{revision.revision or 'newest'}", dim=True),
    )
    lines = [f"{when}  {action} {key} {number}  {who}"]
    said = [f"reason: {clean(revision.reason)}"] if revision.reason else []
    lines += [f"{'':18}{clip(text, max(screen.width - 18, 20))}" for text in (*said, *_texts(changes))]
    return lines
