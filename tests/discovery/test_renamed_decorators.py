"""Decorators under other names, in this file or another, mark what they decorate; rings of imports end."""

from __future__ import annotations

import os
import textwrap
from typing import Any

import pytest

from catalog.discovery.scan import scan
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator

HOME = """
    import functools
    import catalog
    from functools import partial
    from functools import partial as made_of
    from catalog import tool
    from catalog import tool as renamed

    plain = tool
    again = plain
    dotted = catalog.tool
    stored = tool(tags=["t"])
    partly = functools.partial(tool, tags=["t"])
    twice = partial(partly, priority=3)
    annotated: object = partial(tool, tags=["t"])
    shorter = made_of(catalog.tool, tags=["t"])
    nested = made_of(functools.partial(tool, tags=["n"], priority=3), tags=["t"])
    if True:
        inside = partial(
            tool, tags=["t"],
        )
"""
NAMES = [
    "tool",
    "renamed",
    "plain",
    "again",
    "dotted",
    "stored",
    "partly",
    "twice",
    "annotated",
    "shorter",
    "nested",
    "inside",
]
TAGGED = {"stored", "partly", "twice", "annotated", "shorter", "nested", "inside"}


def expected(name: str) -> tuple[str | None, str, tuple[str, ...], int]:
    """Return reference, description, tags and priority of what a decorator of HOME marks."""
    return "pack.use:it", "It.", ("t",) if name in TAGGED else (), 3 if name in {"twice", "nested"} else 0


USES = [
    "{home}\n@{name}\n",
    "from pack.home import {name}\n@{name}\n",
    "from pack.home import {name} as other\n@other\n",
    "from .home import *\n@{name}\n",
    "from pack import {name}\n@{name}\n",
    "from . import home\n@home.{name}\n",
    "import pack.home\n@pack.home.{name}\n",
    "import pack\nlast = pack.{name}\n@last\n",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("use", USES)
def test_a_decorator_may_have_any_name_anywhere(make: Any, name: str, use: str) -> None:
    """Aliases, partials, stored calls and re-exports are followed, with what they are given."""
    text = use.format(name=name, home=textwrap.dedent(HOME)) + 'def it():\n    "It."\n'
    folder = make({"pack/__init__.py": "from .home import *\n", "pack/home.py": HOME, "pack/use.py": text})
    found = scan(folder / "pack").findings
    assert [(one.ref, one.description, one.tags, one.priority) for one in found] == [expected(name)]


def test_a_decorator_of_a_server_may_be_stored(make: Any) -> None:
    """A stored call of an object's decorator marks as the decorator itself does."""
    text = """
        from mcp.server.fastmcp import FastMCP
        server = FastMCP("x")
        deco = server.tool(description="Said.")
        @deco
        def it(): ...
    """
    found = scan(make({"served.py": text}) / "served.py").findings
    tools = [(one.kind, one.ref, one.description) for one in found if one.kind != "mcp_server"]
    assert tools == [("tool", "served:it", "Said.")]


def test_an_alias_that_is_added_later_is_seen_in_files_that_did_not_change(make: Any) -> None:
    """What a decorator is depends on another file; when that changes, the first is read again."""
    use = "from pack.home import mine\n@mine\ndef it(): 'It.'\n"
    folder = make({"pack/__init__.py": "", "pack/home.py": "def mine(f): return f\n", "pack/use.py": use})
    for path in (folder / "pack").iterdir():
        os.utime(path, ns=(1, 1))
    before = scan(folder / "pack")
    (folder / "pack" / "home.py").write_text("from catalog import tool\nmine = tool\n")
    after = scan(folder / "pack", known=before.files)
    assert [[one.ref for one in result.findings] for result in (before, after)] == [[], ["pack.use:it"]]


def ring(size: int) -> dict[str, str]:
    """Return modules each of which imports all of all others; the last one has the decorator."""
    every = "".join(f"from .m{number} import *\n" for number in range(size))
    modules = {f"ring/m{number}.py": every for number in range(size)}
    modules["ring/__init__.py"] = every
    modules[f"ring/m{size - 1}.py"] = f"{every}from catalog import tool as mark\n"
    return modules


@pytest.mark.parametrize("size", [2, 3, 30])
def test_rings_of_star_imports_end_and_find(make: Any, size: int) -> None:
    """However modules import all of each other, a scan finds what is in the ring, and says what is not."""
    use = (
        "from ring.m0 import *\nimport ring\n@mark\ndef a(): ...\n@ring.mark\ndef b(): ...\n@ring.tool\ndef c(): ...\n"
    )
    folder = make(ring(size) | {"ring/use.py": use, "ring/held.py": "def held(): ...\n"})
    (folder / "ring" / "m1.py").write_text((folder / "ring" / "m1.py").read_text() + "from .held import held\n")
    assert [one.ref for one in scan(folder / "ring").findings] == ["ring.use:a", "ring.use:b"]
    locator = Locator(own=str(folder))
    found = [find_object(f"ring:{name}", locator) for name in ("held", "nothing")]
    assert [one.reason if isinstance(one, Missing) else one.ref for one in found] == ["ring.held:held", "attribute"]
