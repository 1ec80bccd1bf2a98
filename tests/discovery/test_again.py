"""A second scan reads only what changed and still sees the whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from helpers import purposes, refs

from catalog.discovery.finding import ScanResult
from catalog.discovery.scan import scan

FILES = {
    "again/__init__.py": "",
    "again/base.py": "from langchain_core.tools import BaseTool\nclass Base(BaseTool): ...\n",
    "again/leaf.py": "from .base import Base\nfrom .words import NAME\nclass Leaf(Base):\n    name: str = NAME\n",
    "again/words.py": "NAME = 'leaf'\n",
    "again/plain.py": "x = 1\n",
}


@pytest.fixture
def folder(make: Any) -> Path:
    """A small package whose files are old."""
    made: Path = make(FILES)
    age(made)
    return made


def age(folder: Path) -> None:
    """Make all files old, as those of an installed package are."""
    for path in folder.rglob("*.py"):
        os.utime(path, ns=(10**18, 10**18))


def again(before: ScanResult, folder: Path, **options: Any) -> ScanResult:
    """Scan with what an earlier scan left, taken through JSON."""
    return scan("again", roots=[folder], known=json.loads(json.dumps(before.files)), **options)


def test_nothing_is_read_if_nothing_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an unchanged package no file is opened, and the result is the same but for saying so."""
    first = scan("again", roots=[folder])
    monkeypatch.setattr("catalog.discovery.outside.source_bytes", None)
    monkeypatch.setattr("catalog.discovery.root_scan.parse_source", None)
    second = again(first, folder)
    assert (second.unchanged, second.counts["looked_at"], second.counts["parsed"]) == (True, 0, 0)
    assert second.to_dict() == {
        **first.to_dict(),
        "unchanged": True,
        "counts": {**first.counts, "looked_at": 0, "parsed": 0},
    }


def test_only_the_changed_file_is_parsed(folder: Path) -> None:
    """After an edit one file is looked at and parsed, and what it says is new."""
    first = scan("again", roots=[folder])
    (folder / "again" / "leaf.py").write_text(FILES["again/leaf.py"] + "    description: str = 'New.'\n")
    second = again(first, folder)
    assert (second.unchanged, second.counts["looked_at"], second.counts["parsed"]) == (False, 1, 1)
    assert purposes(second) == {"tool:Base": "", "tool:leaf": "New."}


def test_a_base_changed_in_another_file_counts(folder: Path) -> None:
    """A class stops being a tool when its base in another file does, though its own file is the same."""
    first = scan("again", roots=[folder])
    (folder / "again" / "base.py").write_text("class Base: ...\n")
    assert refs(again(first, folder)) == {}


def test_a_class_becomes_a_tool_by_an_edit_elsewhere(folder: Path) -> None:
    """A class becomes a tool when its base in another file does, though its own file is the same."""
    (folder / "again" / "base.py").write_text("class Base: ...\n")
    age(folder)
    first = scan("again", roots=[folder])
    (folder / "again" / "base.py").write_text(FILES["again/base.py"])
    assert (refs(first), refs(again(first, folder))) == (
        {},
        {"tool:Base": "again.base:Base", "tool:leaf": "again.leaf:Leaf"},
    )


def test_a_constant_changed_in_another_file_counts(folder: Path) -> None:
    """A name taken from another file follows that file."""
    first = scan("again", roots=[folder])
    (folder / "again" / "words.py").write_text("NAME = 'branch'\n")
    assert refs(again(first, folder)) == {"tool:Base": "again.base:Base", "tool:branch": "again.leaf:Leaf"}


def test_the_same_content_is_not_parsed_again(folder: Path) -> None:
    """A new time of change with the same content costs a reading, no parsing."""
    first = scan("again", roots=[folder])
    os.utime(folder / "again" / "leaf.py", ns=(2 * 10**18, 2 * 10**18))
    second = again(first, folder)
    assert (second.unchanged, second.counts["looked_at"], second.counts["parsed"]) == (False, 0, 0)
    assert second.findings == first.findings


def test_files_come_and_go(folder: Path) -> None:
    """New files are found, and what was in removed ones is not."""
    first = scan("again", roots=[folder])
    (folder / "again" / "leaf.py").unlink()
    (folder / "again" / "new.py").write_text("from .base import Base\nclass New(Base):\n    name: str = 'new'\n")
    assert refs(again(first, folder)) == {"tool:Base": "again.base:Base", "tool:new": "again.new:New"}


def test_an_edit_within_a_tick_of_the_clock_is_seen(folder: Path) -> None:
    """A file written just before the scan is compared by content next time, as its time can't tell."""
    path = folder / "again" / "words.py"
    path.write_text("NAME = 'twigs'\n")
    first = scan("again", roots=[folder])
    state = path.stat()
    path.write_text("NAME = 'trunk'\n")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "tool:trunk" in refs(again(first, folder))


def test_other_options_start_anew(folder: Path) -> None:
    """What a scan remembered serves only scans with the same options and rules."""
    first = scan("again", roots=[folder])
    assert again(first, folder, public=True).counts["looked_at"] == 5
    rules = {"bases": [{"kind": "tool", "modules": ["somewhere"], "names": ["Thing"]}]}
    assert again(first, folder, rules=rules).counts["looked_at"] == 5


def test_another_package_that_changes_counts(make: Any) -> None:
    """A base in another package is looked at again when that package changes."""
    folder = make(
        {
            "again/__init__.py": "from afar import Far\nclass Near(Far): ...\n",
            "afar.py": "from crewai.tools import BaseTool\nclass Far(BaseTool): ...\n",
        }
    )
    age(folder)
    first = scan("again", roots=[folder])
    (folder / "afar.py").write_text("class Far: ...\n")
    assert (refs(first), refs(again(first, folder))) == ({"tool:Near": "again:Near"}, {})


def test_the_order_of_scans_makes_no_difference(folder: Path) -> None:
    """A scan from scratch and one that builds on another give the same findings, skipped files and clashes."""
    first = scan("again", roots=[folder])
    (folder / "again" / "plain.py").write_text("def oops(:\n")
    (folder / "again" / "leaf.py").write_text(FILES["again/leaf.py"] * 2)
    fresh, built = scan("again", roots=[folder]), again(first, folder)
    assert (built.findings, built.skipped, built.clashes) == (fresh.findings, fresh.skipped, fresh.clashes)


def test_a_broken_file_stays_reported(folder: Path) -> None:
    """What could not be read is still reported by a scan that reads nothing."""
    (folder / "again" / "plain.py").write_text("def oops(:\n")
    age(folder)
    first = scan("again", roots=[folder])
    second = again(first, folder)
    assert (second.unchanged, second.skipped) == (True, first.skipped)
    assert len(second.skipped) == 1


def test_progress_is_told(folder: Path) -> None:
    """Progress comes after each file, up to the number of files."""
    told: list[tuple[int, int]] = []
    scan("again", roots=[folder], progress=lambda done, total, module: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def keep_times(path: Path, state: os.stat_result) -> None:
    """Give the file the times of *state*, as copies that keep times do."""
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("replaced", [False, True])
def test_a_change_that_keeps_size_and_time_is_seen(folder: Path, replaced: bool) -> None:
    """What is written in place or moved into place with the old size and time of change is compared by content."""
    path = folder / "again" / "words.py"
    path.write_text("NAME = 'twigs'\n")
    age(folder)
    state = path.stat()
    first = scan("again", roots=[folder])
    assert again(first, folder).unchanged
    written = path.with_suffix(".new") if replaced else path
    written.write_text("NAME = 'trunk'\n")
    keep_times(written, state)
    os.replace(written, path)
    second = again(first, folder)
    assert (path.stat().st_mtime_ns, path.stat().st_size) == (state.st_mtime_ns, state.st_size)
    assert (second.unchanged, "tool:trunk" in refs(second)) == (False, True)


def test_a_touched_file_is_not_parsed_again(folder: Path) -> None:
    """A file that was only touched or copied has the content it had: nothing is looked at."""
    age(folder)
    first = scan("again", roots=[folder])
    for path in folder.rglob("*.py"):
        copy = path.with_suffix(".new")
        copy.write_bytes(path.read_bytes())
        os.replace(copy, path)
    second = again(first, folder)
    assert (second.counts["looked_at"], refs(second)) == (0, refs(first))
