"""The errors: their tree, their codes, and that they travel between processes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from factories import blank_catalog, open_catalog

import catalog
from catalog import Catalog, errors, load_settings
from catalog.errors import CatalogError, CatalogWarning

CLASSES = sorted(
    (one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, CatalogError)),
    key=lambda one: one.__name__,
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_survives_pickle_with_its_facts(cls: type[CatalogError]) -> None:
    """Type, text, facts and code are the same on the other side, and the text is the message."""
    error = cls("what's wrong: 'x'", key="tool:x", close=["a"], number=3)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.facts, again.code) == (cls, "what's wrong: 'x'", error.facts, cls.code)
    assert str(error) == error.message == "what's wrong: 'x'"


def test_codes_are_unique_and_said_by_each_class() -> None:
    """Each class has a code of its own."""
    assert len({cls.code for cls in CLASSES}) == len(CLASSES)
    assert all("code" in vars(cls) for cls in CLASSES)
    assert {cls.__name__ for cls in CLASSES if cls.retryable} == {"StoreBusyError"}


def test_the_drawn_tree_is_the_tree() -> None:
    """Every class stands in the drawing of the module, under its parent, with the built-in it also is."""
    drawn: dict[str, tuple[str, str | None]] = {}
    for line in str(errors.__doc__).splitlines():
        found = re.match(r"\s*[├└]─ (\w+)(?: \((\w+)\))?(?:: (.*))?$", line)
        if found:
            drawn[found[1]] = ("CatalogError", found[2])
            for name, also in re.findall(r"(\w+Error)(?: \((\w+)\))?", found[3] or ""):
                drawn[name] = (found[1], also or None)
    there = {
        cls.__name__: (cls.__bases__[0].__name__, cls.__bases__[1].__name__ if len(cls.__bases__) > 1 else None)
        for cls in CLASSES
        if cls is not CatalogError
    }
    assert drawn == there


def test_every_error_is_public() -> None:
    """Each class can be imported from the package itself."""
    assert {cls.__name__ for cls in CLASSES} <= set(catalog.__all__)
    assert all(getattr(catalog, cls.__name__) is cls for cls in CLASSES)


def _busy(cat: Catalog, folder: Path) -> None:
    import sqlite3

    from catalog.store.store import Store

    other = sqlite3.connect(cat.workspace.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = Store(cat.url, busy_ms=1)
    try:
        with store.writing(actor="ann"):
            pass
    finally:
        store.close()
        other.close()


def _newer(cat: Catalog, folder: Path) -> None:
    import sqlite3

    other = sqlite3.connect(blank_catalog(folder / "newer.db"))
    other.execute("UPDATE alembic_version SET version_num = '0999'")
    other.commit()
    other.close()
    open_catalog(folder / "newer.db")


def _read_only(cat: Catalog, folder: Path) -> None:
    with pytest.warns(CatalogWarning, match="read only"):
        other = open_catalog(f"{cat.url}?mode=ro")
    with other:
        other.register("tool", "x", "os:getcwd")


def _not_ours(cat: Catalog, folder: Path) -> None:
    (folder / "notes.txt").write_text("no database " * 100)
    open_catalog(folder / "notes.txt")


def _drift(cat: Catalog, folder: Path) -> None:
    cat.register("tool", "x", "os:getcwd", checksum="0" * 64, signature="(a)")
    cat.get("tool", "x")


def _untrusted(cat: Catalog, folder: Path) -> None:
    (folder / "lines.jsonl").write_text('{"kind": "tool", "name": "y", "ref": "os:getcwd", "source": "import"}')
    cat.import_jsonl(folder / "lines.jsonl")
    cat.get("tool", "y")


def _unreadable(cat: Catalog, folder: Path) -> None:
    from catalog.source.read import read_source

    (folder / "bad.py").write_text("def (")
    read_source(str(folder / "bad.py"))


def _settings(cat: Catalog, folder: Path) -> None:
    (folder / "catalog.toml").write_text("colour = 1")
    load_settings(file=folder / "catalog.toml", env={})


def _unknown_embedder(cat: Catalog, folder: Path) -> None:
    with open_catalog(cat.url, embedder="wordlama") as other:
        other.embed_update()


RAISED: dict[str, Any] = {
    "InvalidEntryError": lambda cat, folder: cat.register("tool", "", "a:b"),
    "EntryNotFoundError": lambda cat, folder: cat["tool", "nowhere"],
    "DuplicateEntryError": lambda cat, folder: cat.register_many(
        [{"kind": "tool", "name": "x", "ref": "a:b"}, {"kind": "tool", "name": "x", "ref": "a:c"}]
    ),
    "UnknownKindError": lambda cat, folder: cat.list("gizmo"),
    "InvalidReferenceError": lambda cat, folder: cat.register("tool", "x", "no reference"),
    "NotImportableError": lambda cat, folder: cat.register("tool", "x", lambda: 1),
    "ResolveError": lambda cat, folder: (cat.register("tool", "x", "zz_nowhere:thing"), cat["tool", "x"]),
    "DriftError": _drift,
    "UntrustedReferenceError": _untrusted,
    "StoreError": lambda cat, folder: open_catalog("nothing"),
    "SchemaOutdatedError": _newer,
    "StoreBusyError": _busy,
    "NotACatalogError": _not_ours,
    "ReadOnlyError": _read_only,
    "PackageNotFoundError": lambda cat, folder: cat.scan("zz_no_such_package"),
    "UnreadableSourceError": _unreadable,
    "SearchError": lambda cat, folder: cat.search("x", mode="semantic"),
    "InvalidFilterError": lambda cat, folder: cat.search(tags="plot"),
    "EmbedderError": _unknown_embedder,
    "SettingsError": _settings,
}
FAMILIES = {"CatalogError", "EntryError", "LoadError", "DiscoveryError", "RoutingError"}
"""Raised through the classes below them (EntryError also for configured entries, see test_config_tier)."""
ELSEWHERE = {"MissingExtraError", "PinError", "LockError", "NoMatchError", "StrategyError", "CouncilSpecError"}
ELSEWHERE |= {"RemoteError", "RemoteToolError", "CallTimeoutError", "ChangedEntryError"}
"""Raised by embedders, routers, councils, pins, servers and calls with a limit, and where a dependency is missing or
somebody else was first: tested with those."""


ABOUT_FILES = {"SchemaOutdatedError", "StoreBusyError", "NotACatalogError", "ReadOnlyError"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.sqlite("tests/postgresql raises it on a server")] * (name in ABOUT_FILES))
        for name in sorted(RAISED)
    ],
)
def test_an_error_is_raised_by_what_it_is_for(catalog: Catalog, tmp_path: Path, name: str) -> None:
    """Each class is what a caller gets for the mistake it stands for, text and all, and not a class below it."""
    with pytest.raises(CatalogError) as caught:
        RAISED[name](catalog, tmp_path)
    assert type(caught.value).__name__ == name
    assert str(caught.value) == caught.value.message
    assert pickle.loads(pickle.dumps(caught.value)).facts == caught.value.facts


def test_no_error_is_without_its_test() -> None:
    """Every class of the tree is raised above, is a family, or is named with where it is tested."""
    assert {cls.__name__ for cls in CLASSES} - set(RAISED) - FAMILIES == ELSEWHERE


def test_what_people_catch_by_habit_works(catalog: Catalog) -> None:
    """A miss is a KeyError, a wrong field a ValueError, a failed import an ImportError."""
    with pytest.raises(KeyError):
        catalog["tool", "x"]
    with pytest.raises(ValueError, match="empty"):
        catalog.register("tool", "", "a:b")
    catalog.register("tool", "x", "zz_nowhere:thing")
    with pytest.raises(ImportError):
        catalog["tool", "x"]
