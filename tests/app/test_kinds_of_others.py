"""Entries of kinds that another project declared, in a database that both use: everything works on them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest
from factories import open_catalog

from catalog import AutoCouncil, Catalog, Settings, UnknownKindError
from catalog.entry.kinds import KINDS

OTHERS = Settings(embedder="hash", kinds=(*KINDS, "dataset"))


@pytest.fixture
def shared(url: str) -> Iterator[Catalog]:
    """A catalog that declares no kinds, over a database in which another project has stored datasets."""
    with open_catalog(url, settings=OTHERS) as other:
        other.register("dataset", "faq", "os:getcwd", tags=["x"], description="Questions and answers.")
        other.register("dataset", "rows", {"columns": ["a"]})
    with open_catalog(url, settings=Settings(embedder="hash")) as cat:
        yield cat


def test_kinds_of_stored_entries_are_known(shared: Catalog) -> None:
    """A kind that entries have is listed among the kinds, has a registry, and is a filter."""
    assert shared.kinds() == [*KINDS, "dataset"]
    assert shared.list("dataset") == ["faq", "rows"]
    assert shared.registry("dataset").list() == list(shared.all("dataset")) == ["faq", "rows"]
    assert shared.datasets.list() == ["faq", "rows"]  # type: ignore[attr-defined]
    assert "datasets" in dir(shared)
    assert [entry.key for entry in shared.entries("dataset")] == ["dataset:faq", "dataset:rows"]
    assert shared._ipython_key_completions_() == ["dataset:faq", "dataset:rows"]


def test_entries_of_such_kinds_are_reached(shared: Catalog) -> None:
    """They are shown, searched, exported, routed to and loaded; the object is what the reference leads to."""
    assert shared.entry("dataset:faq").description == "Questions and answers."
    assert (shared["dataset:faq"], shared.get("dataset", "rows")) == (os.getcwd, {"columns": ["a"]})
    assert shared.get("dataset:none") is None
    assert [hit.key for hit in shared.search("questions", kind="dataset")] == ["dataset:faq"]
    assert [standing.entry.key for standing in shared.which("dataset:faq")] == ["dataset:faq"]
    assert shared.used_by("dataset:faq") == []
    exported = io.StringIO()
    assert shared.export_jsonl(exported) == 2
    assert AutoCouncil(shared, kind="dataset").resolve("Questions and answers.").name == "faq"
    with open_catalog("sqlite://", settings=OTHERS) as other:
        exported.seek(0)
        assert other.import_jsonl(exported) == 2


def test_entries_of_such_kinds_are_changed(shared: Catalog) -> None:
    """They are updated, renamed, taken away and brought back, also when no entry of the kind is left."""
    assert shared.update("dataset:faq", add_tags=["b"]).tags == ("b", "x")
    assert shared.rename("dataset:faq", "questions").key == "dataset:questions"
    assert shared.register("dataset", "more", "os:getpid").revision == 1
    for name in ("questions", "more", "rows"):
        shared.unregister("dataset", name)
    assert shared.kinds() == [*KINDS]
    assert shared.history("dataset:questions")[0].action == "unregister"
    assert shared.restore("dataset:questions").key == "dataset:questions"
    assert shared.kinds() == [*KINDS, "dataset"]


def test_a_kind_that_no_entry_has_is_unknown(shared: Catalog) -> None:
    """A slip of a kind is answered with the kind that is meant, whoever declared that."""
    for ask in (shared.list, shared.registry, lambda kind: shared.search("x", kind=kind), lambda k: shared[k, "faq"]):
        with pytest.raises(UnknownKindError, match="unknown kind 'datset'; did you mean 'dataset'"):
            ask("datset")
    assert not hasattr(shared, "datsets")


def test_a_closed_catalog_names_its_own_kinds(shared: Catalog) -> None:
    """A closed catalog asks no database for its kinds and its attributes."""
    shared.close()
    assert shared.kinds() == [*KINDS]
    assert "tools" in dir(shared)
