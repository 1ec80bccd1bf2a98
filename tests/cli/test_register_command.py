"""``catalog register`` and ``catalog unregister``."""

from __future__ import annotations

import pytest

NOTE = (
    "Note: the source of nowhere:f was not found from here, so changes of it can't be noticed; "
    "register it again where it can be imported\n"
)


def test_a_reference_is_read_not_imported(run_cli, project, catalog) -> None:
    """Signature and description come from the source in the current folder, of which nothing is run."""
    (project / "grim.py").write_text('raise SystemExit("imported")\n\ndef f(a: int) -> int:\n    """Reap."""\n')
    assert run_cli("register", "tool", "reap", "grim:f", "--tag", "b", "--tag", "a") == (
        0,
        "registered tool:reap (revision 1)\n",
        "",
    )
    entry = catalog.entry("tool", "reap")
    assert (entry.signature, entry.description, entry.tags) == ("(a: int) -> int", "Reap.", ("a", "b"))


def test_options_become_fields(run_cli, catalog) -> None:
    """Every option fills its field; ``--meta`` takes JSON, and text that is not."""
    done = run_cli(
        *("register", "model", "openai/gpt-4o", "nowhere:f", "--description", "A model.", "--example", "hello"),
        *("--priority", "2", "--provider", "openai", "--match", "^x", "--meta", "context=128000", "--meta", "who=me"),
    )
    assert done == (0, "registered model:openai/gpt-4o (revision 1)\n", NOTE)
    entry = catalog.entry("model", "openai/gpt-4o")
    assert entry.model_dump(
        include={"description", "examples", "priority", "providers", "match", "metadata", "source"}
    ) == {
        "description": "A model.",
        "examples": ("hello",),
        "priority": 2,
        "providers": ("openai",),
        "match": "^x",
        "metadata": {"context": 128000, "who": "me"},
        "source": "manual",
    }


@pytest.mark.parametrize(("value", "stdin"), [("@verdict.json", None), ("@-", '{"type": "object"}')])
def test_data_comes_from_a_file_or_standard_input(run_cli, project, catalog, value, stdin) -> None:
    """``@file`` and ``@-`` register the data they hold."""
    (project / "verdict.json").write_text('{"type": "object"}')
    assert run_cli("register", "schema", "verdict", value, stdin=stdin).status == 0
    assert catalog.entry("schema", "verdict").spec == {"type": "object"}


def test_registering_again_makes_a_revision_only_if_something_differs(run_cli) -> None:
    """The same once more changes nothing; another reference is revision 2."""
    run_cli("register", "tool", "x", "nowhere:f")
    assert run_cli("register", "tool", "x", "nowhere:f").out == "tool:x was like this already (revision 1)\n"
    assert run_cli("register", "tool", "x", "nowhere:g").out == "registered tool:x (revision 2)\n"


def test_json_is_the_stored_entry(run_cli, catalog) -> None:
    """``--json`` gives the entry as it is in the database."""
    data = run_cli("register", "tool", "x", "nowhere:f", "--json").data
    assert data == {"key": "tool:x", **catalog.entry("tool", "x").model_dump(mode="json")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("tool", "x", "scatter"),
            "Error: tool:x: 'scatter' is not an object reference: it has no colon between module and object; "
            "write 'package.module:name', or give text as data: {'text': …}",
        ),
        (("tool", "x\n", "a:b"), "Error: tool:x is not valid: name: the name holds the character '\\n'"),
        (("tool", "x", "@no.json"), "Error: no.json can't be read: No such file or directory"),
        (("tool", "x", "@-"), "Error: standard input is not JSON: Expecting value, at character 1"),
        (
            ("tool", "x", "a:b", "--meta", "owner"),
            "Error: --meta takes KEY=JSON, as in --meta owner=ada; got 'owner'",
        ),
        (("tool",), "Error: Missing argument 'NAME'"),
    ],
)
def test_what_can_not_be_is_wrong_use(run_cli, arguments, said) -> None:
    """A wrong argument ends with 2 and one line that says which and why."""
    done = run_cli("register", *arguments, stdin="")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(said)


def test_a_binary_file_is_not_data(run_cli, project) -> None:
    """A file that is no text is named, not dumped."""
    (project / "image.json").write_bytes(b"\xff\xfe\x00")
    assert run_cli("register", "schema", "x", "@image.json")[::2] == (
        2,
        "Error: image.json is not a text file in UTF-8; see 'catalog register --help'\n",
    )


def test_unregister_takes_away_all_or_none(run_cli, three) -> None:
    """Several keys go at once, and not one of them if one is not there."""
    assert run_cli("unregister", "read_csv", "tool:nope") == (1, "", "Error: no entry 'tool:nope'\n")
    assert run_cli("unregister", "read_csv", "schema:verdict") == (
        0,
        "unregistered tool:read_csv\nunregistered schema:verdict\n",
        "",
    )
    assert run_cli("ls").out.count("\n") == 1


def test_a_source_is_taken_away_as_a_whole(run_cli, project) -> None:
    """All that a scan of a folder found goes, a refresh does not miss it, and a scan of the folder finds it anew."""
    for name in ("old", "other"):
        (project / name).mkdir()
        (project / name / f"{name}_tools.py").write_text(f"import catalog\n@catalog.tool\ndef {name}(): ...\n")
        run_cli("scan", f"./{name}")
    assert run_cli("unregister", "--source", "./old") == (0, "unregistered tool:old\n", "")
    assert run_cli("unregister", "--source", "./old") == (
        1,
        "",
        "no entry comes from './old'; `catalog ls --columns key,source` shows where each is from\n",
    )
    assert [report["target"] for report in run_cli("refresh", "--json").data if "old" in report["target"]] == []
    assert run_cli("scan", "./old", "--json").data["found"] == ["tool:old"]
    assert run_cli("unregister", "--source", f"scan:{project / 'other'}", "--json").data == ["tool:other"]
    assert run_cli("unregister", "--source", "./old", "tool:old").status == 2


def test_unregister_tells_programs_the_keys(run_cli, three) -> None:
    """``--json`` gives the keys that went."""
    assert run_cli("unregister", "read_csv", "--json").data == ["tool:read_csv"]


def test_configured_entries_are_taken_out_of_the_file(run_cli, project) -> None:
    """An entry that only the configuration has is refused with the name of the file."""
    (project / "catalog.toml").write_text('[entries.tool]\nround = "math:floor"\n')
    assert run_cli("unregister", "tool:round") == (
        2,
        "",
        f"Error: 'tool:round' is configured in {project / 'catalog.toml'}; take it out there\n",
    )


@pytest.fixture
def helpdesk(project) -> None:
    """A package that must not be imported."""
    (project / "helpdesk" / "desk").mkdir(parents=True)
    (project / "helpdesk" / "__init__.py").write_text("")
    (project / "helpdesk" / "desk" / "__init__.py").write_text("from helpdesk.tools import *\n")
    (project / "helpdesk" / "tools.py").write_text(
        'raise SystemExit("imported")\n\ndef refund(): ...\n\ndef _refund(): ...\n\n'
        "class Desk:\n    def close(self): ...\n"
    )


SLIPS = {
    "helpdesk.tools:refnd": "helpdesk.tools has no 'refnd'; did you mean 'refund'?",
    "helpdesk.tools:_refnd": "helpdesk.tools has no '_refnd'; did you mean '_refund' or 'refund'?",
    "helpdesk.tools:Dsk.close": "helpdesk.tools has no 'Dsk'; did you mean 'Desk'?",
    "helpdesk.tools:Desk.clos": "helpdesk.tools:Desk has no 'clos'; did you mean 'Desk.close'?",
    "helpdesk.tools:zzz": "helpdesk.tools has no 'zzz'",
    "helpdesk.tool:refund": "the package helpdesk has no module 'tool'; did you mean 'helpdesk.tools:refund'?",
    "helpdesk.dsk.tools:f": "the package helpdesk has no module 'dsk'; did you mean 'helpdesk.desk.tools:f'?",
    "helpdsk.tools:refund": "there is no module helpdsk.tools; did you mean 'helpdesk.tools:refund'?",
    "helpdesk:tols": "helpdesk has no 'tols'; did you mean 'tools'?",
}


@pytest.mark.usefixtures("helpdesk")
@pytest.mark.parametrize("ref", SLIPS)
def test_a_slip_in_a_reference_is_told_and_needs_force(run_cli, catalog, ref) -> None:
    """A reference that leads nowhere is refused with what was meant, by `register` and `update`; --force takes it."""
    refused = (2, "", f"Error: {SLIPS[ref]} (--force takes the reference all the same)")
    done = run_cli("register", "tool", "x", ref)
    assert (*done[:2], done.err.partition("; see 'catalog")[0].rstrip()) == refused
    assert catalog.list("tool") == []
    assert run_cli("register", "tool", "x", "helpdesk.tools:refund") == (0, "registered tool:x (revision 1)\n", "")
    done = run_cli("update", "x", "--value", ref)
    assert (*done[:2], done.err.partition("; see 'catalog")[0].rstrip()) == refused
    assert run_cli("update", "x", "--value", ref, "--force").status == 0
    assert catalog.entry("tool", "x").ref == ref
    assert run_cli("register", "tool", "y", ref, "--force").out == "registered tool:y (revision 1)\n"


@pytest.mark.usefixtures("helpdesk")
@pytest.mark.parametrize("ref", ["nowhere.plots:draw", "helpdesk.desk:refund", "math:sqr"])
def test_what_may_lead_somewhere_is_taken(run_cli, ref) -> None:
    """A module that may be installed elsewhere, a star import, and code that can't be read are no slips."""
    assert run_cli("register", "tool", "x", ref).status == 0
