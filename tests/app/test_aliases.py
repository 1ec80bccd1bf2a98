"""Aliases: ``tool:plot@prod`` names a revision, or the newest; what it did is history."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, DriftError, EntryNotFoundError, InvalidEntryError


@pytest.fixture
def moved(catalog: Catalog) -> Catalog:
    """A tool with three revisions, two of which have aliases, and ``edge``, which follows the newest."""
    for number, ref in enumerate(("os:getcwd", "os:getpid", "os:getppid"), 1):
        catalog.register("tool", "plot", ref, description=f"text {number}")
    catalog.alias("tool:plot", "prod", revision=1)
    catalog.alias("tool", "plot", "next", revision=2, reason="to be tried")
    catalog.alias("tool:plot", "edge")
    return catalog


def test_an_alias_gives_the_entry_of_its_revision(moved: Catalog) -> None:
    """Record, object and membership are those of the revision; the newest is what the key itself gives."""
    import os

    keys = ("tool:plot", "tool:plot@prod", "tool:plot@next", "tool:plot@edge")
    assert [(moved.entry(key).revision, moved.entry(key).description) for key in keys] == [
        (3, "text 3"), (1, "text 1"), (2, "text 2"), (3, "text 3"),
    ]  # fmt: skip
    for _ in range(2):  # loaded, and then from the cache
        assert [moved[key] for key in keys] == [os.getppid, os.getcwd, os.getpid, os.getppid]
    assert (moved.get("tool", "plot@prod"), moved.tools["plot@next"]) == (os.getcwd, os.getpid)
    assert [key in moved for key in (*keys, "tool:plot@", "tool:plot@x", "tool:none@prod")] == [True] * 4 + [False] * 3
    assert [(s.entry.revision, s.why) for s in moved.which("tool:plot@prod")] == [
        (1, "revision 1, which the alias 'plot@prod' names")
    ]
    assert moved.list("tool") == ["plot"]


def test_an_alias_moves_and_follows(moved: Catalog) -> None:
    """A moved alias gives the other revision at once, in every process; every move is kept with actor and reason."""
    assert moved.aliases("tool:plot") == {"edge": None, "next": 2, "prod": 1}
    moved["tool:plot@prod"]
    moved.alias("tool:plot", "prod", revision=2, reason="it is better")
    moved.alias("tool:plot", "prod", revision=2)  # no move
    moved.update("tool:plot", description="text 4")
    with open_catalog(moved.url) as other:
        for cat in (moved, other):
            assert [cat.entry(f"tool:plot@{name}").description for name in ("prod", "edge")] == ["text 2", "text 4"]
    moved.unalias("tool:plot", "prod")
    assert "tool:plot@prod" not in moved
    assert moved.aliases("tool:plot") == {"edge": None, "next": 2}
    assert [(move.alias, move.action, move.revision, move.reason) for move in moved.alias_history("tool:plot")] == [
        ("prod", "unalias", None, None),
        ("prod", "alias", 2, "it is better"),
        ("edge", "alias", None, None),
        ("next", "alias", 2, "to be tried"),
        ("prod", "alias", 1, None),
    ]


def test_an_entry_that_is_called_so_is_found_first(moved: Catalog) -> None:
    """A name may hold '@'; the entry of that name wins over the alias, which is there again when it goes."""
    moved.register("tool", "plot@prod", "os:getlogin", description="its own")
    assert moved.entry("tool:plot@prod").description == "its own"
    moved.unregister("tool:plot@prod")
    assert moved.entry("tool:plot@prod").description == "text 1"


@pytest.mark.parametrize("alias", ["", "a@b", " x", "x\u200by", "y" * 201])
def test_an_alias_is_a_name_without_at(moved: Catalog, alias: str) -> None:
    """What can't be an alias is refused, and nothing is written."""
    with pytest.raises(InvalidEntryError, match=r"^the alias "):
        moved.alias("tool:plot", alias, revision=1)
    assert len(moved.alias_history("tool:plot")) == 3


def test_an_alias_points_at_what_is_there(moved: Catalog) -> None:
    """No alias of a revision that never was, or that took the entry away, or of no entry; none that isn't goes."""
    moved.unregister("tool:plot")
    moved.restore("tool:plot")
    for revision in (4, 9):
        with pytest.raises(EntryNotFoundError, match=rf"has no revision {revision} .* it has \[1, 2, 3, 5\]"):
            moved.alias("tool:plot", "old", revision=revision)
    for wrong in (0, -1, True, "1"):
        with pytest.raises(InvalidEntryError, match="give a number from 1"):
            moved.alias("tool:plot", "old", revision=wrong)  # type: ignore[arg-type]
    with pytest.raises(EntryNotFoundError, match="no entry 'tool:none'"):
        moved.alias("tool:none", "old")
    with pytest.raises(EntryNotFoundError, match="has no alias 'prd'; it has edge, next, prod; did you mean 'prod'"):
        moved.unalias("tool:plot", "prd")


def test_nothing_is_changed_through_an_alias(moved: Catalog) -> None:
    """An alias is read; a change names the entry itself, and the error says which."""
    for change in (
        lambda: moved.update("tool:plot@prod", description="x"),
        lambda: moved.unregister("tool:plot@prod"),
        lambda: moved.rename("tool:plot@prod", "new"),
        lambda: moved.alias("tool:plot@prod", "more"),
    ):
        with pytest.raises(EntryNotFoundError, match=r"'tool:plot@prod' is an alias of revision 1; name 'tool:plot'"):
            change()
    assert [change.revision for change in moved.history("tool:plot")] == [3, 2, 1]


def test_aliases_go_and_come_with_their_entry(moved: Catalog) -> None:
    """While the entry is gone its aliases name nothing; `restore` brings them back, and a new name takes them along."""
    moved.unregister("tool:plot")
    assert "tool:plot@prod" not in moved
    moved.restore("tool:plot")
    assert moved.entry("tool:plot@prod").description == "text 1"
    moved.register("tool", "chart", "os:getcwd", description="another chart")
    moved.alias("tool:chart", "prod", revision=1)
    moved.unregister("tool:chart")  # two revisions, before which nothing may come
    moved.rename("tool:plot", "chart")
    assert moved.aliases("tool:chart") == {"edge": None, "next": 4, "prod": 3}
    assert (moved.entry("tool:chart@prod").key, moved.entry("tool:chart@prod").description) == ("tool:chart", "text 1")
    assert (moved.aliases("tool:plot"), moved.check()) == ({}, [])


def test_pruning_keeps_what_an_alias_names(moved: Catalog) -> None:
    """However few revisions are kept, the one an alias points at stays, until the alias goes."""
    moved.update("tool:plot", description="text 4")
    assert moved.prune(keep=1) == 1  # the third
    assert moved.entry("tool:plot@prod").description == "text 1"
    moved.unalias("tool:plot", "prod")
    assert moved.prune(keep=1) == 1
    assert [change.revision for change in moved.history("tool:plot")] == [4, 2]


def test_an_alias_is_checked_against_its_own_revision(catalog: Catalog, module_folder: Path) -> None:
    """The code of today is compared with what the revision recorded: what changed since is refused under the alias."""
    code = module_folder / "alias_drift.py"
    code.write_text("def f(a): ...\n")
    catalog.register("tool", "f", "alias_drift:f")
    catalog.alias("tool:f", "prod", revision=1)
    code.write_text("def f(a, b): ...\n")
    catalog.accept(catalog.verify())
    assert catalog["tool:f"].__name__ == "f"
    with pytest.raises(DriftError):
        catalog["tool:f@prod"]


def test_a_council_may_name_an_alias(moved: Catalog) -> None:
    """A reference to an alias that is there exists."""
    moved.register("profile", "p", {"uses": []}, metadata={"references": ["tool:plot@prod", "tool:plot@none"]})
    assert [(link.target, link.exists) for link in moved.references("profile:p")] == [
        ("tool:plot@prod", True),
        ("tool:plot@none", False),
    ]
