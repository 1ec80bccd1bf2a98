"""``catalog doctor``."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def moved(run_cli, project: Path) -> Path:
    """A package of which one function moved, one moved and changed its body, and one is gone."""
    package = project / "moving"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "old.py").write_text("def f(a):\n    return a\n\ndef g(b):\n    return b\n\ndef h(c):\n    return c\n")
    for name in "fgh":
        run_cli("register", "tool", name, f"moving.old:{name}")
    (package / "old.py").write_text("")
    (package / "new.py").write_text("def f(a):\n    return a\n\ndef g(b):\n    return b + 1\n")
    return package


def test_sound_references_are_a_yes(run_cli, project) -> None:
    """Without faults the status is 0 and standard output is empty."""
    assert run_cli("doctor") == (0, "", "no faults: every reference leads somewhere\n")


def test_faults_are_a_no_with_proposals(run_cli, moved) -> None:
    """Each fault is a line with the new place where there is one, and standard error says what mends it."""
    assert run_cli("doctor") == (
        1,
        "tool:f\tmoved\tmoving.old:f\tmoving.new:f\texact\n"
        "tool:g\tmoved\tmoving.old:g\tmoving.new:g\tlikely\n"
        "tool:h\tdead\tmoving.old:h\t\t\n",
        "3 faults left; `catalog doctor --fix` mends 1; `--fix --likely` takes proposals that are not certain; "
        "`catalog unregister` takes away what is dead\n",
    )
    assert [(one["key"], one["trouble"], one["fixed"]) for one in run_cli("doctor", "--json").data] == [
        ("tool:f", "moved", False),
        ("tool:g", "moved", False),
        ("tool:h", "dead", False),
    ]


def test_fix_rewrites_what_is_certain(run_cli, moved, catalog) -> None:
    """``--fix`` follows code that is exactly as recorded, with a revision; ``--likely`` takes the rest."""
    assert run_cli("doctor", "--fix", "--yes") == (
        1,
        "tool:g\tmoved\tmoving.old:g\tmoving.new:g\tlikely\n"
        "tool:h\tdead\tmoving.old:h\t\t\n"
        "fixed tool:f: moving.old:f → moving.new:f\n",
        "2 faults left; `--fix --likely` takes proposals that are not certain; "
        "`catalog unregister` takes away what is dead\n",
    )
    assert catalog.entry("tool", "f").ref == "moving.new:f"
    assert [one.action for one in catalog.history("tool", "f")] == ["repair", "register"]
    assert run_cli("doctor", "--fix", "--likely", "--yes") == (
        1,
        "tool:h\tdead\tmoving.old:h\t\t\nfixed tool:g: moving.old:g → moving.new:g\n",
        "1 fault left; `catalog unregister` takes away what is dead\n",
    )


def test_a_terminal_gets_a_table(run_cli, moved) -> None:
    """On a terminal the faults are a table that fits."""
    assert run_cli("doctor", width=70).out == (
        "KEY     TROUBLE  REFERENCE     PROPOSAL      CERTAIN\n"
        "tool:f  moved    moving.old:f  moving.new:f  exact\n"
        "tool:g  moved    moving.old:g  moving.new:g  likely\n"
        "tool:h  dead     moving.old:h\n"
    )


def test_a_duplicate_names_its_twin(run_cli, project) -> None:
    """Two names for one object are a fault, shown with the entry that comes first."""
    (project / "twins.py").write_text("def f():\n    pass\n")
    run_cli("register", "tool", "a", "twins:f")
    run_cli("register", "tool", "b", "twins:f")
    assert run_cli("doctor") == (
        1,
        "tool:b\tduplicate\ttwins:f\tsame as tool:a\t\n",
        "1 fault left; keep one of each duplicate\n",
    )


def test_a_newer_framework_is_a_note_and_no_fault(run_cli, project, monkeypatch) -> None:
    """An installed framework that is newer than the rules of a scan is told of on stderr; the answer stays yes."""
    from catalog.discovery import frameworks

    checked = frameworks.Framework("pydantic", "pydantic", "0.1")
    monkeypatch.setattr(frameworks, "frameworks", lambda: (checked,))
    status, printed, told = run_cli("doctor")
    assert (status, printed) == (0, "")
    assert "is newer than what a scan was checked with (0.1)" in told
