"""Tools that are operations of an API, as one OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.discovery.documents.security import schemes_of
from catalog.verbs.documents_out.unfit import Unfit

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

_DEFINITIONS, _COMPONENTS = "#/$defs/", "#/components/schemas/"


class OpenApiDocument:
    """Operations on their way into one document."""

    def __init__(self) -> None:
        """Begin with none."""
        self._paths: dict[str, dict[str, Any]] = {}
        self._schemas: dict[str, Any] = {}
        self._security: dict[str, Any] = {}
        self._servers: list[str] = []
        self._titles: set[str] = set()

    def add(self, entry: Entry) -> None:
        """Take in one tool.

        Raises:
            Unfit: it is no operation, or its method and path are taken.
        """
        spec: Any = entry.spec
        if not isinstance(spec, dict) or not all(isinstance(spec.get(word), str) for word in ("method", "path")):
            raise Unfit("it has no method and path, as what was read of an OpenAPI document has")
        method, path = spec["method"].lower(), spec["path"]
        operations = self._paths.setdefault(path, {})
        if method in operations:
            raise Unfit(f"{spec['method']} {path} is there already; write the APIs to two files")
        operations[method] = self._operation(entry, spec)
        self._titles.add(str(entry.metadata.get("api", "")))

    def written(self) -> dict[str, Any]:
        """Return the document."""
        title = next(iter(self._titles)) if len(self._titles) == 1 else ""
        servers = [*dict.fromkeys(self._servers)]
        every = [operation for operations in self._paths.values() for operation in operations.values()]
        if len(servers) == 1:  # of all operations, or of those that name one
            for operation in every:
                operation.pop("servers", None)
        document: dict[str, Any] = {
            "openapi": "3.2.0" if any("query" in operations for operations in self._paths.values()) else "3.1.0",
            "info": {"title": title or "Tools", "version": "1"},
        }
        if len(servers) == 1 and servers[0] != "/":
            document["servers"] = [{"url": servers[0]}]
        document["paths"] = {path: self._paths[path] for path in sorted(self._paths) if self._paths[path]}
        parts = {"schemas": self._schemas, "securitySchemes": self._security}
        components = {word: dict(sorted(part.items())) for word, part in parts.items() if part}
        if components:
            document["components"] = components
        return document

    def _operation(self, entry: Entry, spec: Mapping[str, Any]) -> dict[str, Any]:
        schema, properties = self._parameters_of(entry)
        required = schema.get("required") or ()
        names = spec.get("names") or {}
        operation: dict[str, Any] = {}
        if entry.name != f"{spec['method']} {spec['path']}":
            operation["operationId"] = entry.given_name
        if entry.description:
            operation["description"] = entry.description
        if entry.tags:
            operation["tags"] = list(entry.tags)
        if spec.get("deprecated") is True:
            operation["deprecated"] = True
        server = str(spec.get("server") or "/")
        self._servers.append(server)
        if server != "/":
            operation["servers"] = [{"url": server}]
        parameters = []
        for key, place in (spec.get("in") or {}).items():
            about = properties.get(key, {})
            if place == "body":
                body = {"content": {str(spec.get("body") or "application/json"): {"schema": about}}}
                operation["requestBody"] = {**({"required": True} if key in required else {}), **body}
            else:
                must = {"required": True} if key in required or place == "path" else {}
                parameters.append({"name": names.get(key, key), "in": place, **must, "schema": about})
        if parameters:
            operation["parameters"] = parameters
        schemes = schemes_of(spec.get("auth"), str(entry.metadata.get("api") or "api"))
        if schemes:
            self._security |= schemes
            operation["security"] = [{name: [] for name in schemes}]
        operation["responses"] = {"default": {"description": "What the operation returns."}}
        return operation

    def _parameters_of(self, entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the schema of what a tool takes and its properties, with references into the document."""
        schema = entry.parameters
        definitions = schema.get("$defs") or {}
        for suffix in ("", *(f"_{number}" for number in range(2, 1_000))):
            names = {name: f"{name}{suffix}" for name in definitions}
            made = {names[name]: _moved(part, names) for name, part in definitions.items()}
            if all(self._schemas.get(name, part) == part for name, part in made.items()):
                break  # no other API calls something else by one of these names
        self._schemas |= made
        return schema, {key: _moved(part, names) for key, part in (schema.get("properties") or {}).items()}


def _moved(schema: Any, names: Mapping[str, str]) -> Any:
    """Return *schema* with the references to its own definitions leading to the components of a document."""
    if isinstance(schema, list):
        return [_moved(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {word: _moved(part, names) for word, part in schema.items()}
    ref = schema.get("$ref")
    if isinstance(ref, str) and ref.startswith(_DEFINITIONS):
        name = ref.removeprefix(_DEFINITIONS)
        moved["$ref"] = _COMPONENTS + names.get(name, name)
    return moved
