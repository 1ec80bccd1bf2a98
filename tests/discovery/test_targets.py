"""What can be scanned: modules, packages, distributions, files and folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from helpers import refs

from catalog.discovery.scan import scan
from catalog.errors import PackageNotFoundError

TOOL = "from catalog import tool\n\n\n@tool\ndef {0}(): ...\n"


def test_a_path_is_named_up_to_the_last_package(make: Any) -> None:
    """A file's module is named up through the folders that are packages; the first that is none is the root."""
    folder = make(
        {"src/whole/__init__.py": "", "src/whole/part/__init__.py": "", "src/whole/part/one.py": TOOL.format("one")}
    )
    found = scan(folder / "src" / "whole" / "part" / "one.py")
    assert (refs(found), found.root) == ({"tool:one": "whole.part.one:one"}, str(folder / "src"))


def test_a_folder_may_hold_several_packages(make: Any) -> None:
    """In a folder that is no package every file is named from its own root, which the finding knows."""
    folder = make(
        {
            "src/whole/__init__.py": "",
            "src/whole/deep/one.py": TOOL.format("one"),
            "scripts/two.py": TOOL.format("two"),
            "more/two.py": TOOL.format("three"),
            ".venv/pyvenv.cfg": "",
            ".venv/hidden.py": TOOL.format("four"),
            "env/pyvenv.cfg": "",
            "env/lib.py": TOOL.format("five"),
            "not-a-module.py": TOOL.format("six"),
        }
    )
    found = scan(folder)
    assert {one.ref: one.root for one in found.findings} == {
        "whole.deep.one:one": str(folder / "src"),
        "two:three": str(folder / "more"),
        "two:two": str(folder / "scripts"),
        "not_a_module:six": str(folder),
    }
    assert found.left_out == {"virtual environments": 2}


def test_what_is_not_installed_has_a_root(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package in a folder of a project has that folder as its root, on ``sys.path`` or not."""
    folder = make({"rooted/__init__.py": TOOL.format("one")})
    given = scan("rooted", roots=[folder])
    monkeypatch.syspath_prepend(str(folder))
    on_path = scan("rooted")
    assert (given.root, on_path.root) == (str(folder), str(folder))
    assert [(one.ref, one.root) for one in (*given.findings, *on_path.findings)] == [
        ("rooted:one", str(folder)),
        ("rooted:one", str(folder)),
    ]


def test_a_namespace_package_is_scanned(make: Any) -> None:
    """A package without ``__init__`` is scanned, and so is a namespace within it."""
    folder = make({"space/inner/one.py": TOOL.format("one")})
    assert refs(scan("space", roots=[folder])) == {"tool:one": "space.inner.one:one"}
    assert refs(scan("space.inner.one", roots=[folder])) == {"tool:one": "space.inner.one:one"}


def test_a_distribution_is_scanned(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a distribution stands for the packages and modules its record lists, with name and version."""
    folder = make(
        {
            "My_Dist-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: My-Dist\nVersion: 1.2\n",
            "My_Dist-1.2.dist-info/RECORD": "spaced/mine/__init__.py,,\nloose.py,,\nMy_Dist-1.2.dist-info/RECORD,,\n",
            "spaced/mine/__init__.py": TOOL.format("mine"),
            "spaced/other/__init__.py": TOOL.format("other"),
            "loose.py": TOOL.format("loose"),
        }
    )
    monkeypatch.syspath_prepend(str(folder))
    found = scan("my-dist")
    assert (found.distribution, refs(found)) == (
        "My-Dist==1.2",
        {"tool:mine": "spaced.mine:mine", "tool:loose": "loose:loose"},
    )
    assert scan("spaced.mine").distribution == "My-Dist==1.2"


def test_an_installed_package_names_its_distribution() -> None:
    """A package knows the distribution it came with, whatever the names are; a part of Python has none."""
    from importlib.metadata import version

    assert scan("griffe").distribution == f"griffelib=={version('griffelib')}"
    assert scan("json").distribution is None


@pytest.mark.parametrize("target", ["no_such_package_here", "no-such-dist", "./no/such/path", "nothing.py"])
def test_what_is_not_there_is_an_error(target: str) -> None:
    """A target that is nowhere is an error that names it."""
    with pytest.raises(PackageNotFoundError) as caught:
        scan(target)
    assert (repr(target) in str(caught.value), caught.value.facts) == (True, {"target": target, "close": []})


def test_a_misspelt_target_names_close_ones() -> None:
    """A misspelt package is answered with the right one."""
    with pytest.raises(PackageNotFoundError, match="did you mean 'pydantic'") as caught:
        scan("pydantik")
    assert caught.value.facts["close"][0] == "pydantic"


def test_a_file_that_is_no_python_is_an_error(make: Any) -> None:
    """A path to something that is not a Python file is an error that says so."""
    folder = make({"notes.txt": "hello"})
    with pytest.raises(PackageNotFoundError, match="not a Python file"):
        scan(folder / "notes.txt")


def test_paths_may_be_objects_or_texts(packages: Path) -> None:
    """A path as text and as an object give the same."""
    assert scan(str(packages / "plain")).findings == scan(packages / "plain").findings


def test_of_two_files_for_one_module_python_imports_one(make: Any) -> None:
    """A package shadows a module of the same name, which is reported, again and again without reading."""
    folder = make(
        {
            "shade/__init__.py": "",
            "shade/one.py": TOOL.format("hidden"),
            "shade/one/__init__.py": TOOL.format("seen"),
        }
    )
    for path in folder.rglob("*.py"):
        os.utime(path, ns=(10**18, 10**18))
    found = scan("shade", roots=[folder])
    assert (refs(found), [one.reason for one in found.skipped]) == (
        {"tool:seen": "shade.one:seen"},
        [f"{folder / 'shade' / 'one' / '__init__.py'} is the module shade.one"],
    )
    assert scan("shade", roots=[folder], known=found.files).unchanged is True


def test_a_folder_called_like_a_package_is_said(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a slash is the package's, and what is called so here is passed over with the way to name it."""
    monkeypatch.chdir(make({"json/tools.py": TOOL.format("one"), "catalog.py": TOOL.format("two")}))
    for name, folder in (("json", "json"), ("catalog.errors", "")):
        assert [(skip.path, skip.reason) for skip in scan(name).skipped if "called so" in skip.reason] == (
            [(os.path.abspath(folder), "the package json is scanned, not what is called so here; ./json is that")]
            * bool(folder)
        )
    assert refs(scan("./json")) == {"tool:one": "tools:one"}
