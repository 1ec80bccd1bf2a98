"""``catalog route golden`` and its commands."""

from __future__ import annotations

import sys

import click

from catalog_cli import completion
from catalog_cli.application import Application, No, pass_app
from catalog_cli.commands.route.shared import Wrong
from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import command, json_option, url_option
from catalog_cli.output import Column, count
from catalog_cli.streams import standard_input, writing

_HERE = "catalog_cli.commands.route.golden"
COMMANDS = {
    "add": Entrance(f"{_HERE}:add", "Keep a prompt and the entry that is right for it"),
    "list": Entrance(f"{_HERE}:list_", "List the golden cases"),
    "remove": Entrance(f"{_HERE}:remove", "Take golden cases away"),
    "import": Entrance(f"{_HERE}:import_", "Add the golden cases of a JSON Lines file"),
    "export": Entrance(f"{_HERE}:export", "Write the golden cases as JSON Lines"),
}
CASES = (Column("PROMPT", 24), Column("RIGHT", 16, bold=True))


@click.command(
    "golden",
    cls=LazyGroup,
    entrances=COMMANDS,
    params=[url_option()],
    no_args_is_help=True,
    examples="""
        catalog route golden add "plot price by size" tool:create_scatter
        catalog route golden add "what is the weather" --none
        catalog route golden list
    """,
)
def golden() -> None:
    """Look after the prompts that routing is tested with.

    They are kept in the catalog, beside the entries: eval --golden and fit --golden ask and learn from them, replay
    and lint look at them. A prompt may have several right entries, or none.
    """


@command(
    "add",
    examples="""
        catalog route golden add "plot price by size" tool:create_scatter
        catalog route golden add "what is the weather" --none
    """,
)
@click.argument("text")
@click.argument("key", required=False, shell_complete=completion.keys)
@click.option("--none", "fits_none", is_flag=True, help="No entry is right for it: a router must abstain.")
@json_option("what was kept")
@pass_app
def add(app: Application, text: str, key: str | None, fits_none: bool, as_json: bool) -> None:
    """Keep a prompt and the entry that is right for it.

    Adding another entry for the same prompt makes any of them right.
    """
    if (key is None) is not fits_none:
        raise click.UsageError("give either the KEY of the right entry or --none")
    label = None if key is None else ":".join(app.find(key))
    added = app.catalog.golden.add(text, label)
    if as_json:
        app.screen.json({"text": text, "key": label, "added": bool(added)})
    else:
        app.screen.print(f"{'kept' if added else 'there already'}: {label or 'no entry'} is right for this prompt")


@command(
    "list",
    examples="""
        catalog route golden list
        catalog route golden list tool:create_scatter --json
    """,
)
@click.argument("key", required=False, shell_complete=completion.keys)
@json_option("the cases, as an array,")
@pass_app
def list_(app: Application, key: str | None, as_json: bool) -> None:
    """List the golden cases.

    All, or those of one entry, which may be gone; the oldest first. In a pipe each line is prompt and keys, separated
    by a tab. The exit status is 1 if there is none.
    """
    cases = app.catalog.golden.list(key)
    if as_json:
        app.screen.json([case.to_dict() for case in cases])
    else:
        nothing = "(none)" if app.screen.is_terminal else ""
        app.screen.table(CASES, [(case.text, ", ".join(case.names) or nothing) for case in cases])
    if not cases:
        raise No(f"no golden case{f' of {key}' if key else ''}; `catalog route golden add TEXT KEY` keeps one")


@command(
    "remove",
    examples="""
        catalog route golden remove "plot price by size"
        catalog route golden remove --entry tool:create_scatter
    """,
)
@click.argument("text", required=False)
@click.option("--entry", metavar="KEY", shell_complete=completion.keys, help="Only of this entry, which may be gone.")
@json_option("how many were taken away")
@pass_app
def remove(app: Application, text: str | None, entry: str | None, as_json: bool) -> None:
    """Take golden cases away.

    Those of a prompt, of an entry, or where both agree. The exit status is 1 if there was none.
    """
    if text is None and entry is None:
        raise click.UsageError("give a TEXT, --entry KEY, or both")
    gone = app.catalog.golden.remove(text, entry)
    if as_json:
        app.screen.json({"removed": gone})
    elif gone:
        app.screen.print(f"took away {count(gone, 'golden case', 'golden cases')}")
    if not gone:
        raise No("no such golden case; `catalog route golden list` shows all")


@command(
    "import",
    examples="""
        catalog route golden import prompts.jsonl
        grep refund prompts.jsonl | catalog route golden import -
    """,
)
@click.argument("file", metavar="FILE.jsonl", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@json_option("how many were new")
@pass_app
def import_(app: Application, file: str, as_json: bool) -> None:
    """Add the golden cases of a JSON Lines file.

    One object a line: text, and gold (or name) with the name or key of the right entry, a list of them, or null where
    none fits. All or nothing: an unknown name ends it.
    """
    from catalog import EntryNotFoundError

    try:
        added = app.catalog.golden.import_jsonl(standard_input() if file == "-" else file)
    except UnicodeDecodeError:
        raise Wrong(f"{file} is not a text file in UTF-8") from None
    except EntryNotFoundError as error:
        raise Wrong(str(error)) from None
    if as_json:
        app.screen.json({"added": added})
    else:
        app.screen.print(f"added {count(added, 'golden case', 'golden cases')}")


@command(
    "export",
    examples="""
        catalog route golden export prompts.jsonl
        catalog route golden export | wc -l
    """,
)
@click.argument("file", metavar="FILE.jsonl", type=click.Path(dir_okay=False, allow_dash=True), default="-")
@pass_app
def export(app: Application, file: str) -> None:
    """Write the golden cases as JSON Lines.

    To FILE.jsonl or standard output, one object with text and gold (a list of keys) a line, as import takes it.
    """
    if file == "-":
        app.catalog.golden.export_jsonl(sys.stdout)
        return
    with writing(file):
        written = app.catalog.golden.export_jsonl(file)
    app.screen.remark(f"exported {count(written, 'golden case', 'golden cases')} to {file}")
