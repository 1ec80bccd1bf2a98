"""OpenAPI 3: each operation is a tool, with the JSON Schema of what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.openapi_schema import Schemas
from catalog.discovery.documents.secrets import without_secrets, without_secrets_in_url
from catalog.discovery.documents.security import credentials_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_SAYS_SO = re.compile(r"(?:^|[{,\s])[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?\d")
_AT_TOP = re.compile(r"^[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE)
"""In YAML, unless all is between braces, the key stands at the beginning of a line; templates have it further in."""
_NOT_GIVEN = frozenset(("accept", "content-type", "authorization"))
"""Headers that OpenAPI itself says are no parameters."""
_PATH_LINE = re.compile(r"\s*[\"']?(/[^\"'\s]*?)[\"']?\s*:(?:\s|$)")
_METHOD_LINE = re.compile(rf"\s*[\"']?({'|'.join(METHODS)})[\"']?\s*:(?:\s|$)")


def read(document: Document) -> Iterator[Item]:
    """Yield the operations as tools; other JSON and YAML holds none.

    Raises:
        DocumentFault: it is a description of the version before, or broken.
    """
    text, is_json = document.text, document.name.endswith(".json")
    if _SAYS_SO.search(text) is None or not (is_json or text.lstrip().startswith("{") or _AT_TOP.search(text)):
        return
    data = document.json if is_json else document.yaml
    if not isinstance(data, dict) or not {"openapi", "swagger"} & set(data):
        return
    if "swagger" in data:
        raise DocumentFault(f"it is Swagger {data['swagger']}, and only OpenAPI 3 is read; convert it")
    if not str(data["openapi"]).startswith("3."):
        raise DocumentFault(f"it is of OpenAPI {str(data['openapi'])[:20]}, and only OpenAPI 3 is read")
    paths = data.get("paths") or {}
    if not isinstance(paths, dict):
        raise DocumentFault("its paths are no object")
    schemas = Schemas(data)
    lines = _lines(document.text)
    names: set[str] = set()
    for path, shared in paths.items():
        shared = schemas.followed(shared)
        for method in METHODS if isinstance(shared, dict) and path.startswith("/") else ():
            operation = shared.get(method)
            if isinstance(operation, dict):
                item = _item(data, path, method, shared, operation, schemas, lines.get((path, method), 1), names)
                names.add(item.name)
                yield item


def _item(
    data: Mapping[str, Any],
    path: str,
    method: str,
    shared: Mapping[str, Any],
    operation: Mapping[str, Any],
    schemas: Schemas,
    line: int,
    taken: set[str],
) -> Item:
    plain = f"{method.upper()} {path}"
    name = operation.get("operationId")
    if not isinstance(name, str) or not name.strip() or name in taken:
        name = plain
    parameters, where = _parameters(path, shared, operation, schemas)
    spec: dict[str, Any] = {"method": method.upper(), "path": path, "server": _server(operation, shared, data), **where}
    if operation.get("deprecated") is True:
        spec["deprecated"] = True
    info = data.get("info")
    about = info if isinstance(info, dict) else {}
    title = about.get("title")
    components = data.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    auth = credentials_of(schemes, operation.get("security", data.get("security")), str(title or "api"))
    if auth:
        spec["auth"] = auth
    return Item(
        kind="tool",
        name=name,
        description=_described(operation) or _described(shared),
        spec=spec,
        signature=plain,
        line=line,
        tags=tuple(tag for tag in operation.get("tags") or () if isinstance(tag, str)),
        parameters=without_secrets(parameters),
        metadata={"api": title.strip()} if isinstance(title, str) and title.strip() else {},
    )


def _described(node: Mapping[str, Any]) -> str:
    texts = [node.get("summary"), node.get("description")]
    given = [text.strip() for text in texts if isinstance(text, str) and text.strip()]
    if len(given) == 2 and given[1].startswith(given[0].rstrip(".")):
        del given[0]
    return "\n\n".join(given)


def _given(
    path: str, shared: Mapping[str, Any], operation: Mapping[str, Any], schemas: Schemas
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the parameters of an operation by name and place; those of the operation stand before its path's."""
    given: dict[tuple[str, str], dict[str, Any]] = {}
    for holder in (shared, operation):
        for each in holder.get("parameters") or ():
            each = schemas.followed(each)
            if isinstance(each, dict) and isinstance(each.get("name"), str) and isinstance(each.get("in"), str):
                given[each["name"], each["in"]] = each
    for name in re.findall(r"\{([^{}/]+)\}", path):  # nothing can be called without it, declared or not
        given.setdefault((name, "path"), {"name": name, "in": "path", "schema": {"type": "string"}})
    return given


def _parameters(
    path: str, shared: Mapping[str, Any], operation: Mapping[str, Any], schemas: Schemas
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON Schema of all an operation takes, and the parts of the spec that say where each goes."""
    given = _given(path, shared, operation, schemas)
    properties: dict[str, Any] = {}
    required: list[str] = []
    where: dict[str, str] = {}
    names: dict[str, str] = {}
    with schemas.collecting() as collected:
        for (name, place), each in given.items():
            if place == "header" and name.lower() in _NOT_GIVEN:
                continue
            key = name if name not in properties else f"{place}_{name}"
            if key != name:
                names[key] = name
            properties[key] = _parameter(each, schemas)
            where[key] = place
            if each.get("required") is True or place == "path":
                required.append(key)
        parts: dict[str, Any] = {"in": where}
        if names:
            parts["names"] = names
        body = schemas.followed(operation.get("requestBody"))
        if isinstance(body, dict):
            key = "body" if "body" not in properties else "request_body"
            parts["body"], properties[key] = _body(body, schemas)
            where[key] = "body"
            if body.get("required") is True:
                required.append(key)
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        definitions = collected()
    return {**schema, **({"$defs": definitions} if definitions else {})}, parts


def _parameter(parameter: Mapping[str, Any], schemas: Schemas) -> Any:
    content = parameter.get("content")
    if isinstance(content, dict) and content:
        media = next(iter(content.values()))
        schema = schemas.schema(media.get("schema", {}) if isinstance(media, dict) else {})
    else:
        schema = schemas.schema(parameter.get("schema", {}))
    return _with_description(schema, parameter.get("description"))


def _body(body: Mapping[str, Any], schemas: Schemas) -> tuple[str, Any]:
    """Return the media type in which a body is sent, and its schema: JSON where that is possible."""
    content = body.get("content")
    content = content if isinstance(content, dict) else {}
    media = min(content, key=_preference, default="application/json")
    holder = content.get(media)
    schema = schemas.schema(holder.get("schema", {}) if isinstance(holder, dict) else {})
    return media, _with_description(schema, body.get("description"))


def _preference(media: str) -> int:
    plain = media.partition(";")[0].strip().lower()
    if plain == "application/json":
        return 0
    if plain.endswith("+json"):
        return 1
    return {"application/x-www-form-urlencoded": 2, "multipart/form-data": 3}.get(plain, 4)


def _with_description(schema: Any, description: Any) -> Any:
    if isinstance(schema, dict) and isinstance(description, str) and description.strip():
        return {**schema, "description": description.strip()}
    return schema


def _server(*holders: Mapping[str, Any]) -> str:
    """Return the address of the first of *holders* that names a server; its variables have their default values."""
    for holder in holders:
        servers = holder.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        if isinstance(first, dict) and isinstance(first.get("url"), str):
            url: str = first["url"]
            variables = first.get("variables")
            for name, about in variables.items() if isinstance(variables, dict) else ():
                if isinstance(about, dict) and isinstance(about.get("default"), str):
                    url = url.replace(f"{{{name}}}", about["default"])
            return without_secrets_in_url(url)
    return "/"


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each operation, by path and method, in a text that is written over lines."""
    found: dict[tuple[str, str], int] = {}
    path = ""
    for number, line in enumerate(text.split("\n"), 1):
        if (match := _PATH_LINE.match(line)) is not None:
            path = match[1]
        elif path and (match := _METHOD_LINE.match(line)) is not None:
            found.setdefault((path, match[1]), number)
    return found
