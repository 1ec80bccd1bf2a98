"""Old revisions can be let go, and the room they took."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, InvalidFilterError, SearchError, Settings


@pytest.fixture
def busy(catalog: Catalog) -> Catalog:
    """An entry with five revisions, one with one, and one that was taken away."""
    for number in range(5):
        catalog.register("tool", "much", "os:getcwd", description=f"x{number}" * 20_000)
    catalog.register("tool", "once", "os:getpid")
    catalog.register("tool", "gone", "os:getppid")
    catalog.unregister("tool:gone")
    return catalog


def numbers(cat: Catalog) -> dict[str, list[int]]:
    """Return the revisions that are kept of each entry."""
    return {name: [change.revision for change in cat.history("tool", name)] for name in ("much", "once", "gone")}


def test_the_last_revisions_stay(busy: Catalog) -> None:
    """Of each entry so many stay, and the last always; entries, and what was taken away, are as they were."""
    assert busy.prune(keep=2) == 3
    assert numbers(busy) == {"much": [5, 4], "once": [1], "gone": [2, 1]}
    assert busy.prune(keep=0) == 2
    assert numbers(busy) == {"much": [5], "once": [1], "gone": [2]}
    assert (busy.list("tool"), busy.check()) == (["much", "once"], [])
    assert busy.register("tool", "much", "os:getcwd", description="new").revision == 6


def test_only_what_is_old_goes(busy: Catalog) -> None:
    """With an age, nothing of today goes; with age nought everything but the last revisions does."""
    assert busy.prune(older_than=1) == 0
    assert busy.prune(keep=3, older_than=0) == 2
    assert busy.prune(older_than=0) == 3


def test_what_may_go_must_be_said(busy: Catalog, url: str) -> None:
    """Without a number, in the call or in the configuration, nothing goes; what is no number is refused."""
    with pytest.raises(SearchError, match="say what may go"):
        busy.prune()
    for wrong in (-1, True, "5"):
        with pytest.raises(InvalidFilterError):
            busy.prune(keep=wrong)
    with open_catalog(url, settings=Settings(embedder="none", keep_history=4)) as configured:
        assert configured.prune() == 1


@pytest.mark.sqlite("its size is measured")
def test_the_file_shrinks(busy: Catalog, database: Path) -> None:
    """With *vacuum* the room goes back to the file system, and others go on reading."""
    with open_catalog(database) as other:
        busy.workspace.store.vacuum()  # what is in the log goes into the file
        before = os.path.getsize(database)
        busy.prune(keep=1, vacuum=True)
        assert before - os.path.getsize(database) >= 4 * 40_000  # four texts of 40,000 characters have gone
        assert (other.list("tool"), other.check()) == (["much", "once"], [])
