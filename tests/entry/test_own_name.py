"""The name an object carries is one rule, for registering and for finding."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from catalog.entry.own_name import own_name


def plain() -> None:
    """Do nothing."""


class Slotted:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Labelled:
    name = "label"


class Computed:
    @property
    def name(self) -> str:
        return "computed"


class Broken:
    @property
    def name(self) -> str:
        raise RuntimeError("not now")


@pytest.mark.parametrize(
    ("kind", "obj", "name"),
    [
        ("model", SimpleNamespace(id="gpt", name="GPT"), "gpt"),
        ("model", SimpleNamespace(id=7, name="GPT"), "GPT"),
        ("tool", SimpleNamespace(id="t1", name="saw"), "saw"),
        ("prompt", SimpleNamespace(name="", __name__="intro"), "intro"),
        ("agent", Slotted("helper"), "helper"),
        ("agent", Computed(), "computed"),
        ("tool", Labelled, "label"),
        ("tool", Labelled(), "label"),
        ("schema", Labelled, "Labelled"),
        ("tool", plain, "plain"),
        ("round", SimpleNamespace(name="last", __name__="first"), "first"),
        ("round", SimpleNamespace(name="last"), "last"),
        ("agent", Broken(), None),
        ("tool", SimpleNamespace(), None),
        ("tool", 3, None),
    ],
)
def test_each_kind_has_its_name(kind: str, obj: object, name: str | None) -> None:
    """A model is named by its id, tools, prompts and agents by their name, everything else by ``__name__``."""
    assert own_name(kind, obj) == name


@pytest.mark.parametrize(
    ("kind", "obj", "name"),
    [
        ("model", SimpleNamespace(id="gpt", name="GPT"), "gpt"),
        ("agent", Computed(), None),
        ("agent", Slotted("helper"), None),
        ("tool", Labelled(), None),
        ("tool", Labelled, "Labelled"),
        ("tool", plain, "plain"),
        ("round", SimpleNamespace(name="last"), "last"),
    ],
)
def test_nothing_is_computed_unless_wanted(kind: str, obj: object, name: str | None) -> None:
    """Without computed names an object has only the name it holds itself; functions and classes have ``__name__``."""
    assert own_name(kind, obj, computed=False) == name


def test_what_the_object_holds_is_not_computed() -> None:
    """A name in the object's own dictionary is taken from there; no code of its class runs."""

    class Biting:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    biting = Biting()
    object.__getattribute__(biting, "__dict__")["name"] = "held"
    assert own_name("tool", biting) == "held"
