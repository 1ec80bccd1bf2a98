"""Configured entries are described by their code, and changes of it are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = 'def helper(x):\n    """Help with x."""\n    return x\n'
CONFIGURATION = """[entries.tool]
plain = "confcode:helper"
own = {ref = "confcode:helper", description = "In my words."}
"""


@pytest.fixture
def file(project: Path) -> Path:
    """A module beside a configuration that names it."""
    (project / "catalog.toml").write_text(CONFIGURATION)
    file = project / "confcode.py"
    file.write_text(SOURCE)
    return file


def test_the_docstring_describes_and_checksums_are_there(run_cli, file: Path) -> None:
    """A configured entry says what its code says, except where the configuration says something."""
    assert run_cli("ls").out == "tool:own\tIn my words.\t\tconfig\ntool:plain\tHelp with x.\t\tconfig\n"
    entry = run_cli("explain", "plain", "--json").data
    assert (entry["signature"], entry["checksum"][:5], entry["source_checksum"][:5]) == ("(x)", "sig1:", "src1:")
    assert entry["metadata"]["parameters"]["required"] == ["x"]
    assert [one["key"] for one in run_cli("search", "help", "--mode", "lexical", "--json").data] == ["tool:plain"]
    assert run_cli("verify").err == "2 checked; no drift: all code is as it was recorded\n"


def test_a_change_is_noticed_marked_and_accepted(run_cli, file: Path) -> None:
    """What the code was is kept in the database, and not overwritten by looking."""
    run_cli("register", "tool", "stored", "os:getcwd")
    run_cli("ls")
    file.write_text(SOURCE.replace("(x)", "(x, y)"))
    run_cli("ls")
    done = run_cli("verify", "--json")
    assert (done.status, [(one["key"], one["change"]) for one in done.data if one["change"] != "uncheckable"]) == (
        1,
        [("tool:own", "signature"), ("tool:plain", "signature")],
    )
    assert [one.get("code") for one in run_cli("ls", "--json").data] == ["drifted", "drifted", None]
    assert run_cli("verify", "plain", "--accept").out == "accepted tool:plain\n"
    assert [one.get("code") for one in run_cli("ls", "--json").data] == ["drifted", None, None]
    assert run_cli("explain", "plain", "--json").data["signature"] == "(x, y)"


def test_a_configured_entry_whose_code_is_gone_is_not_routed_to(run_cli, file: Path) -> None:
    """It is marked, and no candidate, until its code is there again."""
    run_cli("register", "tool", "stored", "os:getcwd")
    run_cli("ls")
    file.write_text("")
    run_cli("verify")
    done = run_cli("route", "help with x", "--kind", "tool", "--on-no-match", "abstain", "--json")
    left_out = {one["key"]: one["filtered"] for one in done.data["candidates"] if one["filtered"]}
    assert left_out == dict.fromkeys(("tool:own", "tool:plain"), "its code is gone: confcode has no 'helper'")
    file.write_text(SOURCE)
    run_cli("verify")
    assert run_cli("ls", "--state", "gone").status == 1


def test_another_reference_is_read_anew(run_cli, file: Path, project: Path) -> None:
    """What was recorded of one reference says nothing of another."""
    run_cli("ls")
    (project / "other.py").write_text('def helper(x, y):\n    """Help more."""\n')
    (project / "catalog.toml").write_text('[entries.tool]\nplain = "other:helper"\n')
    assert run_cli("ls").out == "tool:plain\tHelp more.\t\tconfig\n"
    assert run_cli("verify").status == 0
