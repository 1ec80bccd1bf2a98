"""Decorators that commands share: the command itself, ``--json``, ``--url``, kinds, tags and keys that complete."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import click

from catalog_cli import completion
from catalog_cli.application import Application
from catalog_cli.lazy import WithExamples
from catalog_cli.streams import divert_prints

F = TypeVar("F", bound=Callable[..., Any])


def _use(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Application).url = value


def origin_options(function: F) -> F:
    """Add ``--source`` and ``--distribution``, handed on as ``sources`` and ``distributions``: None for the scope."""
    source = click.option(
        "--source",
        "sources",
        multiple=True,
        metavar="TEXT",
        callback=_origins,
        help="From this source, as scan:mypkg or manual; several times: one of them; all: from every source.",
    )
    distribution = click.option(
        "--distribution",
        "distributions",
        multiple=True,
        metavar="NAME",
        callback=_origins,
        help="Came with this installed distribution; several times: one of them.",
    )
    return source(distribution(function))


def _origins(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    return (() if "all" in value else value) if value else None


def url_option() -> click.Option:
    """Return ``--url``, which may stand before and after the name of a command."""
    return click.Option(
        ["--url"],
        metavar="URL",
        expose_value=False,
        callback=_use,
        help="The database, as sqlite:///team.db; else CATALOG_URL, the configuration, or one file of yours.",
    )


def _embed_with(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Application).embedder = value


def embedder_option() -> click.Option:
    """Return ``--embedder``, which may stand before and after the name of a command, where that command embeds."""
    return click.Option(
        ["--embedder"],
        metavar="NAME",
        expose_value=False,
        callback=_embed_with,
        help="The embedder: wordllama, minilm, hash, openai:MODEL[@URL], st:MODEL, pkg.mod:attr or none; else the "
        "configuration's.",
    )


def _look_back(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Application).as_of = value


def _say_why(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Application).reason = value


def as_of_option() -> click.Option:
    """Return ``--as-of``, with which a command reads the stored entries as they were."""
    return click.Option(
        ["--as-of"],
        metavar="WHEN",
        expose_value=False,
        callback=_look_back,
        help="The stored entries as they were: 2026-01-31, 2026-01-31T14:00 (UTC), '2 days ago', or a generation.",
    )


def reason_option() -> click.Option:
    """Return ``--reason``, which goes into the history with all that a command changes."""
    return click.Option(
        ["--reason"], metavar="TEXT", expose_value=False, callback=_say_why, help="Why, for the history."
    )


def command(
    name: str,
    *,
    examples: str,
    embedder: bool = False,
    as_of: bool = False,
    reason: bool = False,
    unknown_options: bool = False,
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command with ``--url``, *examples* in its help, and ``--embedder`` where *embedder* is true.

    So do *as_of* and *reason* add ``--as-of`` and ``--reason``.
    With *unknown_options*, words that begin with a dash and are no option are arguments.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        made = click.command(
            name, cls=WithExamples, examples=examples, context_settings={"ignore_unknown_options": unknown_options}
        )(function)
        wanted = ((embedder, embedder_option), (as_of, as_of_option), (reason, reason_option), (True, url_option))
        made.params += [option() for is_wanted, option in wanted if is_wanted]
        return made

    return decorate


def json_option(what: str) -> Callable[[F], F]:
    """Add ``--json``, which prints *what* as one JSON document; what imported code prints then goes to stderr."""
    said = f"Print {what} as one JSON document."
    return click.option("--json", "as_json", is_flag=True, callback=_only_document, is_eager=True, help=said)


def _only_document(ctx: click.Context, _: click.Parameter, as_json: bool) -> bool:
    if as_json and not ctx.resilient_parsing:
        divert_prints(ctx)
    return as_json


def key_argument(*, many: bool = False, required: bool = True) -> Callable[[F], F]:
    """Add the argument KEY: a key, or a name that only one kind has."""
    return click.argument(
        "keys" if many else "key",
        metavar="[KEY]..." if many else "KEY" if required else "[KEY]",
        nargs=-1 if many else 1,
        required=required,
        shell_complete=completion.keys,
    )


def kind_option() -> Callable[[F], F]:
    """Add ``--kind``, which may be given several times."""
    return click.option(
        "--kind",
        "-k",
        "kinds",
        multiple=True,
        metavar="KIND",
        shell_complete=completion.kinds,
        help="Only this kind; several times: any of them.",
    )


def tag_option(flag: str, name: str, help: str) -> Callable[[F], F]:
    """Add an option that takes tags, completed from the catalog."""
    return click.option(flag, name, multiple=True, metavar="TAG", shell_complete=completion.tags, help=help)


class Seconds(click.ParamType[float]):
    """A time in seconds."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, which is one that a clock can wait for."""
        with suppress(TypeError, ValueError):
            if 0 < float(value) <= 1e6:
                return float(value)
        return self.fail(f"'{value}' is no number of seconds above 0 and up to a million", param, ctx)


class Limit(click.ParamType[int | str]):
    """How many: a number from 1, or ``all``."""

    name = "limit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number, or the word ``all``."""
        if value == "all":
            return "all"
        if str(value).isdecimal() and int(value) > 0:
            return int(value)
        return self.fail(f"'{value}' is neither a number from 1 nor 'all'", param, ctx)


def limit_option(default: int, what: str) -> Callable[[F], F]:
    """Add ``--limit``: at most so many of *what*."""
    return click.option(
        "--limit",
        "-n",
        type=Limit(),
        default=default,
        show_default=True,
        metavar="N|all",
        help=f"At most so many {what}.",
    )


def field_options(function: F) -> F:
    """Add an option for each field of an entry that a person writes.

    They arrive as keywords named as the fields are, ``meta`` apart.
    """
    for option in reversed(
        (
            tag_option("--tag", "tags", "A label to filter by; may be repeated."),
            click.option("--description", "-d", help="What it is for; else the first paragraph of its docstring."),
            click.option("--example", "examples", multiple=True, metavar="TEXT", help="A request to find it by."),
            click.option("--priority", type=int, help="The higher is tried first when routing by rules."),
            click.option("--provider", "providers", multiple=True, metavar="NAME", help="A model provider it needs."),
            click.option("--match", metavar="REGEX", help="Requests that rules pick it for; '' for none."),
            click.option(
                "--meta",
                multiple=True,
                metavar="KEY=JSON",
                help="One more fact; what is no JSON is kept as text.",
            ),
            click.option("--force", is_flag=True, help="Take a reference that leads nowhere from here all the same."),
        )
    ):
        function = option(function)
    return function
