"""``catalog ls``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from catalog import ENTRY_STATES, REVIEW_STATES, json_text
from catalog_cli import completion
from catalog_cli.application import Application, No, pass_app
from catalog_cli.listing import data_of, show
from catalog_cli.options import Limit, command, json_option, tag_option
from catalog_cli.output import Column

if TYPE_CHECKING:
    from catalog import Hit, Marks


@command(
    "ls",
    examples="""
        catalog ls
        catalog ls tool
        catalog ls tool agent --tag plot --sort updated --limit 20
        catalog ls --columns key,source,updated_at
        # the names of all models, for a script
        catalog ls model | cut -f1
    """,
    as_of=True,
)
@click.argument("kinds", metavar="[KIND]...", nargs=-1, shell_complete=completion.kinds)
@tag_option("--tag", "tags", "Only with this tag; several times: with all of them.")
@click.option(
    "--source",
    metavar="TEXT",
    help="Only from sources that begin so, as 'scan:mypkg' or 'manual'; all: from every source.",
)
@click.option(
    "--state",
    type=click.Choice((*REVIEW_STATES, *ENTRY_STATES)),
    metavar="STATE",
    help=f"Only {', '.join(REVIEW_STATES)} ones, or those whose code is {', '.join(ENTRY_STATES)}.",
)
@click.option("--sort", type=click.Choice(["key", "name", "updated"]), default="key", show_default=True)
@click.option("--limit", "-n", type=Limit(), default="all", show_default=True, metavar="N|all", help="At most so many.")
@click.option("--columns", metavar="NAMES", help="Fields of entries to show, separated by commas.")
@json_option("the entries, as an array,")
@pass_app
def ls(app: Application, kinds: tuple[str, ...], tags: tuple[str, ...], source: str | None, state: str | None,
       sort: str, limit: int | str, columns: str | None, as_json: bool) -> None:  # fmt: skip
    """List entries, of some kinds or all.

    Lists every tier, sorted by key, importing nothing. In a pipe each line is key, description, tags and tier,
    separated by tabs. An entry whose code is gone, broken or drifted, as far as the last scan,
    refresh or verify saw, and one that is not approved is marked. The exit status is 1 if there is nothing to list.
    """
    most = None if limit == "all" else int(limit)
    whole = source not in (None, "all") or sort != "key" or columns is not None or state is not None
    origin = None if source is None else ()
    hits = app.catalog.search(kind=kinds or None, tags=tags, sources=origin, limit=None if whole else most)
    marks = app.catalog.marks(None if most is None or whole else [hit.key for hit in hits])
    if state is not None:
        hits = [hit for hit in hits if state in _states(marks.get(hit.key))]
    if source is not None and source != "all":
        hits = [hit for hit in hits if hit.entry.source.startswith(source)]
    if sort == "name":
        hits = sorted(hits, key=lambda hit: (hit.name, hit.kind))
    elif sort == "updated":
        hits = sorted(hits, key=lambda hit: str(hit.entry.updated_at or ""), reverse=True)
    hits = hits[:most]
    if columns is not None:
        _columns(app, hits, columns, marks, as_json)
    elif as_json:
        app.screen.json(data_of(hits, marks, ranked=False))
    else:
        show(app.screen, hits, marks=marks)
    if not hits:
        if app.catalog.settings.scope and source is None and app.catalog.search(limit=1, sources=()):
            raise No("no such entry is in the scope of the configuration; --source all lists every source")
        what = f"no entry of kind {' or '.join(kinds)}" if kinds else "no such entry" if whole or tags else None
        raise No(f"{what or 'the catalog is empty'}; fill it with `catalog scan PACKAGE` or `catalog register`")


def _states(marks: Marks | None) -> tuple[str | None, ...]:
    return ("approved",) if marks is None else (marks.state, marks.code)


_APPROVED = {"state": "approved", "code": None, "instead": None, "reason": None}


def _told(marks: Marks | None) -> dict[str, Any]:
    return {} if marks is None else marks.to_dict()


def _columns(app: Application, hits: Sequence[Hit], columns: str, marks: Mapping[str, Marks], as_json: bool) -> None:
    from catalog import Entry, close_matches, did_you_mean

    names = [name.strip() for name in columns.split(",") if name.strip()]
    known = ("key", "state", "code", "instead", "reason", *Entry.model_fields)
    for name in names:
        if name not in known:
            hint = did_you_mean(close_matches(name, known)) or f"; there are {', '.join(known)}"
            raise click.UsageError(f"no column '{name}'{hint}")
    rows = [
        {"key": hit.key, **_APPROVED, **_told(marks.get(hit.key)), **hit.entry.model_dump(mode="json")} for hit in hits
    ]
    if as_json:
        app.screen.json([{name: row[name] for name in names} for row in rows])
    elif rows:
        table = [Column(name, 8, bold=name in ("key", "name")) for name in names]
        app.screen.table(table, [[_text(row[name]) for name in names] for row in rows])


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
