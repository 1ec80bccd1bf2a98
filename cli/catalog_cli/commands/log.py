"""``catalog log``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog import json_text
from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, key_argument, limit_option
from catalog_cli.output import clip, moment

if TYPE_CHECKING:
    from catalog import Catalog, Revision
    from catalog_cli.output import Screen

Changes = dict[str, tuple[Any, Any]]
_LONG = 40  # characters of a value in a pipe or a wide window


@command(
    "log",
    examples="""
        catalog log
        catalog log tool:create_scatter --limit all
        catalog log --json
    """,
)
@key_argument(required=False)
@limit_option(20, "changes")
@json_option("the changes, as an array,")
@pass_app
def log(app: Application, key: str | None, limit: int | str, as_json: bool) -> None:
    """Show who changed what, and when.

    The newest change comes first, of the whole catalog or of one KEY, even if its entry was taken away. In a pipe each
    line is time (UTC), who, action, key, revision and the changed fields, separated by tabs.
    """
    most = limit if isinstance(limit, int) else None
    past = app.catalog.history(*app.find_past(key), limit=most) if key else app.catalog.log(most or 2**62)
    shown = [(revision, changes) for revision, changes in zip(past, _changes(app.catalog, past), strict=True)]
    if as_json:
        app.screen.json([_data(revision, changes) for revision, changes in shown])
    elif app.screen.is_terminal:
        app.screen.print(
            "\n".join(_shown(app.screen, revision, changes) for revision, changes in shown)
        ) if shown else None
    elif shown:
        app.screen.table(
            (),
            [
                (
                    revision.at.isoformat(),
                    revision.actor,
                    revision.action,
                    revision.key,
                    str(revision.revision),
                    "; ".join(_texts(changes)),
                )
                for revision, changes in shown
            ],
        )
    if not shown:
        raise No("nothing has happened yet: the catalog is empty; fill it with `catalog scan PACKAGE`")


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


def _data(revision: Revision, changes: Changes) -> dict[str, Any]:
    return {
        "key": revision.key,
        "kind": revision.kind,
        "name": revision.name,
        "revision": revision.revision,
        "action": revision.action,
        "actor": revision.actor,
        "at": revision.at.isoformat(),
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


def _shown(screen: Screen, revision: Revision, changes: Changes) -> str:
    when, who = screen.style(moment(revision.at), dim=True), screen.style(clean(revision.actor), dim=True)
    colour = {"unregister": "red", "gone": "red", "restore": "cyan"}.get(revision.action, "green")
    action = screen.style(f"{revision.action:<10}", fg=colour)
    key, number = screen.style(clean(revision.key), bold=True), screen.style(f"#{revision.revision}", dim=True)
    lines = [f"{when}  {action} {key} {number}  {who}"]
    lines += [f"{'':18}{clip(text, max(screen.width - 18, 20))}" for text in _texts(changes)]
    return "\n".join(lines)
