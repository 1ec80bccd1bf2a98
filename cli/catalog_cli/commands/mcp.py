"""``catalog mcp``."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from catalog_cli.application import Application, pass_app
from catalog_cli.mcp_clients import CLIENTS, added, document, server_of
from catalog_cli.options import command

ENDED, INTERRUPTED = 143, 130


@command(
    "mcp",
    examples="""
        catalog mcp
        catalog mcp --http --port 8765
        catalog mcp --install claude
        catalog mcp --install vscode --write
    """,
    embedder=True,
)
@click.option("--http", is_flag=True, help="Serve streamable HTTP instead of standard input and output.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --http: an address of this machine alone.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="With --http; 0: a free one."
)
@click.option(
    "--project", metavar="DIR", type=click.Path(exists=True, file_okay=False), help="Go to this folder first."
)
@click.option("--install", "client", type=click.Choice(tuple(CLIENTS)), help="Print what this client wants to read.")
@click.option("--write", is_flag=True, help="With --install: write it into the file of the client in this folder.")
@click.option("--file", "path", metavar="FILE", help="With --write: into this file.")
@click.option("--name", default="catalog", show_default=True, help="With --install: what the client calls the server.")
@pass_app
def mcp(
    app: Application,
    http: bool,
    host: str,
    port: int,
    project: str | None,
    client: str | None,
    write: bool,
    path: str | None,
    name: str,
) -> None:
    """Serve the catalog to MCP clients.

    A client sees four tools at most, however many entries there are: search_tools, describe_tool, route, and call_tool
    where [tool.catalog.mcp] has call = true. Entries are resources, catalog://KIND/NAME, and entries of kind prompt are
    prompts. Only what [tool.catalog.trust] allows is imported.

    With --install the configuration of a client is printed; with --write too it is written, whatever else is in the
    file stays, and the file as it was is kept beside it with .bak at its end.
    """
    if (write or path) and not client:
        raise click.UsageError("--write and --file go with --install")
    if project is not None:
        os.chdir(project)
    if client is not None:
        _install(app, client, name, path if path or not write else CLIENTS[client].file)
        return
    app.is_served = True
    app.look_here()
    if http:
        _serve_http(app, host, port)
        return
    from catalog.mcp import serve

    for number, status in ((signal.SIGTERM, ENDED), (signal.SIGINT, INTERRUPTED)):
        if signal.getsignal(number) not in (signal.SIG_IGN, None):  # `nohup` and the like stay as they are
            signal.signal(number, partial(_leave, status))
    serve(app.catalog, ended=lambda still_calling: _leave(0) if still_calling else None)


def _leave(status: int, *_: object) -> None:
    """End the process at once: code that was called may hang, and so does the thread that waits for the client."""
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(status)


def _serve_http(app: Application, host: str, port: int) -> None:
    from catalog.mcp import app as application

    if not (host in ("localhost", "::1") or host.startswith("127.")):
        raise click.UsageError(
            f"{host} is no address of this machine alone; `catalog serve` answers others, with a token"
        )
    served = application(app.catalog, hosts=(host,))
    import uvicorn  # comes with the SDK

    uvicorn.run(served, host=host, port=port, log_level="info", access_log=False, timeout_graceful_shutdown=3)


def _install(app: Application, client: str, name: str, path: str | None) -> None:
    from catalog import default_url, load_settings, sqlite_path

    settings = load_settings()
    project = settings.file.parent if settings.file else None
    url = app.url or os.environ.get("CATALOG_URL") or (None if project and settings.url else default_url())
    if url is not None and url.startswith("sqlite:") and (file := sqlite_path(url)):
        url = f"sqlite:///{os.path.abspath(file)}"
    about = CLIENTS[client]
    server = server_of(about, url, project)
    made = document({about.table: {name: server}})
    if path is None:
        app.screen.document(made, whole=True)
        app.screen.hint(f"Put this into {about.file}, or say --write.")
    elif _written(Path(path), added(_read(Path(path)), path, about, name, server)):
        app.screen.print(f"wrote {name} into {path}")
    else:
        app.screen.print(f"{path} has it already; it stays as it is")
    if "env" in server:
        app.screen.remark("The password stays out of it: CATALOG_URL has to be set where the client runs.")


def _read(path: Path) -> str:
    from catalog import read_text

    try:
        return read_text(path)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise click.FileError(str(path), getattr(error, "strerror", None) or "it is no text in UTF-8") from None


def _written(path: Path, text: str) -> bool:
    """Write *text* whole or not at all, with what was there beside it; False: it was there already."""
    from catalog import whole_file

    before = _read(path)
    if before == text:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before:
            with whole_file(path.with_name(path.name + ".bak")) as file:
                file.write(before)
        with whole_file(path) as file:
            file.write(text)
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from None
    return True
