"""Of several definitions of a name the definition that would run here counts; decorators under other names are seen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from helpers import purposes, refs
from hypothesis import given
from hypothesis import strategies as st

from catalog.discovery.scan import scan
from catalog.source.branches import Branches
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator

TAKEN = """
    @tool
    def pick(right: int) -> int:
        'taken'
"""
PASSED = """
    @tool
    def pick(wrong: str) -> str:
        'passed over'
"""
HEAD = "import os, platform, sys\nfrom typing import TYPE_CHECKING\nfrom catalog import tool\n"
CONDITIONS = [
    f"sys.platform == {sys.platform!r}",
    f"sys.platform.startswith({sys.platform[:3]!r})",
    f"sys.platform in ({sys.platform!r}, 'amiga')",
    f"os.name == {os.name!r}",
    "sys.version_info >= (3, 8)",
    "sys.version_info[0] >= 3",
    "sys.version_info[:2] >= (3, 8)",
    "not TYPE_CHECKING",
    f"os.name == {os.name!r} and sys.version_info >= (3, 8)",
    "sys.platform == 'amiga' or True",
]


def scanned(folder: Path, text: str) -> dict[str, str]:
    """Return the purposes of what a file with *text* holds."""
    (folder / "branches.py").write_text(text)
    return purposes(scan(folder))


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("turned", [False, True])
def test_the_branch_that_runs_here_is_taken(tmp_path: Path, condition: str, turned: bool) -> None:
    """Of two definitions in branches the scan describes, and verify compares, what Python would run here."""
    test = f"not ({condition})" if turned else condition
    first, second = (PASSED, TAKEN) if turned else (TAKEN, PASSED)
    assert scanned(tmp_path, f"{HEAD}if {test}:{first}else:{second}") == {"tool:pick": "taken"}
    found = find_object("branches:pick", Locator(own=str(tmp_path)))
    assert not isinstance(found, Missing)
    assert found.signature == "(right: int) -> int"


@pytest.mark.parametrize("condition", ["False", "0", "TYPE_CHECKING", "sys.platform == 'amiga'"])
def test_what_never_runs_is_no_entry(tmp_path: Path, condition: str) -> None:
    """A tool in a branch that does not run here is not registered: it could not be loaded."""
    assert scanned(tmp_path, f"{HEAD}if {condition}:{TAKEN}") == {}


def test_what_is_deleted_is_no_entry(tmp_path: Path) -> None:
    """A tool whose name the module deletes is not registered: it could not be loaded."""
    assert scanned(tmp_path, f"{HEAD}if True:{TAKEN}del pick\n@tool\ndef kept():\n    'kept'\n") == {
        "tool:kept": "kept"
    }


def test_an_import_that_fails_here_takes_its_handler(tmp_path: Path) -> None:
    """Where a try imports what is not here, the definition of its handler counts; a module beside the file is here."""
    text = "{head}try:\n    import {module}\n{first}except ImportError:{second}"
    assert scanned(tmp_path, text.format(head=HEAD, module="nowhere_at_all", first=PASSED, second=TAKEN)) == {
        "tool:pick": "taken"
    }
    (tmp_path / "beside_it.py").write_text("")
    assert scanned(tmp_path, text.format(head=HEAD, module="beside_it", first=TAKEN, second=PASSED)) == {
        "tool:pick": "taken"
    }


def test_a_framework_that_is_not_installed_is_recognised(tmp_path: Path) -> None:
    """A decorator with a stand-in for where its framework is missing stays the framework's."""
    text = (
        "try:\n    from agents import function_tool\nexcept ImportError:\n    def function_tool(f): return f\n"
        "@function_tool\ndef pick():\n    'taken'\n"
    )
    assert scanned(tmp_path, text) == {"tool:pick": "taken"}


@pytest.mark.parametrize(
    "use",
    [
        "deco = tool\n@deco\n",
        "from functools import partial\ndeco = partial(tool, tags=['x'])\n@deco\n",
        "import functools\n@functools.partial(tool, tags=['x'])\n",
        "deco = tool(tags=['x'])\n@deco\n",
        "import functools\ndeco = functools.partial(tool)\n@deco(tags=['x'])\n",
    ],
)
def test_a_decorator_under_another_name_is_seen(tmp_path: Path, use: str) -> None:
    """An alias, a partial and a stored call of a decorator mark what they decorate, and are no entries themselves."""
    (tmp_path / "branches.py").write_text(f"from catalog import tool\n{use}def pick():\n    'taken'\n")
    found = scan(tmp_path)
    assert refs(found) == {"tool:pick": "branches:pick"}
    assert [one.tags for one in found.findings] == [("x",) if "x" in use else ()]


def test_what_no_import_can_name_is_found(tmp_path: Path) -> None:
    """A file whose name is no identifier, and files below a folder with such a name, are found from that folder."""
    (tmp_path / "my-pkg" / "sub").mkdir(parents=True)
    tool = "from catalog import tool\n@tool\ndef {}(): ...\n"
    for place, name in (("my-tool.py", "a"), ("my-pkg/__init__.py", "b"), ("my-pkg/good.py", "c")):
        (tmp_path / place).write_text(tool.format(name))
    (tmp_path / "my-pkg" / "sub" / "__init__.py").write_text(tool.format("d"))
    below = {"tool:b": "__init__:b", "tool:c": "good:c", "tool:d": "sub:d"}
    found = scan(tmp_path)
    assert (refs(found), found.skipped) == ({"tool:a": "my_tool:a", **below}, ())
    assert {one.ref: one.root for one in found.findings} == {
        "my_tool:a": str(tmp_path),
        **dict.fromkeys(below.values(), str(tmp_path / "my-pkg")),
    }
    assert refs(scan(tmp_path / "my-pkg")) == below
    assert refs(scan(tmp_path / "my-tool.py")) == {"tool:a": "my_tool:a"}


LEAVES = st.sampled_from(["True", "False", "os.name == 'nt'", "unknown"])


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return conditions made of *inner* conditions."""
    pairs = st.tuples(inner, st.sampled_from(["and", "or"]), inner)
    return pairs.map(lambda parts: f"({' '.join(parts)})") | inner.map(lambda text: f"(not {text})")


@given(st.recursive(LEAVES, joined))
def test_truth_agrees_with_python(text: str) -> None:
    """Where reading tells whether a branch is taken, Python takes it or not whatever the unknown part is."""
    import ast

    truth = Branches(None, lambda name: None).truth(ast.parse(text, mode="eval").body)
    if truth is not None:
        assert {bool(eval(text, {"os": os, "unknown": unknown})) for unknown in (True, False)} == {truth}
