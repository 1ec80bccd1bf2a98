"""Findings are taken in page by page: how many a page has makes no difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog import Catalog

CODE = '''from agents import Agent, function_tool


@function_tool
def look(x: str) -> str:
    """Look {name} up."""
    return x


@function_tool
def own_{name}(x: str) -> str:
    """Own {name}."""
    return x


helper = Agent(name="helper", instructions="Help {name}.", tools=[look, own_{name}])
boss = Agent(name="boss", instructions="Lead {name}.", handoffs=[helper])


def make():
    inner = Agent(name="inner", instructions="Inside {name}.", tools=[look])
    return 3, inner
'''


def outcome(folder: Path) -> list[Any]:
    """Scan two projects whose names clash, change one, scan again; return all reports, entries and histories."""
    one, two = folder / "one", folder / "two"
    for project in (one, two):
        project.mkdir(parents=True, exist_ok=True)
        for name in "abc":
            (project / f"part_{name}.py").write_text(CODE.format(name=name))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "part_b/look", "json:dumps")  # somebody else's, under a name that a finding would get
        reports = [cat.scan(one), cat.scan(two)]
        cat.unregister("tool", "own_a")
        changed = CODE.format(name="b").replace("def look(x: str)", "def look(x: str, y: int = 1)")
        (one / "part_b.py").write_text(changed.replace("own_b", "own_z"))
        (one / "part_c.py").unlink()
        reports += [cat.scan(one), cat.scan(one), cat.scan(two)]
        entries = [entry.model_dump(mode="json", exclude={"created_at", "updated_at"}) for entry in cat.entries()]
        steps = sorted([each.kind, each.name, each.revision, each.action] for each in cat.log(999))
        return [[{**report.to_dict(), "seconds": 0} for report in reports], entries, steps]


def test_pages_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, references, drift, what is gone and what was unregistered are as if all were taken in at once."""
    whole = outcome(tmp_path)
    assert len(whole[1]) > 25
    assert whole[0][0]["clashes"]
    assert whole[0][2]["drifted"]
    assert whole[0][2]["gone"]
    for size in (1, 3):
        monkeypatch.setattr("catalog.ingest.merge.CHUNK", size)
        assert outcome(tmp_path) == whole
