"""Vectors that an imported file brings along, and an export that writes them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import blank_catalog, open_catalog

from benchmarks.store.staleness import digest
from catalog import Catalog, CatalogWarning, InvalidEntryError, Settings
from catalog.store.vectors import Status

OWN = "benchmarks.store.staleness:DIGEST"
NAME = "digest-16"

RIGHT = [1.0, *[0.0] * 15]
LEFT = [0.0, 1.0, *[0.0] * 14]


def line(name: str, vectors: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a line of a file."""
    given = {} if vectors is None else {"vectors": vectors}
    return {"kind": "tool", "name": name, "ref": "nowhere.to_be_found:thing", **fields, **given}


def bring(cat: Catalog, *lines: dict[str, Any]) -> int:
    """Import lines."""
    return cat.import_jsonl(io.StringIO("\n".join(map(json.dumps, lines))), restore=True)


@pytest.fixture
def own(url: str) -> Iterator[Catalog]:
    """An empty catalog whose embedder embeds only when it is told to."""
    with open_catalog(url, settings=Settings(embedder=OWN)) as cat:
        yield cat


def similarities(cat: Catalog, text: str = "marker") -> dict[str, float | None]:
    """Return what a search says of every entry."""
    return {hit.name: hit.why.get("similarity") for hit in cat.search(text, limit=None)}


def test_a_line_brings_its_vectors(own: Catalog) -> None:
    """A vector of one's own counts at once, made 1 long; null leaves its text without one."""
    assert bring(own, line("marker one", {NAME: [[3 * x for x in RIGHT]]}), line("marker two", {NAME: [None]})) == 2
    query = digest("marker")
    assert similarities(own) == {"marker one": pytest.approx(query[0], abs=2e-6), "marker two": None}
    assert own.embed_status() == {NAME: Status(1, 0, 1)}


def test_examples_have_vectors_of_their_own(own: Catalog) -> None:
    """The first vector is that of the text, the others are those of the examples in order."""
    bring(own, line("marker", {NAME: [RIGHT, None, LEFT]}, examples=["first", "second"]))
    why = own.search("marker")[0].why
    query = digest("marker")
    assert why["similarity"] == pytest.approx((query[0] + query[1]) / math.sqrt(2), abs=2e-6)
    assert why["example"] == {"text": "second", "similarity": pytest.approx(query[1], abs=2e-6)}


def test_an_edit_leaves_a_brought_vector_behind(own: Catalog) -> None:
    """It is of what its line says: once the entry says something else it is stale, and an update replaces it."""
    bring(own, line("marker", {NAME: [RIGHT]}))
    own.register("tool", "marker", "nowhere.to_be_found:thing", description="Something else.")
    assert similarities(own) == {"marker": None}
    assert own.embed_status() == {NAME: Status(0, 1, 0)}
    assert own.embed_update() == 1
    assert bring(own, line("marker", {NAME: [RIGHT]})) == 1
    assert similarities(own) == {"marker": pytest.approx(digest("marker")[0], abs=2e-6)}


def test_a_line_that_changes_nothing_still_brings_vectors(own: Catalog) -> None:
    """Vectors of entries that are there already are stored, and those of the last import count."""
    bring(own, line("marker"))
    assert similarities(own) == {"marker": None}
    for vector in (RIGHT, LEFT):
        assert bring(own, line("marker", {NAME: [vector]})) == 0
        place = vector.index(1.0)
        assert similarities(own) == {"marker": pytest.approx(digest("marker")[place], abs=2e-6)}


def test_a_warm_catalog_beside_sees_them(own: Catalog) -> None:
    """Another catalog on the file, its index warm, goes by the vectors in its next search."""
    bring(own, line("marker"))
    with open_catalog(own.url, settings=Settings(embedder=OWN)) as other:
        assert similarities(other) == {"marker": None}
        bring(own, line("marker", {NAME: [LEFT]}))
        assert similarities(other) == {"marker": pytest.approx(digest("marker")[1], abs=2e-6)}


def test_brought_vectors_win_over_those_made_at_once(url: str) -> None:
    """With an embedder that embeds as entries are stored, the line has the last word."""
    with open_catalog(url, settings=Settings(embedder="hash:16")) as cat:
        name = "hash-16-" + next(iter(cat.embed_status())).split("-")[-1]
        vector = [0.0] * 15 + [1.0]
        bring(cat, line("marker", {name: [vector]}))
        _, rows = cat.workspace.embedding.embedder(), cat.workspace.embedding.vectors_of(cat.entry("tool", "marker"))
        assert rows == {name: [vector]}


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        ({NAME: [RIGHT[:15]]}, r"'digest-16' gave an array of shape \(1, 15\) .* expected \(1, 16\)"),
        ({NAME: [[*RIGHT[:15], math.nan]]}, "NaN is no number that JSON knows"),
        ({NAME: [[*RIGHT[:15], math.inf]]}, "Infinity is no number that JSON knows"),
        ({NAME: [[*RIGHT[:15], 1e300]]}, "not finite"),
        ({NAME: [[*RIGHT[:15], 10**400]]}, "a whole number of 1,329 bits"),
        ({NAME: [[*RIGHT[:15], "x"]]}, "no array of numbers"),
        ({NAME: [[*RIGHT[:15], [1.0]]]}, "no array of numbers"),
        ({NAME: [RIGHT, RIGHT]}, "'digest-16' has 2 vectors for 1 texts"),
        ({NAME: []}, "'digest-16' has 0 vectors for 1 texts"),
        ({NAME: RIGHT}, "the vectors of 'digest-16' are no list of lists"),
        ({NAME: "words"}, "the vectors of 'digest-16' are no list of lists"),
        ([RIGHT], "vectors are no object"),
    ],
)
def test_vectors_out_of_form_name_their_line(own: Catalog, vectors: Any, said: str) -> None:
    """Another width, a number that is none and a wrong count are errors that name the line; nothing is stored."""
    with pytest.raises(InvalidEntryError, match=f"the input, line 2: .*{said}"):
        bring(own, line("good", {NAME: [RIGHT]}), line("bad", vectors))
    assert own.list("tool") == []
    assert own.embed_status() == {NAME: Status(0, 0, 0)}


def test_a_foreign_embedder_is_left_out_with_a_warning(own: Catalog) -> None:
    """Vectors of an embedder that nobody knows here are not stored; entries and known vectors are."""
    with pytest.warns(CatalogWarning, match=r"vectors of 'theirs' are left out; this catalog knows 'digest-16'"):
        assert bring(own, line("marker", {"theirs": [[1.0]], NAME: [RIGHT]}), line("other", {"theirs": [[2.0]]})) == 2
    assert own.embed_status() == {NAME: Status(1, 0, 1)}


def test_an_embedder_that_has_vectors_here_is_no_stranger(own: Catalog) -> None:
    """Vectors of an embedder another catalog of this file uses are stored too."""
    bring(own, line("first", {NAME: [RIGHT]}))
    with open_catalog(own.url, settings=Settings(embedder="hash:8")) as other:
        bring(other, line("second", {NAME: [LEFT]}))
    assert own.workspace.embedding.vectors_of(own.entry("tool", "second"))[NAME] == [LEFT]


def test_vectors_of_what_the_line_does_not_say_are_left_out(own: Catalog) -> None:
    """Where the entry that is stored gets its description from its source, vectors of the bare line are not of it."""
    with pytest.warns(CatalogWarning, match="1 vectors are left out: not of the texts that are stored"):
        bring(own, {"kind": "tool", "name": "dump", "ref": "json:dumps", "vectors": {NAME: [RIGHT]}})
    assert own.entry("tool", "dump").description
    assert own.embed_status() == {NAME: Status(0, 0, 1)}


def test_a_file_that_brings_all_completes_an_embedder(own: Catalog) -> None:
    """An embedder whose vectors are all imported answers from then on, as after an update."""
    with open_catalog(own.url, settings=Settings(embedder="hash:8")) as other:
        bring(other, line("marker"))
    bring(own, line("marker", {NAME: [RIGHT]}))
    assert similarities(own) == {"marker": pytest.approx(digest("marker")[0], abs=2e-6)}


def test_export_and_import_keep_vectors_bit_by_bit(own: Catalog, tmp_path: Path) -> None:
    """What one catalog exports with its vectors another imports: same lines, same answers, nothing to embed."""
    for number in range(4):
        bring(own, line(f"marker {number}", examples=["one", "two"][: number % 3], description=f"Number {number}."))
    with open_catalog(own.url, settings=Settings(embedder="hash:8")) as other:
        assert other.embed_update() == 7
    assert own.embed_update() == 7
    own.register("tool", "marker 3", "nowhere.to_be_found:thing", description="No vector of this.")
    assert own.export_jsonl(tmp_path / "all.jsonl", vectors=True) == 4
    exported = [json.loads(text) for text in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [sorted(one["vectors"]) if "vectors" in one else None for one in exported] == [
        *[["digest-16", next(name for name in own.embed_status() if name.startswith("hash"))]] * 3,
        None,
    ]
    copy = blank_catalog(tmp_path / "copy.db")
    with open_catalog(copy, settings=Settings(embedder="hash:8")) as known:
        bring(known, line("marker 0"))
        known.unregister("tool", "marker 0")
    with open_catalog(copy, settings=Settings(embedder=OWN)) as cat:
        assert cat.import_jsonl(tmp_path / "all.jsonl", restore=True) == 4
        assert {name: one.fresh for name, one in cat.embed_status().items()} == dict.fromkeys(own.embed_status(), 6)
        assert similarities(cat) == similarities(own)
        cat.export_jsonl(tmp_path / "again.jsonl", vectors=True)
        again = [json.loads(text) for text in (tmp_path / "again.jsonl").read_text().splitlines()]
        assert [one.get("vectors") for one in again] == [one.get("vectors") for one in exported]


def test_a_plain_export_has_no_vectors(own: Catalog) -> None:
    """Without asking for them lines hold the fields of entries alone."""
    bring(own, line("marker", {NAME: [RIGHT]}))
    file = io.StringIO()
    own.export_jsonl(file)
    assert "vectors" not in json.loads(file.getvalue())
