"""What a scan or refresh stores, updates, reports and leaves alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catalog import Catalog, DriftError, PackageNotFoundError

TOOLS = '''
from catalog import tool

@tool(tags=["plot"])
def draw(path: str) -> str:
    """Draw a chart."""
    return path

@tool
def count(text: str) -> int:
    """Count words."""
    return len(text.split())
'''


@pytest.fixture
def package(module_folder: Path) -> Path:
    """The file of an importable module with two marked tools."""
    file = module_folder / "scanned_tools.py"
    file.write_text(TOOLS)
    return file


def test_a_scan_stores_what_it_finds_and_imports_nothing(catalog: Catalog, package: Path) -> None:
    """A scan of a module adds its marked functions with signature and tags, and the module stays unloaded."""
    report = catalog.scan("scanned_tools")
    assert (report.found, report.updated, report.drifted, report.gone) == (("tool:count", "tool:draw"), (), (), ())
    entry = catalog.entry("tool", "draw")
    assert (entry.ref, entry.signature, entry.tags, entry.description, entry.source) == (
        "scanned_tools:draw",
        "(path: str) -> str",
        ("plot",),
        "Draw a chart.",
        "scan:scanned_tools",
    )
    assert "scanned_tools" not in sys.modules


def test_a_second_scan_of_the_same_writes_nothing(catalog: Catalog, package: Path) -> None:
    """Scanning unchanged code again adds no revision and leaves the generation where it is."""
    catalog.scan("scanned_tools")
    before = catalog.generation
    report = catalog.scan("scanned_tools")
    assert (report.unchanged, report.found, report.updated) == (("tool:count", "tool:draw"), (), ())
    assert (catalog.generation, len(catalog.history("tool", "draw"))) == (before, 1)


def test_rewording_is_taken_over(catalog: Catalog, package: Path) -> None:
    """A changed docstring or tag is no drift: the next scan updates the entry."""
    catalog.scan("scanned_tools")
    package.write_text(TOOLS.replace("Draw a chart.", "Draw a fine chart.").replace('"plot"', '"plot", "fine"'))
    report = catalog.scan("scanned_tools")
    assert (report.updated, report.drifted) == (("tool:draw",), ())
    entry = catalog.entry("tool", "draw")
    assert (entry.description, entry.tags, entry.revision) == ("Draw a fine chart.", ("fine", "plot"), 2)


@pytest.mark.parametrize("again", ["scan", "refresh"])
def test_drift_is_reported_and_never_accepted_in_passing(catalog: Catalog, package: Path, again: str) -> None:
    """After a changed signature, neither a scan nor a refresh touches what was recorded; taking the tool raises."""
    catalog.scan("scanned_tools")
    old = catalog.entry("tool", "draw")
    package.write_text(TOOLS.replace("def draw(path: str)", "def draw(path: str, wide: bool = False)"))
    report = catalog.scan("scanned_tools") if again == "scan" else catalog.refresh()[-1]
    assert [(one["key"], one["change"], one["old_signature"], one["new_signature"]) for one in report.drifted] == [
        ("tool:draw", "signature", "(path: str) -> str", "(path: str, wide: bool = False) -> str")
    ]
    marked = catalog.entry("tool", "draw")
    assert marked.metadata == {
        **old.metadata,
        "drifted": "the signature changed from (path: str) -> str to (path: str, wide: bool = False) -> str",
    }
    kept = {"metadata": old.metadata, "revision": old.revision, "updated_at": old.updated_at}
    assert marked.model_copy(update=kept) == old
    with pytest.raises(DriftError) as caught:
        catalog["tool", "draw"]
    assert "(path: str) -> str" in str(caught.value)
    assert "(path: str, wide: bool = False) -> str" in str(caught.value)


def test_accepting_records_the_code_as_it_is(catalog: Catalog, package: Path) -> None:
    """`accept` takes signature, checksums and parameters from the source, and nothing drifts afterwards."""
    catalog.scan("scanned_tools")
    package.write_text(TOOLS.replace("def draw(path: str)", "def draw(path: str, wide: bool = False)"))
    drifts = catalog.verify()
    assert [(drift.kind, drift.name, drift.change) for drift in drifts] == [("tool", "draw", "signature")]
    assert catalog.accept(drifts) == ["tool:draw"]
    entry = catalog.entry("tool", "draw")
    assert entry.signature == "(path: str, wide: bool = False) -> str"
    assert sorted(entry.parameters["properties"]) == ["path", "wide"]
    assert catalog.verify() == []
    assert catalog.history("tool", "draw")[0].action == "accept"


def test_a_changed_body_drifts_but_may_be_taken(catalog: Catalog, package: Path) -> None:
    """Under the default policy a tool whose body changed is handed over, and `verify` still tells."""
    catalog.scan("scanned_tools")
    package.write_text(TOOLS.replace("return path", "return path.upper()"))
    assert [drift.change for drift in catalog.verify()] == ["source"]
    assert catalog.verify(policy="signature") == []
    assert catalog["tool", "draw"]("a") == "A"
    with pytest.raises(DriftError):
        catalog.get("tool", "draw", verify="source")


def test_what_somebody_registered_by_hand_stays_theirs(catalog: Catalog, package: Path) -> None:
    """A scan does not reword an entry that was registered by hand under the same reference."""
    catalog.register("tool", "draw", "scanned_tools:draw", description="Mine.")
    report = catalog.scan("scanned_tools")
    assert (report.found, report.unchanged) == (("tool:count",), ("tool:draw",))
    assert catalog.entry("tool", "draw").description == "Mine."


def test_two_sources_of_one_name_are_both_kept_and_reported(catalog: Catalog, module_folder: Path) -> None:
    """A name that is taken by another object goes with its module in front of it, and the report names both."""
    (module_folder / "first_owner.py").write_text(TOOLS)
    (module_folder / "second_owner.py").write_text(TOOLS)
    catalog.scan("first_owner")
    report = catalog.scan("second_owner")
    assert report.found == ("tool:second_owner/count", "tool:second_owner/draw")
    assert {"key": "tool:draw", "kept": "first_owner:draw", "other": "second_owner:draw",
            "renamed": "second_owner/draw"} in report.clashes  # fmt: skip
    assert catalog.entry("tool", "second_owner/draw").metadata["given_name"] == "draw"
    assert catalog.scan("second_owner").unchanged == ("tool:second_owner/count", "tool:second_owner/draw")


def test_gone_code_is_reported_and_the_entry_stays(catalog: Catalog, package: Path) -> None:
    """An entry whose function was deleted is reported as gone; it stays, for the doctor to mend."""
    catalog.scan("scanned_tools")
    package.write_text(TOOLS[: TOOLS.index("@tool\ndef count")])
    assert catalog.scan("scanned_tools").gone == ("tool:count",)
    assert ("tool", "count") in catalog
    assert [(drift.name, drift.change) for drift in catalog.verify()] == [("count", "missing")]


def test_what_was_unregistered_stays_away_and_is_reported(catalog: Catalog, package: Path) -> None:
    """What a person unregistered comes back by no refresh and no scan, which say so, but by being restored."""
    catalog.scan("scanned_tools")
    catalog.unregister("tool", "count")
    said = {
        "path": "scanned_tools:count",
        "reason": "tool:count was unregistered; `catalog restore tool:count` brings it back",
    }
    assert catalog.scan("scanned_tools").skipped == (said,)
    package.write_text(TOOLS + "\n# changed\n")
    assert {report.target: report for report in catalog.refresh()}["scanned_tools"].skipped == (said,)
    assert ("tool", "count") not in catalog
    catalog.restore("tool", "count")
    report = catalog.scan("scanned_tools")
    assert (report.unchanged, report.skipped) == (("tool:count", "tool:draw"), ())


def test_a_refresh_leaves_out_what_the_scan_was_told_to(catalog: Catalog, tmp_path: Path) -> None:
    """The patterns of the last scan are kept with its target; a scan without them takes in what they left out."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(f"from catalog import tool\n@tool\ndef {name}(): ...\n")
    assert catalog.scan(tmp_path, exclude=["b.py", "c*"]).found == ("tool:a",)
    (tmp_path / "c.py").write_text("from catalog import tool\n@tool\ndef c(): ...\n")
    assert {report.target: report.found for report in catalog.refresh()}[str(tmp_path)] == ()
    assert catalog.scan(tmp_path, exclude=["b.py"]).found == ("tool:c",)
    assert catalog.scan(tmp_path).found == ("tool:b",)


def test_a_scan_says_what_it_puts_before_the_configuration(tmp_path: Path) -> None:
    """An entry that is found stands before the configured entry of its key; each scan of it says so."""
    (tmp_path / "catalog.toml").write_text('[entries.tool]\na = "json:dumps"\nother = "json:loads"\n')
    (tmp_path / "a.py").write_text("from catalog import tool\n@tool\ndef a(): ...\n")
    with Catalog("sqlite://", settings=tmp_path / "catalog.toml") as cat:
        for _ in range(2):
            assert cat.scan(tmp_path / "a.py").shadows == ({"key": "tool:a", "configured": "json:dumps"},)
        assert cat.entry("tool", "a").ref == "a:a"


def test_a_refresh_finds_what_is_new(catalog: Catalog, package: Path) -> None:
    """A refresh reads a changed source again and adds what is new in it."""
    catalog.scan("scanned_tools")
    package.write_text(TOOLS + '\n@tool\ndef third() -> None:\n    """Third."""\n')
    reports = {report.target: report for report in catalog.refresh()}
    assert reports["scanned_tools"].found == ("tool:third",)


def test_a_path_is_remembered_whole(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file scanned by a relative path is refreshed and loaded from any other folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lonely_tools.py").write_text(TOOLS)
    monkeypatch.chdir(folder)
    assert catalog.scan("lonely_tools.py").found == ("tool:count", "tool:draw")
    monkeypatch.chdir(tmp_path)
    (folder / "lonely_tools.py").write_text(TOOLS.replace("Draw a", "Make a"))
    assert [report.updated for report in catalog.refresh() if "lonely" in report.target] == [("tool:draw",)]
    assert catalog["tool", "count"]("a b") == 2
    del sys.modules["lonely_tools"]


def test_a_missing_package_is_an_error_with_a_hint(catalog: Catalog) -> None:
    """Scanning what is not installed says so and stores nothing."""
    before = catalog.generation
    with pytest.raises(PackageNotFoundError, match=r"pydantc.*did you mean 'pydantic'"):
        catalog.scan("pydantc")
    assert catalog.generation == before


def test_a_broken_file_is_reported_and_the_rest_is_stored(catalog: Catalog, module_folder: Path) -> None:
    """A syntax error in one module of a package leaves the others their entries."""
    folder = module_folder / "half_broken"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "good.py").write_text(TOOLS)
    (folder / "bad.py").write_text("from catalog import tool\n@tool\ndef broken(:\n")
    report = catalog.scan("half_broken")
    assert report.found == ("tool:count", "tool:draw")
    assert [Path(one["path"]).name for one in report.skipped] == ["bad.py"]


def test_a_package_that_exits_on_import_is_scanned_all_the_same(catalog: Catalog, module_folder: Path) -> None:
    """Code that would end the process when imported is read, stored and searched; only taking it fails."""
    (module_folder / "exits_at_once.py").write_text("import sys\nsys.exit(3)\n" + TOOLS)
    assert catalog.scan("exits_at_once").found == ("tool:count", "tool:draw")
    assert [hit.name for hit in catalog.search("chart")] == ["draw"]
    from catalog import ResolveError

    with pytest.raises(ResolveError) as caught:
        catalog["tool", "draw"]
    assert isinstance(caught.value.__cause__, SystemExit)


def test_nested_functions_are_found_and_say_why_they_cannot_be_taken(catalog: Catalog, module_folder: Path) -> None:
    """A tool defined inside a function is listed and searched; taking it explains where it comes from."""
    (module_folder / "nesting.py").write_text(
        'from catalog import tool\ndef make():\n    @tool\n    def inner(x: int) -> int:\n        """Add one."""\n'
        "        return x + 1\n    return inner\n"
    )
    assert catalog.scan("nesting").found == ("tool:inner",)
    from catalog import NotImportableError

    with pytest.raises(NotImportableError, match=r"defined inside make\(\) in nesting.py"):
        catalog["tool", "inner"]
