"""Classes are recognised by what they derive from, however far away that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import purposes, refs

from catalog.discovery.scan import scan


def test_a_chain_across_modules_is_followed(packages: Path) -> None:
    """Aliases, re-exports and star imports lead from a class to the framework; what leads elsewhere is no tool."""
    assert refs(scan(packages / "chain")) == {
        "tool:ToolBase": "chain.base:ToolBase",
        "tool:Unsaid": "chain.sub.leaf:Unsaid",
        "tool:leaf/chain_leaf": "chain.sub.leaf:Heir",
        "tool:chain_leaf": "chain.sub.leaf:Leaf",
        "tool:middle": "chain.middle:Middle",
        "tool:twig": "chain.sub.leaf:Twig",
    }


def test_descriptions_are_inherited_and_put_together(packages: Path) -> None:
    """A description may be inherited, an f-string of another module's constant, or cleaned by a method."""
    assert purposes(scan(packages / "chain")) == {
        "tool:ToolBase": "What every tool of the chain does.",
        "tool:Unsaid": "Says its name only when it runs.",
        "tool:leaf/chain_leaf": "A leaf of chain.",
        "tool:chain_leaf": "A leaf of chain.",
        "tool:middle": "What every tool of the chain does.",
        "tool:twig": "A twig.",
    }


def test_parameters_of_a_class_are_those_of_its_schema(packages: Path) -> None:
    """A class with an argument schema in its file has the parameters that schema names."""
    found = next(one for one in scan(packages / "chain").findings if one.name == "chain_leaf")
    assert found.parameters == {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to look for."},
            "limit": {"type": "integer", "default": 10},
        },
        "required": ["query"],
    }


def test_another_package_is_followed(make) -> None:
    """A base that another package defines, and that derives from a framework there, makes a tool here."""
    folder = make(
        {
            "shelf/__init__.py": "from .deep import *",
            "shelf/deep.py": """
                from smolagents import Tool

                __all__ = ["Shared"]

                class Shared(Tool):
                    name = "shared"
            """,
            "desk/__init__.py": "",
            "desk/uses.py": """
                import shelf
                from shelf import Shared as Common

                class Mine(Common):
                    name = "mine"

                class Other(shelf.Shared):
                    pass
            """,
        }
    )
    assert refs(scan("desk", roots=[folder])) == {"tool:mine": "desk.uses:Mine", "tool:shared": "desk.uses:Other"}


def test_part_of_a_package_knows_the_rest(make) -> None:
    """Scanning one module follows bases into the rest of its package."""
    folder = make(
        {
            "whole/__init__.py": "",
            "whole/base.py": "from crewai.tools import BaseTool\nclass Base(BaseTool): ...",
            "whole/leaf.py": "from .base import Base\nclass Leaf(Base):\n    name: str = 'leaf'",
        }
    )
    assert refs(scan("whole.leaf", roots=[folder])) == {"tool:leaf": "whole.leaf:Leaf"}


@pytest.mark.parametrize(
    ("bases", "found"),
    [
        ("Base", True),
        ("Mixin, Base", True),
        ("Generic[T], Base", True),
        ("tools.BaseTool", True),
        ("Alias", True),
        ("(Base)", True),
        ("Mixin", False),
        ("Outer.BaseTool", False),
    ],
)
def test_bases_are_read_as_written(make, bases: str, found: bool) -> None:
    """A known base counts in every way to write it, and nothing else does."""
    folder = make(
        {
            "one.py": f"""
                from typing import Generic, TypeVar
                import langchain_core.tools as tools
                from langchain_core.tools import BaseTool as Base

                T = TypeVar("T")
                Alias = Base

                class Outer:
                    class BaseTool: ...

                class Mixin: ...

                class Here(  # type: ignore[misc]
                    {bases},
                ):
                    name: str = "here"
            """
        }
    )
    assert refs(scan(folder / "one.py")) == ({"tool:here": "one:Here"} if found else {})


def test_bases_in_a_circle_end(make) -> None:
    """Modules and classes that lead to each other in a circle are no tools, and the scan ends."""
    folder = make(
        {
            "ring/__init__.py": "",
            "ring/a.py": "from .b import BaseTool\nclass Tool(BaseTool): ...",
            "ring/b.py": "from .c import *\nfrom .a import Tool\nclass BaseTool(Tool): ...",
            "ring/c.py": "from .b import *\nfrom .a import BaseTool",
        }
    )
    assert refs(scan("ring", roots=[folder])) == {}


def test_a_name_may_be_set_in_other_places(make) -> None:
    """A literal name counts as a property, in ``__init__`` and in the call of the base's ``__init__``."""
    folder = make(
        {
            "places.py": """
                from smolagents import Tool

                class Property(Tool):
                    @property
                    def name(self):
                        return "by property"

                class Assigned(Tool):
                    def __init__(self):
                        self.name = "by assignment"

                class Passed(Tool):
                    def __init__(self):
                        super().__init__(name="by argument")
            """
        }
    )
    assert refs(scan(folder / "places.py")) == {
        "tool:by property": "places:Property",
        "tool:by assignment": "places:Assigned",
        "tool:by argument": "places:Passed",
    }


def test_schemas_are_found_on_request_only(packages: Path) -> None:
    """Pydantic models are schemas when asked for; a tool that is a model too stays a tool."""
    asked = scan(packages / "chain", schemas=True)
    assert [one.key for one in asked.findings if one.kind == "schema"] == ["schema:Args", "schema:NoTool"]
    assert {key: ref for key, ref in refs(asked).items() if key.startswith("tool:")} == refs(scan(packages / "chain"))
