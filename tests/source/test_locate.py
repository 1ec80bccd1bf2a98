"""Where modules are, without importing them."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.source import files
from catalog.source.files import KEPT_TEXT
from catalog.source.locate import Locator, ModuleSite, find_module

Write = Callable[..., Path]

NAMES = ("compiled", "sys", "names", "names.inner", "real.names", "real.names.inner", "math", "zipimport")


def test_finds_a_submodule_without_importing_its_parents(write: Write) -> None:
    """Looking for a module three packages deep imports none of them, though each would end the process."""
    folder = write(
        deep____init__="raise SystemExit('imported')",
        deep__er____init__="raise SystemExit('imported')",
        deep__er__mod="raise SystemExit('imported')",
    )
    path = str(folder / "deep" / "er" / "mod.py")
    assert find_module("deep.er.mod") == ModuleSite("deep.er.mod", path, "source")
    package = ModuleSite("deep.er", str(folder / "deep/er/__init__.py"), "source", (str(folder / "deep/er"),), True)
    assert find_module("deep.er") == package
    assert not {"deep", "deep.er", "deep.er.mod"} & set(sys.modules)


def test_tells_what_a_module_is_made_of(write: Write) -> None:
    """Bytecode, built-in, frozen, extension and namespace modules are told apart from source."""
    folder = write(compiled="x = 1", names__inner="x = 1", real____init__="", real__names__inner="")
    py_compile.compile(str(folder / "compiled.py"), cfile=str(folder / "compiled.pyc"), doraise=True)
    (folder / "compiled.py").unlink()
    found = {name: find_module(name) for name in NAMES}
    assert {name: site and site.form for name, site in found.items()} == {
        "compiled": "bytecode",
        "sys": "builtin",
        "names": "namespace",
        "names.inner": "source",
        "real.names": "namespace",
        "real.names.inner": "source",
        "math": "extension" if importlib.util.find_spec("math").origin != "built-in" else "builtin",
        "zipimport": "frozen",
    }
    assert [name for name, site in found.items() if site and site.has_source] == [
        "names.inner",
        "real.names.inner",
        "zipimport",
    ]


def test_an_extension_with_its_source_beside_it_counts_as_source(write: Write) -> None:
    """The Python source a compiled module was made from is what is read of it."""
    folder = write(both="def f(): ...")
    from importlib.machinery import EXTENSION_SUFFIXES

    (folder / f"both{EXTENSION_SUFFIXES[0]}").write_bytes(b"\x7fELF")
    assert find_module("both") == ModuleSite("both", str(folder / "both.py"), "source")
    (folder / "both.py").unlink()
    assert find_module("both") == ModuleSite("both", str(folder / f"both{EXTENSION_SUFFIXES[0]}"), "extension")


@pytest.mark.parametrize(
    "name", ["nowhere_at_all", "json.nowhere", "os.textwrap", "json.decoder.json", "", ".", "a..b"]
)
def test_a_missing_module_is_none(name: str) -> None:
    """A name without a module gives None; the submodule of a plain module never means a top-level one."""
    assert find_module(name) is None


def test_roots_are_tried_when_the_path_has_nothing(tmp_path: Path) -> None:
    """A module in a root is found, and one that ``sys.path`` has too is taken from there."""
    (tmp_path / "only_in_root.py").write_text("x = 1")
    (tmp_path / "json.py").write_text("x = 1")
    assert find_module("only_in_root") is None
    locator = Locator([str(tmp_path)])
    assert locator.find("only_in_root") == ModuleSite("only_in_root", str(tmp_path / "only_in_root.py"), "source")
    assert locator.find("json") == find_module("json")


def test_a_module_is_looked_for_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand questions about three modules, one of them missing, ask the finders once for each."""
    write(one="", two="")
    asked: list[str] = []

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object, target: object = None) -> None:
            asked.append(name)

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    locator = Locator()
    for _ in range(3_000):
        found = [locator.find(name) is not None for name in ("one", "two", "three_is_missing")]
        assert found == [True, True, False]
    assert sorted(set(asked)) == ["one", "three_is_missing", "two"]
    assert len(asked) <= 4, "a miss may be asked for twice, with the finders' memory emptied between"


def test_a_broken_import_hook_is_passed_over(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finder that raises doesn't keep the next one from answering."""
    folder = write(fine="")

    class Broken:
        @staticmethod
        def find_spec(name: str, path: object, target: object = None) -> None:
            raise RuntimeError("broken hook")

    monkeypatch.setattr(sys, "meta_path", [Broken, object(), *sys.meta_path])
    assert find_module("fine") == ModuleSite("fine", str(folder / "fine.py"), "source")


def test_a_file_made_a_moment_ago_is_found(write: Write) -> None:
    """A module written after its folder was last listed is found by a new locator."""
    write(before="")
    assert find_module("after_that") is None
    folder = write(after_that="")
    assert find_module("after_that") == ModuleSite("after_that", str(folder / "after_that.py"), "source")


def test_a_file_is_parsed_again_only_if_it_changed(write: Write) -> None:
    """The same locator gives the same tree for an unchanged file, and a new one after a change."""
    folder = write(mod="x = 1")
    locator, path = Locator(), str(folder / "mod.py")
    first = locator.parse(path)
    assert locator.parse(path) is first
    assert locator.names(path) is locator.names(path)
    write(mod="x = 22")
    assert locator.parse(path).text == "x = 22"
    assert locator.names(path).bound.keys() == {"x"}


def test_a_locator_keeps_a_bounded_amount_of_source(tmp_path: Path) -> None:
    """Files beyond the limit push out the ones used longest ago."""
    paths = []
    for number in range(5):
        path = tmp_path / f"big{number}.py"
        path.write_text(f"x = {number}\n#" + "y" * (KEPT_TEXT // 3))
        paths.append(str(path))
    locator = Locator()
    first = locator.parse(paths[0])
    for path in paths[1:]:
        locator.parse(path)
    assert locator.parse(paths[4]) is locator.parse(paths[4])
    assert locator.parse(paths[0]) is not first


def test_one_large_module_is_not_parsed_for_each_operation(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred locators that ask for one unchanged file parse it once, and again after it changed."""
    import os

    from catalog.source import read

    path = str(write(large="x = 1") / "large.py")
    os.utime(path, (1, 1))
    reads: list[str] = []
    real = read.read_source
    monkeypatch.setattr(read, "read_source", lambda one: (reads.append(one), real(one))[1])
    for _ in range(100):
        assert Locator().parse(path).text == "x = 1"
    assert reads == [path]
    write(large="y = 2")
    os.utime(path, (2, 2))
    assert Locator().names(path).bound.keys() == {"y"}
    assert reads == [path, path]


def test_a_file_written_just_now_is_read_by_each_operation(write: Write) -> None:
    """Of two changes within a tick of the file system's clock, of equal length, the second is seen."""
    import os

    path = str(write(quick="x = 1") / "quick.py")
    stamp = os.stat(path).st_mtime_ns
    assert Locator().parse(path).text == "x = 1"
    write(quick="x = 2")
    os.utime(path, ns=(stamp, stamp))
    assert Locator().parse(path).text == "x = 2"


def test_what_is_kept_between_operations_is_bounded(tmp_path: Path) -> None:
    """After many files the process keeps no more than `SHARED_TEXT` characters, or one file."""
    for number in range(6):
        path = tmp_path / f"file{number}.py"
        path.write_text("#" * (files.SHARED_TEXT // 3))
        Locator().parse(str(path))
    assert 0 < sum(len(one.parsed.text) for one in files.shared) <= files.SHARED_TEXT
    big = tmp_path / "big.py"
    big.write_text("#" * (files.SHARED_TEXT * 2))
    Locator().parse(str(big))
    assert [one.path for one in files.shared] == [str(big)]


@pytest.mark.parametrize("folder", ["\0", "/there\0is none"])
def test_a_folder_with_a_null_byte_is_none(folder: str) -> None:
    """What a row names as the folder of its module may be anything: there a module is not there, and nothing fails."""
    assert Locator([folder]).find("json") == Locator(own=folder).find("json") == find_module("json")
    assert (Locator([folder]).find("nowhere_at_all"), Locator(own=folder).is_own("json")) == (None, False)
