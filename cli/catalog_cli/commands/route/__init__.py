"""``catalog route``: which entry should handle a prompt, and how well that works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from catalog import close_matches, did_you_mean
from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import embedder_option, url_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_ROUTE = "catalog_cli.commands.route"
PROMPT = f"{_ROUTE}.prompt"
"""In the context's ``meta``: what was taken for the beginning of a prompt, as no command was named."""

COMMANDS = {
    "ask": Entrance(f"{_ROUTE}.ask:ask", "Pick the entry for a prompt; the word itself may be left out"),
    "fit": Entrance(f"{_ROUTE}.fit:fit", "Let the router learn from labelled prompts"),
    "eval": Entrance(f"{_ROUTE}.eval:evaluate", "Measure the router on labelled prompts"),
    "replay": Entrance(f"{_ROUTE}.replay:replay", "Ask again what was asked before, and show what changed"),
    "lint": Entrance(f"{_ROUTE}.lint:lint", "Find entries and rules that make routing go wrong"),
    "golden": Entrance(f"{_ROUTE}.golden:golden", "Look after the prompts that routing is tested with"),
    "log": Entrance(f"{_ROUTE}.log:log", "Show the decisions that were kept"),
}


class Route(LazyGroup):
    """A group that takes a prompt in the place of a command: ``route TEXT`` is ``route ask TEXT``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``ask`` where no command is named; before it only options of the group may stand."""
        mine = {flag for param in self.get_params(ctx) for flag in param.opts}
        place = 0
        while place < len(args):
            word = args[place]
            if word in ("--help", "-h"):
                break
            if word in mine:
                place += 2
            elif word.partition("=")[0] in mine:
                place += 1
            else:
                if word not in self.entrances:
                    ctx.meta[PROMPT] = "" if "--" in args else word
                    args = [*args[:place], "ask", *args[place:]]
                break
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; with an option that a prompt does not have, another command may have been meant."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            hint = did_you_mean(close_matches(ctx.meta.get(PROMPT, ""), self.entrances, most=1))
            if not hint:
                raise
            raise click.UsageError(f"No such option '{error.option_name}'{hint}", error.ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, and options of the group and of ``ask``."""
        items = super().shell_complete(ctx, incomplete)
        ask = self.get_command(ctx, "ask")
        if ask is None or not incomplete.startswith("-"):
            return items
        there = {item.value for item in items}
        return items + [item for item in click.Command.shell_complete(ask, ctx, incomplete) if item.value not in there]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, and the options of ``ask`` before those of the group."""
        ask = self.get_command(ctx, "ask")
        assert ask is not None
        known = {param.name for param in self.get_params(ctx)} | {"help"}
        options = [param for param in ask.params if isinstance(param, click.Option) and param.name not in known]
        rows = [row for option in options if (row := option.get_help_record(ctx))]
        with formatter.section("Options of a route"):
            formatter.write_dl(rows)
        super().format_options(ctx, formatter)


@click.command(
    "route",
    cls=Route,
    entrances=COMMANDS,
    params=[embedder_option(), url_option()],
    subcommand_metavar="TEXT|COMMAND [ARGS]...",
    no_args_is_help=True,
    examples="""
        catalog route "audit my SEO"
        catalog route "plot price by size" --kind tool --explain
        # a prompt that is the name of a command
        catalog route -- fit
        catalog route eval prompts.jsonl --gate baseline.json
    """,
)
def route() -> None:
    """Pick the entry that should handle a prompt.

    TEXT is the prompt; - reads it from standard input. The exit status is 0 if an entry was picked and 1 if none
    fits. Options that are not given come from [tool.catalog.router] of the configuration, so that the command line
    and AutoCouncil.configured in Python mean the same router. Nothing is imported but rules and strategies that are
    Python.
    """
