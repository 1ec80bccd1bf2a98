"""What can't be read is reported; nothing of it is run, and the rest is found."""

from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

import pytest
from helpers import refs

from catalog.discovery.scan import scan

GOOD = "from catalog import tool\n\n\n@tool\ndef good(): ...\n"

SYNTAX = f"invalid syntax in Python {sys.version_info.major}.{sys.version_info.minor}"
"""A file for a newer Python is fine there."""


def test_a_package_that_ends_the_process_is_read(packages: Path) -> None:
    """A tool is found in a package whose import would end the process; this test would not come back."""
    assert refs(scan("exits", roots=[packages])) == {"tool:reachable": "exits.tools:reachable"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"from catalog import tool\n@tool\ndef broken(:\n", f"{SYNTAX}: invalid syntax (line 3)"),
        (b"def broken(:\n", f"{SYNTAX}: invalid syntax (line 1)"),
        (b"x = '\xff'\n", "byte 0xff is not valid utf-8 (line 1)"),
        (b"# coding: nonsense\nx = '\xe4'\n", "the encoding 'nonsense' is not known (line 1)"),
        (b"x = 1\0\n", "it holds null bytes; it may be a binary file"),
        (
            b"x = " + b"(" * 5000 + b")" * 5000 + b"\n",
            f"{SYNTAX}: too many nested parentheses (line 1)",
        ),
        (
            b"x = " + b"-" * 60_000 + b"1\n",
            "its expressions are nested too deeply for Python's parser",
        ),
    ],
    ids=["marked", "syntax", "bytes", "encoding", "null", "brackets", "depth"],
)
def test_a_broken_file_is_reported(make, content: bytes, reason: str) -> None:
    """A file that is no Python is skipped with the reason, and its neighbour is found."""
    folder = make({"parts/__init__.py": "", "parts/bad.py": content, "parts/good.py": GOOD})
    found = scan("parts", roots=[folder])
    assert [(Path(one.path).name, one.reason) for one in found.skipped] == [("bad.py", reason)]
    assert refs(found) == {"tool:good": "parts.good:good"}


def test_a_line_of_a_megabyte_is_read(make) -> None:
    """A very long line keeps nothing from being found."""
    folder = make({"long.py": GOOD + "x = '" + "a" * 1_000_000 + "'\n"})
    found = scan(folder / "long.py")
    assert (refs(found), found.skipped) == ({"tool:good": "long:good"}, ())


def test_a_file_that_is_too_large_is_reported(make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is skipped with its size."""
    monkeypatch.setattr("catalog.source.read.LARGEST", 50)
    folder = make({"large.py": GOOD + "#" * 100})
    assert [one.reason for one in scan(folder / "large.py").skipped] == ["it has 149 bytes; 50 are read"]


def test_bytecode_without_source_is_not_run(make) -> None:
    """A compiled file without source is reported, whether it is a part of a package or all there is."""
    folder = make({"bits/__init__.py": "", "bits/source.py": "raise SystemExit", "alone.py": "raise SystemExit"})
    for name in ("bits/source", "alone"):
        py_compile.compile(str(folder / f"{name}.py"), cfile=str(folder / f"{name}.pyc"), doraise=True)
        (folder / f"{name}.py").unlink()
    part = scan("bits", roots=[folder])
    alone = scan("alone", roots=[folder])
    assert [(one.path, one.reason) for one in (*part.skipped, *alone.skipped)] == [
        (str(folder / "bits" / "source.pyc"), "bytecode without source; never run"),
        (str(folder / "alone.pyc"), "bytecode without source; never run"),
    ]


def test_extensions_and_built_in_modules_are_reported() -> None:
    """A module that was never Python has no findings, and the reason is given."""
    found = scan("sys")
    assert (found.findings, [one.reason for one in found.skipped]) == (
        (),
        ["part of Python itself; it has no source to read"],
    )


def test_links_in_a_circle_end(make) -> None:
    """No link to a folder is followed, neither back into what is scanned nor out of it; both are reported."""
    folder = make(
        {"looped/__init__.py": "", "looped/good.py": GOOD, "elsewhere/other.py": GOOD.replace("good", "other")}
    )
    os.symlink(folder / "looped", folder / "looped" / "again")
    os.symlink(folder / "elsewhere", folder / "looped" / "linked")
    found = scan("looped", roots=[folder])
    assert [(one.path, one.reason) for one in found.skipped] == [
        (str(folder / "looped" / "again"), "a link to a folder that is scanned anyway"),
        (str(folder / "looped" / "linked"), "a link that leads out of the folder that is scanned; not followed"),
    ]
    assert refs(found) == {"tool:good": "looped.good:good"}


def test_a_dangling_link_is_reported(make) -> None:
    """A link to a file that is gone is skipped, not fatal."""
    folder = make({"hanging/__init__.py": "", "hanging/good.py": GOOD})
    os.symlink(folder / "nowhere.py", folder / "hanging" / "gone.py")
    found = scan("hanging", roots=[folder])
    assert ([one.reason for one in found.skipped], len(found.findings)) == (["No such file or directory"], 1)


def test_nothing_is_written(make) -> None:
    """A scan leaves the folder exactly as it was: no compiled files, no caches."""
    folder = make({"calm/__init__.py": "", "calm/good.py": GOOD})
    before = sorted(folder.rglob("*"))
    scan("calm", roots=[folder], public=True)
    assert sorted(folder.rglob("*")) == before


def test_statements_nested_too_deeply_are_reported(make) -> None:
    """A file whose statements nest deeper than can be walked is skipped with the reason; the rest is found."""
    deep = "from catalog import tool\n" + "if a:\n    pass\n" + "elif a:\n    pass\n" * 2000 + "@tool\ndef f(): ...\n"
    folder = make({"steps/__init__.py": "", "steps/deep.py": deep, "steps/good.py": GOOD})
    found = scan("steps", roots=[folder])
    assert refs(found)["tool:good"] == "steps.good:good"
    assert [Path(one.path).name for one in found.skipped] == ["deep.py"]
