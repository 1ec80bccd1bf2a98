"""What is read, written and read again is the same, for whatever a document of each form may hold."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from document_samples import as_json
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import Entry
from catalog.discovery.documents.document import DocumentFile
from catalog.discovery.read_documents import read_document
from catalog.entry.entry import make_entry
from catalog.verbs.documents_out.agent_card import agent_card
from catalog.verbs.documents_out.mcp_json import McpJson
from catalog.verbs.documents_out.openapi import OpenApiDocument
from catalog.verbs.documents_out.server_json import server_json
from catalog.verbs.documents_out.skills import SkillFolders

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), max_size=20)
NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,15}", fullmatch=True)
WORD = st.from_regex(r"[a-z]{1,10}", fullmatch=True)


def read(path: Path, top: Path) -> dict[str, Entry]:
    """Return the entries that reading a document gives, by key, without where they were read."""
    findings, fault = read_document(DocumentFile(str(path), path.relative_to(top).as_posix(), ""), str(top))
    assert fault == ""
    fields = ("kind", "name", "spec", "description", "tags", "examples", "signature", "checksum", "source_checksum")
    return {
        finding.key: make_entry(
            {field: getattr(finding, field) for field in fields}
            | {"metadata": {"parameters": finding.parameters, "api": finding.metadata.get("api")}}
        )
        for finding in findings
    }


def there_and_back(name: str, data: bytes, write: Callable[[Any], Any]) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Return the entries of a document, and those of what *write* makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        before = read(path, Path(folder))
        written = Path(folder) / "out" / f"{path.stem}.json"
        written.parent.mkdir()
        written.write_text(json.dumps(write(before.values())), encoding="utf-8")
        return before, read(written, Path(folder))


def together(form: Any) -> Callable[[Any], Any]:
    """Return what writes entries by a form that holds many."""

    def write(entries: Any) -> Any:
        document = form()
        for entry in entries:
            document.add(entry)
        return document.written()

    return write


ARGUMENTS = st.lists(
    TEXT | WORD | st.sampled_from(["--api-key", "--port=80", "-e", "A=b", "x@1.0", "${A}"]), max_size=4
)
SERVER = st.one_of(
    st.fixed_dictionaries(
        {"command": WORD},
        optional={"args": ARGUMENTS, "env": st.dictionaries(NAME, TEXT, max_size=2), "description": TEXT, "cwd": WORD},
    ),
    st.fixed_dictionaries(
        {"url": st.sampled_from(["https://a.example/mcp", "https://u:p@a.example/x/sse?token=abc&v=1#top"])},
        optional={"type": st.sampled_from(["http", "sse"]), "headers": st.dictionaries(NAME, TEXT, max_size=2)},
    ),
)


@given(st.dictionaries(NAME, SERVER, min_size=1, max_size=3))
def test_servers(servers: dict[str, Any]) -> None:
    """Servers of a client come back as they were read."""
    before, after = there_and_back("mcp.json", as_json({"mcpServers": servers}), together(McpJson))
    assert len(before) == len(servers)
    assert after == before


@given(
    st.fixed_dictionaries(
        {
            "name": NAME.map("io.github.example/{}".format),
            "description": TEXT.filter(str.strip),
            "version": WORD,
            "remotes": st.lists(
                st.fixed_dictionaries(
                    {"type": st.sampled_from(["sse", "streamable-http"]), "url": st.just("https://a.example/mcp")},
                    optional={"headers": st.lists(st.fixed_dictionaries({"name": NAME, "value": TEXT}), max_size=2)},
                ),
                max_size=2,
            ),
        },
        optional={"title": TEXT, "websiteUrl": st.just("https://a.example")},
    )
)
def test_published_servers(data: dict[str, Any]) -> None:
    """A server of the registry comes back as it was read."""
    before, after = there_and_back("server.json", as_json(data), lambda entries: server_json(*entries))
    assert after == before
    assert list(before) == [f"mcp_server:{data['name']}"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": WORD, "name": TEXT, "description": TEXT, "tags": st.lists(WORD, max_size=2)},
            optional={"examples": st.lists(TEXT, max_size=2)},
        ),
        max_size=3,
    ),
    TEXT,
)
def test_agents(skills: list[dict[str, Any]], description: str) -> None:
    """An agent card comes back as it was read."""
    card = {"name": "A", "description": description, "skills": skills, "url": "https://a.example"}
    card["capabilities"] = {}
    before, after = there_and_back("agent-card.json", as_json(card), lambda entries: agent_card(*entries))
    assert after == before
    assert list(before) == ["agent:A"]


SCHEMA: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [
            {},
            {"type": "string", "nullable": True, "example": "x"},
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"$ref": "#/components/schemas/A"},
            {"$ref": "#/components/schemas/B", "nullable": True},
            {"type": "string", "format": "password", "default": "hunter2"},
            {"enum": ["a", None, 1]},
        ]
    ),
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=2))
        | st.builds(lambda parts: {"type": "object", "properties": parts}, st.dictionaries(NAME, inner, max_size=2))
    ),
    max_leaves=4,
)
PARAMETER = st.fixed_dictionaries(
    {"name": NAME, "in": st.sampled_from(["query", "header", "cookie"]), "schema": SCHEMA},
    optional={"description": TEXT, "required": st.booleans()},
)
OPERATION = st.fixed_dictionaries(
    {},
    optional={
        "operationId": NAME,
        "summary": TEXT,
        "description": TEXT,
        "deprecated": st.booleans(),
        "tags": st.lists(WORD, max_size=2),
        "parameters": st.lists(PARAMETER, max_size=3),
        "servers": st.sampled_from([[], [{"url": "https://b.example"}], [{"url": "/v1"}]]),
        "requestBody": st.fixed_dictionaries(
            {"content": st.dictionaries(st.sampled_from(["application/json", "text/plain"]), st.just({}), max_size=2)},
            optional={"required": st.booleans(), "description": TEXT},
        ),
    },
)


@settings(max_examples=some(200))
@given(
    st.dictionaries(
        st.sampled_from(["/a", "/a/{id}", "/b"]),
        st.dictionaries(st.sampled_from(["get", "post", "query"]), OPERATION, min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ),
    SCHEMA,
    st.booleans(),
)
def test_operations(paths: dict[str, Any], schema: Any, as_yaml: bool) -> None:
    """Operations come back as they were read: names, arguments, where they go, definitions with their circles."""
    for operations in paths.values():
        for operation in operations.values():
            for media in operation.get("requestBody", {}).get("content", {}):
                operation["requestBody"]["content"][media] = {"schema": schema}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "An API", "version": "1"},
        "servers": [{"url": "https://a.example/v1"}],
        "paths": paths,
        "components": {
            "schemas": {"A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": {"allOf": [schema]}}
        },
    }
    text = yaml.safe_dump(document, allow_unicode=True) if as_yaml else json.dumps(document)
    name = "openapi.yaml" if as_yaml else "openapi.json"
    before, after = there_and_back(name, text.encode(), together(OpenApiDocument))
    assert len(before) == sum(map(len, paths.values()))
    assert after == before


@given(
    st.fixed_dictionaries(
        {"name": WORD, "description": TEXT.filter(str.strip)},
        optional={
            "license": TEXT,
            "allowed-tools": st.lists(WORD, max_size=2),
            "metadata": st.dictionaries(WORD, TEXT),
        },
    ),
    TEXT,
)
def test_skills(table: dict[str, Any], text: str) -> None:
    """A skill comes back with all its files, to the byte."""
    data = f"---\n{yaml.safe_dump(table, allow_unicode=True)}---\n{text}".encode()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "s"
        source.mkdir()
        (source / "SKILL.md").write_bytes(data)
        (source / "a.py").write_bytes(b"\0\xff")
        before = read(source / "SKILL.md", Path(folder))
        ((key, entry),) = before.items()
        out = SkillFolders(str(Path(folder) / "out"))
        out.add(entry.model_copy(update={"metadata": {"root": folder, "file": "s/SKILL.md"}}))
        out.write()
        assert read(Path(folder) / "out" / table["name"] / "SKILL.md", Path(folder)) == before
        assert key == f"skill:{table['name']}"
