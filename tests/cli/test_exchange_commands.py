"""``catalog export`` and ``catalog import``."""

from __future__ import annotations

import json

import pytest

from catalog.embedders.hashed import HashEmbedder


@pytest.mark.usefixtures("three")
def test_export_and_import_give_the_same_catalog(run_cli, project) -> None:
    """What one catalog exports another imports, entry for entry."""
    exported = run_cli("export")
    assert (exported.status, exported.err) == (0, "")
    assert [json.loads(line)["name"] for line in exported.out.splitlines()] == ["verdict", "create_scatter", "read_csv"]
    other = ("--url", f"sqlite:///{project / 'other.db'}")
    assert run_cli(*other, "import", "-", stdin=exported.out) == (
        0,
        "imported 3 entries that were new or different\n",
        "",
    )
    assert run_cli(*other, "ls") == run_cli("ls")


@pytest.mark.usefixtures("three")
def test_a_file_says_how_many(run_cli, project) -> None:
    """Exporting to a file leaves standard output empty; importing it again changes nothing."""
    assert run_cli("export", "all.jsonl") == (0, "", "exported 3 entries to all.jsonl\n")
    assert (project / "all.jsonl").read_text() == run_cli("export").out
    assert run_cli("import", "all.jsonl", "--json") == (0, '{\n  "written": 0\n}\n', "")


def test_letters_of_every_script_survive(run_cli, catalog) -> None:
    """Names and descriptions outside ASCII come through standard input and output unharmed."""
    line = json.dumps({"kind": "tool", "name": "世界/é", "ref": "a:b", "description": "приве́т 🙂"}, ensure_ascii=False)
    assert run_cli("import", "-", stdin=line).out == "imported 1 entry that was new or different\n"
    assert json.loads(run_cli("export").out)["description"] == "приве́т 🙂"


def test_a_wrong_line_imports_nothing(run_cli, project) -> None:
    """One bad line is named, and the good ones before it are not stored."""
    (project / "bad.jsonl").write_text('{"kind": "tool", "name": "x", "ref": "a:b"}\n{"kind": \n')
    done = run_cli("import", "bad.jsonl")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("Error: bad.jsonl, line 2: not JSON:")
    assert run_cli("ls").status == 1


def test_files_that_can_not_be_used_are_wrong_use(run_cli, project) -> None:
    """A file that is not there, no text, or not writable ends with 2 and one line."""
    assert run_cli("import", "no.jsonl") == (
        2,
        "",
        "Error: Invalid value for 'FILE': File 'no.jsonl' does not exist; see 'catalog import --help'\n",
    )
    (project / "binary.jsonl").write_bytes(b"\xff\xfe")
    done = run_cli("import", "binary.jsonl")
    assert (done.status, done.out) == (2, "")
    assert done.err == "Error: binary.jsonl, line 1: not UTF-8, from character 1 on\n"
    done = run_cli("export", "no/folder.jsonl")
    assert (done.status, done.err) == (
        2,
        "Error: Could not open file 'no/folder.jsonl': No such file or directory\n",
    )


def test_vectors_travel_in_files(run_cli, project) -> None:
    """What `export --vectors` writes needs no embedding where it is imported; a plain export has no vectors."""
    run_cli("register", "tool", "draw", "zz_none:thing", "-d", "Draw a chart.", "--example", "plot it")
    exported = run_cli("export", "--vectors")
    assert exported.status == 0
    line = json.loads(exported.out)
    ((name, rows),) = line["vectors"].items()
    assert (name.split("-")[0], [len(row) for row in rows]) == ("wordllama", [256, 256])
    other = ("--url", f"sqlite:///{project / 'other.db'}")
    (project / "own.jsonl").write_text(json.dumps({**line, "vectors": {name: [rows[1], None]}}))
    assert run_cli(*other, "import", "own.jsonl", "--embedder", "none").status == 0
    assert run_cli(*other, "embed", "update").out == "2 vectors made\n"
    assert run_cli(*other, "import", "own.jsonl").out == "imported 0 entries that were new or different\n"
    assert json.loads(run_cli(*other, "export", "--vectors").out)["vectors"] == {name: [rows[1], rows[1]]}
    assert "vectors" not in json.loads(run_cli("export").out)


def test_vectors_out_of_form_are_wrong_use(run_cli, project) -> None:
    """A line whose vectors do not fit is named and nothing is stored; those of strangers are left out."""
    line = {"kind": "tool", "name": "draw", "ref": "zz_none:thing"}
    bad = run_cli(
        "import",
        "-",
        "--embedder",
        "hash:2",
        stdin=json.dumps({**line, "vectors": {HashEmbedder(2).name: [[1, 2, 3]]}}),
    )
    assert (bad.status, bad.out, bad.err.count("\n")) == (2, "", 1)
    assert f"line 1: embedder '{HashEmbedder(2).name}' gave an array of shape (1, 3)" in bad.err
    assert run_cli("ls").status == 1
    done = run_cli("import", "-", stdin=json.dumps({**line, "vectors": {"theirs": [[1.0]]}}))
    assert (done.status, done.out) == (0, "imported 1 entry that was new or different\n")
    assert done.err.startswith("Warning: the vectors of 'theirs' are left out; this catalog knows 'wordllama-256-")


GOOD = '{"kind": "tool", "name": "x", "ref": "a:b"}'
BAD_LINES = {
    '{"kind": "tool", "name": "y", "ref": "a:b", "colour": 1}': "tool:y is not valid: colour: no such field",
    '{"kind": "tool", "name": "y", "reff": "a:b"}': "tool:y is not valid: reff: no such field; did you mean 'ref'?",
    '{"kind": "tool", "name": "", "ref": "a:b"}': "an entry is not valid: name: the name is empty",
    '{"kind": "tool", "ref": "a:b"}': "an entry is not valid: name: Field required",
    '{"kind": "tol", "name": "y", "ref": "a:b"}': "unknown kind 'tol'; did you mean 'tool'? (a project declares "
    "its own with `kinds = [...]` in [tool.catalog])",
    '{"kind": "tool", "name": "y", "ref": "nope"}': "tool:y: 'nope' is not an object reference: it has no colon "
    "between module and object; write 'package.module:name'",
    '{"kind": "tool", "name": "y", "value": null}': "tool:y stands for nothing: give a reference, data or an object",
    '{"kind": "tool", "name": "y", "ref": "a:b", "priority": "high"}': "tool:y is not valid: priority: Input should be "
    "a valid integer, unable to parse string as an integer",
    '{"kind": "tool", "name": "x", "ref": "a:c"}': "tool:x is given twice, with different fields: line 1 has it, too; "
    "keep one, or give them two names",
    '{"kind": "tool", "name": "y", "ref": "a:b", "vectors": 3}': "vectors are no object; write "
    '{"name of the embedder": [[…], …]}, a list of numbers or null for the text and for each example',
    "[1]": "not a JSON object",
    "{": "not JSON: Expecting property name enclosed in double quotes, at character 3",
    '{"a": ' * 50_000: "nested too deeply: 100 lists and objects within each other are allowed",
    '{"kind": "tool", "name": "\udcff", "ref": "a:b"}': "not UTF-8, from character 27 on",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:60].encode("ascii", "replace").decode())
@pytest.mark.parametrize("from_pipe", [False, True])
def test_every_fault_of_a_line_names_file_and_line(run_cli, project, catalog, line, from_pipe) -> None:
    """Whatever is wrong with a line, the message begins with its file and number, and nothing is stored."""
    content = f"{GOOD}\n\n{line}\n".encode("utf-8", "surrogateescape")
    (project / "bad.jsonl").write_bytes(content)
    done = run_cli("import", "-", stdin=content) if from_pipe else run_cli("import", "bad.jsonl")
    where = "standard input" if from_pipe else "bad.jsonl"
    assert done == (2, "", f"Error: {where}, line 3: {BAD_LINES[line]}\n")
    assert catalog.list("tool") == []


def test_lines_far_apart_clash_by_number(run_cli, project, monkeypatch) -> None:
    """A key that is given again in a later batch of lines is named with both lines; the same line twice is no clash."""
    monkeypatch.setattr("catalog.verbs.register.CHUNK", 3)
    lines = [f'{{"kind": "tool", "name": "t{number}", "ref": "a:b"}}' for number in range(8)]
    (project / "twice.jsonl").write_text("\n".join([*lines, lines[1], lines[2].replace("a:b", "a:c")]))
    done = run_cli("import", "twice.jsonl")
    assert (done.status, done.err.partition(";")[0]) == (
        2,
        "Error: twice.jsonl, line 10: tool:t2 is given twice, with different fields: line 3 has it, too",
    )


def test_a_byte_order_mark_on_standard_input_is_no_fault(run_cli) -> None:
    """What some editors put before the first line is passed over, as in a file."""
    assert run_cli("import", "-", stdin=b"\xef\xbb\xbf" + GOOD.encode()).status == 0
