"""What is marked as being of a kind that a project declares: scans and refreshes see it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog

from catalog import Settings
from catalog.entry.kinds import KINDS

KINDS_MODULE = 'import catalog\n\ndataset = catalog.mark("dataset")\n'
DATA = '''
import catalog
from catalog import mark
from . import kinds
from .kinds import dataset

local = mark("dataset")

@catalog.mark("dataset", tags=["a"])
def one():
    """The first."""

@mark("dataset")
class Two: ...

@mark("dataset")(name="three")
def third(): ...

@dataset
def four(): ...

@kinds.dataset(description="The fifth.", name="five")
def fifth(): ...

@local(priority=6)
def six(): ...

seven = dataset({"a": 1}, name="seven", tags=["b"])
eight = mark("dataset", name="eight")([1])
nine = mark("dataset")({"b": 2}, description="The ninth.")
'''
FOUND = {
    "dataset:Two": ("", ()),
    "dataset:eight": ("", ()),
    "dataset:five": ("The fifth.", ()),
    "dataset:four": ("", ()),
    "dataset:nine": ("The ninth.", ()),
    "dataset:one": ("The first.", ("a",)),
    "dataset:seven": ("", ("b",)),
    "dataset:six": ("", ()),
    "dataset:three": ("", ()),
}
IMPORTED = {"dataset:four", "dataset:five", "dataset:seven"}
"""What is marked with a decorator from another file, which a scan knows by the name of a declared kind."""

DECLARED = Settings(embedder="none", kinds=(*KINDS, "dataset"))
UNDECLARED = "the kind 'dataset' is not declared; declare it with kinds = [\"dataset\"] in [tool.catalog]"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package on the import path, in which datasets are marked."""
    folder = tmp_path / "holding"
    folder.mkdir()
    for name, text in {"__init__": "", "kinds": KINDS_MODULE, "data": DATA}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("holding", "holding.kinds", "holding.data"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def shown(cat: Any) -> dict[str, Any]:
    """Return description and tags of the datasets."""
    return {entry.key: (entry.description, entry.tags) for entry in cat.entries("dataset")}


def test_a_scan_finds_every_way_of_marking(package: Path) -> None:
    """Called at once, kept in a variable, imported from another module, on functions, classes and values: all count."""
    with open_catalog("sqlite://", settings=DECLARED) as cat:
        report = cat.scan(package)
        assert (list(report.found), report.skipped) == (sorted(FOUND), ())
        assert shown(cat) == FOUND
        assert cat["dataset:seven"] == {"a": 1}
        assert [again.unchanged for again in cat.refresh() if again.target == str(package)] == [tuple(sorted(FOUND))]


def test_a_refresh_takes_in_what_is_loaded(package: Path) -> None:
    """Marked objects of loaded modules are registered; at the next refresh they are reported as unchanged."""
    import holding.data  # type: ignore[import-not-found]  # noqa: F401

    with open_catalog("sqlite://", settings=DECLARED) as cat:
        (live,) = [report for report in cat.refresh() if report.target == "live"]
        assert [key for key in live.found if key.startswith("dataset:")] == sorted(FOUND)
        (live,) = [report for report in cat.refresh() if report.target == "live"]
        assert live.found == ()
        assert [key for key in live.unchanged if key.startswith("dataset:")] == sorted(FOUND)


def test_an_undeclared_kind_is_reported_each_time(package: Path) -> None:
    """Without a declaration nothing is registered; each scan and each refresh names what it passed over, and why."""
    with open_catalog("sqlite://") as cat:
        found = [cat.scan(package), *(report for report in cat.refresh() if report.target == str(package))]
        import holding.data  # noqa: F401

        (live,) = [report for report in cat.refresh() if report.target == "live"]
        for report in (*found, live):
            reasons = [skip["reason"] for skip in report.skipped if "dataset:" in skip["reason"]]
            keys = FOUND if report is live else FOUND.keys() - IMPORTED
            assert sorted(reasons) == [f"{key} is not registered: {UNDECLARED}" for key in sorted(keys)]
            assert [key for key in report.unchanged if key.startswith("dataset:")] == []  # others are of other tests
        assert [entry for entry in cat.entries() if entry.source != "live"] == []


def test_a_declaration_takes_effect_at_the_next_refresh(package: Path, url: str) -> None:
    """A kind that is declared after the scan has its entries at the next refresh, though no file changed."""
    with open_catalog(url) as cat:
        cat.scan(package)
    with open_catalog(url, settings=DECLARED) as cat:
        (report,) = [report for report in cat.refresh() if report.target == str(package)]
        assert list(report.found) == sorted(FOUND)


def test_a_refresh_says_what_was_unregistered(package: Path) -> None:
    """What a person took away stays away, and each refresh says so, whether its file has changed or not."""
    reason = "dataset:one was unregistered; `catalog restore dataset:one` brings it back"
    skipped = ({"path": "holding.data:one", "reason": reason},)
    with open_catalog("sqlite://", settings=DECLARED) as cat:
        cat.scan(package)
        cat.unregister("dataset:one")
        for text in (DATA, DATA + "\n# changed\n"):
            (package / "data.py").write_text(text)
            (report,) = [report for report in cat.refresh() if report.target == str(package)]
            assert (report.skipped, report.found) == (skipped, ())
            assert list(report.unchanged) == [key for key in sorted(FOUND) if key != "dataset:one"]
        assert ("dataset", "one") not in cat
