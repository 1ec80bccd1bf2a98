"""``catalog add-mcp``."""

from __future__ import annotations

from collections.abc import Callable

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command, json_option
from catalog_cli.reports import show, verbose_option


@command(
    "add-mcp",
    examples="""
        catalog add-mcp git uvx mcp-server-git --repository .
        catalog add-mcp --env GITHUB_TOKEN github ./github-mcp-server stdio
        catalog add-mcp --header 'X-Key: ${KEY}' docs https://docs.example/mcp
        # a server that a scan of mcp.json has found
        catalog add-mcp files
    """,
    embedder=True,
    reason=True,
    unknown_options=True,
)
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[COMMAND...|URL]", type=click.UNPROCESSED)
@click.option("--env", multiple=True, metavar="NAME[=${OTHER}]", help="Give it this variable of the environment.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send this to its address.")
@click.option("--cwd", metavar="FOLDER", help="Start it in this folder.")
@click.option("--login", is_flag=True, help="Log in by OAuth: the address to open is shown.")
@verbose_option()
@json_option("the report")
@pass_app
def add_mcp(
    app: Application,
    name: str,
    words: tuple[str, ...],
    env: tuple[str, ...],
    headers: tuple[str, ...],
    cwd: str | None,
    login: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Take in an MCP server and all that it lists.

    Starts the server, or asks its address, and stores its tools, prompts and resources as entries NAME/…, which can be
    searched and run; it is started again when one of them is called, and ends when it is idle. Without a COMMAND or URL
    the entry NAME says how it is reached. Options stand before NAME; words after it are the server's. Values of
    variables and headers are not stored: write ${VARIABLE}, or the name of the variable alone.
    """
    from catalog import add_mcp as add

    named = dict(_split(header) for header in headers)
    report = add(app.catalog, name, *words, env=env, headers=named or None, cwd=cwd, oauth=login, show=_show_login(app))
    if as_json:
        app.screen.json(report.to_dict())
    else:
        show(app.screen, report, verbose=verbose)


def _split(header: str) -> tuple[str, str]:
    name, colon, value = header.partition(":")
    if not colon or not name.strip() or not value.strip():
        raise click.UsageError(f"--header {header!r}: write 'NAME: VALUE'")
    return name.strip(), value.strip()


def _show_login(app: Application) -> Callable[[str], None]:
    return lambda url: app.screen.remark(f"log in here: {url}")
