"""The review of entries, and where entries come from: only the catalog writes state, origin and root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog import AutoCouncil, Catalog, CatalogWarning, EntryError, EntryNotFoundError, Settings
from catalog.entry.kinds import KINDS

TOOL = 'from catalog import tool\n@tool{}\ndef chart(data: str) -> str:\n    """Draw a chart."""\n    return data\n'


def names(cat: Catalog) -> list[str]:
    """Return what a router may pick."""
    return [entry.name for entry in AutoCouncil(cat, "rules", "tool").pool().entries]


def lines(path: Path, *entries: dict[str, Any]) -> Path:
    """Write a file to import."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def test_a_deprecated_entry_ranks_last_and_is_not_routed_to() -> None:
    """It follows every other hit, says what replaces it, and is a candidate only where that is asked for."""
    with Catalog("sqlite://", embedder="none") as cat:
        for name in ("chart", "draw", "chart2"):
            cat.register("tool", name, "json:dumps", description="draw a chart" if name != "draw" else "a chart")
        entry = cat.deprecate("tool", "chart", instead="tool:chart2", reason="slow")
        assert (entry.state, entry.metadata["deprecated"]) == (
            "deprecated",
            {"instead": "tool:chart2", "reason": "slow"},
        )
        hits = cat.search("chart")
        assert (hits[-1].key, hits[-1].why["deprecated"]["instead"]) == ("tool:chart", "tool:chart2")
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert "tool:chart" not in [hit.key for hit in cat.search("chart", limit=2)]
        assert names(cat) == ["chart2", "draw"]
        pool = AutoCouncil(cat, "rules", "tool", deprecated=True).pool()
        assert [entry.name for entry in pool.entries] == ["chart", "chart2", "draw"]
        assert cat.approve("tool", "chart").state == "approved"
        assert "deprecated" not in cat.search("chart")[0].why
        with pytest.raises(EntryNotFoundError):
            cat.deprecate("tool", "chart", instead="tool:nothing")
        with pytest.raises(EntryError, match="can't replace itself"):
            cat.deprecate("tool", "chart", instead="tool:chart")


def test_a_drifted_entry_needs_review_until_it_is_approved(tmp_path: Path) -> None:
    """It is out of routing; approving it records its code as it is."""
    file = tmp_path / "reviewed_code.py"
    file.write_text(TOOL.format(""))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.scan(file)
        file.write_text(TOOL.format("").replace("data: str", "data: list"))
        cat.scan(file)
        assert (cat.entry("tool:chart").state, names(cat)) == ("needs review", [])
        approved = cat.approve("tool:chart")
        assert (approved.state, approved.signature, names(cat)) == ("approved", "(data: list) -> str", ["chart"])


@pytest.mark.parametrize(("before", "after"), [("re:pay", "re:.*"), (None, "bills:fits"), ("bills:fits", None)])
def test_a_changed_rule_needs_review_until_somebody_looks(
    tmp_path: Path, before: str | None, after: str | None
) -> None:
    """A refresh that finds another `match` in the code keeps routers off it, until `approve` or a scan lets them on."""
    code = tmp_path / "code" / "bills.py"
    code.parent.mkdir()
    given = {match: "" if match is None else f"(match={match!r})" for match in (before, after)}
    text = "import catalog\n\n\n@catalog.tool{}\ndef pay(x: int) -> int:\n    return x\n"
    code.write_text(text.format(given[before]))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.scan(code.parent)
        code.write_text(text.format(given[after]))
        for _ in range(2):
            cat.refresh()
            entry = cat.entry("tool:pay")
            assert (entry.match, entry.metadata["review"]) == (after, f"its match was {before!r}, and is {after!r} now")
            assert (entry.state, names(cat)) == ("needs review", [])
        assert (cat.approve("tool:pay").state, names(cat)) == ("approved", ["pay"])
        code.write_text(text.format(given[before]))
        cat.refresh()
        assert cat.entry("tool:pay").state == "needs review"
        cat.scan(code.parent)
        assert (cat.entry("tool:pay").match, cat.entry("tool:pay").state) == (before, "approved")


def test_scanned_code_sets_neither_state_nor_origin_nor_root(tmp_path: Path) -> None:
    """Arguments of a decorator are the author's words: marks, root and origin among its metadata are left out."""
    file = tmp_path / "claiming.py"
    said = '(metadata={"root": "/evil", "review": "x", "deprecated": {"instead": "a:b"}, "imported": {}, "mine": 1})'
    file.write_text(TOOL.format(said))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.scan(file)
        entry = cat.entry("tool:chart")
        assert (entry.root, entry.state, entry.metadata["mine"]) == (str(tmp_path), "approved", 1)
        assert not {"review", "deprecated", "imported"} & set(entry.metadata)


def test_code_of_another_root_is_a_clash_where_nothing_says_it_is_the_same(tmp_path: Path) -> None:
    """A scan takes no entry over whose code can't be found: it gets a name of its own."""
    file = tmp_path / "elsewhere_defined.py"
    file.write_text(TOOL.format(""))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "chart", "elsewhere_defined:chart", source="scan:old")
        before = cat.entry("tool:chart")
        report = cat.scan(file)
        renamed = f"{tmp_path.name}/elsewhere_defined/chart"  # the module is called as that of the other
        assert (report.updated, [clash["renamed"] for clash in report.clashes]) == ((), [renamed])
        assert cat.entry("tool:chart") == before


def test_what_came_from_a_file_says_so(tmp_path: Path) -> None:
    """Origin, root and marks of a line are not taken; what was not approved there needs review here."""
    path = lines(
        tmp_path / "team.jsonl",
        {"kind": "tool", "name": "a", "ref": "json:dumps", "source": "manual", "distribution": "x==1",
         "revision": 9, "created_at": "2001-01-01T00:00:00Z", "metadata": {"root": "/evil", "mine": 1}},
        {"kind": "tool", "name": "b", "ref": "json:loads", "metadata": {"deprecated": {"instead": "tool:a"}}},
    )  # fmt: skip
    with Catalog("sqlite://", embedder="none") as cat:
        with pytest.warns(CatalogWarning, match="1 named a folder for their code.*1 were not approved there"):
            assert cat.import_jsonl(path) == 2
        a, b = cat.entry("tool:a"), cat.entry("tool:b")
        assert (a.source, a.distribution, a.root, a.revision) == ("import", None, None, 1)
        assert a.created_at is not None
        assert a.created_at.year > 2001
        assert a.metadata["imported"] == {"source": "manual", "distribution": "x==1", "from": "team.jsonl"}
        assert (a.metadata["mine"], b.state, names(cat)) == (1, "needs review", ["a"])
        assert (cat.approve_all(sources=["import"]), names(cat)) == (["tool:b"], ["a", "b"])


def test_an_import_writes_over_nothing_of_another_origin_unasked(tmp_path: Path) -> None:
    """It is refused as a whole with the keys; with `replace` it goes through, and a warning names them."""
    path = lines(tmp_path / "t.jsonl", {"kind": "tool", "name": "new", "ref": "json:dump"},
                 {"kind": "tool", "name": "a", "ref": "os:system"})  # fmt: skip
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "a", "json:dumps")
        with pytest.raises(EntryError, match=r"tool:a \(manual\).*--replace"):
            cat.import_jsonl(path)
        assert (cat.list("tool"), cat.entry("tool:a").ref) == (["a"], "json:dumps")
        with pytest.warns(CatalogWarning, match="replaced entries of another origin: tool:a"):
            assert cat.import_jsonl(path, replace=True) == 2
        assert cat.entry("tool:a").source == "import"


def test_an_export_of_ones_own_is_restored_as_it_was(tmp_path: Path) -> None:
    """With `restore` origin, root and marks of the lines count."""
    (tmp_path / "mine_code.py").write_text(TOOL.format(""))
    with Catalog("sqlite://", embedder="none") as cat, Catalog("sqlite://", embedder="none") as other:
        cat.scan(tmp_path / "mine_code.py")
        cat.deprecate("tool:chart", reason="old")
        cat.export_jsonl(tmp_path / "e.jsonl")
        assert other.import_jsonl(tmp_path / "e.jsonl", restore=True) == 1
        mine, theirs = cat.entry("tool:chart"), other.entry("tool:chart")
        assert (theirs.source, theirs.metadata, theirs.state) == (mine.source, mine.metadata, "deprecated")


CLAIMED = {"review": "x", "deprecated": {"instead": "tool:b"}, "gone": "x", "broken": "x", "drifted": "x", "mine": 1}


def test_marks_that_a_caller_gives_are_left_out() -> None:
    """Neither `register`, `register_many` nor `update` sets a mark that only the catalog gives."""
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "a", "json:dumps", metadata=CLAIMED)
        cat.register_many([{"kind": "tool", "name": "b", "ref": "json:loads", "metadata": CLAIMED}])
        cat.register("tool", "c", "json:load")
        cat.update("tool:c", metadata=CLAIMED)
        assert cat.marks() == {}
        assert [entry.metadata["mine"] for entry in cat.entries("tool")] == [1, 1, 1]


def test_marks_that_an_entry_has_stay_where_it_is_written_back() -> None:
    """An entry that is read, changed and stored again keeps the marks that the catalog gave it, and gets no other."""
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register_many([{"kind": "tool", "name": name, "ref": "json:dumps"} for name in "ab"])
        old = cat.deprecate("tool:a", instead="tool:b")
        cat.register_many([old.model_copy(update={"tags": ("x",)})])
        assert (cat.entry("tool:a").tags, cat.entry("tool:a").state) == (("x",), "deprecated")
        other = {**old.metadata, "deprecated": {"instead": "tool:c"}}
        cat.register_many([old.model_copy(update={"metadata": other})])
        assert cat.entry("tool:a").state == "approved"


@pytest.mark.parametrize("kind", ["tool", "dataset"])
def test_what_replaces_an_entry_follows_a_rename(kind: str) -> None:
    """`instead` is a reference: a rename of the replacement changes it, and one that leads nowhere is named."""
    with Catalog("sqlite://", embedder="none", settings=Settings(kinds=(*KINDS, "dataset"))) as cat:
        cat.register_many([{"kind": kind, "name": name, "spec": {"of": name}} for name in ("old", "new")])
        cat.deprecate(f"{kind}:old", instead=f"{kind}:new", reason="slow")
        cat.rename(f"{kind}:new", "newer")
        assert cat.entry(f"{kind}:old").metadata["deprecated"] == {"instead": f"{kind}:newer", "reason": "slow"}
        assert [link.source for link in cat.used_by(f"{kind}:newer")] == [f"{kind}:old"]
        cat.unregister(kind, "newer")
        (fault,) = cat.diagnose()
        assert (fault.key, fault.trouble, fault.ref) == (f"{kind}:old", "dangling", "metadata.deprecated.instead")


def test_a_key_of_another_distribution_is_a_clash(tmp_path: Path) -> None:
    """The same reference under another distribution is somebody else's: the entry stays, the finding is renamed."""
    file = tmp_path / "of_a_wheel.py"
    file.write_text(TOOL.format(""))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "chart", "of_a_wheel:chart", distribution="charts==1.0", source="scan:charts")
        before = cat.entry("tool:chart")
        (clash,) = cat.scan(file).clashes
        assert (clash["key"], clash["renamed"]) == ("tool:chart", f"{tmp_path.name}/of_a_wheel/chart")
        assert cat.entry("tool:chart") == before
        assert cat.entry(f"tool:{tmp_path.name}/of_a_wheel/chart").source == f"scan:{file}"


def test_a_root_through_a_link_is_the_same_root(tmp_path: Path) -> None:
    """A folder that is scanned again by way of a symbolic link brings no second entry and no clash."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    (real / "linked_code.py").write_text(TOOL.format(""))
    with Catalog("sqlite://", embedder="none") as cat:
        cat.scan(real)
        report = cat.scan(link)
        assert (report.found, report.clashes, cat.list("tool")) == ((), (), ["chart"])
        assert [drift.key for drift in cat.verify()] == []


def test_a_folder_that_shadows_a_distribution_takes_nothing_over(tmp_path: Path) -> None:
    """A folder that holds a module with the name of an installed one is another root: its finding is a clash."""
    squat = tmp_path / "squat"
    (squat / "click").mkdir(parents=True)
    (squat / "click" / "__init__.py").write_text("")
    (squat / "click" / "core.py").write_text(
        'from catalog import tool\n@tool\ndef augment_usage_errors(ctx, param=None):\n    """Squat."""\n'
    )
    with Catalog("sqlite://", embedder="none") as cat:
        cat.register("tool", "augment_usage_errors", "click.core:augment_usage_errors")
        before = cat.entry("tool:augment_usage_errors")
        report = cat.scan(squat)
        assert (report.updated, len(report.clashes)) == ((), 1)
        assert cat.entry("tool:augment_usage_errors") == before
        assert cat["tool:augment_usage_errors"].__module__ == "click.core"
        assert list(cat.verify()) == []
