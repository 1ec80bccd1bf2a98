"""``catalog export``."""

from __future__ import annotations

import sys

import click

from catalog_cli import completion
from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, tag_option
from catalog_cli.streams import writing

JSONL = "jsonl"
FORMS = (JSONL, "mcp.json", "server.json", "agent-card", "skill", "openapi")
"""What `--format` takes; a test compares it with the forms that the catalog writes."""
_FILE = click.Path(dir_okay=False, writable=True, allow_dash=True)
_FOLDER = click.Path(file_okay=False, writable=True)
_FEW = 5


@command(
    "export",
    examples="""
        catalog export catalog.jsonl
        catalog export | grep '"kind":"model"' > models.jsonl
        catalog export --vectors catalog.jsonl
        # from one catalog to another
        catalog export | catalog --url sqlite:///team.db import -
        catalog export --format mcp.json files github .mcp.json
        catalog export --format openapi --tag billing openapi.json
        catalog export --format skill pdf .claude/skills
        catalog export --format skill --tag billing billing-skills.zip
    """,
    as_of=True,
)
@click.argument("words", metavar="[KEY]... [FILE]", nargs=-1, shell_complete=completion.keys)
@click.option("--vectors", is_flag=True, help="Write the fresh vectors of each entry too, by embedder.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default=JSONL,
    show_default=True,
    help="The form: all entries as JSON Lines, or some in a form that other programs read.",
)
@tag_option("--tag", "tags", "Of another form than jsonl: only entries with this tag; several times: with all of them.")
@pass_app
@click.pass_context
def export(
    ctx: click.Context, app: Application, words: tuple[str, ...], vectors: bool, form: str, tags: tuple[str, ...]
) -> None:
    """Write entries as JSON Lines or a published form.

    Without --format: all of them as JSON Lines, one JSON object a line with the fields of an entry, sorted by key, to
    FILE or to standard output. These are the stored entries; those of the configuration file are in a file already.

    With --format: those named by KEY, else all that fit, as MCP client configuration (mcp.json), as the server.json
    of an MCP registry, as an A2A agent card, as an OpenAPI document, or as folders of agent skills, where FILE is the
    folder for them, or a zip file. Variables stand in place of secrets, which are not stored.
    """
    if form == JSONL:
        if len(words) > 1 or tags:
            raise click.UsageError("all entries are written as jsonl; choose some for another --format")
        _jsonl(app, str(_FILE.convert(words[0] if words else "-", None, ctx)), vectors)
        return
    if vectors:
        raise click.UsageError("--vectors is for the format jsonl")
    *keys, file = words or ("-",)
    if file in app.catalog:
        raise click.UsageError(f"name the file to write after '{file}', or - for standard output")
    if form == "skill" and file == "-":
        raise click.UsageError("skills are folders; name the folder, or the zip file, that they are to be written to")
    is_folder = form == "skill" and not file.lower().endswith(".zip")
    file = str((_FOLDER if is_folder else _FILE).convert(file, None, ctx))
    found = [":".join(app.find(key)) for key in keys]
    with writing(file):
        exported = app.catalog.export_document(form, sys.stdout if file == "-" else file, *found, tags=tags)
    number = len(exported.written)
    if file != "-":
        app.screen.remark(f"exported {number} {'entry' if number == 1 else 'entries'} to {file}")
    for key, why in list(exported.left_out.items())[:_FEW]:
        app.screen.remark(f"left out {key}: {why}")
    if len(exported.left_out) > _FEW:
        app.screen.remark(f"left out {len(exported.left_out) - _FEW} more")


def _jsonl(app: Application, file: str, vectors: bool) -> None:
    if file == "-":
        app.catalog.export_jsonl(sys.stdout, vectors=vectors)
        return
    with writing(file):
        written = app.catalog.export_jsonl(file, vectors=vectors)
    app.screen.remark(f"exported {written} {'entry' if written == 1 else 'entries'} to {file}")
