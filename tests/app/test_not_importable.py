"""Objects that another process can't import: why, and what to do about it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from catalog import Catalog, InvalidReferenceError, NotImportableError

MODULE = """
from catalog import Catalog, NotImportableError

said = None

def mine(function):
    global said
    with Catalog("sqlite://", embedder="none") as cat:
        try:
            cat.register("tool", None, function)
        except NotImportableError as error:
            said = str(error)
    return lambda: function()

@mine
def early(): ...

class Base:
    @classmethod
    def run(cls): ...
    def bound(self): ...

class Child(Base): ...

def inner():
    def deep(): ...
    return deep

def wrapped(): ...
originals, wrapped = [wrapped], (lambda: None)
wrapped.__qualname__ = wrapped.__name__ = "wrapped"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A module with objects of every sort."""
    (tmp_path / "sorts_of_objects.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("sorts_of_objects")
    del sys.modules["sorts_of_objects"]


def test_each_sort_gets_advice_of_its_own(catalog: Catalog, module) -> None:
    """What is refused says why another process can't import it, and what to do about that."""
    advice = {
        module.inner(): "it is made inside a function or has no name; move it to the top level of a module",
        module.Base().bound: "it is a method of one object; make it a function or a class method",
        module.originals[0]: "sorts_of_objects:wrapped is another object, as a decorator makes it; register that",
    }
    for value, why in advice.items():
        with pytest.raises(NotImportableError) as caught:
            catalog.register("tool", "x", value)
        assert f": {why}. Or give its reference" in str(caught.value)
    assert ": sorts_of_objects is still being imported and does not hold it yet; register it below" in module.said


def test_an_inherited_class_method_is_importable(catalog: Catalog, module) -> None:
    """A class method is registered under the class it was taken from, inherited or not."""
    assert catalog.register("tool", "child", module.Child.run).ref == "sorts_of_objects:Child.run"
    assert catalog.register("tool", "base", module.Base.run).ref == "sorts_of_objects:Base.run"


def test_nothing_of_a_script_is_stored(catalog: Catalog, tmp_path: Path) -> None:
    """A reference to ``__main__`` is refused, and a function of the script that runs is told to move to a module."""
    with pytest.raises(InvalidReferenceError, match="'__main__' is another module in every process"):
        catalog.register("tool", "shout", "__main__:shout")
    script = "from catalog import Catalog\ndef shout(): ...\nCatalog('sqlite://').register('tool', None, shout)\n"
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False)
    assert "it is defined in the script that runs; move it to a module, and import it from there" in done.stderr
