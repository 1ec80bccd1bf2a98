"""A function that was renamed is recognised by its body, and its entry follows in one step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SOURCE = '''
from catalog import tool

@tool(examples=["give my money back"])
def refund(order: str) -> str:
    """Refund an order."""
    return "refunded " + order

@tool
def charge(order: str) -> str:
    """Charge a card."""
    return "charged " + order
'''
NAMES = "tool:refund became tool:repay (same body)"


@pytest.fixture
def file(run_cli, project: Path) -> Path:
    """A scanned module with two tools; of one there is a golden case, a use, and an entry that names it."""
    file = project / "pay" / "renamedtools.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    run_cli("scan", str(file.parent))
    line = {"kind": "profile", "name": "p", "spec": {"a": 1}, "metadata": {"references": ["tool:refund"]}}
    run_cli("import", "-", "--restore", stdin=json.dumps(line))
    run_cli("route", "golden", "add", "money back", "tool:refund")
    return file


def renamed(run_cli, *options: str) -> list[tuple[str, str, bool]]:
    """Return what a refresh says was renamed."""
    reports = run_cli("refresh", "--json", *options).data
    return [(one["key"], one["became"], one["accepted"]) for report in reports for one in report["renamed"]]


def test_a_rename_is_offered_and_carried_over(run_cli, file: Path, catalog) -> None:
    """History, golden cases, uses and references follow, and nothing is left to mend."""
    catalog.record_use("my money", "tool:refund")
    file.write_text(SOURCE.replace("def refund", "def repay"))
    assert renamed(run_cli) == [("tool:refund", "tool:repay", False)]
    assert NAMES in run_cli("refresh").out  # it is offered until it is taken
    assert run_cli("doctor").status == 1
    assert renamed(run_cli, "--accept-renames") == [("tool:refund", "tool:repay", True)]
    assert run_cli("doctor").status == 0
    assert run_cli("verify").status == 0
    assert [one["key"] for one in run_cli("ls", "tool", "--json").data] == ["tool:charge", "tool:repay"]
    assert run_cli("ls", "--state", "gone").status == 1
    entry = run_cli("explain", "tool:repay", "--json").data
    assert (entry["ref"], entry["examples"]) == ("renamedtools:repay", ["give my money back"])
    assert "missing" in [one["action"] for one in run_cli("log", "tool:repay", "--json").data]
    assert run_cli("route", "golden", "list").out == "money back\ttool:repay\n"
    assert {use.name for use in catalog.uses()} == {"repay"}
    assert run_cli("explain", "profile:p", "--json").data["metadata"] == {"references": ["tool:repay"]}
    assert renamed(run_cli) == []
    again = run_cli("scan", str(file.parent), "--json").data
    assert (again["found"], again["gone"], again["drifted"]) == ([], [], [])


def test_a_move_to_another_module_keeps_the_name(run_cli, file: Path) -> None:
    """The scan puts the module in front of a name that is taken; accepting gives the entry its new place back."""
    file.write_text(SOURCE[: SOURCE.index("@tool(")] + SOURCE[SOURCE.index("@tool\n") :])
    moved = SOURCE[: SOURCE.index("@tool\n")]
    (file.parent / "movedtools.py").write_text(moved)
    assert renamed(run_cli, "--accept-renames") == [("tool:refund", "tool:refund", True)]
    assert run_cli("explain", "tool:refund", "--json").data["ref"] == "movedtools:refund"
    assert [one["key"] for one in run_cli("ls", "tool", "--json").data] == ["tool:charge", "tool:refund"]
    assert (run_cli("doctor").status, run_cli("verify").status) == (0, 0)


def test_an_entry_registered_by_hand_follows_too(run_cli, project: Path) -> None:
    """No scan brought it, so its package is read; a name of a person's own stays."""
    file = project / "byhandtools.py"
    file.write_text("def first(a):\n    return a * 17\n\ndef second(a):\n    return a * 18\n")
    run_cli("register", "tool", "first", "byhandtools:first")
    run_cli("register", "tool", "mine", "byhandtools:second")
    file.write_text(file.read_text().replace("first", "uno").replace("second", "due"))
    assert renamed(run_cli, "--accept-renames") == [
        ("tool:first", "tool:uno", True),
        ("tool:mine", "tool:mine", True),
    ]
    assert run_cli("ls", "--columns", "key,ref").out == "tool:mine\tbyhandtools:due\ntool:uno\tbyhandtools:uno\n"
    assert (run_cli("doctor").status, run_cli("verify").status) == (0, 0)


def test_twins_are_no_rename(run_cli, project: Path) -> None:
    """Of two functions with one body that were there together, the other one is not what became of the first."""
    file = project / "twins" / "twintools.py"
    file.parent.mkdir()
    file.write_text(SOURCE + SOURCE[SOURCE.index("@tool(") : SOURCE.index("@tool\n")].replace("refund(", "twin("))
    run_cli("scan", str(file.parent))
    file.write_text(
        file.read_text().replace("def refund", "def _away").replace('@tool(examples=["give', '@_o(["give', 1)
    )
    assert renamed(run_cli) == []


@pytest.mark.parametrize(("name", "is_rename"), [("repay", False), ("refund", True)])
def test_what_moves_to_another_repository_keeps_its_name(run_cli, file: Path, name: str, is_rename: bool) -> None:
    """Short functions of two repositories may be alike: one is what became of the other only if it is called so."""
    other = file.parent.parent / "shop" / "othertools.py"
    other.parent.mkdir()
    other.write_text(SOURCE[: SOURCE.index("@tool\n")].replace("def refund", f"def {name}"))
    run_cli("scan", str(other.parent))
    file.write_text(SOURCE[: SOURCE.index("@tool(")] + SOURCE[SOURCE.index("@tool\n") :])
    assert [key for key, *_ in renamed(run_cli)] == ["tool:refund"] * is_rename
