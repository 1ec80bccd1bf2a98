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
