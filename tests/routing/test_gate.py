"""The gate: figures held against a baseline."""

from __future__ import annotations

import json
from typing import Any

import pytest
from factories import tool
from scripted_strategy import Say, ScriptedStrategy

from catalog import AutoCouncil, Catalog, RoutingError
from catalog.routing.evaluation.evaluation import Evaluation
from catalog.routing.evaluation.gate import Fall, GateVerdicts, baseline, gate_verdicts, read_baseline

LABELLED: list[tuple[str, Any]] = [("p1", "a"), ("p2", "a"), ("p3", "b"), ("p4", None)]
GOOD = {"p1": Say("a", {"a": 0.9}), "p2": Say("a", {"a": 0.8}), "p3": Say("b", {"b": 0.7}), "p4": Say(None, {"a": 0.1})}


@pytest.fixture
def letters(catalog: Catalog) -> Catalog:
    """A catalog of the tools a and b."""
    catalog.register_many([tool(name) for name in "ab"])
    return catalog


def measured(catalog: Catalog, labelled: Any = LABELLED, name: str = "told", **said: Say) -> Evaluation:
    """Return the evaluation of a router that says what is good, but for what is *said* otherwise."""
    return AutoCouncil(catalog, ScriptedStrategy(name, {**GOOD, **said}), "tool", "abstain").evaluate(labelled)


def kept(evaluation: Evaluation) -> dict[str, Any]:
    """Return the baseline of an evaluation, written and read again."""
    return read_baseline(baseline(evaluation), "baseline.json")


def test_a_baseline_holds_figures_and_no_prompt(letters: Catalog) -> None:
    """It is JSON with all that is compared, and nothing else."""
    found = measured(letters)
    assert json.loads(baseline(found)) == {
        "baseline": 1,
        "router": "auto",
        "strategy": "told",
        "candidates": 2,
        "data": found.data,
        "prompts": 4,
        "figures": {
            "accuracy": 1.0, "right": 1.0, "precision": 1.0, "coverage": 1.0, "rejected": 1.0, "auroc": 1.0,
        },
        "recall": {"tool:a": 1.0, "tool:b": 1.0},
    }  # fmt: skip


def test_the_gate_is_open_for_the_same_and_for_better(letters: Catalog) -> None:
    """Held against itself, or against something worse, nothing falls."""
    good, bad = measured(letters), measured(letters, p2=Say("b", {"b": 0.8}))
    assert gate_verdicts(good, kept(good)) == GateVerdicts((), (), ())
    assert gate_verdicts(good, kept(bad)) == GateVerdicts((), (), ())


def test_each_figure_that_falls_closes_the_gate(letters: Catalog) -> None:
    """A wrong answer lowers four figures, and the recall of its entry; the text says by how much."""
    found = gate_verdicts(measured(letters, p2=Say("b", {"b": 0.8})), kept(measured(letters)))
    assert found.falls == (
        Fall("accuracy", 1.0, 0.666667),
        Fall("right", 1.0, 0.666667),
        Fall("precision", 1.0, 0.666667),
    )
    assert found.entries == (("tool:a", 1.0, 0.5),)
    assert [str(one) for one in found.falls][:1] == ["accuracy fell from 100.0 to 66.7 %"]
    assert found.to_dict() == {
        "passed": False,
        "falls": [
            {"figure": "accuracy", "before": 1.0, "now": 0.666667},
            {"figure": "right", "before": 1.0, "now": 0.666667},
            {"figure": "precision", "before": 1.0, "now": 0.666667},
        ],
        "entries": [{"key": "tool:a", "before": 1.0, "now": 0.5}],
        "notes": [],
    }


def test_less_coverage_alone_does_not_close_it(letters: Catalog) -> None:
    """Abstaining from what was answered wrongly is no loss, though coverage falls."""
    wrong = measured(letters, p2=Say("b", {"b": 0.8, "a": 0.1}))
    found = measured(letters, p2=Say(None, {"b": 0.3, "a": 0.1}))
    assert (wrong.coverage, found.coverage) == (1.0, pytest.approx(2 / 3))
    assert gate_verdicts(found, kept(wrong)).falls == ()


def test_the_tolerance_is_how_much_may_fall(letters: Catalog) -> None:
    """Up to the tolerance the gate stays open, beyond it closes."""
    found, before = measured(letters, p4=Say("a", {"a": 0.1})), kept(measured(letters))
    assert [one.figure for one in gate_verdicts(found, before).falls] == ["precision", "rejected"]
    assert [one.figure for one in gate_verdicts(found, before, tolerance=0.25).falls] == ["rejected"]
    assert gate_verdicts(found, before, tolerance=1).falls == ()


def test_a_figure_that_went_missing_has_fallen(letters: Catalog) -> None:
    """Data without prompts out of scope must not open the gate; a figure that is new is held against nothing."""
    whole, part = measured(letters), measured(letters, LABELLED[:3])
    found = gate_verdicts(part, kept(whole))
    assert found.falls == (Fall("rejected", 1.0, None), Fall("auroc", 1.0, None))
    assert str(found.falls[0]) == "rejected was 100.0 % and can't be told any more"
    assert gate_verdicts(whole, kept(part)).falls == ()


def test_what_makes_the_comparison_less_than_exact_is_noted(letters: Catalog) -> None:
    """Other data, another router, another strategy, another number of candidates."""
    before = kept(measured(letters))
    letters.register_many([tool("c")])
    router = AutoCouncil(letters, ScriptedStrategy("other", GOOD), "tool", "abstain", name="mine")
    assert gate_verdicts(router.evaluate(LABELLED[1:]), before).notes == (
        "the baseline was made of other prompts or labels (4 of them)",
        "it was made with the router auto",
        "it was made with the strategy told",
        "it was made with 2 candidates, not 3",
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "b.json is no baseline: it is not JSON (Expecting value: line 1 column 1 (char 0))"),
        ("[]", "b.json is no baseline; `catalog route eval --save FILE` writes one"),
        ('{"figures": {}}', "b.json is no baseline; `catalog route eval --save FILE` writes one"),
        ('{"baseline": 2, "figures": {}}', "b.json is no baseline; `catalog route eval --save FILE` writes one"),
        ('{"baseline": 1, "figures": {"right": "1"}}', "b.json is damaged: a figure is no number from 0 to 1"),
        ('{"baseline": 1, "figures": {"right": NaN}}', "b.json is damaged: a figure is no number from 0 to 1"),
        ('{"baseline": 1, "figures": {"right": 99}}', "b.json is damaged: a figure is no number from 0 to 1"),
        ('{"baseline": 1, "figures": {}, "recall": []}', "b.json is damaged: a figure is no number from 0 to 1"),
        ('{"baseline": 1, "figures": {}, "recall": {"a": ""}}', "b.json is damaged: a figure is no number from 0 to 1"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, what: str) -> None:
    """A file that could open the gate by accident is an error."""
    with pytest.raises(RoutingError) as caught:
        read_baseline(text, "b.json")
    assert str(caught.value) == what
