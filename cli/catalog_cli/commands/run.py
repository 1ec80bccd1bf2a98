"""``catalog run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog import VERIFY_POLICIES, json_text
from catalog_cli.application import Application, No, pass_app
from catalog_cli.gate import tell_lines
from catalog_cli.inputs import arguments_of, text_of, text_or_json_of
from catalog_cli.options import Seconds, command, json_option, key_argument
from catalog_cli.output import count

if TYPE_CHECKING:
    from catalog import CallResult, Entry
    from catalog_cli.output import Screen


@command(
    "run",
    examples="""
        catalog run tool:create_scatter x=price y=size
        catalog run prompt:greet name=Bo
        catalog run tool:shout --input "a single text"
        catalog run summarize --input @request.json
        catalog run agent triage --stream --timeout 60 -i "The printer is on fire."
    """,
)
@key_argument()
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--input", "-i", "given", metavar="JSON|TEXT|@file|-", help="Arguments: a JSON object by name, or one text."
)
@click.option("--policy", type=click.Choice(VERIFY_POLICIES), help="How much of the code must be as recorded.")
@click.option("--stream", is_flag=True, help="Print the result part by part, as it comes.")
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="End with 1 if it takes longer.")
@click.option("--usage", is_flag=True, help="Say how long it took; with --json: an object with value, usage, seconds.")
@click.option("--traceback", is_flag=True, help="Show where the called code failed.")
@json_option("the result")
@pass_app
def run(
    app: Application,
    key: str,
    pairs: tuple[str, ...],
    given: str | None,
    policy: str | None,
    stream: bool,
    timeout: float | None,
    usage: bool,
    traceback: bool,
    as_json: bool,
) -> None:
    """Load an entry and call it.

    This imports the code behind the entry, and the current folder may hold it. Functions, tools, prompts, models and
    agents of the usual frameworks can be called; a prompt that is text is filled in; a council that is data is handed
    to the runner of the configuration. A VALUE is JSON where the parameter is no text and it is JSON, else text. The
    result is printed: text as it is, other data as JSON, of an agent its answer. What it cost, where a framework says
    so, goes to standard error. What the code prints itself goes where it goes, but with --json to standard error. The
    exit status is 1 if the code fails or takes longer than --timeout.
    """
    if stream and as_json:
        raise click.UsageError("--json prints one document when all is there; it does not go with --stream")
    if pairs and "=" not in pairs[0] and ":" not in key and key in app.catalog.kinds():
        key, pairs = f"{key}:{pairs[0]}", pairs[1:]
    kind, name = app.find(key)
    entry = app.catalog.entry(kind, name)
    arguments = _arguments(entry, given, pairs)
    app.look_here()
    parts = _Parts(app.screen) if stream else None
    done = _called(app, entry, arguments, traceback, verify=policy, on_part=parts, timeout=timeout)
    if as_json:
        plain = _plain(done.value)
        app.screen.json({**done.to_dict(), "value": plain} if usage else plain)
    elif parts is not None and parts.told:
        parts.end(done.value)
    elif done.value is not None:
        _show(app.screen, done.value)
    if (usage and not as_json) or done.usage:
        app.screen.remark(_cost(done, usage))


class _Parts:
    """A result on its way to the screen, part by part."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.told: list[Any] = []

    def __call__(self, part: Any) -> None:
        """Show a part: a text as it is, other data as a line of JSON."""
        self.told.append(part)
        self._screen.part(part if isinstance(part, str) else f"{json_text(_plain(part))}\n")

    def end(self, value: Any) -> None:
        """End the line, and show the *value* unless its parts were all of it."""
        last = self.told[-1]
        if isinstance(last, str) and not last.endswith("\n"):
            self._screen.part("\n")
        written = "".join(part for part in self.told if isinstance(part, str)).rstrip()
        if (
            value != self.told
            and value is not None
            and not (isinstance(value, str) and written.endswith(value.rstrip()))
        ):
            _show(self._screen, value)


def _cost(done: CallResult, timed: bool) -> str:
    """Return what a call cost, in words."""
    numbers = {
        word.removesuffix("s").replace("_", " "): number for word, number in done.usage.items() if word != "cost"
    }
    said = [count(int(number), word, f"{word}s") for word, number in numbers.items()]
    said += [f"${done.usage['cost']:.6f}".rstrip("0").rstrip(".")] if "cost" in done.usage else []
    return ", ".join([*said, f"{done.seconds:.1f} s"] if timed else said)


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


def _called(app: Application, entry: Entry, arguments: Any, traceback: bool, **how: Any) -> CallResult:
    from catalog import CatalogError, run_result

    try:
        return run_result(app.catalog, entry, arguments, **how)
    except (CatalogError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit too: the code called must not choose our exit status
        if traceback:
            from traceback import format_exception

            tell_lines("".join(format_exception(error)))
        what = str(error)
        raise No(
            f"Error: {entry.key} failed: {type(error).__name__}{f': {what}' if what else ''}"
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
