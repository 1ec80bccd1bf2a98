"""Marked objects that are in memory are found without waking anything up."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import catalog
from catalog.discovery.marked import marked_objects


def module(name: str, **contents: Any) -> ModuleType:
    """Return a module with *contents*."""
    made = ModuleType(name)
    vars(made).update(contents)
    return made


def named(found: list[Any]) -> list[tuple[str, str, str | None]]:
    """Return kind, name and reference of each."""
    return [(one.kind, one.name, one.ref) for one in found]


def function(name: str, home: str) -> Any:
    """Return a fresh function of the module *home*."""

    def made() -> None: ...

    made.__name__ = made.__qualname__ = name
    made.__module__ = home
    return made


def test_marked_objects_are_found_once() -> None:
    """An object that two modules hold is found in the one that defines it, with all that its mark says."""
    marked = catalog.tool(function("dig", "mine.b"), tags=["garden"])
    modules = {"mine.a": module("mine.a", dug=marked), "mine.b": module("mine.b", dig=marked, x=1)}
    found = marked_objects(modules)
    assert named(found) == [("tool", "dig", "mine.b:dig")]
    assert (found[0].obj is marked, found[0].fields) == (True, {"tags": ["garden"]})


def test_names_come_from_the_mark_the_object_or_the_variable() -> None:
    """The mark's name goes before the object's own, and that before the variable's."""

    class Model:
        def __init__(self, **fields: Any) -> None:
            vars(self).update(fields)

    modules = {
        "mine": module(
            "mine",
            a=catalog.model(Model(id="by id"), name="by mark"),
            b=catalog.model(Model(id="by id")),
            c=catalog.agent(Model(name="by name")),
            d=catalog.agent(Model()),
        )
    }
    assert named(marked_objects(modules)) == [
        ("agent", "by name", "mine:c"),
        ("agent", "d", "mine:d"),
        ("model", "by id", "mine:b"),
        ("model", "by mark", "mine:a"),
    ]


def test_what_no_other_process_can_import_has_no_reference() -> None:
    """An object of ``__main__`` is found without a reference."""
    marked = catalog.tool(function("here", "__main__"))
    assert named(marked_objects({"__main__": module("__main__", here=marked)})) == [("tool", "here", None)]


def test_modules_that_bite_are_left_alone(tmp_path: Path) -> None:
    """No module's ``__getattr__`` is called, no lazy module loaded, and what is no module is passed over."""

    class Biting(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    class Nothing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    path = tmp_path / "lazy_one.py"
    path.write_text("raise SystemExit\n")
    spec = importlib.util.spec_from_file_location("lazy_one", path)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    lazy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lazy)
    good = catalog.tool(function("good", "good"))
    modules = {
        "a": Biting("a"),
        "b": Nothing(),
        "c": lazy,
        "d": None,
        "e": module("e", x=Nothing()),
        "good": module("good", good=good),
    }
    assert named(marked_objects(modules)) == [("tool", "good", "good:good")]
    object.__setattr__(lazy, "__class__", ModuleType)


def test_a_copied_mark_is_not_a_mark() -> None:
    """A wrapper that copied the attributes of a marked function is not marked itself."""
    import functools

    marked = catalog.tool(function("kept", "mine"))
    wrapper = functools.wraps(marked)(lambda: None)
    assert named(marked_objects({"mine": module("mine", kept=marked, other=wrapper)})) == [
        ("tool", "kept", "mine:kept")
    ]


def test_nobody_who_marked_nothing_pays() -> None:
    """In a process where no decorator was used, nothing is found and the decorators stay unloaded."""
    code = (
        "import sys; from catalog.discovery.marked import marked_objects; "
        "assert marked_objects() == []; assert 'catalog.authoring' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
