"""``catalog export`` and ``catalog import``."""

from __future__ import annotations

import json

import pytest


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
    assert done.err.startswith("Error: binary.jsonl is not UTF-8: ")
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
        "import", "-", "--embedder", "hash:2", stdin=json.dumps({**line, "vectors": {"hash-2-1.1": [[1, 2, 3]]}})
    )
    assert (bad.status, bad.out, bad.err.count("\n")) == (2, "", 1)
    assert "line 1: embedder 'hash-2-1.1' gave an array of shape (1, 3)" in bad.err
    assert run_cli("ls").status == 1
    done = run_cli("import", "-", stdin=json.dumps({**line, "vectors": {"theirs": [[1.0]]}}))
    assert (done.status, done.out) == (0, "imported 1 entry that was new or different\n")
    assert done.err.startswith("Warning: the vectors of 'theirs' are left out; this catalog knows 'wordllama-256-")
