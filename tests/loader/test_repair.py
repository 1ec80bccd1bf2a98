"""References that lead nowhere or twice to one place, and where the code went."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from records import Record, record

from catalog.loader.repair import Fault, diagnose
from catalog.source.locate import Locator

Make = Callable[..., str]

DRAW = "def draw(data: str, width: int = 3):\n    '''Draw.'''\n    return [data] * width\n"


@pytest.fixture
def shop(make_module: Make, request: pytest.FixtureRequest) -> str:
    """A package with a name of its own that ends the process when imported; it holds ``plots:draw``."""
    name = f"shop_{abs(hash(request.node.nodeid)) % 10**8}"
    make_module("raise SystemExit('imported')", f"{name}.__init__")
    make_module(DRAW, f"{name}.plots")
    make_module("class Tool:\n    def run(self, a): return a\n", f"{name}.tools")
    return name


def seen(entries: list[Record]) -> list[tuple[str, str, str | None, str]]:
    """Return key, trouble, proposal and certainty of each fault."""
    return [(f.key, f.trouble, f.proposal, f.certain) for f in diagnose(entries)]


def test_sound_references_have_no_fault(shop: str) -> None:
    """Entries whose code is there, data, and what reading can't follow are left alone."""
    entries = [
        record("draw", f"{shop}.plots:draw"),
        record("run", f"{shop}.tools:Tool.run"),
        Record("schema", "data", None),
        Record("tool", "sin", "math:sin"),
    ]
    assert diagnose(entries) == []
    assert shop not in sys.modules


def test_moved_code_is_found_by_its_checksum(shop: str, make_module: Make) -> None:
    """Code that went to another module of its package is proposed there, comments and docstring aside."""
    entry = record("draw", f"{shop}.plots:draw")
    make_module("", f"{shop}.plots")
    make_module(
        "# new home\ndef draw(data: 'str', width: int = 3):\n    return [data] * width\n", f"{shop}.deep.charts"
    )
    assert diagnose([entry]) == [
        Fault(
            key="tool:draw",
            ref=f"{shop}.plots:draw",
            trouble="moved",
            proposal=f"{shop}.deep.charts:draw",
            certain="exact",
            why=f"{shop}.plots has no 'draw'; {shop}.deep.charts:draw has the same code",
        )
    ]


def test_a_module_that_is_gone_is_looked_for_too(shop: str, make_module: Make, tmp_path: Path) -> None:
    """A renamed module is found as the place its code moved to."""
    entry = record("draw", f"{shop}.plots:draw")
    folder = tmp_path / "modules" / shop
    (folder / "plots.py").rename(folder / "charts.py")
    assert seen([entry]) == [("tool:draw", "moved", f"{shop}.charts:draw", "exact")]


def test_renamed_code_is_found(shop: str, make_module: Make) -> None:
    """A function, a class and a method under another name in the same module are proposed there."""
    entries = [
        record("draw", f"{shop}.plots:draw"),
        record("tool", f"{shop}.tools:Tool"),
        record("run", f"{shop}.tools:Tool.run"),
    ]
    make_module(DRAW.replace("def draw", "def paint"), f"{shop}.plots")
    make_module("class Gadget:\n    def run(self, a): return a\n", f"{shop}.tools")
    assert seen(entries) == [
        ("tool:draw", "renamed", f"{shop}.plots:paint", "exact"),
        ("tool:run", "renamed", f"{shop}.tools:Gadget.run", "exact"),
        ("tool:tool", "renamed", f"{shop}.tools:Gadget", "exact"),
    ]


def test_the_same_name_and_signature_is_likely(shop: str, make_module: Make) -> None:
    """Code that moved and changed within is proposed, and said to be less certain."""
    entry = record("draw", f"{shop}.plots:draw")
    make_module("", f"{shop}.plots")
    make_module("def draw(data: str, width: int = 3):\n    return 'other'\n", f"{shop}.charts")
    assert seen([entry]) == [("tool:draw", "moved", f"{shop}.charts:draw", "likely")]


def test_the_same_name_alone_is_no_proposal(shop: str, make_module: Make) -> None:
    """A namesake with other parameters is mentioned, and not proposed."""
    entry = record("draw", f"{shop}.plots:draw")
    make_module("", f"{shop}.plots")
    make_module("def draw(): ...\n", f"{shop}.charts")
    found = diagnose([entry])
    assert [(one.trouble, one.proposal) for one in found] == [("dead", None)]
    assert f"{shop}.charts:draw has its name, but not its signature" in found[0].why


def test_of_several_places_none_is_guessed(shop: str, make_module: Make) -> None:
    """Equal code at several places is proposed only where the name tells which one is meant."""
    entry = record("draw", f"{shop}.plots:draw")
    make_module(DRAW.replace("def draw", "def one") + DRAW.replace("def draw", "def two"), f"{shop}.plots")
    found = diagnose([entry])
    assert [(one.trouble, one.proposal) for one in found] == [("dead", None)]
    assert f"its code is at 2 places: {shop}.plots:one, {shop}.plots:two" in found[0].why
    make_module(DRAW, f"{shop}.charts")
    assert seen([entry]) == [("tool:draw", "moved", f"{shop}.charts:draw", "exact")]


def test_code_that_is_nowhere_is_dead(shop: str, make_module: Make) -> None:
    """What can't be found has no proposal, and a broken file on the way is passed over."""
    entry = record("draw", f"{shop}.plots:draw")
    make_module("", f"{shop}.plots")
    make_module("def (", f"{shop}.broken")
    assert diagnose([entry, Record("tool", "never", "nowhere_at_all:x")]) == [
        Fault("tool:draw", f"{shop}.plots:draw", "dead", None, "", f"{shop}.plots has no 'draw'"),
        Fault(
            "tool:never",
            "nowhere_at_all:x",
            "elsewhere",
            None,
            "",
            "there is no module nowhere_at_all",
        ),
    ]


def test_the_own_folder_is_searched_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that is gone is found in the folder its entry was recorded with, and nowhere else."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "first_home.py").write_text(DRAW)
    (tmp_path / "other_home.py").write_text(DRAW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    locator = Locator(own=str(home))
    from catalog.source.find import Missing, find_object

    now = find_object("first_home:draw", locator)
    assert not isinstance(now, Missing)
    entry = Record("tool", "draw", "first_home:draw", now.signature, now.checksum, now.source_checksum)
    rooted = replace(entry, root=str(home))
    (home / "first_home.py").rename(home / "second_home.py")
    assert seen([rooted]) == [("tool:draw", "moved", "second_home:draw", "exact")]
    (home / "first_home.py").write_text("x = 1")
    assert seen([rooted]) == [("tool:draw", "moved", "second_home:draw", "exact")]
    (home / "second_home.py").unlink()
    assert seen([rooted]) == [("tool:draw", "dead", None, "")]
    assert seen([entry]) == [("tool:draw", "elsewhere", None, "")]
    home.rename(tmp_path / "moved")
    assert seen([rooted]) == [("tool:draw", "elsewhere", None, "")]


def test_a_renamed_package_is_found_through_its_distribution(make_module: Make, tmp_path: Path) -> None:
    """Code of an installed distribution is found under the new name of its top-level package."""
    make_module(DRAW, "old_top_level.plots")
    entry = record("draw", "old_top_level.plots:draw", distribution="some-shop==1.0")
    folder = tmp_path / "modules"
    (folder / "old_top_level").rename(folder / "new_top_level")
    info = folder / "some_shop-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-shop\nVersion: 2.0\n")
    (info / "RECORD").write_text("new_top_level/plots.py,,\nsome_shop-2.0.dist-info/METADATA,,\n")
    assert seen([entry]) == [("tool:draw", "moved", "new_top_level.plots:draw", "exact")]


def test_two_entries_for_one_object_are_duplicates(shop: str, make_module: Make) -> None:
    """Entries of one kind that lead to one object are reported, through whatever import; the first by name stays."""
    make_module("from .plots import draw\nalias = draw\n", f"{shop}.facade")
    entries = [
        record("b", f"{shop}.facade:draw"),
        record("a", f"{shop}.plots:draw"),
        record("c", f"{shop}.facade:alias"),
        record("a", f"{shop}.plots:draw", kind="agent"),
        Record("tool", "m", "math:sin"),
        Record("tool", "n", "math:sin"),
    ]
    found = diagnose(entries)
    assert [(f.key, f.trouble, f.same_as, f.proposal) for f in found] == [
        ("tool:b", "duplicate", "tool:a", None),
        ("tool:c", "duplicate", "tool:a", None),
        ("tool:n", "duplicate", "tool:m", None),
    ]


def test_an_inherited_method_is_no_duplicate(make_module: Make) -> None:
    """One definition that two classes inherit is two objects, but a class under two names is one."""
    module = make_module("class A:\n    def run(self): ...\nclass B(A): ...\nclass C(A): ...\nD = C\n")
    entries = [record(name, f"{module}:{name}.run") for name in "BCD"]
    assert [(f.key, f.same_as) for f in diagnose(entries)] == [("tool:D", "tool:C")]


def test_a_fault_is_json(shop: str) -> None:
    """A fault as data holds texts and None only."""
    fault = diagnose([Record("tool", "never", "nowhere_at_all:x")])[0]
    assert json.loads(json.dumps(fault.to_dict())) == fault.to_dict()
    assert list(fault.to_dict()) == ["key", "ref", "trouble", "proposal", "certain", "why", "same_as", "remedy"]


def test_many_dead_entries_read_their_package_once(
    shop: str, make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand entries whose code is gone cost one reading of the package, not ten thousand."""
    from catalog.loader import repair

    reads: list[str] = []
    real = repair.read_source
    monkeypatch.setattr(repair, "read_source", lambda path: (reads.append(path), real(path))[1])
    entries = [Record("tool", f"t{n}", f"{shop}.plots:f{n}", "()", "sig1:0", "src1:0") for n in range(10_000)]
    begun = time.process_time()
    found = diagnose(entries)
    assert [fault.trouble for fault in found] == ["dead"] * 10_000
    assert len(reads) == len(set(reads)) == 3
    assert time.process_time() - begun < 20
