"""The decorators mark an object and leave it what it was."""

from __future__ import annotations

import copy
import functools
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import catalog
from catalog import authoring
from catalog.authoring import mark_of
from catalog.entry.kinds import KINDS, is_kind_name
from catalog.errors import InvalidEntryError


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_decorator(kind: str) -> None:
    """``catalog.<kind>`` marks as that kind, bare, called, and on a value."""
    decorate = getattr(catalog, kind)

    @decorate
    def bare() -> None: ...

    @decorate(tags=["a"])
    def called() -> None: ...

    class Thing: ...

    thing = Thing()
    assert decorate(thing, name="thing") is thing
    assert (mark_of(bare), mark_of(called), mark_of(thing)) == (
        {"kind": kind},
        {"kind": kind, "tags": ["a"]},
        {"kind": kind, "name": "thing"},
    )


def test_the_object_itself_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decorator returns the very object, which still pickles and has its signature."""
    monkeypatch.setattr(json_like, "__catalog__", None, raising=False)  # afterwards no other test is to see its mark

    def plain(x: int) -> int:
        return x

    assert catalog.tool(plain) is plain
    takes_no_attributes = "text".upper
    assert catalog.tool(name="other")(takes_no_attributes) is takes_no_attributes
    assert pickle.loads(pickle.dumps(catalog.tool(json_like))) is json_like


def json_like() -> None:
    """Stand at module level, so that it can be pickled."""


def test_the_mark_is_an_attribute() -> None:
    """What was given is a dict in ``__catalog__``, with the kind and nothing that was not given."""

    @catalog.prompt(
        name="ask", description="Ask.", examples=("a",), priority=2, match="x", providers=["p"], metadata={"k": 1}
    )
    def ask() -> None: ...

    assert vars(ask)["__catalog__"] == {
        "kind": "prompt",
        "name": "ask",
        "description": "Ask.",
        "examples": ["a"],
        "priority": 2,
        "match": "x",
        "providers": ["p"],
        "metadata": {"k": 1},
    }


def test_a_mark_is_not_inherited() -> None:
    """A subclass, an instance and a wrapper of what is marked are not marked."""

    @catalog.agent
    class Base: ...

    class Child(Base): ...

    wrapper = functools.wraps(catalog.tool(lambda: None))(lambda: None)
    assert [mark_of(one) for one in (Base, Child, Base(), wrapper)] == [{"kind": "agent"}, None, None, None]


def test_what_takes_no_attributes_is_marked_beside() -> None:
    """Objects with slots and frozen ones are marked too, each for itself."""

    class Slotted:
        __slots__ = ()

    @dataclass(frozen=True)
    class Frozen:
        x: int = 1

    one, other, frozen = Slotted(), Slotted(), Frozen()
    assert (catalog.tool(one) is one, catalog.model(frozen) is frozen) == (True, True)
    assert [mark_of(each) for each in (one, other, frozen, Frozen())] == [
        {"kind": "tool"},
        None,
        {"kind": "model"},
        None,
    ]


def test_a_copy_is_not_marked() -> None:
    """A copy of a marked object carries the words, but not the mark."""

    class Thing: ...

    thing = catalog.tool(Thing(), name="a")
    assert mark_of(copy.deepcopy(thing)) is None


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"name": 1}, "name is 1; give a text"),
        ({"name": ""}, "the name '' is empty"),
        ({"name": "a\nb"}, "the name 'a\\nb' holds the character '\\n', which is not allowed in names"),
        ({"tags": "plot"}, "tags is the text 'plot'; give a list: tags=['plot']"),
        ({"tags": 5}, "tags is 5; give a list of texts"),
        ({"tags": ["a", 1]}, "tags holds 1, which is not a text"),
        ({"priority": "high"}, "priority is 'high'; give a whole number"),
        ({"priority": True}, "priority is True; give a whole number"),
        ({"metadata": []}, "metadata is []; give a dict with texts as keys"),
        ({"metadata": {1: 2}}, "metadata is {1: 2}; give a dict with texts as keys"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(given: dict[str, Any], fault: str) -> None:
    """An argument with an impossible value is an error where it is written, before anything is decorated."""
    with pytest.raises(InvalidEntryError) as caught:
        catalog.tool(**given)
    assert str(caught.value) == f"@catalog.tool: {fault}"


def test_a_name_in_the_wrong_place_is_explained() -> None:
    """A text in place of the object is answered with how a name is given."""
    with pytest.raises(InvalidEntryError, match=r"@catalog\.tool\(name='search'\)"):
        catalog.tool("search")


@pytest.mark.parametrize("obj", [5, (), b"x"])
def test_what_is_shared_is_not_marked(obj: object) -> None:
    """Numbers and the like, which the whole process shares, are refused."""
    with pytest.raises(InvalidEntryError, match="can't be marked"):
        catalog.tool(obj)


def test_decorators_show_what_they_are() -> None:
    """A decorator has a readable form and a text of its own."""
    texts = {getattr(catalog, kind).__doc__ for kind in KINDS}
    assert (repr(catalog.tool), len(texts)) == ("<decorator catalog.tool>", len(KINDS))
    assert set(KINDS) <= set(authoring.__all__)


def test_marking_loads_next_to_nothing() -> None:
    """Using a decorator loads no typing, dataclasses, pydantic or regular expressions."""
    code = (
        "import sys; before = set(sys.modules); import catalog\n"
        "@catalog.tool(name='plain', tags=['a'])\n"
        "def f(): ...\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    loaded = done.stdout
    assert not {"'typing'", "'dataclasses'", "'pydantic'", "'re'", "'catalog.errors'"} & set(
        loaded.strip("[]\n").split(", ")
    )


def test_the_decorator_of_an_own_kind_marks_like_any_other() -> None:
    """What `mark` gives is used bare, called, as a function, and with fields at once; it marks the object itself."""
    dataset = catalog.mark("dataset")

    @dataset
    def bare() -> None: ...

    @dataset(tags=["a"])
    def called() -> None: ...

    @catalog.mark("dataset", name="third", priority=2)
    def at_once() -> None: ...

    made = dataset([1], name="made")
    assert [mark_of(one) for one in (bare, called, at_once, made)] == [
        {"kind": "dataset"},
        {"kind": "dataset", "tags": ["a"]},
        {"kind": "dataset", "name": "third", "priority": 2},
        {"kind": "dataset", "name": "made"},
    ]
    assert repr(dataset) == "<decorator catalog.mark('dataset')>"


@pytest.mark.parametrize("kind", ["", "Data", "data set", "_data", "1data", "daten-satz", "größe", "x" * 41, 3])
def test_what_can_be_no_kind_is_refused(kind: object) -> None:
    """A kind has the form that a configuration may declare, and nothing else passes."""
    assert not (isinstance(kind, str) and is_kind_name(kind))
    with pytest.raises(InvalidEntryError, match="a kind is a lower-case word of letters, digits and '_'"):
        catalog.mark(kind)  # type: ignore[call-overload]


def test_an_error_of_an_own_kind_says_how_its_decorator_is_written() -> None:
    """The text of an error begins with the call that gives the decorator."""
    with pytest.raises(InvalidEntryError, match=r"@catalog\.mark\('dataset'\): priority is 'high'"):
        catalog.mark("dataset", priority="high")  # type: ignore[call-overload]
