"""The configuration file: what it may hold, when it is read again, what a mistake in it costs."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from factories import open_catalog

from catalog import Catalog, CatalogWarning, default_url, load_settings
from catalog.entry.kinds import KINDS
from catalog.errors import EntryError, SettingsError, StoreError, UnknownKindError

ENTRIES = '[entries.tool]\nhere = "os:getcwd"\nmore = {ref = "os:getpid", tags = ["io"], description = "Number."}\n'


def write(path: Path, text: str) -> Path:
    """Write a file so that its time of change differs from before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before + 10**9, before + 10**9))
    return path


def opened(url: str, file: Path) -> Catalog:
    """Open a catalog with a configuration file."""
    return open_catalog(url, settings=load_settings(file=file, env={}))


@pytest.mark.parametrize("form", ["catalog.toml", "pyproject.toml"])
def test_entries_come_from_either_file(url: str, tmp_path: Path, form: str) -> None:
    """`catalog.toml` and `[tool.catalog]` of `pyproject.toml` give the same entries."""
    text = ENTRIES if form == "catalog.toml" else ENTRIES.replace("[entries", "[tool.catalog.entries")
    with opened(url, write(tmp_path / form, text)) as cat:
        assert cat.list("tool") == ["here", "more"]
        assert cat["tool", "here"] is os.getcwd
        entry = cat.entry("tool", "more")
        assert (entry.tier, entry.tags, entry.description, entry.ref) == ("config", ("io",), "Number.", "os:getpid")
        assert entry.source == f"config:{tmp_path / form}"
        assert [hit.key for hit in cat.search("number", tags=["io"])] == ["tool:more"]


def test_a_changed_file_is_read_by_the_next_call(url: str, tmp_path: Path) -> None:
    """Entries added, changed and taken out of the file show at once; without the file there are none."""
    file = write(tmp_path / "catalog.toml", ENTRIES)
    with opened(url, file) as cat:
        assert cat["tool", "here"] is os.getcwd
        write(file, '[entries.tool]\nhere = "os:getppid"\n[entries.schema]\nv = {spec = {a = 1}}\n')
        assert cat.list("tool") == ["here"]
        assert cat["tool", "here"] is os.getppid
        assert cat["schema", "v"] == {"a": 1}
        write(file, "[entries.schema]\nv = {spec = {a = 2}}\n")
        assert cat["schema", "v"] == {"a": 2}
        assert ("tool", "here") not in cat
        file.unlink()
        assert cat.list("schema") == []


def test_a_broken_file_keeps_the_last_good_entries(url: str, tmp_path: Path) -> None:
    """While the file can't be read what it said stays in force, with one warning; mended, it counts again."""
    file = write(tmp_path / "catalog.toml", ENTRIES)
    with opened(url, file) as cat:
        write(file, "[entries.tool\n")
        with pytest.warns(CatalogWarning, match="stay in force"):
            assert cat.list("tool") == ["here", "more"]
        assert cat["tool", "here"] is os.getcwd  # no second warning: that would be an error here
        write(file, '[entries.tool]\nmended = "os:getcwd"\n')
        assert cat.list("tool") == ["mended"]


def test_a_wrong_entry_is_left_out(url: str, tmp_path: Path) -> None:
    """One wrong entry is named in a warning and the others are there."""
    file = write(tmp_path / "catalog.toml", ENTRIES + 'bad = "no reference"\nworse = 7\n')
    with pytest.warns(CatalogWarning) as caught, opened(url, file) as cat:
        assert cat.list("tool") == ["here", "more"]
    said = [str(one.message) for one in caught]
    assert len(said) == 2
    assert "entries.tool.bad is left out" in said[0]
    assert "entries.tool.worse is left out: write a reference or a table of fields" in said[1]


def test_persistent_wins_over_config_and_config_stays(url: str, tmp_path: Path) -> None:
    """A stored entry shadows a configured one, which shows again when it is taken away and itself refuses to go."""
    file = write(tmp_path / "catalog.toml", ENTRIES)
    with opened(url, file) as cat:
        cat.register("tool", "here", "os:getppid")
        assert cat["tool", "here"] is os.getppid
        assert [one.why for one in cat.which("tool", "here")] == [
            "persistent wins over config",
            "shadowed by persistent",
        ]
        cat.unregister("tool", "here")
        assert cat["tool", "here"] is os.getcwd
        with pytest.raises(EntryError, match="take it out there"):
            cat.unregister("tool", "here")


def test_a_project_declares_kinds(url: str, tmp_path: Path) -> None:
    """A declared kind has a registry of its own; an undeclared one is refused with a hint."""
    file = write(tmp_path / "catalog.toml", 'kinds = ["gadget", "box"]\n[entries.gadget]\ng = "os:getcwd"\n')
    with opened(url, file) as cat:
        assert cat.kinds() == [*KINDS, "gadget", "box"]
        assert cat.gadgets.list() == ["g"]
        assert cat.boxes.list() == []
        cat.register("gadget", "h", "os:getpid")
        assert [hit.key for hit in cat.search(kind=["gadget", "tool"])] == ["gadget:g", "gadget:h"]
        with pytest.raises(UnknownKindError, match="did you mean 'gadget'"):
            cat.register("gadgets", "x", "os:getcwd")
        with pytest.raises(AttributeError):
            _ = cat.sprockets


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "colour is not a setting"),
        ("kind = ['x']", "did you mean 'kinds'"),
        ("url = 1", "url must be a text"),
        ("kinds = 'x'", "kinds must be a list of texts"),
        ("kinds = ['Not Good']", "kinds holds 'Not Good'"),
        ("verify = 'sometimes'", "choose one of off, signature, source"),
        ("verify = 1", "must be a policy"),
        ("verify = {tol = 'off'}", "verify.tol is no known kind; did you mean 'tool'"),
        ("[entries.tol]\nx = 'a:b'", "entries.tol is no known kind; did you mean 'tool'"),
        ("[entries]\ntool = 1", "entries.tool must be a table"),
        ("entries = 1", "entries must be a table"),
        ("= 1", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    """A mistake in the file raises SettingsError that names file and key."""
    file = write(tmp_path / "catalog.toml", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, env={})
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Naming a file that can't be read raises SettingsError."""
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(file=tmp_path / "catalog.toml", env={})


def test_policies_by_kind(tmp_path: Path) -> None:
    """A policy for all, one by kind, and signature where nothing is said."""
    said = {
        "": ("signature", "signature"),
        "verify = 'off'": ("off", "off"),
        "verify = {tool = 'source'}": ("source", "signature"),
        "verify = {tool = 'off', '*' = 'source'}": ("off", "source"),
    }
    found = {}
    for text in said:
        settings = load_settings(file=write(tmp_path / "catalog.toml", text), env={})
        found[text] = settings.policy("tool"), settings.policy("model")
    assert found == said


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    """Going up from a folder the first configuration counts, and a pyproject.toml without our table does not."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    outer = write(tmp_path / "pyproject.toml", "[tool.catalog]\nurl = 'sqlite:///outer.db'\n")
    write(tmp_path / "a" / "pyproject.toml", "[tool.other]\nx = 'catalog'\n")
    settings = load_settings(inner, env={})
    assert (settings.file, settings.url) == (outer, f"sqlite:///{tmp_path / 'outer.db'}")
    nearer = write(inner / "catalog.toml", "")
    assert load_settings(inner, env={}).file == nearer


def test_the_environment_has_a_say(tmp_path: Path) -> None:
    """CATALOG_URL wins over the file; either variable switches refreshing on, and empty ones do nothing."""
    file = write(tmp_path / "catalog.toml", "url = 'sqlite:///file.db'")
    assert load_settings(file=file, env={"CATALOG_URL": "sqlite:///env.db"}).url == "sqlite:///env.db"
    assert load_settings(file=file, env={"CATALOG_URL": ""}).url == f"sqlite:///{tmp_path / 'file.db'}"
    for name in ("CATALOG_AUTO_REFRESH", "MAGMA_REGISTRY_AUTO_REFRESH"):
        assert load_settings(file=file, env={name: "1"}).auto_refresh
        assert not load_settings(file=file, env={name: "0"}).auto_refresh


def test_a_configuration_without_entries_warns_of_nothing(url: str, tmp_path: Path) -> None:
    """Opening with an empty file is silent."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        opened(url, write(tmp_path / "catalog.toml", "")).close()
    assert [one for one in caught if one.category is CatalogWarning] == []


def test_a_user_without_a_home_is_asked_for_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where neither the environment nor the system knows a home folder, the error says what to name."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_DATA_HOME", "CATALOG_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(StoreError, match=r"this user has no home folder.*--url or CATALOG_URL"):
        default_url()
    assert list(tmp_path.iterdir()) == []
