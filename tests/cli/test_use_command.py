"""``catalog use``: recording, exporting and forgetting what searches learn from."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("three")


def test_a_recorded_use_changes_a_search(run_cli: Any) -> None:
    """What is recorded as right for a request comes first for it, with the reason; what is wrong goes back."""
    request = "csv table plot"
    first, second = [hit["key"] for hit in run_cli("search", request, "--json").data][:2]
    assert run_cli("use", "record", request, second) == (0, f"recorded {second} as right for this request\n", "")
    hits = run_cli("search", request, "--json").data
    assert [hit["key"] for hit in hits][:2] == [second, first]
    assert hits[0]["why"]["use"]["uses"] == pytest.approx(1.0, abs=1e-3)
    bonus = hits[0]["why"]["use"]["bonus"]
    told = [line.rsplit("\t", 1)[1] for line in run_cli("search", request, "--why").out.splitlines()]
    assert [f"; use: {bonus:+.1f}" in one for one in told][:2] == [True, False]
    for _ in range(2):
        assert run_cli("use", "record", request, second, "--wrong", "--json").data == {"key": second, "success": False}
    assert [hit["key"] for hit in run_cli("search", request, "--json").data][:2] == [first, second]


def test_uses_are_exported_and_forgotten(run_cli: Any, project: Any) -> None:
    """An export has a line for each hash, the same in a file and in a pipe, and a reset leaves none."""
    run_cli("use", "record", "draw", "create_scatter")
    run_cli("use", "record", "read", "read_csv")
    done = run_cli("use", "export")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(line["name"], line["query"][:2]) for line in lines] == [
        ("create_scatter", "r:"),
        ("create_scatter", "w:"),
        ("read_csv", "r:"),
        ("read_csv", "w:"),
    ]
    assert run_cli("use", "export", "uses.jsonl") == (0, "", "exported 4 hashes to uses.jsonl\n")
    assert (project / "uses.jsonl").read_text() == done.out
    assert run_cli("use", "reset", "create_scatter") == (0, "forgot 2 hashes\n", "")
    assert run_cli("use", "reset", "--all", "--json").data == {"forgotten": 2}
    assert run_cli("use", "export") == (0, "", "")


def test_a_reset_must_say_of_what(run_cli: Any) -> None:
    """Without a key and without --all, or with both, nothing is forgotten."""
    run_cli("use", "record", "draw", "create_scatter")
    for given in ((), ("create_scatter", "--all")):
        done = run_cli("use", "reset", *given)
        assert (done.status, done.out) == (2, "")
        assert "give either the KEY of an entry or --all" in done.err
    assert len(run_cli("use", "export").out.splitlines()) == 2


def test_wrong_use_is_told(run_cli: Any, project: Any) -> None:
    """A blank request and learning switched off are wrong use, an unknown entry is the answer no."""
    assert run_cli("use", "record", " ", "read_csv") == (
        2,
        "",
        "Error: there is nothing to learn from a blank request\n",
    )
    assert run_cli("use", "record", "read", "read_cvs").status == 1
    (project / "catalog.toml").write_text('learn = "off"')
    done = run_cli("use", "record", "read", "read_csv")
    assert (done.status, done.out) == (2, "")
    assert 'set learn = "explicit" or "auto" there' in done.err
