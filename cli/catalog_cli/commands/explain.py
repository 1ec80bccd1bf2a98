"""``catalog explain``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from catalog import deprecated_in_words, entry_marks, entry_state, json_text, parameter_rows, signature_line
from catalog_cli.application import Application, pass_app
from catalog_cli.councils import council_lines, is_council
from catalog_cli.gate import clean
from catalog_cli.options import command, json_option, key_argument
from catalog_cli.output import Column, moment

if TYPE_CHECKING:
    from catalog import Catalog, Entry, Standing

LABEL = 14  # columns taken by a label and the space around it
REMEDIES = {
    "gone": "`catalog doctor` looks for where it went",
    "broken": "mend it, then `catalog refresh`",
    "drifted": "`catalog verify {key} --accept` takes it as it is",
    "not loadable": "it can be found and read, and routers leave it out",
}
FEW = 10  # at most so many entries are shown that this entry uses, or that use it
PARAMETERS = (
    Column("PARAMETER", bold=True),
    Column("TYPE", 8, "cyan"),
    Column("DEFAULT", 7),
    Column("DESCRIPTION", 16),
)


@command(
    "explain",
    examples="""
        catalog explain tool:create_scatter
        catalog explain create_scatter
        catalog explain openai/gpt-4o --json
    """,
    as_of=True,
)
@key_argument()
@json_option("the entry, with all its fields,")
@pass_app
def explain(app: Application, key: str, as_json: bool) -> None:
    """Show all that is known of an entry.

    KEY is kind:name; a name alone is enough where only one kind has it. Nothing is imported, so this works for
    entries whose code is broken, too.
    """
    kind, name = app.find(key)
    standings = app.catalog.which(kind, name)
    entry = standings[0].entry
    if as_json:
        tiers = [{"tier": s.tier, "wins": s.wins, "why": s.why} for s in standings]
        data = {"key": entry.key, **entry.model_dump(mode="json"), "tiers": tiers}
        if aliases := app.catalog.aliases(entry.kind, entry.name):
            data["aliases"] = aliases
        marks = entry_marks(entry.metadata)
        if marks.state != "approved" or marks.code:  # else it is the entry as it is, and nothing more
            data |= marks.to_dict()
        if is_council(entry):
            from catalog import explain_council

            data["council"] = explain_council(entry, app.catalog)
        app.screen.json(data)
    else:
        app.screen.print(*_lines(app, entry, standings))


def _lines(app: Application, entry: Entry, standings: Sequence[Standing]) -> Iterator[str]:
    screen = app.screen
    yield screen.style(clean(entry.key), bold=True)
    if entry.description:
        yield screen.wrapped(clean(entry.description), indent=0)
    yield ""
    aliases = app.catalog.aliases(entry.kind, entry.name)
    for label, text in (
        *_place(app.catalog, entry),
        *_facts(entry, standings),
        *_aliases(aliases),
        *_references(app.catalog, entry),
    ):
        yield f"  {screen.style(f'{label:<{LABEL - 2}}', dim=True)}{screen.wrapped(clean(text), indent=LABEL)}"
    table = [tuple(map(clean, row)) for row in parameter_rows(entry)]
    if table:
        yield ""
        yield from screen.fitted(PARAMETERS, table, indent=2, wrap=True)
    if is_council(entry):
        yield from council_lines(screen, app.catalog, entry)


def _place(catalog: Catalog, entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield file and line of what was read from a document."""
    place = catalog.where(entry.kind, entry.name) if entry.document else None
    if place is not None:
        yield "place", f"{place[0]}:{place[1]}"


def _facts(entry: Entry, standings: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    """Yield label and text of what is known."""
    code = entry_state(entry.metadata)
    if code:
        yield "code", f"{code}: {entry.metadata[code]}; {REMEDIES[code].format(key=entry.key)}"
    if entry.state != "approved":
        yield "state", _review(entry)
    if entry.signature:
        yield "signature", signature_line(entry)
    yield from _object(entry)
    if entry.tags:
        yield "tags", ", ".join(entry.tags)
    for number, example in enumerate(entry.examples):
        yield "" if number else "examples", example
    if entry.match:
        yield "match", entry.match
    if entry.providers is not None:
        yield "providers", ", ".join(entry.providers) or "none"
    if entry.priority:
        yield "priority", str(entry.priority)
    for word, value in entry.metadata.items():
        if word not in ("parameters", "inputSchema", "input_schema", "review", "deprecated", code):
            yield word[: LABEL - 3], value if isinstance(value, str) else json_text(value)
    yield "tier", f"{standings[0].tier}, {standings[0].why}"
    yield "source", f"{entry.source} of {entry.distribution}" if entry.distribution else entry.source
    if entry.checksum:
        body = f", with the body {_short(entry.source_checksum)}" if entry.source_checksum else ""
        yield "checksum", f"signature {_short(entry.checksum)}{body}"
    if entry.revision:
        since = f", first stored {moment(entry.created_at)}" if entry.created_at != entry.updated_at else ""
        yield "revision", f"{entry.revision} of {moment(entry.updated_at)}{since}"


def _object(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield what the entry stands for: an object or data, or where what nobody can load is made."""
    if entry.ref:
        yield "reference", entry.ref
    elif entry.unloadable is not None:
        yield "made in", entry.made_in or "a function"
    elif entry.spec is not None:
        yield "data", json_text(entry.spec)


def _aliases(aliases: dict[str, int | None]) -> Iterator[tuple[str, str]]:
    """Yield what points at which revision."""
    if aliases:
        yield (
            "aliases",
            ", ".join(f"{name} ({'newest' if number is None else number})" for name, number in aliases.items()),
        )


def _review(entry: Entry) -> str:
    """Return the state of the review, and what may be done about it."""
    if entry.state == "deprecated":
        return f"{deprecated_in_words(entry.metadata).removeprefix('is ')}; routers leave it out"
    why = entry.metadata.get("review")
    why = f": {why if isinstance(why, str) else json_text(why)}" if why else ""
    return f"{entry.state}{why}; routers leave it out until `catalog approve {entry.key}`"


def _references(catalog: Catalog, entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield what the entry uses and what uses it, each key once, with its places."""
    uses, used_by = catalog.references(entry.kind, entry.name), catalog.used_by(entry.kind, entry.name)
    for label, links in (("uses", uses), ("used by", used_by)):
        places: dict[str, list[str]] = {}
        for link in links:
            key = link.source if label == "used by" else link.target
            places.setdefault(key if link.exists else f"{key} (missing)", []).append(link.path)
        for number, (key, paths) in enumerate(list(places.items())[:FEW]):
            yield "" if number else label, f"{key} at {', '.join(paths)}"
        if len(places) > FEW:
            yield "", f"… and {len(places) - FEW} more; `catalog graph {entry.key} --references` shows all"


def _short(checksum: str) -> str:
    """Return the beginning of a checksum, without the mark of how it was made."""
    return checksum.rpartition(":")[2][:12]
