"""``catalog explain``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from catalog import deprecated_in_words, entry_marks, entry_state, json_text
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
    table = list(_parameters(entry.parameters, entry.signature or ""))
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
        yield "signature", _signature((entry.ref or entry.name).rpartition(":")[2], entry.signature)
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


def _signature(name: str, signature: str) -> str:
    """Return the signature of what is called *name* as its definition would begin.

    ``async fetch(url)`` for a coroutine function, ``chart = Agent(_, tools)`` for a value that a call makes, and
    ``limits: dict`` for any other value.
    """
    start, rest = ("async ", signature[6:]) if signature.startswith("async ") else ("", signature)
    if rest.startswith(("(", "[")):
        return f"{start}{name}{rest}"
    return (
        f"{name} = {signature}" if signature.endswith(")") or signature.startswith("lambda") else f"{name}: {signature}"
    )


def _parameters(schema: dict[str, Any], signature: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, default and description of what a JSON Schema of arguments lists.

    A default that is no JSON, such as an object, is shown as the *signature* writes it.
    """
    required = schema.get("required") or ()
    written: dict[str, str] | None = None
    for name, member in (schema.get("properties") or {}).items():
        about = member if isinstance(member, dict) else {}
        if name in required:
            default = "required"
        elif "default" in about:
            default = json_text(about["default"])
        else:
            written = _written_defaults(signature) if written is None else written
            default = written.get(name, "")
        yield clean(name), clean(_type(about)), clean(default), clean(str(about.get("description", "")))


def _written_defaults(signature: str) -> dict[str, str]:
    """Return the defaults of a signature by parameter, as they are written; of a class, those of what is called."""
    import ast

    for place in reversed([0, *(place + 2 for place, _ in enumerate(signature) if signature.startswith("; ", place))]):
        head = signature[place:].removeprefix("async ")
        try:
            (node,) = ast.parse(f"def {head if head[:1].isidentifier() else f'f{head}'}: ...").body
        except (SyntaxError, ValueError, RecursionError):  # cut within a text, or no signature at all
            continue
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            positional = [*arguments.posonlyargs, *arguments.args]
            pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
            pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
            return {argument.arg: ast.unparse(default) for argument, default in pairs}
    return {}


def _type(schema: dict[str, Any]) -> str:
    """Return the type a JSON Schema allows, in a few words."""
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            return " | ".join(_type(part) for part in schema[word] if isinstance(part, dict))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(map(str, kind))
    items = schema.get("items")
    if kind == "array" and isinstance(items, dict) and items:
        return f"array of {_type(items)}"
    return str(kind)
