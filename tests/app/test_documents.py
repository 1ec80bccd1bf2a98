"""Entries that were read from documents: found again, changed, gone, taken, and exported."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from document_samples import CARD, OPENAPI, SERVER_JSON, SERVERS, SKILL, as_json

from catalog import Catalog, CatalogError, DriftError, Entry, EntryError, InvalidFilterError, LoadError
from catalog.errors import ResolveError
from catalog.loader.call import call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a document of each form."""
    files: dict[str, bytes] = {
        ".mcp.json": as_json(SERVERS),
        ".claude/skills/pdf-forms/SKILL.md": SKILL.encode(),
        ".claude/skills/pdf-forms/scripts/fill.py": b"raise SystemExit\n",
        "server.json": as_json(SERVER_JSON),
        ".well-known/agent-card.json": as_json(CARD),
        "openapi.yaml": OPENAPI.encode(),
    }
    for name, data in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "project"


KEYS = [
    "agent:Recipe Agent",
    "mcp_server:files",
    "mcp_server:io.github.example/weather",
    "mcp_server:weather",
    "skill:pdf-forms",
    "tool:PUT /pets/{petId}",
    "tool:showPet",
]


def marks(cat: Catalog) -> dict[str, str]:
    """Return what is known against the documents of entries, by key."""
    return cat.states()


def test_a_scan_stores_what_documents_hold(catalog: Catalog, folder: Path) -> None:
    """Each item is an entry with data, found by its words, and a second scan changes nothing."""
    assert sorted(catalog.scan(folder).found) == KEYS
    again = catalog.scan(folder)
    assert (sorted(again.unchanged), again.is_quiet) == (KEYS, True)
    assert [hit.entry.key for hit in catalog.search("what can I cook with leeks")][:1] == ["agent:Recipe Agent"]
    assert [hit.entry.key for hit in catalog.search("show a pet", kind="tool")][:1] == ["tool:showPet"]
    assert [link.target for link in catalog.references("skill", "pdf-forms")] == ["mcp_server:files"]
    assert [link.source for link in catalog.used_by("mcp_server", "files")] == ["skill:pdf-forms"]


def test_taking_gives_the_data(catalog: Catalog, folder: Path) -> None:
    """The live object of a document's entry is its data; a copy for each caller."""
    catalog.scan(folder)
    taken = catalog["mcp_server", "files"]
    assert taken == {
        "transport": "stdio",
        "command": "npx",
        "args": ["-y", "@example/server-files", "."],
        "env": {"ROOT": "${ROOT}"},
    }
    taken.clear()
    assert catalog["mcp_server:files"]["command"] == "npx"


def test_taking_a_skill_gives_its_instructions_as_they_are_now(catalog: Catalog, folder: Path) -> None:
    """A skill comes with its text, read at that moment, and the folder of its files; nothing of it is run."""
    catalog.scan(folder)
    skill = catalog["skill", "pdf-forms"]
    place = folder / ".claude" / "skills" / "pdf-forms"
    assert (skill["name"], skill["folder"], skill["text"]) == (
        "pdf-forms",
        str(place),
        "# Forms\n\nRun scripts/fill.py.\n",
    )
    assert sorted(skill["files"]) == ["SKILL.md", "scripts/fill.py"]
    (place / "SKILL.md").write_text(SKILL.replace("Run", "Read"))
    assert catalog["skill", "pdf-forms"]["text"] == "# Forms\n\nRead scripts/fill.py.\n"


def test_a_skill_that_changed_is_refused_where_that_is_asked_for(catalog: Catalog, folder: Path) -> None:
    """With `verify="source"` a changed text is drift, other tools are with any policy; a file may be gone, too."""
    catalog.scan(folder)
    path = folder / ".claude" / "skills" / "pdf-forms" / "SKILL.md"
    path.write_text(SKILL.replace("Run", "Read"))
    with pytest.raises(DriftError, match="the body changed"):
        catalog.get("skill", "pdf-forms", verify="source")
    path.write_text(SKILL.replace("Read ", "Read Write "))
    with pytest.raises(DriftError, match=r"from allowed tools: Read, Bash.* to allowed tools: Read, Write, Bash"):
        catalog["skill", "pdf-forms"]
    path.unlink()
    with pytest.raises(ResolveError, match="is gone"):
        catalog["skill", "pdf-forms"]


def test_a_change_is_drift_until_it_is_accepted(catalog: Catalog, folder: Path) -> None:
    """A server that runs something else keeps its record; verify, refresh and scan say so until it is accepted."""
    catalog.scan(folder)
    (folder / ".mcp.json").write_bytes(as_json(SERVERS).replace(b"server-files", b"server-evil"))
    (drift,) = catalog.verify()
    assert (drift.key, drift.change, drift.ref) == ("mcp_server:files", "signature", ".mcp.json#files")
    assert (drift.old_signature, drift.new_signature) == (
        "npx -y @example/server-files .",
        "npx -y @example/server-evil .",
    )
    assert marks(catalog) == {"mcp_server:files": "drifted"}
    reports = [*catalog.refresh(), catalog.scan(folder)]
    assert [[each["key"] for each in report.drifted] for report in reports if report.drifted] == [
        ["mcp_server:files"]
    ] * 2
    assert catalog.entry("mcp_server:files").signature == "npx -y @example/server-files ."
    assert catalog.entry("mcp_server:files").state == "needs review"
    assert catalog.accept([drift]) == ["mcp_server:files"]
    entry = catalog.entry("mcp_server:files")
    assert (entry.signature, entry.state) == ("npx -y @example/server-evil .", "approved")
    assert "server-evil" in entry.description
    assert (list(catalog.verify()), marks(catalog)) == ([], {})


def test_what_changed_is_shown(catalog: Catalog, folder: Path) -> None:
    """The signature, each argument and the lines of the data that changed are shown before anybody accepts them."""
    catalog.scan(folder)
    (folder / "openapi.yaml").write_text(OPENAPI.replace("minimum: 1,", "minimum: 2,").replace("/v1", "/v2"))
    changed = {each.key: each for each in catalog.changes(catalog.verify())}["tool:showPet"]
    assert changed.fields == {
        "parameters.petId": ({"type": "integer", "exclusiveMinimum": 1}, {"type": "integer", "exclusiveMinimum": 2})
    }
    assert changed.source is not None
    assert [line for line in changed.source.split("\n") if line[:1] in "+-" and "server" in line] == [
        '-  "server": "https://eu.pets.example/v1",',
        '+  "server": "https://eu.pets.example/v2",',
    ]


def test_data_is_not_called(catalog: Catalog, folder: Path) -> None:
    """Calling what a document holds is an error that says what it is."""
    catalog.scan(folder)
    for key in ("skill:pdf-forms", "mcp_server:files"):
        with pytest.raises(LoadError, match=r"is data, read from .*; it is taken, not called"):
            call(catalog[key], None, entry=catalog.entry(key))


def test_a_reworded_description_is_no_drift(catalog: Catalog, folder: Path) -> None:
    """Words for people are brought up to date without asking."""
    catalog.scan(folder)
    (folder / "openapi.yaml").write_text(OPENAPI.replace("Show a pet", "Show one pet").replace("What to", "What we"))
    report = catalog.scan(folder)
    assert (report.updated, report.drifted) == (("tool:showPet",), ())
    assert catalog.entry("tool:showPet").description == "Show one pet\n\nWith all its litter."


def test_what_is_gone_is_marked_and_found_again(catalog: Catalog, folder: Path) -> None:
    """A file that is away and an item that is out of its file are gone; back again they are as before."""
    catalog.scan(folder)
    (folder / "openapi.yaml").rename(folder / "away")
    servers = {"mcpServers": {"weather": SERVERS["mcpServers"]["weather"]}}
    (folder / ".mcp.json").write_bytes(as_json(servers))
    report = catalog.scan(folder)
    gone = ["mcp_server:files", "tool:PUT /pets/{petId}", "tool:showPet"]
    assert sorted(report.gone) == gone
    assert marks(catalog) == dict.fromkeys(gone, "gone")
    faults = {fault.key: (fault.trouble, fault.why) for fault in catalog.diagnose()}
    assert faults["mcp_server:files"] == ("dead", f"{folder}/.mcp.json holds no mcp_server 'files' any more")
    assert faults["tool:showPet"] == ("dead", f"the file {folder}/openapi.yaml is gone")
    (folder / "away").rename(folder / "openapi.yaml")
    (folder / ".mcp.json").write_bytes(as_json(SERVERS))
    catalog.refresh()
    assert marks(catalog) == {}


def test_a_document_that_was_scanned_alone_is_missed(catalog: Catalog, folder: Path) -> None:
    """A refresh says that the only file of a scan is gone."""
    catalog.scan(folder / "openapi.yaml")
    (folder / "openapi.yaml").unlink()
    assert [report.gone for report in catalog.refresh() if report.gone] == [("tool:PUT /pets/{petId}", "tool:showPet")]


def test_two_skills_of_one_name_in_one_scan(catalog: Catalog, folder: Path) -> None:
    """In one scan, too, both are found, and each keeps its name when it is scanned again."""
    shutil.copytree(folder / ".claude" / "skills", folder / "plugin" / "skills")
    catalog.scan(folder)
    skills = catalog.list("skill")
    assert len(skills) == 2
    assert {Path(str(catalog.entry("skill", name).document)).parent for name in skills} == {
        folder / ".claude" / "skills" / "pdf-forms",
        folder / "plugin" / "skills" / "pdf-forms",
    }
    assert (catalog.scan(folder).is_quiet, list(catalog.verify())) == (True, [])


def test_a_broken_document_marks_its_entries(catalog: Catalog, folder: Path) -> None:
    """A document that can't be read any more is a line of the report, and its entries are broken, not gone."""
    catalog.scan(folder)
    (folder / "openapi.yaml").write_text("openapi: 3.0.3\npaths: [\n")
    report = catalog.scan(folder)
    assert [skip["path"] for skip in report.skipped] == [str(folder / "openapi.yaml")]
    assert report.gone == ()
    assert marks(catalog) == {"tool:PUT /pets/{petId}": "broken", "tool:showPet": "broken"}


def test_a_document_is_one_and_the_same_whatever_is_scanned(catalog: Catalog, folder: Path) -> None:
    """The file alone, its folder and a folder above it give the same entries, and change nothing."""
    catalog.scan(folder)
    for target in (folder / ".mcp.json", folder / ".claude" / "skills" / "pdf-forms", folder.parent, folder):
        report = catalog.scan(target)
        assert (report.found, report.updated, report.clashes) == ((), (), ())
    assert {entry.key for entry in catalog.entries()} == set(KEYS)


def test_two_of_one_name_are_told_apart(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """Skills of one name in two projects are two entries; the later is called with its folder in front."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / ".claude" / "skills" / "pdf-forms" / "scripts" / "fill.py").write_text("pass\n")
    catalog.scan(folder)
    catalog.scan(other / ".claude")
    skills = {name: catalog.entry("skill", name).document for name in catalog.list("skill")}
    assert skills == {
        "pdf-forms": str(folder / ".claude" / "skills" / "pdf-forms" / "SKILL.md"),
        "other/.claude/skills/pdf-forms": str(other / ".claude" / "skills" / "pdf-forms" / "SKILL.md"),
    }
    assert catalog["skill", "other/.claude/skills/pdf-forms"]["folder"] == str(
        other / ".claude" / "skills" / "pdf-forms"
    )
    assert catalog.scan(other / ".claude").is_quiet
    assert list(catalog.verify()) == []


def test_a_renamed_entry_stays_that_of_its_document(catalog: Catalog, folder: Path) -> None:
    """After a rename the entry is still found in its document, and no scan brings the old name back."""
    catalog.scan(folder)
    catalog.rename("mcp_server:files", "disk")
    assert (list(catalog.verify()), marks(catalog)) == ([], {})
    assert catalog.scan(folder).updated == ()
    assert catalog.list("mcp_server") == ["disk", "io.github.example/weather", "weather"]
    assert catalog.where("mcp_server:disk") == (str(folder / ".mcp.json"), 3)


def test_a_skill_that_moved_is_carried_over(catalog: Catalog, folder: Path) -> None:
    """A folder that has another place is one skill that moved: a refresh that accepts it leaves one entry."""
    catalog.scan(folder)
    (folder / "skills").mkdir()
    (folder / ".claude" / "skills" / "pdf-forms").rename(folder / "skills" / "pdf-forms")
    reports = catalog.refresh(accept_renames=True)
    assert [(each["key"], each["became"]) for report in reports for each in report.renamed] == [
        ("skill:pdf-forms", "skill:pdf-forms")
    ]
    assert catalog.list("skill") == ["pdf-forms"]
    assert catalog.entry("skill:pdf-forms").document == str(folder / "skills" / "pdf-forms" / "SKILL.md")
    assert (catalog.scan(folder).is_quiet, catalog.states()) == (True, {})


def test_an_unregistered_entry_stays_away(catalog: Catalog, folder: Path) -> None:
    """What somebody took away is not brought back by the next scan."""
    catalog.scan(folder)
    catalog.unregister("mcp_server", "files")
    assert catalog.scan(folder).found == ()


def test_the_place_is_that_of_today(catalog: Catalog, folder: Path) -> None:
    """`where` gives file and line as they are, for documents; None for data of its own and what is gone."""
    catalog.scan(folder)
    assert catalog.where("tool", "showPet") == (str(folder / "openapi.yaml"), 13)
    (folder / "openapi.yaml").write_text("# a new line\n" + OPENAPI)
    assert catalog.where("tool:showPet") == (str(folder / "openapi.yaml"), 14)
    (folder / "openapi.yaml").unlink()
    catalog.register("schema", "own", {"type": "object"})
    assert (catalog.where("tool:showPet"), catalog.where("schema:own")) == (None, None)


@pytest.mark.sqlite("each of its pages is read")
def test_no_secret_is_in_the_database(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """A value of a variable is neither in an entry nor in history, export, search, or any page of the database."""
    secret = "zq7SECRETzq7"
    servers: Any = json.loads(json.dumps(SERVERS))
    servers["mcpServers"]["files"]["env"] = {"ANY_NAME": secret}
    servers["mcpServers"]["weather"]["headers"] = {"Authorization": f"Bearer {secret}"}
    servers["mcpServers"]["db"] = {"command": "db", "args": ["--password", secret, f"pg://u:{secret}@h/db"]}
    (folder / ".mcp.json").write_bytes(as_json(servers))
    catalog.scan(folder)
    servers["mcpServers"]["db"]["command"] = "other"
    (folder / ".mcp.json").write_bytes(as_json(servers))
    catalog.scan(folder)
    catalog.accept(catalog.verify())
    catalog.export_jsonl(tmp_path / "all.jsonl")
    catalog.export_document("mcp.json", tmp_path / "mcp.json")
    catalog.backup(tmp_path / "copy.db")
    for name in ("all.jsonl", "mcp.json", "copy.db"):
        assert secret.encode() not in (tmp_path / name).read_bytes()
    assert list(catalog.search(secret, mode="lexical")) == []


def test_imported_entries_lead_to_no_file(catalog: Catalog, tmp_path: Path) -> None:
    """A line of somebody else's file can't make the catalog read a file: its folder is left out."""
    (tmp_path / "SKILL.md").write_text(SKILL)
    entry = Entry(kind="skill", name="pdf-forms", spec={}, metadata={"root": str(tmp_path), "file": "SKILL.md"})
    (tmp_path / "in.jsonl").write_text(entry.model_dump_json() + "\n")
    with pytest.warns(match="left out"):
        catalog.import_jsonl(tmp_path / "in.jsonl")
    assert catalog["skill", "pdf-forms"] == {}


# --- export --------------------------------------------------------------------------------------------------


def test_each_form_can_be_written(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """What was read of each form is written in that form, and says the same to whoever reads it."""
    catalog.scan(folder)
    out = tmp_path / "out"
    out.mkdir()
    catalog.export_document("mcp.json", out / "mcp.json", "mcp_server:files", "mcp_server:weather")
    catalog.export_document("server.json", out / "server.json", "mcp_server:io.github.example/weather")
    catalog.export_document("agent-card", out / "agent-card.json")
    catalog.export_document("openapi", out / "openapi.json")
    exported = catalog.export_document("skill", out / "skills")
    assert (exported.written, exported.left_out) == (("skill:pdf-forms",), {})
    assert json.loads((out / "server.json").read_text()) == SERVER_JSON
    assert json.loads((out / "agent-card.json").read_text()) == CARD
    assert (out / "skills" / "pdf-forms" / "SKILL.md").read_text() == SKILL
    assert sorted(path.name for path in out.iterdir()) == [
        "agent-card.json",
        "mcp.json",
        "openapi.json",
        "server.json",
        "skills",
    ]


def test_a_published_server_becomes_a_command_or_an_address(catalog: Catalog, tmp_path: Path) -> None:
    """A server of the registry is written for clients: by its address, else by what runs its package."""
    package: dict[str, Any] = SERVER_JSON["packages"][0]  # type: ignore[index,assignment]
    servers = {
        "x/remote": {"remotes": [{"type": "sse", "url": "https://x.example", "headers": [{"name": "X-Key"}]}]},
        "x/npm": {"packages": [package]},
        "x/oci": {
            "packages": [{"registryType": "oci", "identifier": "x/y:1", "environmentVariables": [{"name": "A"}]}]
        },
        "x/args": {
            "packages": [
                {
                    "registryType": "pypi",
                    "identifier": "y",
                    "runtimeHint": "uvx",
                    "packageArguments": [
                        {"type": "named", "name": "--port", "value": "80"},
                        {"type": "named", "name": "--quiet"},
                        {"type": "positional", "valueHint": "target_dir"},
                    ],
                }
            ]
        },
        "x/none": {"packages": [{"registryType": "mcpb", "identifier": "https://x.example/y.mcpb"}]},
    }
    for name, spec in servers.items():
        catalog.register("mcp_server", name, {"name": name, **spec})
    exported = catalog.export_document("mcp.json", tmp_path / "mcp.json")
    assert exported.left_out == {"mcp_server:x/none": "no address and no package of it can be written as a command"}
    assert json.loads((tmp_path / "mcp.json").read_text()) == {
        "mcpServers": {
            "x/args": {"command": "uvx", "args": ["y", "--port", "80", "--quiet", "${TARGET_DIR}"]},
            "x/npm": {
                "command": "npx",
                "args": ["-y", "@example/weather@1.0.2"],
                "env": {"WEATHER_KEY": "${WEATHER_KEY}"},
            },
            "x/oci": {"command": "docker", "args": ["run", "-i", "--rm", "-e", "A", "x/y:1"], "env": {"A": "${A}"}},
            "x/remote": {"type": "sse", "url": "https://x.example", "headers": {"X-Key": "${X_KEY}"}},
        }
    }


def test_what_does_not_fit_is_left_out_or_refused(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """Entries that a form can't hold are named with the reason; one that was asked for by name is an error."""
    catalog.scan(folder)
    catalog.register("tool", "python", "nowhere.tools:python")
    exported = catalog.export_document("openapi", tmp_path / "openapi.json")
    assert exported.written == ("tool:PUT /pets/{petId}", "tool:showPet")
    assert list(exported.left_out) == ["tool:python"]
    refusals = {
        ("openapi", "tool:python"): "tool:python can't be written as openapi: it has no method and path",
        ("openapi", "skill:pdf-forms"): "the form holds entries of the kind tool",
        ("server.json", "mcp_server:files"): "it was not read from a server.json",
        ("server.json",): "holds one entry, and 3 are chosen",
    }
    for (form, *keys), text in refusals.items():
        with pytest.raises(EntryError, match=text):
            catalog.export_document(form, tmp_path / "other.json", *keys)
    with pytest.raises(InvalidFilterError, match="did you mean 'openapi'"):
        catalog.export_document("openap", tmp_path / "other.json")
    with pytest.raises(CatalogError, match="there is no agent that can be written"):
        catalog.export_document("agent-card", tmp_path / "other.json", tags=["nothing"])
    assert not (tmp_path / "other.json").exists()


def test_a_failed_export_leaves_everything_as_it_was(
    catalog: Catalog, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one of several folders can't be written, none is, and those that were there are as before."""
    second = folder / ".claude" / "skills" / "second"
    second.mkdir()
    (second / "SKILL.md").write_text("---\nname: second\ndescription: d\n---\nnew\n")
    catalog.scan(folder)
    out = tmp_path / "out"
    (out / "pdf-forms").mkdir(parents=True)
    (out / "pdf-forms" / "SKILL.md").write_text("old")
    (out / "second").write_text("a file in the way")
    with pytest.raises(EntryError, match="is there, and is no folder of a skill"):
        catalog.export_document("skill", out, "skill:pdf-forms", "skill:second")
    (out / "second").unlink()
    rename = __import__("os").rename

    def fail(old: str, new: str) -> None:
        if str(new).endswith("/out/second"):
            raise OSError(28, "No space left on device")
        rename(old, new)

    monkeypatch.setattr("os.rename", fail)
    with pytest.raises(OSError, match="No space"):
        catalog.export_document("skill", out)
    assert [path.relative_to(out).as_posix() for path in sorted(out.rglob("*"))] == ["pdf-forms", "pdf-forms/SKILL.md"]
    assert (out / "pdf-forms" / "SKILL.md").read_text() == "old"
    monkeypatch.undo()
    catalog.export_document("skill", out)
    assert (out / "pdf-forms" / "SKILL.md").read_text() == SKILL
    assert (out / "second" / "SKILL.md").exists()


def test_skills_become_one_zip_file(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """A path that ends in `.zip` gets all folders of skills, the same bytes whenever it is written."""
    script = folder / ".claude" / "skills" / "pdf-forms" / "scripts" / "run.sh"
    script.parent.mkdir(exist_ok=True)
    script.write_text("echo 1\n")
    script.chmod(0o755)
    catalog.scan(folder)
    first, second = tmp_path / "a.zip", tmp_path / "B.ZIP"
    assert catalog.export_document("skill", first).written == ("skill:pdf-forms",)
    catalog.export_document("skill", second, "skill:pdf-forms")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as made:
        assert made.testzip() is None
        assert made.read("pdf-forms/SKILL.md").decode() == SKILL
        about = made.getinfo("pdf-forms/scripts/run.sh")
        assert (made.read(about), about.external_attr >> 16) == (b"echo 1\n", 0o100755)
    first.write_text("as it was")
    (folder / ".claude" / "skills" / "pdf-forms" / "SKILL.md").unlink()
    with pytest.raises(EntryError, match="can't be read"):
        catalog.export_document("skill", first, "skill:pdf-forms")
    assert first.read_text() == "as it was"


def test_skills_are_never_written_onto_themselves_or_elsewhere(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    """A name that leads out of the folder is refused, and so is the folder a skill comes from."""
    path = folder / "bad" / "SKILL.md"
    path.parent.mkdir()
    path.write_text("---\nname: ../../evil\n---\n")
    catalog.scan(folder)
    with pytest.raises(EntryError, match="is no name of a folder"):
        catalog.export_document("skill", tmp_path / "out", "skill:../../evil")
    with pytest.raises(EntryError, match="is where it comes from"):
        catalog.export_document("skill", folder / ".claude" / "skills", "skill:pdf-forms")
    assert not (tmp_path / "out").exists()


def test_words_of_a_foreign_form_name_no_entries(tmp_path: Path, url: str) -> None:
    """``tools: Read`` of a sub-agent means the tools of its own program: it is no reference, and nothing dangles."""
    place = tmp_path / "app" / ".claude" / "agents" / "reviewer.md"
    place.parent.mkdir(parents=True)
    place.write_text("---\nname: reviewer\ndescription: Reviews code.\ntools: Read, Grep\nmodel: opus\n---\nReview.\n")
    with Catalog(url) as cat:
        assert cat.scan(tmp_path / "app").found == ("agent:reviewer",)
        assert cat.references("agent:reviewer") == []
        assert [fault.key for fault in cat.diagnose()] == []
