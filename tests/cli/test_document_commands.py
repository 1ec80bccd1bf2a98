"""Documents at the command line: scanning one, explaining what it holds, and ``export --format``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from document_samples import CARD, OPENAPI, SERVERS, SKILL, as_json

from catalog.verbs.export_documents import DOCUMENT_FORMS
from catalog_cli.commands.export import FORMS


@pytest.fixture
def documents(project: Path) -> Path:
    """A project with documents."""
    (project / ".mcp.json").write_bytes(as_json(SERVERS))
    (project / "openapi.yaml").write_text(OPENAPI)
    (project / "agent-card.json").write_bytes(as_json(CARD))
    (project / "skills" / "pdf-forms").mkdir(parents=True)
    (project / "skills" / "pdf-forms" / "SKILL.md").write_text(SKILL)
    return project


def test_the_formats_are_those_that_the_catalog_writes() -> None:
    """The words of `--format` are those of `export_document`, and jsonl."""
    assert set(FORMS) == {"jsonl", *DOCUMENT_FORMS}


@pytest.mark.parametrize(("name", "number"), [("openapi.yaml", 2), (".mcp.json", 2), ("skills/pdf-forms/SKILL.md", 1)])
def test_one_document_can_be_scanned(run_cli, documents: Path, name: str, number: int) -> None:
    """A document is a target like a folder, with and without a path before its name."""
    assert len(run_cli("scan", name, "--json").data["found"]) == number
    assert len(run_cli("scan", documents / name, "--json").data["unchanged"]) == number


def test_what_is_no_document_is_refused(run_cli, project: Path) -> None:
    """A file of no known form is wrong use, said in one line."""
    (project / "notes.txt").write_text("hello")
    done = run_cli("scan", "./notes.txt")
    assert (done.status, done.out) == (1, "")
    assert "is not a Python file, nor a document that a scan reads; give one of these, or a folder" in done.err


def test_explain_shows_file_and_line(run_cli, documents: Path) -> None:
    """What comes from a document is explained with its place there and all that the document says."""
    run_cli("scan", ".")
    out = run_cli("explain", "showPet", width=300).out
    assert f"place       {documents}/openapi.yaml:13\n" in out
    assert "signature   showPet: GET /pets/{petId}\n" in out
    run_cli("scan", ".")
    assert f"{documents}/.mcp.json:3\n" in run_cli("explain", "mcp_server:files", width=300).out


def test_export_writes_what_fits(run_cli, documents: Path) -> None:
    """All that fits the form is written, to a file or to standard output, and what does not is named."""
    run_cli("scan", ".")
    assert run_cli("export", "--format", "mcp.json", "out.json") == (0, "", "exported 2 entries to out.json\n")
    assert json.loads((documents / "out.json").read_text()) == run_cli("export", "--format", "mcp.json").data
    run_cli("register", "tool", "python", "nowhere.tools:python")
    done = run_cli("export", "--format", "openapi", "-")
    assert sorted(done.data["paths"]) == ["/pets/{petId}"]
    assert done.err.startswith("left out tool:python: it has no method and path")
    done = run_cli("export", "--format", "openapi", "showPet", "one.json")
    assert done == (0, "", "exported 1 entry to one.json\n")
    assert list(json.loads((documents / "one.json").read_text())["paths"]["/pets/{petId}"]) == ["get"]


def test_skills_are_written_to_a_folder(run_cli, documents: Path) -> None:
    """`--format skill` makes a folder for each skill in the one that is named."""
    run_cli("scan", ".")
    assert run_cli("export", "--format", "skill", "pdf-forms", "out") == (0, "", "exported 1 entry to out\n")
    assert (documents / "out" / "pdf-forms" / "SKILL.md").read_text() == SKILL
    assert run_cli("export", "--format", "skill", "out.zip") == (0, "", "exported 1 entry to out.zip\n")
    assert (documents / "out.zip").is_file()


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (("--format", "openapi", "tool:showPet"), 2, "name the file to write after 'tool:showPet'"),
        (("--format", "openapi", "nothing", "out.json"), 1, "no entry 'nothing'"),
        (("--format", "openapi", "mcp_server:files", "out.json"), 2, "the form holds entries of the kind tool"),
        (("--format", "agent-card", "--vectors", "out.json"), 2, "--vectors is for the format jsonl"),
        (
            (
                "--format",
                "skill",
            ),
            2,
            "name the folder",
        ),
        (("--format", "server.json", "out.json"), 2, "holds one entry, and 2 are chosen"),
        (("--format", "openapi", "no/folder.json"), 2, "No such file or directory"),
        (("--format", "yaml", "out.json"), 2, "'yaml' is not one of"),
        (("a", "b"), 2, "all entries are written as jsonl"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    run_cli, documents: Path, words: tuple[str, ...], status: int, text: str
) -> None:
    """What can't be exported is an error of one line, and no file is left."""
    run_cli("scan", ".")
    done = run_cli("export", *words)
    assert (done.status, done.out) == (status, "")
    assert text in done.err
    assert not (documents / "out.json").exists()
