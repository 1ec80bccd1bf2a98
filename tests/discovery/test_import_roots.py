"""Which folder a file is imported from, and what its module is called then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from helpers import refs
from hypothesis import given
from hypothesis import strategies as st

from catalog.discovery.roots import Roots, absolute_imports
from catalog.discovery.scan import scan
from catalog.source.locate import Locator
from catalog.source.made_names import is_part, made_name, made_spec

TOOL = "from catalog import tool\n{1}\n\n@tool\ndef {0}(): ...\n"


def tool(name: str, imports: str = "") -> str:
    """Return the source of a module with a tool."""
    return TOOL.format(name, imports)


def places(folder: Path, **options: Any) -> dict[str, tuple[str | None, str]]:
    """Return, by name, the reference of each finding and its root below *folder*."""
    found = scan(folder, **options).findings
    return {one.name: (one.ref, os.path.relpath(str(one.root), folder)) for one in found}


def test_every_file_is_looked_at_whatever_its_folders_are_called(make: Any) -> None:
    """A path that can't be a module begins a new root; the file is found from there."""
    folder = make(
        {
            "hy/my-app/t.py": tool("one"),
            "01-basics/02 more/03-hello.py": tool("two"),
            "services/billing-api/main.py": tool("three"),
            "services/class/import.py": tool("four"),
            "日本/道具.py": tool("five"),
            "my-app/__init__.py": tool("six"),
        }
    )
    assert places(folder) == {
        "one": ("t:one", "hy/my-app"),
        "two": ("_03_hello:two", "01-basics/02 more"),
        "three": ("main:three", "services/billing-api"),
        "four": ("import_:four", "services/class"),
        "five": ("道具:five", "日本"),
        "six": ("__init__:six", "my-app"),
    }


LAYOUT = {"proj/pyproject.toml": "", "proj/src/ns/a/__init__.py": ""}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proj/pyproject.toml": "", "proj/a/b/c.py": tool("x")}, ("a.b.c:x", "proj")),
        ({"proj/setup.py": "", "proj/a/b/c.py": tool("x")}, ("a.b.c:x", "proj")),
        ({"proj/setup.cfg": "", "proj/src/a/c.py": tool("x")}, ("a.c:x", "proj/src")),
        ({"proj/src/a/c.py": tool("x")}, ("a.c:x", "proj/src")),
        ({"proj/a/__init__.py": "", "proj/a/b/c.py": tool("x")}, ("a.b.c:x", "proj")),
        ({"proj/a/b/c.py": tool("x")}, ("c:x", "proj/a/b")),
        ({"proj/pyproject.toml": "", "proj/in/pyproject.toml": "", "proj/in/a.py": tool("x")}, ("a:x", "proj/in")),
        ({"proj/pyproject.toml": "", "proj/a-b/c/d.py": tool("x")}, ("d:x", "proj/a-b/c")),
        ({"proj/pyproject.toml": "", "proj/json/c.py": tool("x")}, ("c:x", "proj/json")),
        ({"proj/pyproject.toml": "", "proj/pydantic/a/c.py": tool("x")}, ("a.c:x", "proj/pydantic")),
        ({"proj/pyproject.toml": "", "proj/a.py": "", "proj/a/c.py": tool("x")}, ("c:x", "proj/a")),
        ({**LAYOUT, "proj/src/ns/a/c.py": tool("x")}, ("ns.a.c:x", "proj/src")),
        ({**LAYOUT, "proj/src/ns/a/c.py": tool("x"), "proj/src/ns/run.py": ""}, ("a.c:x", "proj/src/ns")),
        ({**LAYOUT, "proj/src/ns/a/c.py": tool("x"), "proj/src/ns/a/d.py": "import a.c"}, ("a.c:x", "proj/src/ns")),
        ({"proj/src/ns/a/__init__.py": "", "proj/src/ns/a/c.py": tool("x")}, ("a.c:x", "proj/src/ns")),
        ({**LAYOUT, "proj/src/json/a/__init__.py": "", "proj/src/json/a/c.py": tool("x")}, ("a.c:x", "proj/src/json")),
    ],
)
def test_the_root_is_where_the_package_or_the_project_begins(
    make: Any, files: dict[str, str], expected: tuple[str, str]
) -> None:
    """It is above the outermost package, else the project's folder or its ``src``, else the file's own; and safe."""
    assert {place for name, place in places(make(files)).items() if name == "x"} == {expected}


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("import helper", ("run:x", "proj/app/sub")),
        ("from helper import y", ("run:x", "proj/app/sub")),
        ("from common import y", ("sub.run:x", "proj/app")),
        ("from common import (\n    y,\n)", ("sub.run:x", "proj/app")),
        ("from app.common import y", ("app.sub.run:x", "proj")),
        ("from spaced import inner", ("sub.run:x", "proj/app")),
        ("import os, json", ("app.sub.run:x", "proj")),
        ("from run import z", ("app.sub.run:x", "proj")),
        ("from pydantic import BaseModel", ("app.sub.run:x", "proj")),
        ("from .helper import y", ("app.sub.run:x", "proj")),
    ],
)
def test_imports_show_the_root_of_what_is_in_no_package(make: Any, imports: str, expected: tuple[str, str]) -> None:
    """Below a project the nearest folder counts from which the imports of the file lead to other files of it."""
    folder = make(
        {
            "proj/pyproject.toml": "",
            "proj/app/common.py": "y = 1\n",
            "proj/app/spaced/inner.py": "",
            "proj/app/sub/helper.py": "y = 1\n",
            "proj/app/sub/pydantic/other.py": "",
            "proj/app/sub/run.py": tool("x", imports),
        }
    )
    assert places(folder)["x"] == expected


def test_neighbours_share_a_root(make: Any) -> None:
    """What one file of a folder shows counts for all files of it, those included that are left out as tests."""
    folder = make(
        {
            "pyproject.toml": "",
            "app/one.py": tool("one"),
            "app/two.py": tool("two"),
            "app/test_it.py": "import one\n",
        }
    )
    assert places(folder) == {"one": ("one:one", "app"), "two": ("two:two", "app")}
    assert refs(scan(folder / "app" / "two.py")) == {"tool:two": "two:two"}


def test_a_scan_from_inside_gives_the_same_places(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """References and roots are the same from whatever folder of a repository a scan begins, and wherever one stands."""
    folder = make(
        {
            ".git/HEAD": "",
            "common.py": "y = 1\n",
            "pkg/__init__.py": "",
            "pkg/in/deep.py": tool("deep"),
            "apps/a-b/main.py": tool("main", "import tools"),
            "apps/a-b/tools.py": tool("tools"),
            "apps/plain/run.py": tool("run", "from common import y"),
        }
    )
    whole = {one.name: (one.ref, one.root) for one in scan(folder).findings}
    assert whole["run"] == ("apps.plain.run:run", str(folder))
    for below in ("pkg", "pkg/in", "apps", "apps/a-b", "apps/plain", "apps/a-b/main.py"):
        monkeypatch.chdir(folder if below.endswith(".py") else folder / below)
        part = {one.name: (one.ref, one.root) for one in scan(folder / below).findings}
        assert part.items() <= whole.items()
        assert part


def test_the_folder_that_is_named_becomes_no_package(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is named without a slash is a folder, also where an import would make it a package."""
    folder = make({"repository/examples/agent.py": tool("x"), "repository/a-b/t.py": tool("y")})
    monkeypatch.chdir(folder)
    assert places(folder / "repository") == {"x": ("agent:x", "examples"), "y": ("t:y", "a-b")}
    assert refs(scan("repository", roots=[folder])) == {"tool:x": "agent:x", "tool:y": "t:y"}


def test_two_roots_may_hold_modules_of_one_name(make: Any) -> None:
    """Files that are one module each of several roots are all found, and each follows its own neighbours."""
    files = {
        f"{place}/{name}": text
        for place, own in (("a-b", "one"), ("c-d", "two"))
        for name, text in {
            "main.py": tool("run", "from words import NAME").replace("@tool", "@tool(description=NAME)"),
            "words.py": f"NAME = '{own}'\n",
        }.items()
    }
    found = scan(make(files)).findings
    assert [(one.name, one.ref, one.description) for one in found] == [
        ("c-d/main/run", "main:run", "two"),
        ("run", "main:run", "one"),
    ]


def test_packages_are_followed_from_other_roots(make: Any) -> None:
    """A script sees the packages of its repository, and a folder without ``__init__`` hides no package."""
    folder = make(
        {
            "src/mine/__init__.py": "",
            "src/mine/base.py": "from langchain_core.tools import BaseTool\nclass Base(BaseTool): ...\n",
            "src/mine/marks.py": "from catalog import tool\nmark = tool\n",
            "scripts-of-mine/mine/notes.txt": "",
            "scripts-of-mine/run.py": "from mine.base import Base\nfrom mine.marks import mark\n"
            "class Own(Base): ...\n@mark\ndef marked(): ...\n",
        }
    )
    assert refs(scan(folder)) == {"tool:Base": "mine.base:Base", "tool:Own": "run:Own", "tool:marked": "run:marked"}


def test_names_that_are_somebody_elses_are_set_apart(make: Any) -> None:
    """A module called like one of Python's own or of an installed package gets a name that leads to nobody else."""
    folder = make(
        {
            "json.py": tool("a"),
            "copy/__init__.py": "",
            "copy/inner.py": tool("b"),
            "pydantic/__init__.py": tool("c"),
            "mine.py": tool("d"),
        }
    )
    found = scan(folder)
    assert refs(found) == {
        "tool:a": "json_:a",
        "tool:b": "copy_.inner:b",
        "tool:c": "pydantic_:c",
        "tool:d": "mine:d",
    }
    locator = Locator(own=str(folder))
    for one in found.findings:
        site = locator.find(str(one.ref).partition(":")[0])
        assert site is not None
        assert site.path == one.path


def test_what_cannot_be_set_apart_is_not_loadable(make: Any) -> None:
    """Where the other name is taken too the finding has no reference, and says why."""
    found = scan(make({"json.py": tool("a"), "json_.py": tool("b")})).findings
    assert {one.name: (one.ref, one.reason) for one in found} == {
        "a": (None, "its module has the name of somebody else's, json, and another module that of json_"),
        "b": ("json_:b", ""),
    }


def test_a_checkout_of_what_is_installed_keeps_its_names(make: Any) -> None:
    """The source of a distribution that is installed too is no stranger to it."""
    folder = make({"pyproject.toml": "[project]\nname = 'Pydantic'\n", "pydantic/__init__.py": tool("c")})
    assert refs(scan(folder)) == {"tool:c": "pydantic:c"}


def test_files_of_one_made_name_are_all_found(make: Any) -> None:
    """Of two files that no import can tell apart the first has the name; the others say why they can't be loaded."""
    folder = make(
        {"my-tool.py": tool("a"), "my tool.py": tool("b"), "x/my_tool.py": tool("c"), "x/my-tool.py": tool("d")}
    )
    found = {one.name: (one.ref, one.reason) for one in scan(folder).findings}
    why = "no import can name {}.py, and another file has the name that is made for it, my_tool"
    assert found == {
        "b": ("my_tool:b", ""),
        "a": (None, why.format("my-tool")),
        "c": ("my_tool:c", ""),
        "d": (None, why.format("my-tool")),
    }
    assert scan(folder / "x" / "my-tool.py").findings[0].ref is None


def test_links_begin_no_root_twice(make: Any) -> None:
    """A link to a folder of the repository is reported, and what it leads to is found once."""
    folder = make({"a-b/t.py": tool("x")})
    os.symlink(folder / "a-b", folder / "c-d")
    found = scan(folder)
    assert refs(found) == {"tool:x": "t:x"}
    assert [skip.path for skip in found.skipped] == [str(folder / "c-d")]


def test_an_unchanged_repository_is_not_read_again(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second scan of many roots opens nothing; a file that changes its root is read again with its neighbours."""
    folder = make({"pyproject.toml": "", "app/sub/one.py": tool("one"), "app/sub/two.py": "", "a-b/t.py": tool("t")})
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))
    first = scan(folder)
    with monkeypatch.context() as patch:
        patch.setattr("catalog.discovery.outside.source_bytes", None)
        patch.setattr("catalog.discovery.placing.read_bytes", None)
        second = scan(folder, known=first.files)
    assert (second.unchanged, second.findings) == (True, first.findings)
    (folder / "app" / "sub" / "two.py").write_text("import one\n")
    third = scan(folder, known=first.files)
    assert (refs(first)["tool:one"], refs(third)["tool:one"]) == ("app.sub.one:one", "one:one")
    (folder / "app" / "__init__.py").write_text("")
    (folder / "app" / "sub" / "__init__.py").write_text("")
    assert refs(scan(folder, known=third.files))["tool:one"] == "app.sub.one:one"


@given(st.text(max_size=12).filter(lambda text: "/" not in text and "\0" not in text))
def test_a_made_name_can_always_be_imported(stem: str) -> None:
    """Whatever a file is called, the name that is made of it can be a part of a reference, and is made once."""
    if stem:
        name = made_name(stem)
        assert is_part(name)
        assert made_name(name) == name
        assert (name == stem) == is_part(stem)


def test_a_made_name_leads_to_its_file(tmp_path: Path) -> None:
    """A file whose name is no identifier is found in its folder by the name that is made of it, and by no other."""
    (tmp_path / "01-hello.py").write_text("")
    spec = made_spec(str(tmp_path), "_01_hello")
    assert spec is not None
    assert spec.origin == str(tmp_path / "01-hello.py")
    assert (made_spec(str(tmp_path), "_01_bye"), made_spec(str(tmp_path / "none"), "_01_hello")) == (None, None)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import a, b.c as d\nimport os\n", ["a", "b.c"]),
        (b"from a import b, c as d\nfrom a.e import f\n", ["a.b", "a.c", "a.e"]),
        (b"from a import (\n    b,\n)\n", ["a.b"]),
        (b"def f():\n    from a import b\n", ["a.b"]),
        (b"from . import a\nfrom .b import c\nfrom a import *\n", ["a"]),
        (b"", []),
    ],
)
def test_imports_are_read_from_the_bytes(source: bytes, expected: list[str]) -> None:
    """Absolute imports count, at whatever depth; those of Python's own modules and relative ones don't."""
    assert absolute_imports(source) == expected


@given(st.binary(max_size=300))
def test_any_bytes_have_imports(data: bytes) -> None:
    """Whatever a file holds, reading its imports gives dotted names."""
    assert all(name.strip(".") for name in absolute_imports(data) if name != ".")


def test_a_folder_that_cannot_be_read_is_its_own_root(tmp_path: Path) -> None:
    """A folder that is not there has no imports to ask, and is its own root."""
    assert Roots(str(tmp_path)).root(str(tmp_path / "none"), lambda path: []) == str(tmp_path / "none")


def test_a_folder_between_two_packages_is_part_of_the_outer_one(make: Any) -> None:
    """``__init__.py`` may be missing in between; who imports the inner package by its own name has it as a root."""
    folder = make(
        {
            "app/pyproject.toml": "",
            "app/outer/__init__.py": "",
            "app/outer/parts/inner/__init__.py": "",
            "app/outer/parts/inner/one.py": tool("one"),
            "app/outer/parts/own/__init__.py": "",
            "app/outer/parts/own/two.py": "from own import three\n" + tool("two"),
            "app/outer/parts/own/three.py": "",
        }
    )
    assert {each.name: each.ref for each in scan(folder).findings} == {
        "one": "outer.parts.inner.one:one",
        "two": "own.two:two",
    }


def test_what_is_used_is_that_of_the_own_root(make: Any) -> None:
    """Of agents in two roots with modules of one name each refers to the tool beside it, under the name that has."""
    agent = "from agents import Agent\nfrom tools import look\nfinder = Agent(name='finder', tools=[look])\n"
    own = "from agents import function_tool\n@function_tool\ndef look(): ...\n"
    folder = make(
        {f"{place}/{name}": text for place in ("a-b", "c-d") for name, text in (("main.py", agent), ("tools.py", own))}
    )
    assert {each.key: each.metadata.get("references") for each in scan(folder).findings if each.kind == "agent"} == {
        "agent:finder": ["tool:look"],
        "agent:c-d/main/finder": ["tool:c-d/tools/look"],
    }
