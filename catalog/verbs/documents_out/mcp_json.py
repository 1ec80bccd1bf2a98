"""MCP servers as a client program is told of them; variables stand in place of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.discovery.documents.mcp_config import description_of
from catalog.discovery.documents.secrets import variable
from catalog.verbs.documents_out.unfit import Unfit

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

_RUNNERS = {
    "npm": (["npx", "-y"], "{}@{}"),
    "pypi": (["uvx"], "{}@{}"),
    "oci": (["docker", "run", "-i", "--rm"], "{}"),
    "nuget": (["dnx", "--yes"], "{}@{}"),
}
"""What runs a package of a registry, and how name and version are written."""


class McpJson:
    """Servers on their way into one file."""

    def __init__(self) -> None:
        """Begin with none."""
        self._servers: dict[str, Any] = {}
        self._inputs: dict[str, Any] = {}

    def add(self, entry: Entry) -> None:
        """Take in one server.

        Raises:
            Unfit: nothing says how it is reached.
        """
        spec: Any = entry.spec
        if not isinstance(spec, dict):
            raise Unfit("it stands for Python code; nothing says how another program reaches it")
        if "packages" in spec or "remotes" in spec:
            server = reached_by(spec)
        elif "url" in spec or "command" in spec:
            server = {word: part for word, part in spec.items() if word not in ("transport", "inputs")}
            if "url" in spec:
                server = {"type": spec.get("transport", "http"), **server}
            self._inputs |= spec.get("inputs") or {}
        else:
            raise Unfit("it has neither a command nor an address")
        if entry.description and entry.description != description_of(spec):
            server["description"] = entry.description
        self._servers[entry.name] = server

    def written(self) -> dict[str, Any]:
        """Return the file's data."""
        inputs = [{"id": name, **about} for name, about in sorted(self._inputs.items())]
        return {**({"inputs": inputs} if inputs else {}), "mcpServers": dict(sorted(self._servers.items()))}


def reached_by(spec: dict[str, Any]) -> dict[str, Any]:
    """Return how a published server is reached: by its first address, else by its first package that runs anywhere."""
    for remote in spec.get("remotes") or ():
        if isinstance(remote, dict) and isinstance(remote.get("url"), str):
            kind = "sse" if remote.get("type") == "sse" else "http"
            headers = {each["name"]: _value(each) for each in _named(remote.get("headers"))}
            return {"type": kind, "url": remote["url"], **({"headers": headers} if headers else {})}
    for package in spec.get("packages") or ():
        runner = _RUNNERS.get(str(package.get("registryType"))) if isinstance(package, dict) else None
        if runner is None:
            continue
        words, form = runner
        hint = package.get("runtimeHint")
        words = [hint, *words[1:]] if isinstance(hint, str) and hint else words
        name, version = str(package.get("identifier")), package.get("version")
        env = {each["name"]: _value(each) for each in _named(package.get("environmentVariables"))}
        passed = [word for each in env for word in ("-e", each)] if package.get("registryType") == "oci" else []
        arguments = [*_arguments(package.get("runtimeArguments")), *passed]
        arguments += [form.format(name, version) if version else name, *_arguments(package.get("packageArguments"))]
        return {"command": words[0], "args": [*words[1:], *arguments], **({"env": env} if env else {})}
    raise Unfit("no address and no package of it can be written as a command")


def _named(inputs: Any) -> list[dict[str, Any]]:
    listed = inputs if isinstance(inputs, list) else ()
    return [each for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)]


def _value(about: dict[str, Any]) -> str:
    """Return the value of a variable or header that everybody has, else what stands for it."""
    value = about.get("value", about.get("default"))
    return value if isinstance(value, str) and not about.get("isSecret") else variable(about["name"])


def _arguments(listed: Any) -> list[str]:
    arguments = []
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict):
            continue
        value = each.get("value", each.get("default"))
        name = each.get("name") if each.get("type") == "named" else None
        if not isinstance(value, str):
            hint = each.get("valueHint") or each.get("name")
            value = variable(str(hint)) if hint and (name is None or each.get("valueHint")) else None
        arguments += [str(part) for part in (name, value) if part is not None]
    return arguments
