"""The picture of an evaluation: what stands in the SVG."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from factories import tool
from scripted_strategy import Say, ScriptedStrategy

from catalog import AutoCouncil, Catalog
from catalog.routing.evaluation.evaluation import Evaluation
from catalog.routing.evaluation.svg import evaluation_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str, tag: str = "text") -> list[str]:
    """Return the texts of all elements of a sort; it is XML, or this fails."""
    return [str(one.text) for one in ElementTree.fromstring(svg).iter(SVG + tag)]


def measured(catalog: Catalog, said: dict[str, Say], labelled: list[tuple[str, Any]], **options: Any) -> Evaluation:
    """Return the evaluation of a router that says what it is told."""
    return AutoCouncil(catalog, ScriptedStrategy("told", said), "tool", "abstain", **options).evaluate(labelled)


def test_a_picture_shows_figures_confusion_and_curves(catalog: Catalog) -> None:
    """Each pair that occurs is a cell with its number, rows are what was expected; figures stand above."""
    catalog.register_many([tool("a"), tool("b")])
    said = {
        "p1": Say("a", {"a": 0.9}, 0.9),
        "p2": Say("b", {"b": 0.8}, 0.4),
        "p3": Say("b", {"b": 0.8}, 0.8),
        "p4": Say(None, {"a": 0.1}),
    }
    svg = evaluation_svg(measured(catalog, said, [("p1", "a"), ("p2", "a"), ("p3", "b"), ("p4", None)]))
    cells = [text for text in texts(svg, "title") if "→" in text]
    assert cells == [
        "a → a: 1", "a → b: 1", "a → (none): 0",
        "b → a: 0", "b → b: 1", "b → (none): 0",
        "(none) → a: 0", "(none) → b: 0", "(none) → (none): 1",
    ]  # fmt: skip
    shown = texts(svg)
    assert shown[:14] == [
        "Router auto", "told · 2 candidates · 3 prompts in scope, 1 out of scope",
        "66.7", "accuracy", "66.7", "right", "66.7", "precision", "100.0", "coverage", "100.0", "rejected",
        "100.0", "AUROC",
    ]  # fmt: skip
    assert {"Confusion", "Coverage against risk", "Confidence against accuracy"} <= set(shown)
    assert "as it decides: 75 % answered, 33 % wrong" in shown
    assert "of answers, by tenths; 23.3 points apart on average" in shown
    assert "1 answer: confidence 40 %, right 0 %" in texts(svg, "title")


def test_without_confidences_there_is_no_panel_of_them(catalog: Catalog) -> None:
    """What nobody said is not drawn; a router that answers nothing has a picture, too."""
    catalog.register_many([tool("a")])
    for labelled in ([("p1", "a")], []):
        shown = texts(evaluation_svg(measured(catalog, {"p1": Say()}, labelled)))
        assert "Confidence against accuracy" not in shown
        assert "Coverage against risk" in shown


def test_of_many_entries_those_confused_most_are_shown(catalog: Catalog) -> None:
    """Forty entries become 32 rows, and the text says so; the wrong ones are among them."""
    names = [f"tool_{number:02}" for number in range(40)]
    catalog.register_many([tool(name) for name in names])
    said = {name: Say(name, {name: 0.9}) for name in names} | {"tool_39": Say("tool_38", {"tool_38": 0.9})}
    svg = evaluation_svg(measured(catalog, said, [(name, name) for name in names]))
    assert "row: expected, column: picked · the 32 most confused of 40 entries" in texts(svg)
    rows = {text.partition(" ")[0] for text in texts(svg, "title") if "→" in text}
    assert rows == {"tool_38", "tool_39", *names[:30]}
    assert "tool_39 → tool_38: 1" in texts(svg, "title")


def test_kinds_are_told_where_there_are_several(catalog: Catalog) -> None:
    """Keys stand in the place of names; names too long lose their middle."""
    catalog.register_many([tool("a"), {"kind": "agent", "name": "card_payment_not_recognised", "ref": "a.b:c"}])
    said = {"p1": Say("a"), "p2": Say("card_payment_not_recognised")}
    router = AutoCouncil(catalog, ScriptedStrategy("told", said), None, "abstain")
    svg = evaluation_svg(router.evaluate([("p1", "a"), ("p2", "card_payment_not_recognised")]))
    assert {text.partition(" ")[0] for text in texts(svg, "title") if "→" in text} == {
        "tool:a",
        "agent:card_pa…t_recognised",
    }


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", "\x1b[31m\x00", '"><g'])
def test_no_name_breaks_out_of_the_picture(catalog: Catalog, name: str) -> None:
    """Names are text in it and nothing else, whatever stands in them."""
    catalog.register_many([tool("a<b>&c")])
    svg = evaluation_svg(measured(catalog, {"p1": Say("a<b>&c", {"a<b>&c": 1.0})}, [("p1", "a<b>&c")], name=name))
    tags = {one.tag.removeprefix(SVG) for one in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "title", "rect", "text", "line", "polyline", "circle"}
    assert texts(svg)[0] == "Router " + "".join(char if char.isprintable() else "\ufffd" for char in name)
    assert "a<b>&c → a<b>&c: 1" in texts(svg, "title")


def test_the_same_evaluation_gives_the_same_picture(catalog: Catalog) -> None:
    """Nothing in it changes from run to run, latencies neither."""
    catalog.register_many([tool("a")])
    made = [evaluation_svg(measured(catalog, {"p1": Say("a", {"a": 0.5}, 0.5)}, [("p1", "a")])) for _ in range(2)]
    assert made[0] == made[1]
