"""What MCP clients want to read in their configuration, so that they start ``catalog mcp``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import click


class McpClient(NamedTuple):
    """How a client is told of a server.

    Attributes:
        file: its configuration for one project, from the folder of that.
        table: the name in it that holds the servers.
        variable: how a value is taken from the environment there.
        extra: what else it wants to know of a server.
    """

    file: str
    table: str
    variable: str
    extra: dict[str, str]


CLIENTS = {
    "claude": McpClient(".mcp.json", "mcpServers", "${{{}}}", {}),
    "cursor": McpClient(os.path.join(".cursor", "mcp.json"), "mcpServers", "${{env:{}}}", {}),
    "vscode": McpClient(os.path.join(".vscode", "mcp.json"), "servers", "${{env:{}}}", {"type": "stdio"}),
}
"""Clients by the word for ``--install``; Claude's desktop application takes the same in a file of its own."""


def server_of(client: McpClient, url: str | None, project: Path | None) -> dict[str, Any]:
    """Return what *client* is told of the server.

    Args:
        client: which client.
        url: the database; a password in it is left out, and taken from the environment by the client.
        project: the folder of the configuration that counts.
    """
    command, *first = _program()
    arguments = [*first, "mcp", *(("--project", str(project)) if project else ())]
    server: dict[str, Any] = {**client.extra, "command": command, "args": arguments}
    if url is not None and without_password(url) != url:
        server["env"] = {"CATALOG_URL": client.variable.format("CATALOG_URL")}
    elif url is not None:
        arguments += ["--url", url]
    return server


def without_password(url: str) -> str:
    """Return the URL of a database without the password in it: what is written into files is read by others."""
    scheme, slashes, rest = url.partition("://")
    if not slashes or scheme.startswith("sqlite"):
        return url
    place, _, query = rest.partition("?")
    login, at, host = place.rpartition("@")
    kept = "&".join(option for option in query.split("&") if not option.startswith("password="))
    return f"{scheme}://{login.partition(':')[0]}{at}{host}{'?' + kept if kept else ''}"


def _program() -> list[str]:
    """Return how this program is started from any folder, whatever the path of the client."""
    beside = Path(sys.executable).parent / ("catalog.exe" if os.name == "nt" else "catalog")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "catalog_cli"]


def added(text: str, path: str, client: McpClient, name: str, server: dict[str, Any]) -> str:
    """Return the configuration *text* of a client with one more server; all else in it stays.

    Raises:
        click.ClickException: it is not what this client reads.
    """
    try:
        held = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise click.ClickException(
            f"{path} is no plain JSON ({error}); it stays as it is: put this in by hand"
        ) from None
    servers = held.get(client.table, {}) if isinstance(held, dict) else None
    if not isinstance(servers, dict):
        raise click.ClickException(f"{path} has no table {client.table}; it stays as it is: put this in by hand")
    return document({**held, client.table: {**servers, name: server}})


def document(held: dict[str, Any]) -> str:
    """Return a configuration as text."""
    return json.dumps(held, indent=2, ensure_ascii=False) + "\n"
