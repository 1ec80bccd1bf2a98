"""From a reference to the live object, and what is said when there is none."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.errors import InvalidReferenceError, ResolveError
from catalog.loader.resolve import resolve

Make = Callable[..., str]


def test_gives_the_object_itself(make_module: Make) -> None:
    """The object is the attribute of the imported module, through nested classes too."""
    module = make_module("class A:\n    class B:\n        value = object()\n")
    found = resolve(f"{module}:A.B.value")
    assert found is sys.modules[module].A.B.value


@pytest.mark.parametrize(
    ("body", "ref", "reason", "said"),
    [
        (None, "nowhere_at_all:x", "missing-module", "there is no module 'nowhere_at_all'"),
        (None, "json.nowhere:x", "missing-module", "the package json has no module 'nowhere'"),
        (None, "json:dumpz", "missing-attribute", "did you mean 'dump' or 'dumps'?"),
        (None, "json:dumps.nothing", "missing-attribute", "json.dumps has no 'nothing'"),
        ("import not_installed_here", "{}:x", "missing-dependency", "needs the module 'not_installed_here'"),
        ("import json.nowhere", "{}:x", "missing-dependency", "needs the module 'json.nowhere'"),
        ("raise SystemExit(3)", "{}:x", "import-failed", "ends the process (SystemExit: 3)"),
        ("import sys; sys.exit()", "{}:x", "import-failed", "ends the process (SystemExit)"),
        ("1 / 0", "{}:x", "import-failed", "ZeroDivisionError: division by zero"),
        ("def (", "{}:x", "import-failed", "SyntaxError"),
        ("raise BaseException('odd')", "{}:x", "import-failed", "BaseException: odd"),
        ("from json import nothing", "{}:x", "import-failed", "cannot import name 'nothing'"),
        ("def __getattr__(name): raise OSError('no net')", "{}:x", "import-failed", "OSError: no net"),
        ("def __getattr__(name): raise SystemExit(1)", "{}:x", "import-failed", "SystemExit: 1"),
        ("class E(Exception):\n  def __str__(self): raise ValueError\nraise E", "{}:x", "import-failed", "E;"),
    ],
)
def test_whatever_goes_wrong_is_a_resolve_error(
    make_module: Make, body: str | None, ref: str, reason: str, said: str
) -> None:
    """Each failure names key, reference, reason and cause, and says what to do."""
    if body is not None:
        ref = ref.format(make_module(body))
    with pytest.raises(ResolveError) as caught:
        resolve(ref, key="tool:broken")
    error = caught.value
    assert str(error).startswith(f"can't load tool:broken ({ref}): ")
    assert said in str(error)
    assert (error.facts["reason"], error.facts["key"], error.facts["ref"]) == (reason, "tool:broken", ref)
    assert error.__cause__ is not None
    assert isinstance(error, ImportError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.facts) == (str(error), error.facts)


def test_the_failing_module_is_named(make_module: Make) -> None:
    """Of an entry whose module imports a missing one, the facts name the missing one."""
    inner = make_module("import not_installed_here")
    outer = make_module(f"import {inner}")
    with pytest.raises(ResolveError) as caught:
        resolve(f"{outer}:x")
    assert caught.value.facts["module"] == "not_installed_here"


def test_ctrl_c_passes_through(make_module: Make) -> None:
    """A KeyboardInterrupt during an import is not the entry's fault."""
    with pytest.raises(KeyboardInterrupt):
        resolve(make_module("raise KeyboardInterrupt") + ":x")
    with pytest.raises(KeyboardInterrupt):
        resolve(make_module("def __getattr__(name): raise KeyboardInterrupt") + ":x")


def test_a_failed_import_can_be_repeated(make_module: Make) -> None:
    """After a failure the module is not half there, and once it is mended the object is found."""
    module = make_module("x = 1\nraise ValueError")
    with pytest.raises(ResolveError):
        resolve(f"{module}:x")
    assert module not in sys.modules
    make_module("x = 'mended, at a length that differs'", module)
    assert resolve(f"{module}:x") == "mended, at a length that differs"


def test_roots_are_used_when_the_path_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in a root is imported, and its neighbours later; after a failure the path is as before."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "rooted_a.py").write_text("def later():\n    import rooted_b\n    return rooted_b.x\n")
    (root / "rooted_b.py").write_text("x = 7\n")
    (root / "rooted_c.py").write_text("1 / 0\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    for ref in ("rooted_c:x", "rooted_missing:x", "json.nowhere:x"):
        with pytest.raises(ResolveError):
            resolve(ref, str(root))
        assert sys.path == before
    later = resolve("rooted_a:later", str(root))
    assert later() == 7  # type: ignore[operator]
    assert sys.path == [*before, str(root)]
    for name in ("rooted_a", "rooted_b"):
        del sys.modules[name]


def test_a_module_that_asks_for_itself_is_told(make_module: Make) -> None:
    """An import that needs an object of the module being imported says that it goes in a circle."""
    module = make_module("from catalog.loader.resolve import resolve\nx = resolve(__name__ + ':late')\nlate = 1\n")
    with pytest.raises(ResolveError) as caught:
        resolve(f"{module}:x")
    assert "only half imported" in str(caught.value)


@pytest.mark.parametrize("ref", ["json", "json:", ":dumps", "json:a b", "json.dumps", "../json:x", "json:if"])
def test_another_form_is_no_reference(ref: str) -> None:
    """Text that isn't ``package.module:name`` is refused before anything is imported."""
    with pytest.raises(InvalidReferenceError):
        resolve(ref)
