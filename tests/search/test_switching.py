"""Several embedders on one catalog: which one answers, and what a database may say about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from embedding_server import serving
from factories import open_catalog, run_sql

import catalog.workspace.embedding as meaning_module
from benchmarks.store.staleness import Expected, near, texts_of
from catalog import Catalog, CatalogWarning, EmbedderError, Settings
from catalog.store.vectors import Status

OWN = "benchmarks.store.staleness:DIGEST"
NAMES = ("marker_one", "marker_two", "marker_three")


def opened(url: str, embedder: str) -> Catalog:
    """Open a catalog with an embedder."""
    return open_catalog(url, settings=Settings(embedder=embedder))


def answered_by(cat: Catalog, *embedders: str) -> list[str | None]:
    """Return which of *embedders* has given the similarity of each hit."""
    found: list[str | None] = []
    for hit in cat.search("marker", limit=None):
        texts = texts_of(hit.name, hit.description, hit.tags, hit.entry.examples)
        similarity = hit.why.get("similarity")
        if similarity is None:
            found.append(None)
            continue
        by = [e for e in embedders if near(similarity, Expected(e, "marker").similarity(texts, range(len(texts))))]
        found += by
    return found


@pytest.fixture
def three(url: str) -> str:
    """A catalog of three entries that ``hash:8`` has embedded."""
    with opened(url, "hash:8") as cat:
        for name in NAMES:
            cat.register("tool", name, "nowhere.to_be_found:thing", description="Does it.")
    return url


def test_the_new_vectors_are_built_beside_the_old(three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an update goes on, each search of the new embedder's catalog is answered by the old one, whole, and the
    first one after it by the new one; the old one's catalog never notices."""
    monkeypatch.setattr(meaning_module, "BATCH", 1)
    with opened(three, "hash:16") as new, opened(three, "hash:8") as old:
        seen: list[list[str | None]] = []
        assert answered_by(new, "hash:8", "hash:16") == ["hash:8"] * 3
        assert new.embed_update(progress=lambda *_: seen.append(answered_by(new, "hash:8", "hash:16"))) == 3
        assert seen == [["hash:8"] * 3] * 2 + [["hash:16"] * 3] * (len(seen) - 2)
        assert answered_by(new, "hash:8", "hash:16") == ["hash:16"] * 3
        assert answered_by(old, "hash:8", "hash:16") == ["hash:8"] * 3
        assert set(new.embed_status().values()) == {Status(3, 0, 0)}


def test_each_embedder_goes_stale_on_its_own(three: str) -> None:
    """An edit is embedded at once by the embedder of the catalog that made it, and is stale for the other."""
    with opened(three, "hash:16") as new, opened(three, "hash:8") as old:
        new.embed_update()
        old.register("tool", NAMES[0], "nowhere.to_be_found:thing", description="Does more.")
        assert new.embed_status() == {old.embedder: Status(3, 0, 0), new.embedder: Status(2, 1, 0)}
        assert sorted(answered_by(new, "hash:16"), key=str) == [None, "hash:16", "hash:16"]
        assert answered_by(old, "hash:8") == ["hash:8"] * 3


def test_an_embedder_of_ones_own_takes_over_when_it_is_complete(three: str) -> None:
    """What the project names is imported and used, and `none` goes by words."""
    with opened(three, OWN) as own:
        assert answered_by(own, "hash:8", OWN) == ["hash:8"] * 3
        own.embed_update()
        assert answered_by(own, "hash:8", OWN) == [OWN] * 3
    with opened(three, "none") as none:
        assert answered_by(none) == [None] * 3


def test_an_embedder_with_fewer_vectors_does_not_answer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was complete when the catalog was small gives way to one that has vectors of as many texts."""
    monkeypatch.setattr(meaning_module, "BATCH", 1)

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with opened(url, "hash:8") as old:
        assert old.embed_update() == 0
        old.register("tool", NAMES[0], "nowhere.to_be_found:thing")
    with opened(url, OWN) as own:
        own.register_many({"kind": "tool", "name": name, "ref": "nowhere.to_be_found:thing"} for name in NAMES[1:])
        assert sorted(answered_by(own, OWN, "hash:8"), key=str) == [None, None, "hash:8"]
        with pytest.raises(KeyboardInterrupt):
            own.embed_update(progress=stop)
        assert sorted(answered_by(own, OWN, "hash:8"), key=str) == [None, None, OWN]


def test_no_database_says_what_is_imported_or_where_requests_go(
    three: str, module_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An embedder that a shared database calls complete is not imported, loaded or asked in place of one's own."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    (module_folder / "zz_evil.py").write_text("raise SystemExit('imported')")
    with serving() as server:
        for given in ("zz_evil:Embedder", f"openai:m@{server.url}", "st:zz_evil"):
            name = given if given.startswith("openai") else given.partition(":")[2]
            run_sql(three, ("UPDATE embedder SET name = ?, given = ?", name, given))
            with opened(three, "hash:16") as cat:
                assert [hit.why.get("similarity") for hit in cat.search("marker")] == [None] * 3
        assert server.asked == []


def test_why_names_the_embedder_that_answered(three: str) -> None:
    """While the vectors of the one asked for are missing, the reason names the one that gave the similarity."""
    with opened(three, "hash:16") as cat:
        by = [hit.why["embedder"] for hit in [*cat.search("marker"), *cat.similar("tool", NAMES[0])]]
        assert by == ["hash-8-2.1"] * 5
        cat.embed_update()
        by = [hit.why["embedder"] for hit in [*cat.search("marker"), *cat.similar("tool", NAMES[0])]]
        assert by == ["hash-16-2.1"] * 5


def test_a_server_that_fails_leaves_words(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In mode auto a search whose request can't be embedded goes by words and warns; other modes say what failed."""
    with serving() as server, opened(url, f"openai:m@{server.url}") as cat:
        server.status = 500
        cat.register("tool", "marker", "nowhere.to_be_found:thing")
        with pytest.warns(CatalogWarning, match="searching by words only: .* answered 500"):
            assert [hit.name for hit in cat.search("marker")] == ["marker"]
        for mode in ("semantic", "hybrid"):
            with pytest.raises(EmbedderError, match="answered 500"):
                cat.search("marker", mode=mode)
        assert server.asked == [["marker"]] * 3, "nobody who waits for an answer waits for a second try"
        assert [hit.name for hit in cat.search("marker")] == ["marker"]
        assert server.asked == [["marker"]] * 3, "a server that failed is left alone for a while"
        server.status = 200
        monkeypatch.setattr(cat.workspace.embedding, "rests_until", 0.0)
        assert [hit.name for hit in cat.search("marker")] == ["marker"]
        assert server.asked == [["marker"]] * 4


def test_a_request_that_is_refused_concerns_no_other(url: str) -> None:
    """A request that a server can't embed goes by words; the next one is asked about again, at once."""
    with serving() as server, opened(url, f"openai:m@{server.url}") as cat:
        cat.register("tool", "marker", "nowhere.to_be_found:thing")
        cat.embed_update()
        server.status = 400
        with pytest.warns(CatalogWarning, match="searching by words only: .* answered 400"):
            assert [hit.why.get("similarity") for hit in cat.search("marker")] == [None]
        server.status = 200
        assert [hit.why.get("similarity") is None for hit in cat.search("marker")] == [False]
