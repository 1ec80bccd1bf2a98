"""What a scan of a project stores can be loaded from anywhere, and keeps its names when more is found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import Catalog

TOOL = "from catalog import tool\n{imports}\n\n@tool\ndef {name}(q: str) -> str:\n    'Do {name}.'\n    return {body}\n"
SKILL = "---\nname: {name}\ndescription: {name} of {of}.\n---\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for projects; the process stands elsewhere, and the modules it imports are forgotten afterwards."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield tmp_path / "made"
    for name in set(sys.modules) - before:
        if name.startswith("_catalog_") or str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(path: Path, name: str, body: str = "__file__", imports: str = "") -> None:
    """Write a module with one tool."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TOOL.format(name=name, body=body, imports=imports), encoding="utf-8")


def skill(folder: Path, name: str, of: str) -> None:
    """Write an agent skill."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(SKILL.format(name=name, of=of))


def test_whatever_the_folders_are_called_it_loads(catalog: Catalog, folder: Path) -> None:
    """Each tool runs its own file, wherever the process stands: two modules of one name, of no name, of another's."""
    files = {
        "one": "a-b/main.py",
        "two": "c-d/main.py",
        "three": "01-basics/02 more/03-hello.py",
        "four": "日本/道具.py",
        "five": "class/import.py",
        "six": "json.py",
        "seven": "copy/inner.py",
        "eight": "mono/a/src/common/__init__.py",
        "nine": "mono/b/src/common/__init__.py",
        "ten": "proj/examples/basic/run.py",
    }
    for name, place in files.items():
        write(folder / place, name)
    (folder / "copy" / "__init__.py").write_text("from copy.inner import seven as again\n")
    (folder / "proj" / "pyproject.toml").write_text("[project]\nname = 'proj'\n")
    report = catalog.scan(folder)
    assert (len(report.found), report.clashes, report.skipped) == (10, (), ())
    assert {name: catalog["tool", name]("x") for name in files} == {
        name: str(folder / place) for name, place in files.items()
    }
    assert catalog.verify() == []
    assert [(each.found, each.gone) for each in catalog.refresh() if each.target == str(folder)] == [((), ())]


def test_a_script_loads_with_its_neighbours(catalog: Catalog, folder: Path) -> None:
    """A file that no import can name imports its neighbours, also one whose name is that of a module of Python."""
    write(folder / "my-app" / "my-tool.py", "mine", "helper.word() + calendar.WORD", "import calendar\nimport helper")
    (folder / "my-app" / "helper.py").write_text("def word(): return 'help '\n")
    (folder / "my-app" / "calendar.py").write_text("WORD = 'ours '\n")
    catalog.scan(folder)
    entry = catalog.entry("tool:mine")
    assert (entry.ref, entry.root) == ("my_tool:mine", str(folder / "my-app"))
    assert catalog["tool:mine"]("x") == "help ours "


def test_names_stay_when_files_are_added(catalog: Catalog, folder: Path) -> None:
    """A file that would have had the plain name, had it been there first, gets a longer one; nothing moves."""
    for place in ("b/one.py", "c/two.py"):
        write(folder / place, "run")
    first = catalog.scan(folder)
    assert first.found == ("tool:run", "tool:two/run")
    write(folder / "zero.py", "run")
    write(folder / "a/two.py", "run")
    second = catalog.scan(folder)
    assert (second.found, second.updated, second.gone) == (("tool:a/two/run", "tool:zero/run"), (), ())
    assert {name: catalog.entry("tool", name).ref for name in catalog.list("tool")} == {
        "a/two/run": "two:run",
        "run": "one:run",
        "two/run": "two:run",
        "zero/run": "zero:run",
    }
    assert catalog.scan(folder).found == ()


def test_a_repository_scanned_from_several_folders_is_stored_once(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans of the whole and of its parts, from inside and outside, find the same entries."""
    (folder / ".git").mkdir(parents=True)
    write(folder / "a-b" / "main.py", "run")
    write(folder / "c-d" / "main.py", "run")
    skill(folder / "skills" / "pdf", "pdf", "all")
    first = catalog.scan(folder)
    assert first.found == ("skill:pdf", "tool:c-d/main/run", "tool:run")
    for target, unchanged in (("a-b", 1), ("c-d", 1), ("skills", 1)):
        report = catalog.scan(folder / target)
        assert (target, report.found, len(report.unchanged) + len(report.updated)) == (target, (), unchanged)
    monkeypatch.chdir(folder / "c-d")
    assert catalog.scan(".").found == ()
    assert len(catalog.list("tool")) == 2


def test_what_has_no_reference_gets_a_longer_name_too(catalog: Catalog, folder: Path) -> None:
    """Documents of two projects with one name are both kept, and the second is known by its folder."""
    skill(folder / "one" / "pdf", "pdf", "one")
    skill(folder / "two" / "pdf", "pdf", "two")
    catalog.scan(folder / "one")
    report = catalog.scan(folder / "two")
    assert report.found == ("skill:two/pdf",)
    assert [(clash["key"], clash["renamed"]) for clash in report.clashes] == [("skill:pdf", "two/pdf")]
    assert {name: catalog.entry("skill", name).description for name in catalog.list("skill")} == {
        "pdf": "pdf of one.",
        "two/pdf": "pdf of two.",
    }
    assert (catalog.scan(folder / "one").found, catalog.scan(folder / "two").found) == ((), ())


def test_what_was_unregistered_under_a_longer_name_stays_away(catalog: Catalog, folder: Path) -> None:
    """A clash that somebody decided by taking one of both away is not undone by the next scan."""
    for project in ("one", "two"):
        write(folder / project / "tools.py", "plot")
    catalog.scan(folder / "one")
    assert catalog.scan(folder / "two").found == ("tool:two/tools/plot",)
    catalog.unregister("tool", "two/tools/plot")
    again = catalog.scan(folder / "two")
    assert (again.found, catalog.list("tool")) == ((), ["plot"])
    assert "was unregistered" in again.skipped[0]["reason"]


def test_a_document_that_is_gone_is_marked(catalog: Catalog, folder: Path) -> None:
    """A skill whose file is deleted is reported as gone once, stays as an entry, and is back when its file is."""
    skill(folder / "pdf", "pdf", "one")
    catalog.scan(folder)
    (folder / "pdf" / "SKILL.md").unlink()
    report = catalog.scan(folder)
    assert (report.gone, catalog.list("skill")) == (("skill:pdf",), ["pdf"])
    skill(folder / "pdf", "pdf", "one")
    assert catalog.scan(folder).gone == ()
    assert [key for key in catalog.gone() if "pdf" in str(key)] == []


def test_tests_are_scanned_again_by_a_refresh_if_they_were(catalog: Catalog, folder: Path) -> None:
    """That tests are asked for is remembered with the target; a scan that doesn't ask leaves them out again."""
    write(folder / "tests" / "helper.py", "it")
    assert (catalog.scan(folder).found, catalog.scan(folder, tests=True).found) == ((), ("tool:it",))
    write(folder / "tests" / "more.py", "more")
    assert {each.target: each.found for each in catalog.refresh()}[str(folder)] == ("tool:more",)
    assert catalog.scan(folder).left_out == {"tests": 2}
    assert [catalog.entry("tool", name).metadata.get("state") for name in ("it", "more")] == [None, None]


def test_an_installed_package_of_the_name_changes_no_entry(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A module whose name is taken by a package that is installed later stays the same entry, and its own code."""
    write(folder / "mine_and_theirs" / "__init__.py", "it")
    catalog.scan(folder)
    assert catalog.entry("tool:it").ref == "mine_and_theirs:it"
    site = tmp_path / "site-packages"
    write(site / "mine_and_theirs" / "__init__.py", "other")
    monkeypatch.syspath_prepend(str(site))
    (folder / "mine_and_theirs" / "more.py").write_text("")
    report = catalog.scan(folder)
    assert (report.found, report.gone, catalog.list("tool")) == ((), (), ["it"])
    assert catalog.entry("tool:it").ref == "mine_and_theirs_:it"
    assert catalog["tool:it"]("x") == str(folder / "mine_and_theirs" / "__init__.py")


def test_a_report_says_how_much_was_seen(catalog: Catalog, folder: Path) -> None:
    """A report has the files seen and opened, and what was left out by reason, again if nothing changed."""
    write(folder / "a.py", "one")
    write(folder / "test_a.py", "two")
    first, second = catalog.scan(folder), catalog.scan(folder)
    assert (first.seen, first.files, first.opened, first.left_out) == (2, 1, 1, {"tests": 1})
    assert (second.seen, second.files, second.left_out) == (2, 1, {"tests": 1})
    assert first.to_dict()["left_out"] == {"tests": 1}
