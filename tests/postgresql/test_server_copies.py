"""Copies from a file to a server and back: all of it, checked, and resumed where they were interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import blank_catalog, open_catalog, tool
from postgres_server import Server

from catalog import Settings, StoreError, copy_catalog
from catalog.embedders.hashed import HashEmbedder
from catalog.store.postgres import carrying
from catalog.store.postgres.carrying import OnServer


@pytest.fixture
def there(postgres: Server) -> Iterator[str]:
    """The URL of a database in which nothing is."""
    postgres.run("CREATE DATABASE there")
    yield postgres.url("there")
    postgres.run("DROP DATABASE there WITH (FORCE)")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit every thousand rows."""
    monkeypatch.setattr(carrying, "BATCH", 1_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a bit of everything a catalog keeps."""
    path = blank_catalog(tmp_path_factory.mktemp("made") / "filled.db")
    with open_catalog(path, embedder=HashEmbedder(16), settings=Settings()) as cat:
        cat.register_many([tool(f"tool {n}", description=f"Draw the chart {n} – für alle", tags=["a", f"t{n % 7}"],
                                examples=[f"draw {n}"]) for n in range(1_300)])  # fmt: skip
        cat.update("tool:tool 3", description="Another text")
        cat.rename("tool:tool 4", "renamed")
        cat.unregister("tool", "tool 5")
        cat.alias("tool:tool 3", "prod", revision=1)
        cat.register("schema", "verdict", {"type": "object", "properties": {"zeta": {}, "alpha": {"type": "string"}}})
        cat.record_use("draw it", "tool:tool 7")
        with cat.workspace.writing() as transaction:
            transaction.add_golden([("draw it", "tool", "tool 7")])
    return path


@pytest.fixture
def filled(made: Path, tmp_path: Path) -> Path:
    """A copy of that file."""
    return Path(shutil.copyfile(made, tmp_path / "filled.db"))


def test_a_catalog_goes_to_a_server_and_comes_back(filled: Path, there: str, tmp_path: Path) -> None:
    """A file copied to a server and back into a file has the same rows and checksums in every table, and answers the
    same searches on the way."""
    told: list[tuple[int, int]] = []
    first = copy_catalog(str(filled), there, progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    back = copy_catalog(there, str(tmp_path / "back.db"))
    assert back.tables == first.tables
    assert first.tables["entry"].rows == 1_300
    found = []
    for url in (f"sqlite:///{filled}", there, f"sqlite:///{tmp_path / 'back.db'}"):
        with open_catalog(url, embedder=HashEmbedder(16), settings=Settings()) as cat:
            found.append(
                (
                    [(hit.key, round(hit.score, 6)) for hit in cat.search("draw another chart", tags=["t3"], limit=5)],
                    [step.action for step in cat.history("tool", "renamed")],
                    list(cat.entry("schema", "verdict").spec["properties"]),  # type: ignore[index]
                    cat.entry("tool:tool 3@prod").description,
                    cat.check(),
                )
            )
            cat.register("tool", "next", "os.path:join")
            cat.alias("tool:next", "prod", revision=1)  # the number of its row goes on behind those that came
    assert found[0] == found[1] == found[2]
    assert found[0][2] == ["zeta", "alpha"]


def test_an_interrupted_copy_goes_on(filled: Path, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that was interrupted does not open; the same command sends only the rest, and then all is there."""
    sent: list[int] = []
    fill = OnServer.fill

    def failing(self: OnServer, table: Any, rows: list[Any]) -> None:
        if table.name == "entry" and sum(sent) >= 1_000:
            raise KeyboardInterrupt
        fill(self, table, rows)
        sent.append(len(rows) if table.name == "entry" else 0)

    monkeypatch.setattr(OnServer, "fill", failing)
    with pytest.raises(KeyboardInterrupt):
        copy_catalog(str(filled), there)
    with pytest.raises(StoreError, match="was begun and not finished; the same `catalog db copy` goes on"):
        open_catalog(there)
    monkeypatch.setattr(OnServer, "fill", fill)
    rest: list[int] = []
    monkeypatch.setattr(
        OnServer,
        "fill",
        lambda self, table, rows: (rest.append(len(rows) if table.name == "entry" else 0), fill(self, table, rows)),
    )
    assert copy_catalog(str(filled), there).tables["entry"].rows == 1_300
    assert (sum(sent), sum(rest)) == (1_000, 300)
    with open_catalog(there) as cat:
        assert len(cat.list("tool")) == 1_299
        assert cat.check() == []


def test_a_catalog_on_a_server_is_not_written_over(filled: Path, postgres_url: str) -> None:
    """A copy to a server that holds a catalog is refused, with --replace too, and nothing there changes."""
    with open_catalog(postgres_url) as cat:
        cat.register("tool", "mine", "os.path:join")
        with pytest.raises(StoreError, match="holds a catalog already; name another database"):
            copy_catalog(str(filled), postgres_url)
        with pytest.raises(StoreError, match="is not replaced by a copy"):
            copy_catalog(str(filled), postgres_url, replace=True)
        assert cat.list("tool") == ["mine"]


def test_a_file_that_changed_meanwhile_is_copied_anew(
    filled: Path, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted copy of a catalog that has changed since begins again: no row of the old state is left."""
    fill = OnServer.fill

    def failing(self: OnServer, table: Any, rows: list[Any]) -> None:
        fill(self, table, rows)
        if table.name == "entry":
            raise KeyboardInterrupt

    monkeypatch.setattr(OnServer, "fill", failing)
    with pytest.raises(KeyboardInterrupt):
        copy_catalog(str(filled), there)
    monkeypatch.setattr(OnServer, "fill", fill)
    with open_catalog(filled) as cat:
        cat.unregister("tool", "tool 0")
    assert copy_catalog(str(filled), there).tables["entry"].rows == 1_299
    with open_catalog(there) as cat:
        assert ("tool", "tool 0") not in cat
