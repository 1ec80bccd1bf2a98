"""``catalog``: the table of commands, the meaning of exit statuses, and the way in."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # `signal` itself takes a millisecond and a half to import
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from catalog import CatalogError, __version__
from catalog_cli.completion import join_colons
from catalog_cli.gate import tell, tell_lines
from catalog_cli.lazy import Entrance, LazyGroup
from catalog_cli.options import embedder_option, url_option
from catalog_cli.streams import UNUSABLE, drop_output, fill_closed, flush_stderr, is_of_output, leave_at_once

_FIND, _FILL, _CHECK = "Find and use", "Fill and change", "Check and mend"

COMMANDS = {
    "search": Entrance("catalog_cli.commands.search:search", "Find entries by words, tags and kind", _FIND),
    "ls": Entrance("catalog_cli.commands.ls:ls", "List entries, of some kinds or all", _FIND),
    "explain": Entrance("catalog_cli.commands.explain:explain", "Show all that is known of an entry", _FIND),
    "similar": Entrance(
        "catalog_cli.commands.similar:similar", "List the entries nearest in meaning to an entry", _FIND
    ),
    "graph": Entrance("catalog_cli.commands.graph:graph", "Draw a council, or what an entry refers to", _FIND),
    "which": Entrance("catalog_cli.commands.which:which", "Show which tier an entry comes from, and why", _FIND),
    "route": Entrance("catalog_cli.commands.route:route", "Pick the entry that should handle a prompt", _FIND),
    "run": Entrance("catalog_cli.commands.run:run", "Load an entry and call it", _FIND),
    "mcp": Entrance("catalog_cli.commands.mcp:mcp", "Serve the catalog to MCP clients", _FIND),
    "serve": Entrance("catalog_cli.commands.serve:serve", "Show the catalog in browsers and over HTTP", _FIND),
    "use": Entrance("catalog_cli.commands.use:use", "Let searches learn which entries were right", _FIND),
    "init": Entrance("catalog_cli.commands.init:init", "Give this folder a catalog of its own", _FILL),
    "scan": Entrance("catalog_cli.commands.scan:scan", "Fill the catalog from packages and folders", _FILL),
    "add-mcp": Entrance("catalog_cli.commands.add_mcp:add_mcp", "Take in an MCP server and all that it lists", _FILL),
    "refresh": Entrance("catalog_cli.commands.refresh:refresh", "Look again at plugins and scanned sources", _FILL),
    "register": Entrance("catalog_cli.commands.register:register", "Add or replace one entry", _FILL),
    "update": Entrance("catalog_cli.commands.update:update", "Change some fields of an entry", _FILL),
    "tag": Entrance("catalog_cli.commands.tag:tag", "Add and remove tags of an entry", _FILL),
    "rename": Entrance("catalog_cli.commands.rename:rename", "Give an entry another name", _FILL),
    "alias": Entrance(
        "catalog_cli.commands.alias:alias", "Let a name such as prod point at a revision of an entry", _FILL
    ),
    "unregister": Entrance("catalog_cli.commands.unregister:unregister", "Take entries away", _FILL),
    "approve": Entrance(
        "catalog_cli.commands.approve:approve",
        "Let routers pick what needs review",
        _FILL,
    ),
    "deprecate": Entrance("catalog_cli.commands.deprecate:deprecate", "Mark an entry that has had its day", _FILL),
    "import": Entrance("catalog_cli.commands.import_:import_", "Add the entries of a JSON Lines file", _FILL),
    "export": Entrance("catalog_cli.commands.export:export", "Write entries as JSON Lines or a published form", _FILL),
    "docs": Entrance("catalog_cli.commands.docs:docs", "Make documentation of the entries", _FILL),
    "embed": Entrance("catalog_cli.commands.embed:embed", "Look after the vectors of search by meaning", _FILL),
    "info": Entrance("catalog_cli.commands.info:info", "Show which catalog this is", _CHECK),
    "verify": Entrance("catalog_cli.commands.verify:verify", "Report code that is not as it was recorded", _CHECK),
    "pin": Entrance("catalog_cli.commands.pin:pin", "Write what entries stand for into a lock file", _CHECK),
    "doctor": Entrance(
        "catalog_cli.commands.doctor:doctor",
        "Find what is wrong, and mend it",
        _CHECK,
    ),
    "log": Entrance("catalog_cli.commands.log:log", "Show who changed what, when and why", _CHECK),
    "restore": Entrance("catalog_cli.commands.restore:restore", "Bring back an entry as it once was", _CHECK),
    "db": Entrance("catalog_cli.commands.db:db", "Look after the database itself", _CHECK),
}

EXIT_CODES = {
    "entry-not-found": 1,
    "package-not-found": 1,
    "drift": 1,
    "pin": 1,
    "remote-tool": 1,
    "no-match": 1,
    "entry": 2,
    "invalid-entry": 2,
    "duplicate-entry": 2,
    "unknown-kind": 2,
    "changed": 1,
    "load": 2,
    "call-timeout": 1,
    "lock": 2,
    "invalid-reference": 2,
    "not-importable": 2,
    "search": 2,
    "invalid-filter": 2,
    "routing": 2,
    "council-spec": 2,
    "settings": 2,
}
"""``CatalogError.code`` to exit status; other codes (the store, imports and embedders that fail) are 3."""

INTERRUPTED, ENDED, CLOSED_PIPE = 130, 143, 141


class Root(LazyGroup):
    """The command ``catalog``: turns every way a run can end into one line and an exit status."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and leave the process with 0 (done), 1 (the answer is no), 2 (wrong use) or 3 (can't be used)."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        import warnings

        if os.environ.get("_CATALOG_COMPLETE", "").startswith("bash"):
            join_colons()
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            sys.exit(self._status(args, prog_name, complete_var, **extra))

    def _status(self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any) -> int:
        try:
            ended = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.UsageError as error:
            return _fail(_usage(error), error.exit_code)
        except click.FileError as error:
            return _fail(error.format_message(), 2)
        except click.ClickException as error:
            return _fail(error.format_message(), error.exit_code, "" if error.exit_code == 1 else "Error: ")
        except CatalogError as error:
            status = _fail(str(error), _exit_status(error))
            if error.code == "call-timeout":
                leave_at_once(status)
            return status
        except click.Abort:
            return INTERRUPTED
        except OSError as error:
            return INTERRUPTED if _is_interrupted else _fail(_outside(error), UNUSABLE)
        except Exception as error:  # a fault of this program: a report of it needs the traceback
            if _is_interrupted:
                return INTERRUPTED
            import traceback

            tell_lines(traceback.format_exc())
            return _fail(f"{type(error).__name__}, which is a fault of the catalog; please report it", UNUSABLE)
        return ended if isinstance(ended, int) else 0

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; it ends silently when the reader of its output goes away, as ``head`` does."""
        try:
            ended = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            drop_output()
            raise SystemExit(CLOSED_PIPE) from None
        return ended


def _exit_status(error: CatalogError) -> int:
    if error.code == "embedder" and "close" in error.facts:  # no embedder has that name; otherwise it failed
        return 2
    if error.code == "strategy" and "option" in error.facts:  # an option it can't have; otherwise it failed
        return 2
    return EXIT_CODES.get(error.code, UNUSABLE)


def _fail(text: str, status: int, prefix: str = "Error: ") -> int:
    tell(prefix + text)
    return status


def _outside(error: OSError) -> str:
    """Return the message for an *error* of the operating system that no command handles itself."""
    if is_of_output(error):
        return f"standard output can't be written: {error.strerror or error}"
    try:
        os.getcwd()
    except OSError:
        return "the current folder is gone; go to one that is there"
    return f"{os.fspath(error.filename)!r}: {error.strerror}" if error.filename else str(error)


def _usage(error: click.UsageError) -> str:
    text = error.format_message().rstrip(".")
    if error.ctx is None or "did you mean" in text.lower():
        return text
    return f"{text}; see '{error.ctx.command_path} --help'"


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    if category.__name__ == "CatalogWarning":
        tell(f"Warning: {message}")
    else:
        import warnings

        tell_lines(warnings.formatwarning(message, category, filename, lineno))


@click.command(
    cls=Root,
    entrances=COMMANDS,
    params=[embedder_option(), url_option()],
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples="""
        catalog scan langchain_community
        catalog search "draw a chart" --kind tool
        catalog explain create_scatter
    """,
    epilog="Exit status: 0 done, 1 the answer is no, 2 wrong use, 3 the catalog could not be used. "
    'Completion: put eval "$(_CATALOG_COMPLETE=bash_source catalog)" into ~/.bashrc; for other shells zsh_source '
    "or fish_source.",
)
@click.version_option(__version__, "--version", prog_name="catalog", message="%(prog)s %(version)s")
def cli() -> None:
    """Know every tool, model, prompt and agent of your project, without importing it.

    The catalog is one SQLite file. Fill it with scan, then search it; every command has more to read under --help.
    """


def main() -> NoReturn:
    """Run the command line of this process."""
    fill_closed()
    try:
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:  # `nohup` and the like stay as they are
            signal.signal(signal.SIGTERM, _end)
        if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
            signal.signal(signal.SIGINT, _interrupt)
        _run()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit  # not reached: `cli.main` leaves the process


_is_interrupted = False


def _interrupt(*_: object) -> NoReturn:
    """Interrupt the run, and note it: what is interrupted may make another error of it, as a library's import does."""
    global _is_interrupted
    _is_interrupted = True
    raise KeyboardInterrupt


def _end(*_: object) -> NoReturn:
    """End the process as an error does, so that temporary files are removed."""
    raise SystemExit(ENDED)


def _run() -> None:
    for stream in (sys.stdout, sys.stderr):  # a path that is not Unicode must not end a listing
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # A run is short and leaves little garbage: collecting it while modules are imported, and again at the end, takes
    # a quarter of the time of a search.
    gc.set_threshold(50_000, *gc.get_threshold()[1:])
    try:
        cli.main(prog_name="catalog")
    finally:
        flush_stderr()
        gc.freeze()
        if signal.getsignal(signal.SIGINT) is _interrupt:  # everything is written and closed
            signal.signal(signal.SIGINT, signal.SIG_DFL)
