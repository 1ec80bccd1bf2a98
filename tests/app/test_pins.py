"""Pins: what entries stood for, in a file; what is something else now is refused, or said."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import damage, open_catalog

from catalog import (
    AutoCouncil,
    Catalog,
    CatalogWarning,
    EntryNotFoundError,
    LockError,
    PinError,
    Settings,
    SettingsError,
    UntrustedReferenceError,
)
from catalog.settings import load_settings

SHOP = 'TAX = 2\n\n\ndef price(item: str) -> int:\n    """The price of an item."""\n    return TAX\n'


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    """A project with a package of two modules, imported from nowhere yet."""
    package = tmp_path / "project" / "pinshop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("RATE = 1\n")
    (package / "till.py").write_text(SHOP)
    yield package.parent
    for name in [name for name in sys.modules if "pinshop" in name]:
        del sys.modules[name]
    sys.path[:] = [folder for folder in sys.path if not folder.startswith(str(tmp_path))]


def opened(url: str, shop: Path, mode: str = "block") -> Catalog:
    """Open a catalog that holds its entries to the lock file of the project."""
    return open_catalog(
        url, settings=Settings(embedder="none", file=shop / "catalog.toml", pin={"mode": mode} if mode else {})
    )


@pytest.fixture
def cat(url: str, shop: Path) -> Iterator[Catalog]:
    """A catalog of the project with a tool and a schema, both pinned."""
    with opened(url, shop) as opened_:
        opened_.scan(str(shop / "pinshop"), public=True)
        opened_.register("schema", "verdict", {"type": "object", "title": "V"})
        opened_.pin()
        yield opened_


def refusal(cat: Catalog, key: str = "tool:price") -> str:
    """Return why taking an entry is refused; nothing of it was imported."""
    with pytest.raises(PinError) as caught:
        cat[key]
    assert not [name for name in sys.modules if "pinshop" in name]
    assert caught.value.facts["key"] == key
    return caught.value.message


def test_what_is_as_pinned_is_taken(cat: Catalog, shop: Path) -> None:
    """With a lock file that says so, code is imported and data is given; the file has no path of this machine."""
    assert cat["tool:price"]("tea") == 2
    assert cat["schema:verdict"] == {"type": "object", "title": "V"}
    assert cat.check_pins() == []
    text = (shop / "catalog.lock").read_text()
    assert str(shop) not in text
    assert os.sep + "home" not in text
    assert 'source = "scan:./pinshop"\nroot = "."\n' in text


def test_the_file_is_the_same_byte_for_byte(cat: Catalog, shop: Path) -> None:
    """Pinning again changes nothing, and the report says so."""
    before = (shop / "catalog.lock").read_bytes()
    report = cat.pin()
    assert (report.pins, report.added, report.changed, report.removed, report.left_out) == (2, (), (), (), {})
    assert (shop / "catalog.lock").read_bytes() == before


TILL = "the file pinshop/till.py changed"
EDITS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a changed body": ("till.py", lambda f: f.write_text(SHOP.replace("return TAX", "return 0")), "the code changed"),
    "changed code at module level": ("till.py", lambda f: f.write_text("import os\n" + SHOP), TILL),
    "a new decorator": ("till.py", lambda f: f.write_text(SHOP.replace("def ", "@print\ndef ")), TILL),
    "a rebinding after the definition": ("till.py", lambda f: f.write_text(SHOP + "price = print\n"), TILL),
    "a changed package": ("__init__.py", lambda f: f.write_text("RATE = 2\n"), "the file pinshop/__init__.py changed"),
    "a changed signature": ("till.py", lambda f: f.write_text(SHOP.replace("str", "int")), "the signature changed"),
    "code that is gone": ("till.py", lambda f: f.unlink(), "its code is not found"),
}  # fmt: skip


@pytest.mark.parametrize("how", EDITS)
def test_changed_code_is_refused_before_it_runs(cat: Catalog, shop: Path, how: str) -> None:
    """Whatever is changed in the files that an import runs, the entry is refused and nothing is imported."""
    name, edit, said = EDITS[how]
    edit(shop / "pinshop" / name)
    assert said in refusal(cat)
    assert "tool:price" in {change.key for change in cat.check_pins()}
    assert cat["schema:verdict"]["title"] == "V"


ROWS = {
    "ref = 'os:system'": "its reference is os:system, not pinshop.till:price",
    "checksum = NULL, source_checksum = NULL, ref = 'os:system'": "its reference is os:system, not pinshop.till:price",
    "source = 'scan:other'": "it comes from another source: scan:other, not scan:./pinshop",
    "distribution = 'evil==1'": "it comes from another distribution: evil==1, not none",
    "metadata = '{}', ref = 'json:dumps'": "it comes from another folder: what is installed, not .",
}


@pytest.mark.parametrize("changed", ROWS)
def test_a_poisoned_row_is_refused(cat: Catalog, url: str, changed: str) -> None:
    """Who can write a row can't make what is pinned stand for something else."""
    damage(url, f"UPDATE entry SET {changed} WHERE kind = 'tool'")
    assert ROWS[changed] in refusal(cat)


def test_changed_data_is_refused(cat: Catalog, url: str) -> None:
    """Data is pinned by the hash of its JSON, whatever the order of its keys."""
    damage(url, """UPDATE entry SET spec = '{"title": "V", "type": "object"}' WHERE kind = 'schema'""")
    assert cat["schema:verdict"]["title"] == "V"
    damage(url, """UPDATE entry SET spec = '{"title": "W", "type": "object"}' WHERE kind = 'schema'""")
    assert refusal(cat, "schema:verdict") == (
        "schema:verdict is not what catalog.lock pins: its data changed; if that is fine, `catalog pin schema:verdict` "
        "pins it so"
    )


def test_a_key_that_moves_to_another_folder_is_said(cat: Catalog, shop: Path, url: str, tmp_path: Path) -> None:
    """A second folder that defines the same key can't take it over: the pin says that it comes from elsewhere."""
    other = tmp_path / "other" / "pinshop"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("RATE = 1\n")
    (other / "till.py").write_text(SHOP)
    damage(url, f"""UPDATE entry SET metadata = '{{"root": "{other.parent}"}}' WHERE kind = 'tool'""")
    assert "it comes from another folder: ../other, not ." in refusal(cat)
    assert [change.field for change in cat.check_pins()] == ["root"]


def test_what_is_not_pinned_is_refused(cat: Catalog, shop: Path) -> None:
    """An entry that came later is refused until it is pinned, and pinning it leaves the other pins as they were."""
    (shop / "pinshop" / "late.py").write_text("def late() -> int:\n    return 1\n")
    cat.scan(str(shop / "pinshop"), public=True)
    assert refusal(cat, "tool:late") == "tool:late is not pinned; look at it, then `catalog pin tool:late` pins it"
    (shop / "pinshop" / "till.py").write_text(SHOP + "\n")
    before = (shop / "catalog.lock").read_text()
    assert cat.pin(keys=["tool:late"]).added == ("tool:late",)
    after = (shop / "catalog.lock").read_text()
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert cat["tool:late"]() == 1


def test_without_a_lock_file_nothing_is_pinned(url: str, shop: Path) -> None:
    """Where pins are demanded and there is no lock file, everything is refused."""
    with opened(url, shop) as cat:
        cat.register("schema", "v", {"a": 1})
        assert (
            refusal(cat, "schema:v")
            == f"schema:v is not pinned: there is no {shop / 'catalog.lock'}; `catalog pin` writes it"
        )


def test_warn_says_it_once_for_each_key(url: str, shop: Path) -> None:
    """With ``warn`` what is not as pinned is taken all the same, and said once."""
    with opened(url, shop, "warn") as cat:
        cat.register("schema", "v", {"a": 1})
        cat.register("schema", "w", {"a": 2})
        with pytest.warns(CatalogWarning, match="schema:v is not pinned: there is no"):
            assert cat["schema:v"] == {"a": 1}
        with pytest.warns(CatalogWarning, match="schema:w is not pinned"):
            assert cat["schema:w"] == {"a": 2}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert cat["schema:v"] == {"a": 1}


@pytest.mark.parametrize("mode", ["off", ""])
def test_off_looks_at_no_lock_file(url: str, shop: Path, mode: str) -> None:
    """Without a policy a lock file is only for those who ask, even if it can't be read."""
    with opened(url, shop, mode) as cat:
        cat.register("schema", "v", {"a": 1})
        (shop / "catalog.lock").write_text("nonsense")
        assert cat["schema:v"] == {"a": 1}
        with pytest.raises(LockError, match="line 1: this is no lock file"):
            cat.check_pins()


def test_what_this_process_registered_is_not_pinned(cat: Catalog) -> None:
    """An object of this process is taken without a pin, and what it shadows stays pinned."""
    cat.register("tool", "price", lambda item: 7, runtime=True)
    assert cat["tool:price"]("tea") == 7
    assert cat.pin().pins == 2
    assert cat.check_pins() == []


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**11)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_pipe, "not a regular file"),
        (_zero, "not a regular file"),
        (Path.mkdir, "can't be read: Is a directory"),
        (_large, "bytes; 64,000,000 are read"),
        (lambda path: path.write_bytes(b"# \xff"), ", line 1: a byte there is no UTF-8"),
        (lambda path: path.write_text("version = 1"), ", line 1: this is no lock file; `catalog pin` writes one"),
        (lambda path: path.symlink_to(path), "can't be read: Too many levels of symbolic links"),
    ],
)
def test_a_lock_file_that_is_none_is_one_clear_error(
    cat: Catalog, shop: Path, make: Callable[[Path], object], said: str
) -> None:
    """A pipe, a device, a folder, an endless file and nonsense neither hang nor fill memory, and stay as they are."""
    lock = shop / "catalog.lock"
    lock.unlink()
    make(lock)
    for ask in (lambda: cat["tool:price"], cat.check_pins, cat.pin):
        with pytest.raises(LockError) as caught:
            ask()
        assert said in str(caught.value)


def test_a_damaged_lock_is_written_again_only_as_a_whole(cat: Catalog, shop: Path) -> None:
    """A conflict left by a merge is refused by all that reads it, pinning everything mends it; other files stay."""
    lock = shop / "catalog.lock"
    good = lock.read_text()
    lock.write_text(good + "<<<<<<< HEAD\n")
    for ask in (lambda: cat["tool:price"], cat.check_pins, lambda: cat.pin(keys=["tool:price"])):
        with pytest.raises(LockError, match="line 16: a field is written"):
            ask()
    assert cat.pin().added == ("schema:verdict", "tool:price")
    assert lock.read_text() == good
    lock.write_text(good.replace("version = 1", "version = 2"))
    with pytest.raises(LockError, match="version 2 of the format is not known here"):
        cat.pin()
    (shop / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(LockError, match="this is no lock file"):
        cat.pin(shop / "pyproject.toml")
    assert (shop / "pyproject.toml").read_text() == "[project]\n"


def test_a_failure_leaves_the_old_file(cat: Catalog, shop: Path, run_python: Callable[..., str]) -> None:
    """The file is written whole or not at all: where there is room for a part only, the old one stays."""
    before = (shop / "catalog.lock").read_bytes()
    cat.register("schema", "more", {"a": 1})
    said = run_python(
        """
import resource, signal, sys
from catalog import Catalog, Settings
with Catalog(sys.argv[1], settings=Settings(embedder="none")) as cat:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
    try:
        cat.pin(sys.argv[2], keep_source=False)
    except OSError as error:
        print(error.strerror)
""",
        cat.url,
        shop / "catalog.lock",
    )
    assert said == "File too large"
    assert (shop / "catalog.lock").read_bytes() == before
    assert sorted(path.name for path in shop.iterdir()) == ["catalog.lock", "pinshop"]


def test_pins_are_taken_out_with_their_entry(cat: Catalog) -> None:
    """An entry that was taken away is reported, and its pin goes by key, by kind or as all are pinned."""
    cat.unregister("schema:verdict")
    (change,) = cat.check_pins()
    assert (change.key, change.field, change.now) == ("schema:verdict", "entry", None)
    assert cat.check_pins(kind="tool") == []
    assert cat.pin(keys=["schema:verdict"]).removed == ("schema:verdict",)
    with pytest.raises(EntryNotFoundError):
        cat.pin(keys=["schema:verdict"])
    cat.register("schema", "verdict", {"a": 1})
    assert cat.pin(kind="schema").added == ("schema:verdict",)
    cat.unregister("schema:verdict")
    assert cat.pin(kind="tool").removed == ()
    assert cat.pin(kind="schema").removed == ("schema:verdict",)


def test_code_that_is_not_to_be_seen_keeps_its_pin(cat: Catalog, shop: Path) -> None:
    """Who pins on a machine without the code leaves its pin as it was, and is told."""
    before = (shop / "catalog.lock").read_bytes()
    (shop / "pinshop").rename(shop / "away")
    report = cat.pin()
    assert list(report.left_out) == ["tool:price"]
    assert (shop / "catalog.lock").read_bytes() == before


def test_pinned_source_is_nothing_to_scan(cat: Catalog) -> None:
    """What is kept of the source of pinned entries does not turn up in a refresh, and goes with the pin."""
    from catalog.store.sources import kept_sources

    reader = cat.workspace.store.reader
    assert kept_sources(reader, ["tool:price"])["tool:price"]["text"] == SHOP[SHOP.index("def") :]
    assert [report.target for report in cat.refresh() if "pin-source" in report.target] == []
    assert cat.check() == []
    cat.unregister("tool:price")
    cat.pin()
    assert not kept_sources(reader, ["tool:price"])


@pytest.mark.sqlite("a check mends it there")
def test_kept_source_that_is_damaged_harms_nothing(cat: Catalog, url: str) -> None:
    """A damaged row of kept source is named by `db check` with what keeps it again, and passed over by all else."""
    damage(url, "UPDATE source SET files = '{' WHERE target = 'pin-source:tool:price'")
    (fault,) = cat.check()
    assert fault.endswith("`catalog db check --fix` forgets it, `catalog pin` keeps it again")
    assert cat.changes(cat.verify()) == []
    assert cat.check_pins() == []
    cat.mend()
    cat.pin()
    assert cat.check() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pin = 1", "pin must be a table"),
        ('[pin]\nmode = "strict"', "pin.mode is 'strict'; choose one of off, warn, block"),
        ("[pin]\nmode = true", "pin.mode must be a text"),
        ('[pin]\nmod = "off"', "pin.mod is no part of it; did you mean 'mode'?"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    """A part of `pin` that is none, or can't be so, is an error with file and key."""
    file = tmp_path / "catalog.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, env={})
    assert str(caught.value) == f"{file}: {said}"


def test_the_lock_file_can_lie_elsewhere(url: str, shop: Path) -> None:
    """`file` is relative to the configuration file."""
    (shop / "catalog.toml").write_text('embedder = "none"\n[pin]\nmode = "block"\nfile = "locks/all.lock"\n')
    (shop / "locks").mkdir()
    with Catalog(url, settings=shop / "catalog.toml") as cat:
        cat.register("schema", "v", {"a": 1})
        assert cat.pin().path == str(shop / "locks" / "all.lock")
        assert cat["schema:v"] == {"a": 1}


def test_a_changed_routing_rule_has_moved_from_its_pin(cat: Catalog, shop: Path) -> None:
    """The rule an entry is routed by is pinned: another one, or none, is a difference, and the entry is not taken."""
    cat.update("tool:price", match="price of")
    cat.pin()
    assert 'match = "price of"\n' in (shop / "catalog.lock").read_text()
    cat.update("tool:price", match="os:system")
    (change,) = cat.check_pins()
    assert (change.key, change.field, change.pinned, change.now) == ("tool:price", "match", "price of", "os:system")
    assert "its routing rule is 'os:system', not 'price of'" in refusal(cat)
    cat.update("tool:price", match=None)
    assert [(change.field, change.now) for change in cat.check_pins()] == [("match", None)]


def test_a_predicate_that_is_not_as_pinned_is_not_called(cat: Catalog, shop: Path) -> None:
    """Routing calls the function of a rule only while the entry is as the lock file says."""
    (shop / "pinshop" / "rules.py").write_text("def yes(prompt): return True\ndef other(prompt): return True\n")
    router = AutoCouncil(cat, "rules", "tool", "abstain")
    cat.update("tool:price", match="pinshop.rules:yes", source="manual")  # a person chose the rule
    cat.pin()
    assert router.resolve("anything").name == "price"
    cat.update("tool:price", match="pinshop.rules:other")
    decision = router.resolve("anything")
    assert decision.name is None
    assert "its routing rule is" in str(decision.to_dict())


@pytest.mark.parametrize("key", ["tool:price", "profile:ruled"])
def test_the_code_of_a_predicate_is_pinned(cat: Catalog, shop: Path, key: str) -> None:
    """Routing calls a function only while its file holds the bytes that were pinned, of code and of data."""
    rules = shop / "pinshop" / "ruled.py"
    rules.write_text("def yes(prompt): return True\n")
    cat.register("profile", "ruled", {"model": "m"})
    cat.update(key, match="pinshop.ruled:yes", source="manual")
    cat.pin()
    assert cat.check_pins() == []
    rules.write_text("def yes(prompt): return bool(prompt)\n")
    assert [(change.key, change.field) for change in cat.check_pins()] == [(key, "file pinshop/ruled.py")]
    kind, _, name = key.partition(":")
    decision = AutoCouncil(cat, "rules", kind, "abstain").resolve("anything")
    assert decision.name is None
    assert "the file pinshop/ruled.py changed" in str(decision.to_dict())
    assert [report.updated for report in cat.refresh() if report.target == "rules"] == [(key,)]
    entry = cat.entry(key)
    assert (entry.state, entry.metadata["review"]) == (
        "needs review",
        "pinshop/ruled.py, the code of its predicate pinshop.ruled:yes, has changed since it was pinned",
    )
    assert [report.updated for report in cat.refresh() if report.target == "rules"] == []
    cat.pin()
    cat.approve(key)
    assert AutoCouncil(cat, "rules", kind, "abstain").resolve("anything").name == name


def test_a_rule_that_is_too_long_for_the_file_is_left_out(cat: Catalog) -> None:
    """A rule of more characters than are read is no pin, and the report says so."""
    cat.update("tool:price", match="x" * 4_001)
    assert cat.pin().left_out == {"tool:price": "its rule has 4,001 characters; 4,000 are pinned"}


def test_more_than_is_read_is_not_written(cat: Catalog, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock file that would be too large to be read again is refused before anything is written."""
    before = (shop / "catalog.lock").read_bytes()
    monkeypatch.setattr("catalog.entry.lock.LARGEST", 1_200)
    with pytest.raises(LockError, match="would have more than 1,200 bytes, after 2 entries"):
        cat.pin()
    monkeypatch.undo()
    assert (shop / "catalog.lock").read_bytes() == before


def test_a_folder_that_shadows_a_distribution_is_not_taken_for_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module earlier on the import path under the name of an installed one is drift, and not that distribution."""
    site, fake = tmp_path / "site-packages", tmp_path / "fake"
    for folder, body in ((site, "return 1"), (fake, "return 2")):
        (folder / "pinshopped").mkdir(parents=True)
        (folder / "pinshopped" / "__init__.py").write_text("")
        (folder / "pinshopped" / "tools.py").write_text(f"def cost(item: str) -> int:\n    {body}\n")
    about = site / "pinshopped-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pinshopped\nVersion: 1.0\n")
    (about / "RECORD").write_text("pinshopped/__init__.py,,\npinshopped/tools.py,,\n")
    monkeypatch.syspath_prepend(site)
    pinned = Settings(embedder="none", file=tmp_path / "catalog.toml", pin={"mode": "block"})
    listed = Settings(embedder="none", trust={"mode": "listed", "allow": ["dist:pinshopped"]})
    with open_catalog(url, settings=pinned) as cat:
        cat.scan("pinshopped", public=True)
        assert cat.entry("tool:cost").distribution == "pinshopped==1.0"
        cat.pin()
        monkeypatch.syspath_prepend(fake)
        assert [(drift.key, drift.change) for drift in cat.verify()] == [("tool:cost", "source")]
        assert [change.field for change in cat.check_pins()] == ["source_checksum", "file pinshopped/tools.py"]
        with pytest.raises(PinError):
            cat["tool:cost"]
    with open_catalog(url, settings=listed) as cat, pytest.raises(UntrustedReferenceError):
        cat["tool:cost"]
    assert not [name for name in sys.modules if "pinshopped" in name]
