"""Entries whose code is gone, broken or drifted are marked wherever they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = '''
from catalog import tool

@tool(examples=["give my money back"])
def refund(order: str) -> str:
    """Refund an order."""
    return "refunded " + order

@tool(examples=["take my money"])
def charge(order: str) -> str:
    """Charge a card."""
    return "charged " + order
'''


@pytest.fixture
def file(run_cli, project: Path) -> Path:
    """A scanned module with two tools."""
    file = project / "pay" / "moneytools.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    assert run_cli("scan", str(file.parent)).status == 0
    return file


def states(run_cli) -> dict[str, str | None]:
    """Return the mark on the code of each entry, which must be the same wherever entries are shown."""
    rows = run_cli("ls", "--json").data
    listed = {one["key"]: one.get("code") for one in rows}
    found = {one["key"]: one.get("code") for one in run_cli("search", "order card", "--json").data}
    assert found == listed
    assert [one["state"] for one in rows] == [
        "needs review" if one.get("code") == "drifted" else "approved" for one in rows
    ]
    for key, state in listed.items():
        assert run_cli("explain", key, "--json").data.get("code") == state
        assert (f"code        {state}: " in run_cli("explain", key).out) == (state is not None)
        assert (f"persistent, {state}\t" in run_cli("which", key).out) == (state is not None)
        table = run_cli("ls").out.splitlines()
        assert any(line.startswith(key) and line.endswith(f", {state}") for line in table) == (state is not None)
    return listed


def pickable(run_cli) -> dict[str, tuple[str | None, str | None]]:
    """Return by key why a router leaves out an entry, and its mark among the candidates."""
    done = run_cli("route", "give my money back", "--kind", "tool", "--on-no-match", "abstain", "--json")
    return {one["key"]: (one["filtered"], one.get("code")) for one in done.data["candidates"]}


CHANGES = [
    (lambda text: text[: text.index("@tool(examples=[\"take")], "gone", "moneytools has no 'charge'"),
    (lambda text: text.replace("def charge(order", "def charge(card"), "drifted",
     "the signature changed from (order: str) -> str to (card: str) -> str"),
    (lambda text: text.replace('"charged "', '"took "'), "drifted",
     "the body changed; the signature is still (order: str) -> str"),
]  # fmt: skip


@pytest.mark.parametrize("how", ["refresh", "verify", "scan"])
@pytest.mark.parametrize(("change", "state", "why"), CHANGES)
def test_a_change_is_marked_until_it_is_undone(run_cli, file: Path, how: str, change, state: str, why: str) -> None:
    """After a look at the code every listing says what it saw, and after the next look that it is as before."""
    look = ("scan", str(file.parent)) if how == "scan" else (how,)
    file.write_text(change(SOURCE))
    run_cli(*look)
    assert states(run_cli) == {"tool:charge": state, "tool:refund": None}
    assert run_cli("explain", "charge", "--json").data["metadata"][state] == why
    left_out = f"its code is gone: {why}" if state == "gone" else f"needs review: {why}; `catalog approve tool:charge`"
    assert pickable(run_cli) == {"tool:charge": (left_out, state), "tool:refund": (None, None)}
    revision = run_cli("explain", "charge", "--json").data["revision"]
    run_cli(*look)  # a second look writes nothing
    assert run_cli("explain", "charge", "--json").data["revision"] == revision
    file.write_text(SOURCE)
    run_cli(*look)
    assert states(run_cli) == {"tool:charge": None, "tool:refund": None}
    assert pickable(run_cli) == {"tool:charge": (None, None), "tool:refund": (None, None)}


@pytest.mark.parametrize("how", ["refresh", "verify"])
def test_broken_code_is_marked_and_not_routed_to(run_cli, file: Path, how: str) -> None:
    """Entries of a file that Python can't read are broken, and no candidates, until it is mended."""
    file.write_text(SOURCE + "def (")
    run_cli(how)
    assert states(run_cli) == {"tool:charge": "broken", "tool:refund": "broken"}
    assert {mark for _, mark in pickable(run_cli).values()} == {"broken"}
    assert run_cli("ls", "--state", "broken", "--columns", "key,code").out == (
        "tool:charge\tbroken\ntool:refund\tbroken\n"
    )
    file.write_text(SOURCE)
    run_cli(how)
    assert states(run_cli) == {"tool:charge": None, "tool:refund": None}


def test_an_accepted_drift_is_none(run_cli, file: Path) -> None:
    """Accepting takes the mark away."""
    file.write_text(SOURCE.replace("def charge(order", "def charge(card"))
    run_cli("refresh")
    run_cli("verify", "--accept")
    assert states(run_cli) == {"tool:charge": None, "tool:refund": None}


def test_what_is_not_to_be_seen_from_here_is_not_gone(run_cli, project: Path) -> None:
    """An entry without code or recorded place in sight keeps the state it had."""
    run_cli("import", "-", stdin='{"kind": "tool", "name": "far", "ref": "another_machine.tools:far"}')
    run_cli("verify")
    run_cli("refresh")
    assert run_cli("ls", "--json").data[0].get("code") is None
