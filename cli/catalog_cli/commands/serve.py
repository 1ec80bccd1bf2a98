"""``catalog serve``."""

from __future__ import annotations

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.options import command


@command(
    "serve",
    examples="""
        catalog serve
        catalog serve --port 9000 --allow-write
        # for other machines, who need the token of this file
        catalog serve --host 0.0.0.0 --token /run/secrets/catalog
    """,
    embedder=True,
)
@click.option("--host", metavar="ADDRESS", help="The address to listen at; else 127.0.0.1. Another needs a token.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The port; else 8000. 0 takes a free one.")
@click.option(
    "--token",
    metavar="FILE|env:NAME",
    help="Where the token is that callers must send, or a TOML file of tokens with names and rights; else "
    "CATALOG_TOKEN. Never the token itself: others can see command lines.",
)
@click.option("--allow-write", is_flag=True, default=None, help="Let those change entries who have the right to.")
@click.option("--prefix", metavar="PATH", help="The path under which a proxy serves it, as /catalog.")
@pass_app
def serve(
    app: Application,
    host: str | None,
    port: int | None,
    token: str | None,
    allow_write: bool | None,
    prefix: str | None,
) -> None:
    """Show the catalog in browsers and over HTTP.

    The page is at the address that is printed, the API below it at api/v1 with its description in openapi.json, and
    for MCP clients mcp. It answers this machine only, and changes nothing, unless it is told otherwise;
    [tool.catalog.server] in the configuration can say the same and more, as tokens with names and rights.
    """
    from dataclasses import replace

    from catalog import Catalog, MissingExtraError, load_settings

    try:
        from catalog.server.app import create_app
        from catalog.server.running import serve
        from catalog.server.settings import server_settings
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"`catalog serve` needs {error.name}, which is not installed: pip install 'magma-catalog[server]'",
            extra="server",
        ) from error

    settings = replace(load_settings(), served=True)
    how = server_settings(
        settings.server,
        settings.file,
        token=token,
        host=host,
        port=port,
        allow_write=allow_write,
        allow_call=bool(settings.mcp.get("call")),
        prefix=prefix,
    )
    with Catalog(app.url, embedder=app.embedder, settings=settings) as catalog:
        serve(
            create_app(catalog, how),
            started=lambda address: app.screen.remark(f"serving {app.shown_url} at {address}; Ctrl-C stops it"),
        )
