"""With ``public`` plain functions are found, as far as they are meant for others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers import refs

from catalog.discovery.scan import scan


def test_public_functions_are_found_too(packages: Path) -> None:
    """Functions without underscore are found, ``__all__`` is heeded, and exports of private modules count."""
    more = set(refs(scan(packages / "plain", public=True)).items()) - set(refs(scan(packages / "plain")).items())
    assert more == {
        ("tool:exported", "plain._hidden:exported"),
        ("tool:helper", "plain.tools:helper"),
        ("tool:listed", "plain.inner.listed:listed"),
        ("tool:make", "plain.tools:make"),
    }


def test_plain_functions_say_so(packages: Path) -> None:
    """A plain function is of the framework ``python``, with signature, checksums and schema like any other."""
    found = next(one for one in scan(packages / "plain", public=True).findings if one.name == "exported")
    assert (found.framework, found.signature, found.description, found.parameters) == (
        "python",
        "(a, b=1)",
        "Add two things.",
        {"type": "object", "properties": {"a": {}, "b": {"default": 1}}, "required": ["a"]},
    )
    assert found.checksum is not None
    assert found.source_checksum is not None


def test_methods_and_overloads_are_not_public_functions(make: Any) -> None:
    """Methods, nested functions and overloads are left out; of several definitions the one that counts is there."""
    folder = make(
        {
            "shapes.py": """
                from typing import overload

                class Circle:
                    def area(self): ...

                @overload
                def size(x: int) -> int: ...
                @overload
                def size(x: str) -> str: ...
                def size(x):
                    def inner(): ...
                    return x

                async def load(path): ...
            """
        }
    )
    found = scan(folder / "shapes.py", public=True)
    assert {one.ref: one.signature for one in found.findings} == {
        "shapes:size": "(x)",
        "shapes:load": "async (path)",
    }


def test_star_imports_export_private_modules(make: Any) -> None:
    """What a public module takes from a private one with a star is public."""
    folder = make(
        {
            "starry/__init__.py": "from ._inner import *\n",
            "starry/_inner.py": "def seen(): ...\ndef _unseen(): ...\n",
            "starry/_other.py": "def nobody(): ...\n",
        }
    )
    assert refs(scan("starry", roots=[folder], public=True)) == {"tool:seen": "starry._inner:seen"}


def test_sums_are_those_that_loading_compares(packages: Path) -> None:
    """Every finding with a reference has the checksums that looking up the reference gives."""
    from catalog.source.find import Missing, find_object
    from catalog.source.locate import Locator

    for name in ("plain", "chain", "frameworks", "duplicate"):
        locator = Locator([str(packages)])
        for one in scan(packages / name, public=True).findings:
            if one.ref is not None:
                found = find_object(one.ref, locator)
                assert not isinstance(found, Missing)
                assert (found.signature, found.checksum, found.source_checksum) == (
                    one.signature,
                    one.checksum,
                    one.source_checksum,
                )
