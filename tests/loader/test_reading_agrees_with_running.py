"""What is read of an object is what Python makes of it when it runs."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from typing import Any

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.entry.object_ref import ObjectRef
from catalog.loader.resolve import resolve
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator

_NAMES = st.sampled_from(["a", "b", "C", "draw", "größe"])
_TREES = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(_NAMES, st.one_of(st.none(), inner), max_size=3),
    max_leaves=8,
)
"""Name to None (a function) or to the members of a class."""


def _text(members: dict[str, Any]) -> str:
    lines = []
    for name, inner in members.items():
        if inner is None:
            lines.append(f"def {name}(x, *, k={len(lines)}): return x")
        else:
            lines.append(f"class {name}:\n" + textwrap.indent(_text(inner) or "pass", "    "))
    return "\n".join(lines)


def _paths(members: dict[str, Any], within: str = "") -> list[str]:
    found = []
    for name, inner in members.items():
        found.append(within + name)
        found += _paths(inner or {}, f"{within}{name}.")
    return found


@settings(max_examples=some(40), deadline=None)
@given(members=_TREES)
def test_every_object_is_found_where_python_has_it(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, Any]
) -> None:
    """Each function and class of a random module resolves, and reading gives the same name, line and reference."""
    folder = tmp_path_factory.mktemp("agree")
    name = f"agree_{folder.name}"
    (folder / f"{name}.py").write_text(_text(members), encoding="utf-8")
    before = list(sys.path)
    locator = Locator([str(folder)])
    try:
        for qualname in _paths(members):
            ref = f"{name}:{qualname}"
            live: Any = resolve(ref, str(folder))
            found = find_object(ref, locator)
            assert not isinstance(found, Missing)
            assert (found.ref, str(ObjectRef.parse(found.ref))) == (ref, ref)
            assert live.__qualname__ == found.qualname
            assert live.__module__ == found.module
            assert inspect.getsourcefile(live) == found.path
            if isinstance(live, types.FunctionType):
                assert (str(inspect.signature(live)), live.__code__.co_firstlineno) == (found.signature, found.line)
    finally:
        sys.path[:] = before
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["json", "textwrap", "shlex", "argparse", "fnmatch", "tokenize", "dis"])
def test_signatures_of_the_standard_library_agree(name: str) -> None:
    """The text of a signature has the parameters, in kind and order, that `inspect` reports of the live function."""
    __import__(name)
    locator, compared = Locator(), 0
    for attribute, live in vars(sys.modules[name]).items():
        if not isinstance(live, types.FunctionType) or hasattr(live, "__wrapped__"):
            continue
        found = find_object(f"{name}:{attribute}", locator)
        assert not isinstance(found, Missing), found
        assert (found.module, found.qualname) == (live.__module__, live.__qualname__)
        again: dict[str, Any] = {}
        exec(f"from __future__ import annotations\ndef f{_without_defaults(found.signature)}: ...", again)
        assert _kinds(again["f"]) == _kinds(live)
        compared += 1
    assert compared


def _kinds(function: types.FunctionType) -> list[tuple[str, object]]:
    return [(one.name, one.kind) for one in inspect.signature(function).parameters.values()]


def _without_defaults(signature: str) -> str:
    """Return *signature* with each default written as None, as its names are not known here."""
    tree: Any = ast.parse(f"def f{signature}: ...")
    args = tree.body[0].args
    args.defaults = [ast.Constant(None) for _ in args.defaults]
    args.kw_defaults = [one and ast.Constant(None) for one in args.kw_defaults]
    return f"({ast.unparse(args)})"
