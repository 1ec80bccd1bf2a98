"""Hostile documents: each is one clear line of the report, and harms nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from document_samples import SERVERS, SKILL, as_json, found, skipped
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.yaml_text import yaml_of
from catalog.discovery.ignore import Ignored
from catalog.discovery.read_documents import read_documents
from catalog.discovery.scan import scan
from catalog.discovery.walk import Listing, list_package

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

YAML_FAULTS = {
    "a: 1\na: 2\n": "it is not YAML: the key 'a' is there twice (line 2)",
    "a: !!python/object/apply:os.system ['touch owned']": "it is not YAML: the tag tag:yaml.org,2002:"
    "python/object/apply:os.system makes no plain data (line 1)",
    "a: !include secret.yaml": "it is not YAML: the tag !include makes no plain data (line 1)",
    "a: !!set {b, c}": "it is not YAML: the tag tag:yaml.org,2002:set makes no plain data (line 1)",
    BOMB: "it holds more than 200,000 values",
    "a: .nan": "it holds nan can't be written as JSON",
    "a: .inf": "it holds inf can't be written as JSON",
    "a: &a [*a]": "it is nested too deeply: 100 lists and objects within each other are allowed",
    "[" * 200 + "]" * 200: "it is nested too deeply: 100 lists and objects within each other are allowed",
    "[" * 1_000_000: "it is not YAML: exceeded maximum nesting depth (line 1)",
    "- " * 100_000: "it is not YAML: exceeded maximum nesting depth (line 1)",
    "? [a, b]\n: c": "it is not YAML: a key that is no text (line 1)",
    "a: b: c": "it is not YAML: mapping values are not allowed in this context (line 1)",
    "a: 1\n---\nb: 2\n": "it is not YAML: but found another document (line 2)",
}


@pytest.mark.parametrize("text", YAML_FAULTS)
def test_yaml_that_is_no_plain_data_is_refused(text: str) -> None:
    """Tags that make objects, keys given twice, bombs of aliases, circles, depth and NaN are refused, and at once."""
    started = time.perf_counter()
    with pytest.raises(DocumentFault) as caught:
        yaml_of(text)
    assert str(caught.value) == YAML_FAULTS[text]
    assert time.perf_counter() - started < 5


def test_yaml_keys_and_dates_are_the_texts_that_are_written() -> None:
    """Numbers, words and dates as keys stay as they are written; so do values that JSON has no type for."""
    assert yaml_of("200: a\non: b\nnull: c\n2026-01-31: 2026-01-31\n1.10: x\nb: !!binary aGk=\nn: 12\nf: no\n") == {
        "200": "a",
        "on": "b",
        "null": "c",
        "2026-01-31": "2026-01-31",
        "1.10": "x",
        "b": "aGk=",
        "n": 12,
        "f": False,
    }


def test_signs_with_a_meaning_as_keys_are_texts_as_values() -> None:
    """A lone ``=`` or ``<<`` among values, as in lists of operators, is the text that it is."""
    assert yaml_of("enum: [=, <, <<, '>']\ndefault: =\n=: x\n") == {
        "enum": ["=", "<", "<<", ">"],
        "default": "=",
        "=": "x",
    }


def test_merged_mappings_are_no_keys_given_twice() -> None:
    """What is merged with ``<<`` may be overwritten, whatever is read first."""
    data = yaml_of("x: {c: &c {<<: &b {k: 1}, l: 2}}\nd: {<<: *c, m: 3}\ne: {<<: [*b, *c]}\n")
    assert data == {"x": {"c": {"k": 1, "l": 2}}, "d": {"k": 1, "l": 2, "m": 3}, "e": {"k": 1, "l": 2}}


JSON_FAULTS = {
    b'{"a": 1, "a": 2}': "it is not JSON: the key 'a' is there twice",
    b'{"a": NaN}': "it is not JSON: NaN is no number that JSON knows",
    b'{"a": 1e999}': "it holds inf can't be written as JSON",
    b'{"a": ' + b"9" * 400 + b"}": "it holds a whole number of 1,329 bits; 1,024 are allowed",
    b"[" * 100_000: "it is nested too deeply: 100 lists and objects within each other are allowed",
    b"[" * 150 + b"]" * 150: "it is nested too deeply: 100 lists and objects within each other are allowed",
    b"[" + b"1," * 450_000 + b"1]": "it holds more than 200,000 values",
    b'{"a": 1}\0': "it holds null bytes; it may be a binary file",
    '{"a": 1}'.encode("utf-16"): "it is UTF-16; save it as UTF-8",
    b'{"a": "\xff"}': "it is not UTF-8 (byte 7)",
    b'{\n\n"a": }': "it is not JSON: Expecting value (line 3)",
    b"": "it is not JSON: Expecting value (line 1)",
}


@pytest.mark.parametrize("data", JSON_FAULTS)
def test_json_beyond_the_limits_is_refused(data: bytes) -> None:
    """Keys given twice, NaN, huge numbers, depth, size and other encodings are refused in one line."""
    for how in ("json", "jsonc"):
        with pytest.raises(DocumentFault) as caught:
            getattr(Document("a.json", "a.json", data), how)
        assert str(caught.value) == JSON_FAULTS[data]


def test_a_mark_of_byte_order_is_no_part_of_the_text(make: Any) -> None:
    """Files with a mark of byte order and with line ends of Windows are read."""
    folder = make(
        {
            "mcp.json": b"\xef\xbb\xbf" + as_json(SERVERS).replace(b"\n", b"\r\n"),
            "s/SKILL.md": b"\xef\xbb\xbf" + SKILL.replace("\n", "\r\n").encode(),
        }
    )
    assert sorted(found(folder)) == ["mcp_server:files", "mcp_server:weather", "skill:pdf-forms"]


def test_half_a_surrogate_pair_is_written_as_an_escape(make: Any) -> None:
    """A text that UTF-8 has no bytes for can be stored all the same."""
    folder = make({"mcp.json": b'{"mcpServers": {"a": {"command": "x", "description": "\\ud800"}}}'})
    assert found(folder)["mcp_server:a"].description == "\\ud800"


def test_broken_documents_harm_only_themselves(make: Any) -> None:
    """Among hostile files the good ones are found, and every hostile one is named."""
    hostile: dict[str, bytes] = {f"y{n}.yaml": b"openapi: 3.0.0\n" + t.encode() for n, t in enumerate(YAML_FAULTS)}
    hostile |= {f"{n}/mcp.json": data for n, data in enumerate(JSON_FAULTS)}
    hostile["large/mcp.json"] = b" " * 2_000_001
    hostile["large.yaml"] = b"openapi: 3.0.0\n" + b"#" * 2_000_001
    folder = make({**hostile, "good/SKILL.md": SKILL.encode(), "tools.py": "x = 1\n"})
    assert list(found(folder)) == ["skill:pdf-forms"]
    said = skipped(folder)
    # A list or object without servers is no fault of a file called so.
    assert sorted(hostile.keys() - said.keys()) == []
    assert all("\n" not in reason and len(reason) < 400 for reason in said.values())
    assert said["large/mcp.json"] == "it has 2,000,001 bytes; 2,000,000 are read"


def test_pipes_and_unreadable_files_are_passed_over(make: Any) -> None:
    """A pipe with the name of a document is not opened; a file that may not be read is named."""
    folder: Path = make({"a/mcp.json": as_json(SERVERS), "b/mcp.json": as_json(SERVERS)})
    os.mkfifo(folder / "mcp.json")
    os.mkfifo(folder / "a" / "data.json")
    (folder / "a" / "mcp.json").chmod(0)
    is_read = os.access(folder / "a" / "mcp.json", os.R_OK)  # some users may read everything
    assert {"mcp_server:files", "mcp_server:weather"} <= set(found(folder))
    assert skipped(folder) == ({} if is_read else {"a/mcp.json": "Permission denied"})


@settings(max_examples=some(200), deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="-: \n[]{}&*!?|>'\"#%@`a1,", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, reading it gives data or a `DocumentFault`, and nothing else."""
    document = Document("SKILL.md", "SKILL.md", text.encode("utf-8", "surrogatepass"))
    for how in ("json", "jsonc", "yaml", "toml", "front_matter"):
        try:
            getattr(document, how)
            said = ""
        except DocumentFault as fault:
            said = str(fault)
        assert "\n" not in said


def test_one_document_may_be_scanned(make: Any) -> None:
    """A scan may be given one document; what it is named says whether that is possible."""
    folder: Path = make({"sub/mcp.json": as_json(SERVERS), "sub/other/SKILL.md": SKILL.encode()})
    result = scan(folder / "sub" / "mcp.json")
    assert [finding.key for finding in result.findings] == ["mcp_server:files", "mcp_server:weather"]
    assert {finding.root for finding in result.findings} == {str(folder / "sub")}


def test_what_did_not_change_is_not_read_again(make: Any) -> None:
    """A second scan reads nothing; a change of a file that belongs to a skill is a change of the skill."""
    folder: Path = make({"s/SKILL.md": SKILL.encode(), "s/scripts/a.py": "1\n", "mcp.json": as_json(SERVERS)})
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    first = scan(folder)
    assert scan(folder, known=first.files).unchanged
    (folder / "s" / "scripts" / "a.py").write_text("2\n")
    again = scan(folder, known=first.files)
    before, after = ({finding.key: finding for finding in result.findings} for result in (first, again))
    assert not again.unchanged
    assert before["mcp_server:files"] == after["mcp_server:files"]
    assert before["skill:pdf-forms"].checksum == after["skill:pdf-forms"].checksum
    assert before["skill:pdf-forms"].source_checksum != after["skill:pdf-forms"].source_checksum


def test_documents_of_several_packages_have_one_root(make: Any) -> None:
    """Of a target with several folders each document is found below the folder that holds them all."""
    folder: Path = make({"one/a/SKILL.md": SKILL.encode(), "two/mcp.json": as_json(SERVERS)})
    listing = Listing(ignored=Ignored(()))
    for name in ("one", "two"):
        list_package(name, str(folder / name), str(folder), listing)
    assert [document.place for document in listing.documents] == ["one/a/SKILL.md", "two/mcp.json"]
    findings, faults, _ = read_documents(listing.documents, listing.shared, {}, 0)
    assert ({finding.root for finding in findings}, faults) == ({str(folder)}, [])


@pytest.mark.parametrize(
    ("name", "text", "program"),
    [
        ("flow.json", '{"nodes": [{"type": "@n8n/n8n-nodes-langchain.agent"}]}', "n8n"),
        ("flow.json", '{"nodes": [{"data": {"inputAnchors": []}}]}', "Flowise"),
        ("flow.json", '{"data": {"nodes": []}, "last_tested_version": "1.0"}', "Langflow"),
        ("flow.yml", "app:\n  mode: agent-chat\nkind: app\n", "Dify"),
    ],
)
def test_flows_that_people_draw_are_said_and_not_read(make: Any, name: str, text: str, program: str) -> None:
    """What a program exports for itself is one line of the report, and no entry."""
    folder = make({name: text, "other.json": '{"nodes": [1], "kind": "app"}', "k8s.yaml": "kind: app\nmeta: 1\n"})
    assert (found(folder), skipped(folder)) == (
        {},
        {name: f"drawn flow: one of {program}; a scan does not read these"},
    )
