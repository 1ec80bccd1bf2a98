"""``catalog approve``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def draft(run_cli, project: Path) -> None:
    """A council that a model drafted."""
    member = {"system_prompt": "Judge."}
    spec = {"members": [{"id": "a", **member}, {"id": "b", **member}], "rounds": [{"type": "vote"}]}
    entry = {"kind": "council", "name": "seo", "spec": spec, "metadata": {"draft": {"strategy": "llm_build"}}}
    (project / "draft.jsonl").write_text(json.dumps(entry))
    assert run_cli("import", "draft.jsonl").status == 0


@pytest.mark.usefixtures("draft")
def test_a_draft_is_approved(run_cli) -> None:
    """The mark goes, the rest stays, and the log says who did it."""
    assert run_cli("approve", "seo") == (0, "approved council:seo; this is revision 2\n", "")
    assert run_cli("explain", "council:seo", "--json").data["metadata"].keys() == {"imported"}
    assert run_cli("log", "council:seo", "--json").data[0]["action"] == "approve"


@pytest.mark.usefixtures("draft")
def test_json_is_the_entry(run_cli) -> None:
    """With --json the entry is given as it is now."""
    shown = run_cli("approve", "council:seo", "--json").data
    assert (shown["key"], shown["revision"], shown["state"]) == ("council:seo", 2, "approved")


@pytest.mark.usefixtures("draft")
def test_only_drafts_are_approved(run_cli) -> None:
    """What was approved already is wrong use, and what is not there is a no."""
    run_cli("approve", "seo")
    assert run_cli("approve", "seo") == (2, "", "Error: 'council:seo' is approved; there is nothing to approve\n")
    assert run_cli("approve", "council:nobody").status == 1


@pytest.mark.usefixtures("draft")
def test_all_of_a_source_is_approved_at_once(run_cli, project: Path) -> None:
    """``--source`` approves what waits of it and leaves the rest; `info` counts what is left by state."""
    (project / "more.jsonl").write_text(
        json.dumps({"kind": "tool", "name": "b", "ref": "json:loads", "metadata": {"review": "x"}})
    )
    run_cli("import", "more.jsonl")
    run_cli("register", "tool", "old", "json:dumps")
    run_cli("deprecate", "tool:old")
    assert run_cli("info", "--json").data["states"] == {"needs review": 2, "deprecated": 1}
    assert run_cli("approve", "--source", "import") == (0, "approved 2 entries\n", "")
    assert run_cli("info", "--json").data["states"] == {"deprecated": 1}
    assert run_cli("approve", "--source", "import") == (1, "", "nothing of this origin waits for approval\n")


def test_what_to_approve_has_to_be_said(run_cli) -> None:
    """Neither keys nor an origin, or both, is wrong use."""
    said = (2, "", "Error: say what to approve: KEYs, or --source or --distribution; see 'catalog approve --help'\n")
    assert run_cli("approve") == said
    assert run_cli("approve", "tool:a", "--source", "import") == said
