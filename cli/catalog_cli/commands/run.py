"""``catalog run``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from catalog import VERIFY_POLICIES, json_text
from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import tell_lines
from catalog_cli.inputs import arguments_of, text_of, text_or_json_of
from catalog_cli.options import command, json_option, key_argument

if TYPE_CHECKING:
    from catalog import Entry
    from catalog_cli.output import Screen


@command(
    "run",
    examples="""
        catalog run tool:create_scatter x=price y=size
        catalog run prompt:greet name=Bo
        catalog run tool:shout --input "a single text"
        catalog run summarize --input @request.json
    """,
)
@key_argument()
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--input", "-i", "given", metavar="JSON|TEXT|@file|-", help="Arguments: a JSON object by name, or one text."
)
@click.option("--policy", type=click.Choice(VERIFY_POLICIES), help="How much of the code must be as recorded.")
@click.option("--traceback", is_flag=True, help="Show where the called code failed.")
@json_option("the result")
@pass_app
def run(
    app: Application,
    key: str,
    pairs: tuple[str, ...],
    given: str | None,
    policy: str | None,
    traceback: bool,
    as_json: bool,
) -> None:
    """Load an entry and call it.

    This imports the code behind the entry, and the current folder may hold it. Functions, tools, prompts and agents
    of the usual frameworks can be called; a prompt that is text is filled in; a council that is data is handed to the
    runner of the configuration. A VALUE is JSON where the parameter is no text and it is JSON, else text. The result is
    printed: text as it is, other data as JSON. What the code prints itself goes where it goes, but with --json to
    standard error. The exit status is 1 if the code fails.
    """
    kind, name = app.find(key)
    entry = app.catalog.entry(kind, name)
    arguments = _arguments(entry, given, pairs)
    app.look_here()
    if kind in ("council", "sub_council") and entry.spec is not None:
        from catalog import run_entry

        result = _called(entry.key, lambda: run_entry(app.catalog, entry, arguments), traceback)
    else:
        from catalog import call

        live = app.catalog.get(kind, name, verify=policy)
        result = _called(entry.key, lambda: call(live, arguments, entry=entry), traceback)
    if as_json:
        app.screen.json(_plain(result))
    elif result is not None:
        _show(app.screen, result)


def _arguments(entry: Entry, given: str | None, pairs: tuple[str, ...]) -> dict[str, Any] | str | None:
    """Return what *entry* is called with: an object, one text, or None for nothing."""
    named = arguments_of(pairs, entry.parameters)
    if given is None:
        return named or None
    text = text_of(given)
    data: dict[str, Any] | str = text_or_json_of(text, "--input" if given[:1] not in "@-" else given)
    if isinstance(data, list):
        raise click.UsageError("--input takes a JSON object with the arguments by name, or one text")
    if not isinstance(data, dict | str):  # a number or the like: data where the first parameter is such, else text
        first = next(iter(entry.parameters.get("properties") or {}), None)
        typed = {} if first is None else arguments_of([f"{first}={text.strip()}"], entry.parameters)
        data = text.strip() if first is None or isinstance(typed[first], str) else typed
    if not named:
        return data
    if isinstance(data, str):
        raise click.UsageError("--input is one text, and NAME=VALUE go by name; give one or the other")
    return {**data, **named}


def _called(key: str, call: Callable[[], object], traceback: bool) -> object:
    from catalog import CatalogError

    try:
        return call()
    except (CatalogError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit too: the code called must not choose our exit status
        if traceback:
            from traceback import format_exception

            tell_lines("".join(format_exception(error)))
        what = str(error)
        raise No(
            f"Error: {key} failed: {type(error).__name__}{f': {what}' if what else ''}"
            f"{'' if traceback else '; --traceback shows where'}"
        ) from error


def _plain(result: Any) -> Any:
    """Return a result as JSON data, or its ``repr`` where there is no such thing."""
    import json

    dump = getattr(result, "model_dump", None)
    if callable(dump) and not isinstance(result, type):
        return dump(mode="json")
    try:
        return json.loads(json.dumps(result))
    except (TypeError, ValueError):
        return repr(result)


def _show(screen: Screen, result: object) -> None:
    plain = _plain(result)
    if isinstance(plain, str):
        screen.document(plain, whole=True)
    else:
        screen.document(json_text(plain, indent=2))
