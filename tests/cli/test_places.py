"""Two projects that know nothing of each other in one catalog, looked at from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

TOOLS = '''
import catalog


@catalog.tool
def {name}(text: str) -> str:
    """{name}."""
    return "{where}: " + text
'''

SHADOWING = ("tools", "json", "copy", "main", "tests")
"""Names of modules that two projects, the standard library and an installed package may share."""


@pytest.fixture
def projects(project: Path) -> tuple[Path, Path]:
    """Two folders; each has the same modules, and in each the same function beside one of its own."""
    folders = (project / "one", project / "two")
    for folder in folders:
        for module in SHADOWING:
            place = folder / module / "__init__.py" if module in ("copy", "tests") else folder / f"{module}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            both = TOOLS.format(name=f"{module}_both", where=f"{folder.name} {module}")
            place.write_text(both + TOOLS.format(name=f"{module}_{folder.name}", where=f"{folder.name} {module}"))
    return folders


def test_a_file_is_known_by_its_place_and_not_by_its_name(run_cli, projects, tmp_path, monkeypatch) -> None:
    """Of two projects with the same modules each tool is an entry, none is drift, and each runs its own code."""
    for folder in projects:
        done = run_cli("scan", folder, "--tests", "--json")
        assert done.status == 0, done.err
        assert (done.data["drifted"], done.data["gone"], len(done.data["found"])) == ([], [], 10)
    monkeypatch.chdir(tmp_path)
    names = [row["name"] for row in run_cli("ls", "--limit", "all", "--json").data]
    assert len(names) == 20
    assert run_cli("verify").status == 0
    assert run_cli("doctor").status == 0
    refreshed = run_cli("refresh", "--json")
    assert refreshed.status == 0, refreshed.err
    for name in names:
        module = name.rpartition("/")[2].rpartition("_")[0]
        where = "two" if name.endswith("two") or "/" in name else "one"
        done = run_cli("run", name, "--input", '"hi"')
        assert (done.status, done.out) == (0, f"{where} {module}: hi\n"), (name, done.err)


@pytest.mark.parametrize("how", ["scan ./helpdesk", "scan helpdesk", "register tool refund helpdesk.tools:refund"])
def test_the_folder_of_an_entry_is_looked_in_from_everywhere(run_cli, project, tmp_path, monkeypatch, how) -> None:
    """Scanned by path, by name or registered: verify, doctor, refresh and run find the code from another folder."""
    home = project / "work"
    (home / "helpdesk").mkdir(parents=True)
    (home / "helpdesk" / "__init__.py").write_text("")
    (home / "helpdesk" / "tools.py").write_text(TOOLS.format(name="refund", where="helpdesk"))
    monkeypatch.chdir(home)
    assert run_cli(*how.split()).status == 0
    monkeypatch.chdir(tmp_path)
    before = run_cli("explain", "refund", "--json").data
    assert run_cli("run", "refund", "--input", '"hi"').out == "helpdesk: hi\n"
    assert run_cli("verify").status == 0
    assert run_cli("doctor", "--fix", "--yes").status == 0
    assert run_cli("refresh").status == 0
    assert run_cli("explain", "refund", "--json").data["ref"] == before["ref"] == "helpdesk.tools:refund"
    (home / "helpdesk" / "tools.py").write_text(TOOLS.format(name="other", where="another desk"))
    if how.startswith("scan"):
        refreshed = run_cli("refresh", "--json")
        assert [key for report in refreshed.data for key in report["gone"]] == ["tool:refund"]
    assert run_cli("verify").status == 1
    assert "dead" in run_cli("doctor").out


def test_what_cannot_be_seen_from_here_is_neither_gone_nor_mended(run_cli, project, tmp_path, monkeypatch) -> None:
    """With its folder out of sight an entry is elsewhere; a module of its name in another folder is not it."""
    home = project / "work"
    for place in (home, project / "decoy"):
        (place / "desk").mkdir(parents=True)
        (place / "desk" / "__init__.py").write_text(TOOLS.format(name="refund", where=place.name))
    monkeypatch.chdir(home)
    assert run_cli("register", "tool", "refund", "desk:refund").status == 0
    home.rename(tmp_path / "unmounted")
    monkeypatch.chdir(project / "decoy")
    done = run_cli("doctor", "--fix", "--yes", "--json")
    assert [(fault["trouble"], fault["proposal"]) for fault in done.data] == [("elsewhere", None)]
    assert run_cli("explain", "refund", "--json").data["ref"] == "desk:refund"
    ran = run_cli("run", "refund", "--input", '"hi"')
    assert ran.status == 1
    assert "can't be seen from here" in ran.err
    assert "can't be seen from here" in run_cli("verify", "--json").out
    (tmp_path / "unmounted").rename(home)
    assert run_cli("run", "refund", "--input", '"hi"').out == "work: hi\n"
