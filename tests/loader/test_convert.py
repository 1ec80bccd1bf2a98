"""JSON data made into what annotations want."""

from __future__ import annotations

import asyncio
import datetime
import enum
import pathlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field

from catalog import LoadError, acall, call
from catalog.loader.convert import converted

if TYPE_CHECKING:
    from nowhere import Thing  # type: ignore[import-not-found]


class Color(enum.Enum):
    """Colors."""

    RED = "red"


class Order(BaseModel):
    """An order."""

    count: int
    due: datetime.date = datetime.date(2026, 1, 1)


@dataclass
class Point:
    """A point."""

    x: int
    color: Color = Color.RED


class Pair(NamedTuple):
    """Two numbers."""

    a: int
    b: int


NOWHERE, ONE_TWO = pathlib.Path(), Pair(1, 2)


def shown(
    order: Order,
    points: list[Point] | None = None,
    color: Color | Literal["any"] = "any",
    path: Annotated[pathlib.Path, "where"] = NOWHERE,
    pair: Pair = ONE_TWO,
    names: frozenset[str] = frozenset(),
    count: int = 0,
    text: Annotated[str, Field(max_length=1)] = "",
) -> list[Any]:
    """Show what arrives."""
    return [order, points, color, path, pair, names, count, text]


DATA = {
    "order": {"count": 2, "due": "2026-03-04"},
    "points": [{"x": 1, "color": "red"}, {"x": 2}],
    "color": "red",
    "path": "a/b",
    "pair": [3, 4],
    "names": ["x", "x"],
    "count": "5",
    "text": "long",
}
MADE = [
    Order(count=2, due=datetime.date(2026, 3, 4)),
    [Point(1), Point(2)],
    Color.RED,
    pathlib.Path("a/b"),
    Pair(3, 4),
    frozenset({"x"}),
    "5",
    "long",
]


def test_data_become_what_a_function_wants() -> None:
    """Models, dataclasses, enums, paths, tuples and sets are made; what JSON has words for is nobody's affair."""
    assert call(shown, DATA) == asyncio.run(acall(shown, DATA)) == MADE
    assert isinstance(MADE[4], Pair)


def test_what_is_made_already_stays() -> None:
    """Objects pass as they are, of whatever class, and None does too."""
    thing = object()
    assert converted(shown, {"order": thing, "points": None, "color": Color.RED, "path": None}) == {
        "order": thing,
        "points": None,
        "color": Color.RED,
        "path": None,
    }


def test_data_that_do_not_fit_are_wrong_arguments() -> None:
    """The message says where and why, and the function is not called."""
    with pytest.raises(
        LoadError, match=r"doesn't take these arguments: order\.count: Input should be a valid integer"
    ) as caught:
        call(shown, {"order": {"count": "many"}})
    assert caught.value.facts["reason"] == "arguments"
    with pytest.raises(LoadError, match=r"color\.enum\[Color\]: Input should be 'red'"):
        call(shown, {"order": {"count": 1}, "color": "blue"})


def test_annotations_that_nobody_can_follow_are_passed_over() -> None:
    """A function whose annotations can't be evaluated, and what is no function, get the data as they are."""

    def odd(thing: Thing, color: Color) -> Any:
        return thing, color

    def several(*paths: pathlib.Path, **more: pathlib.Path) -> Any:
        return paths, more

    assert call(several, {"a": "b"}) == ((), {"a": "b"})
    assert call(odd, {"thing": {"a": 1}, "color": "red"}) == ({"a": 1}, "red")
    assert converted(len, {"a": 1}) == converted(3, {"a": 1}) == converted("text", {"a": 1}) == {"a": 1}
