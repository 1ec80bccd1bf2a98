"""Commands that show examples, and groups that import a command only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from catalog import close_matches, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entrance(NamedTuple):
    """Where a command is, and its help before it is imported.

    Attributes:
        target: ``module:object``.
        help: one line, without a full stop; the same as the first line of the command's own help.
        section: the heading it is listed under.
    """

    target: str
    help: str
    section: str = "Commands"


class WithExamples(click.Command):
    """A command whose help ends with examples, shown as they are written."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        """Take *examples*, a line each; a line that begins with ``#`` explains the next line."""
        super().__init__(*args, **kwargs)
        self.examples = [line.strip() for line in examples.strip().splitlines()]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the epilog."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        super().format_epilog(ctx, formatter)


MEANT = {
    "show": ("explain",), "describe": ("explain",), "cat": ("explain",),
    "get": ("explain", "run"),
    "add": ("register", "scan"), "new": ("register",), "create": ("register",), "insert": ("register",),
    "rm": ("unregister",), "remove": ("unregister",), "delete": ("unregister",), "del": ("unregister",),
    "edit": ("update",), "set": ("update",), "mv": ("rename",), "move": ("rename",),
    "list": ("ls",), "find": ("search",), "query": ("search",), "grep": ("search",), "call": ("run",), "exec": ("run",),
    "status": ("info", "verify"), "check": ("verify", "doctor"), "diff": ("verify", "log"), "fix": ("doctor",),
    "history": ("log",), "undo": ("restore",), "revert": ("restore",), "sync": ("refresh",), "discover": ("scan",),
    "load": ("import", "run"), "dump": ("export",), "save": ("export",), "backup": ("db",), "upgrade": ("db",),
    "migrate": ("db",), "tags": ("tag",), "config": ("init", "info"), "setup": ("init",), "ask": ("route",),
    "version": ("--version",), "help": ("--help",),
}  # fmt: skip
"""Words from other programs, and the commands that do the same here."""


class LazyGroup(WithExamples, click.Group):
    """Imports a command's module only when that command is asked for."""

    def __init__(self, *args: Any, entrances: Mapping[str, Entrance], **kwargs: Any) -> None:
        """List the commands of *entrances*, by name."""
        super().__init__(*args, **kwargs)
        self.entrances = entrances

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.entrances)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command called *cmd_name*."""
        entrance = self.entrances.get(cmd_name)
        if entrance is None:
            return None
        module, _, name = entrance.target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first argument; the error for an unknown word names the command that was meant."""
        name = args[0]
        if name not in self.entrances and not name.startswith("-") and not ctx.resilient_parsing:
            meant = [word for word in MEANT.get(name.casefold(), ()) if word in self.entrances or word.startswith("-")]
            hint = did_you_mean(meant or close_matches(name, self.entrances))
            raise click.UsageError(f"no such command '{name}'{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, section by section, importing none of it."""
        widest = max(map(len, self.entrances))
        for section in dict.fromkeys(entrance.section for entrance in self.entrances.values()):
            rows = [
                (name.ljust(widest), entrance.help)
                for name, entrance in self.entrances.items()
                if entrance.section == section
            ]
            with formatter.section(section):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete names of commands from the table, and the group's own options."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=entrance.help)
            for name, entrance in self.entrances.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)
