"""MCP servers as client programs are told of them: ``mcpServers`` and its relatives; no value of a variable is kept."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.secrets import (
    values_left_out,
    variable,
    without_secret_arguments,
    without_secrets,
    without_secrets_in_url,
)

_TABLES = ("mcpServers", "mcp_servers", "context_servers", "servers")
_TRANSPORTS = {
    "streamable-http": "http",
    "streamable_http": "http",
    "streamableHttp": "http",
    "http": "http",
    "sse": "sse",
}
_KEPT = (
    *("cwd", "envFile", "disabled", "enabled", "timeout", "alwaysAllow", "autoApprove", "includeTools"),
    *("excludeTools", "tools", "enabled_tools", "disabled_tools", "env_vars"),
)
"""What says nothing secret and is kept as it stands, beside what is looked at here."""


def read(document: Document) -> Iterator[Item]:
    """Yield the servers."""
    is_yaml = document.name.endswith(".yaml")
    data = document.yaml if is_yaml else document.toml if document.name.endswith(".toml") else document.jsonc
    if not isinstance(data, dict):
        return
    inputs = _inputs(data)
    for name, server in _servers(document, data).items():
        if not isinstance(server, dict):
            raise DocumentFault(f"the server {name!r:.80} is no object")
        item = _item(document, name, server, inputs)
        if item is not None:
            yield item


def _servers(document: Document, data: dict[str, Any]) -> dict[str, Any]:
    holders = [
        data,
        data.get("mcp"),
        data.get("settings", {}).get("mcp") if isinstance(data.get("settings"), dict) else None,
    ]
    for holder in holders:
        if not isinstance(holder, dict):
            continue
        for word in _TABLES:
            servers = holder.get(word)
            if isinstance(servers, list):  # some programs write a list of objects with names
                return {str(each.get("name")): each for each in servers if isinstance(each, dict) and each.get("name")}
            if isinstance(servers, dict):
                return servers
    if document.name in (".mcp.json", "mcp.json") and data and all(map(_is_server, data.values())):
        return data  # a plug-in may leave the table out
    return {}


def _is_server(value: object) -> bool:
    return isinstance(value, dict) and any(
        isinstance(value.get(word), (str, dict)) for word in ("command", "url", "httpUrl", "serverUrl")
    )


def _inputs(data: dict[str, Any]) -> dict[str, Any]:
    """Return what an editor asks its user for, by the name that servers use: ``${input:name}``."""
    asked = data.get("inputs")
    found = {}
    for each in asked if isinstance(asked, list) else ():
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            kept = {word: each[word] for word in ("type", "description", "password", "options") if word in each}
            found[each["id"]] = without_secrets(kept)
    return found


def _item(document: Document, name: str, server: dict[str, Any], inputs: Mapping[str, Any]) -> Item | None:
    target = server.get("target")  # of fast-agent: either of the two
    if isinstance(target, str) and "command" not in server:
        server = {"url" if "://" in target else "command": target, **server}
    spec = _http(server) or _stdio(server)
    if spec is None:
        return None
    spec |= {word: without_secrets(part, word) for word, part in server.items() if word in _KEPT}
    used = set(re.findall(r"\$\{input:([^}]*)\}", str(spec)))
    if used & set(inputs):
        spec["inputs"] = {each: inputs[each] for each in sorted(used & set(inputs))}
    signature = command_of(spec)
    description = server.get("description")
    if not isinstance(description, str) or not description.strip():
        description = description_of(spec)
    return Item(
        kind="mcp_server",
        name=name,
        description=str(without_secrets(description)),
        spec=spec,
        signature=signature,
        line=document.line_of(name),
        tags=(spec["transport"],),
    )


def _http(server: dict[str, Any]) -> dict[str, Any] | None:
    url = next((server[word] for word in ("url", "httpUrl", "serverUrl") if isinstance(server.get(word), str)), None)
    if url is None:
        return None
    said = server.get("type", server.get("transport"))
    transport = _TRANSPORTS.get(said, "http") if isinstance(said, str) else "http"
    if said is None and re.search(r"/sse/?(?:[?#]|$)", url):
        transport = "sse"
    spec: dict[str, Any] = {"transport": transport, "url": without_secrets_in_url(url)}
    headers: dict[str, str] = {}
    for word in ("headers", "http_headers"):
        if isinstance(server.get(word), dict):
            headers |= values_left_out(server[word])
    named = server.get("env_http_headers")
    for header, env in named.items() if isinstance(named, dict) else ():
        headers[header] = variable(str(env))
    if isinstance(server.get("bearer_token_env_var"), str):
        headers["Authorization"] = f"Bearer {variable(server['bearer_token_env_var'])}"
    if headers:
        spec["headers"] = headers
    return spec


def _stdio(server: dict[str, Any]) -> dict[str, Any] | None:
    command, arguments = server.get("command"), server.get("args", ())
    if isinstance(command, dict):  # as Zed wrote it: path, args and env in one table
        server = {**server, **command}
        command, arguments = server.get("path"), server.get("args", ())
    if not isinstance(command, str) or not command.strip():
        return None
    if isinstance(arguments, str):
        arguments = [arguments]
    words = [command]
    if not arguments and " " in command.strip():  # a whole line; a path with spaces in it stays one word
        words = without_secret_arguments(_split(command))
    spec: dict[str, Any] = {"transport": "stdio", "command": words[0]}
    arguments = [*words[1:], *without_secret_arguments(arguments if isinstance(arguments, list) else ())]
    if arguments:
        spec["args"] = arguments
    if isinstance(server.get("env"), dict) and server["env"]:
        spec["env"] = values_left_out(server["env"])
    return spec


def _split(line: str) -> list[str]:
    if re.match(r"(?:[A-Za-z]:)?[/\\]", line):
        return [line]
    try:
        return shlex.split(line)
    except ValueError:
        return [line]


def command_of(spec: Mapping[str, Any]) -> str:
    """Return in one line what a client does to reach the server."""
    return str(spec["url"]) if "url" in spec else " ".join([str(spec["command"]), *map(str, spec.get("args", ()))])


def description_of(spec: Mapping[str, Any]) -> str:
    """Return what can be said of a server that nobody describes; empty where nothing says how it is reached."""
    if "url" not in spec and "command" not in spec:
        return ""
    return f"MCP server {'at' if 'url' in spec else 'run by'} {command_of(spec)}"
