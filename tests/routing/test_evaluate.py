"""Evaluations, counted by hand and against decisions; and files of labelled prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from chat_server import chat_server
from factories import LendUrl, open_catalog, tool
from scripted_strategy import ASKED, Say, ScriptedStrategy, entries

from catalog import AutoCouncil, Catalog, EntryNotFoundError, RoutingError, StrategyError
from catalog.routing.evaluation.metrics import CurvePoint, ReliabilityBin
from catalog.routing.labelled import Case, read_cases
from catalog.routing.verdict import Cost

SAID = {
    "p1": Say("a", {"a": 0.9, "b": 0.1}, 0.9),
    "p2": Say("b", {"b": 0.8}, 0.7),
    "p3": Say(None, {"b": 0.4, "a": 0.2}, 0.2),
    "p4": Say(None, {"a": 0.3}),
    "p5": Say("c", {"c": 0.7}, 0.6),
    "p6": Say(None, {"a": 0.3}),
    "p7": Say("c", {"c": 0.8}, 0.55),
}
LABELLED: list[tuple[str, Any]] = [
    ("p1", "a"), ("p2", "a"), ("p3", "b"), ("p4", "tool:b"), ("p5", ["b", "c"]), ("p6", None), ("p7", ""), ("p8", "a"),
]  # fmt: skip


@pytest.fixture
def letters(catalog: Catalog) -> Catalog:
    """A catalog of the tools a to d."""
    catalog.register_many([tool(name) for name in "abcd"])
    return catalog


@pytest.fixture
def meaning(lend_url: LendUrl) -> Iterator[Catalog]:
    """Three tools with examples, and the default embedder."""
    with lend_url() as url, open_catalog(url, embedder="wordllama") as cat:
        cat.register_many(entries())
        yield cat


def told(catalog: Catalog, said: Mapping[str, Say], **options: Any) -> AutoCouncil:
    """Return a router that says what it is told."""
    return AutoCouncil(catalog, ScriptedStrategy("told", said), "tool", "abstain", **options)


def test_figures_are_those_counted_by_hand(letters: Catalog) -> None:
    """Eight prompts, six in scope: right, wrong, abstained and failed ones make every figure."""
    found = told(letters, SAID).evaluate(LABELLED)
    assert (found.prompts, found.in_scope, found.out_of_scope, found.failures) == (8, 6, 2, 1)
    assert found.figures == {
        "accuracy": 0.5,  # the best of p1, p3 and p5
        "right": 0.333333,  # p1 and p5
        "precision": 0.5,  # of p1, p2, p5 and p7
        "coverage": 0.5,  # p1, p2 and p5
        "rejected": 0.5,  # p6
        "auroc": 0.5,  # 6 of 12 pairs: (2 + 1.5 + 1 + 0.5 + 1 + 0)
    }
    assert [one.text for one in found.wrong()] == ["p2", "p3", "p4", "p7", "p8"]
    assert found.curve == (
        CurvePoint(1 / 8, 0.0),
        CurvePoint(3 / 8, 2 / 3),
        CurvePoint(4 / 8, 2 / 4),
        CurvePoint(5 / 8, 2 / 5),
        CurvePoint(7 / 8, 4 / 7),
    )
    assert found.reliability == (
        ReliabilityBin(0.5, 0.6, 1, 0.55, 0.0),
        ReliabilityBin(0.6, 0.7, 1, 0.6, 1.0),
        ReliabilityBin(0.7, 0.8, 1, 0.7, 0.0),
        ReliabilityBin(0.9, 1.0, 1, 0.9, 1.0),
    )
    assert found.calibration_error == pytest.approx((0.55 + 0.4 + 0.7 + 0.1) / 4)


def test_confusion_and_entries_are_those_counted_by_hand(letters: Catalog) -> None:
    """A prompt counts for the entry it went to, if that is right, else for the first right one."""
    found = told(letters, SAID).evaluate(LABELLED)
    assert list(found.confusion.items()) == [
        (("tool:b", None), 2),
        ((None, None), 1),
        ((None, "tool:c"), 1),
        (("tool:a", None), 1),
        (("tool:a", "tool:a"), 1),
        (("tool:a", "tool:b"), 1),
        (("tool:c", "tool:c"), 1),
    ]
    assert [one.to_dict() for one in found.entries] == [
        {"key": "tool:a", "prompts": 3, "chosen": 1, "right": 1, "precision": 1.0, "recall": 0.333333},
        {"key": "tool:b", "prompts": 2, "chosen": 1, "right": 0, "precision": 0.0, "recall": 0.0},
        {"key": "tool:c", "prompts": 1, "chosen": 2, "right": 1, "precision": 0.5, "recall": 1.0},
    ]


def test_each_step_of_a_cascade_has_its_worth(letters: Catalog) -> None:
    """Steps tell how many prompts reached them and what came of it; costs add up; an earlier answer ranks above."""
    first = ScriptedStrategy(
        "first", {"p1": Say("a", {"a": 0.1}), "p2": Say(), "p3": Say(cost=Cost(1, 5)), "p5": Say("b")}
    )
    second = ScriptedStrategy(
        "second", {"p2": Say("b", {"b": 0.9}, cost=Cost(1, 10, 0.5)), "p3": Say(cost=Cost(2, 20, 0.25))}
    )
    router = AutoCouncil(letters, "cascade", "tool", "abstain", chain=[first, second])
    found = router.evaluate([("p1", "a"), ("p2", "a"), ("p3", None), ("p4", "d"), ("p5", None)])
    assert [one.to_dict() | {"latency_ms": 0} for one in found.steps] == [
        {
            "strategy": "first", "asked": 5, "decided": 2, "right": 1, "abstained": 2, "failed": 1,
            "error": "first was told nothing of it", "latency_ms": 0,
            "cost": {"requests": 1, "tokens": 5, "dollars": None},
        },
        {
            "strategy": "second", "asked": 3, "decided": 1, "right": 0, "abstained": 1, "failed": 1,
            "error": "second was told nothing of it", "latency_ms": 0,
            "cost": {"requests": 3, "tokens": 30, "dollars": 0.75},
        },
    ]  # fmt: skip
    assert found.cost == Cost(4, 35, 0.75)
    assert found.strategy == "cascade: first, second"
    assert found.notes == [
        "first failed for 1 of 5 prompts, the first time so: first was told nothing of it",
        "second failed for 1 of 3 prompts, the first time so: second was told nothing of it",
    ]
    # From the top: p5 (picked without a score) and p1 by the first step, p2 by the second, then p3 and p4, by none.
    assert found.auroc == ((0 + 1) + (0 + 1) + (0 + 0.5)) / 6
    assert [(one.text, one.error) for one in found.judged if one.error] == [("p4", "strategy")]


def test_asking_a_model_has_its_price(letters: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that asks a real server tells requests, tokens and dollars, of those it fails for, too."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with chat_server() as server:
        answer = {"reason": "because", "choice": "b"}
        server.says(answer, "nonsense", "nonsense", answer)
        router = AutoCouncil(
            letters, kind="tool", chain=[ScriptedStrategy("told", {"p1": Say("a"), "p2": Say()}), "llm_classify"],
            model="small", base_url=server.url, price=(1_000.0, 0.0),
        )  # fmt: skip
        found = router.evaluate([("p1", "a"), ("p2", "b"), ("p2", "b"), ("p2", "a")])
    assert len(server.asked) == 4
    assert found.steps[1].to_dict() | {"latency_ms": 0} == {
        "strategy": "llm_classify", "asked": 3, "decided": 2, "right": 1, "abstained": 0, "failed": 1,
        "error": "small answered twice what can't be used: it holds no JSON object", "latency_ms": 0,
        "cost": {"requests": 4, "tokens": 440, "dollars": 0.4},
    }  # fmt: skip
    assert found.cost == Cost(4, 440, 0.4)


def test_an_evaluation_as_data(letters: Catalog) -> None:
    """All of it is JSON, the prompts only where they are asked for."""
    found = told(letters, SAID, name="mine").evaluate([("p1", "a"), ("p6", None)])
    data = found.to_dict(prompts=True)
    assert set(data.pop("latency_ms")) == {"first", "p50", "p95", "p99", "most"}
    assert data["steps"][0].pop("latency_ms") >= 0
    assert [one.pop("latency_ms") >= 0 for one in data["judged"]] == [True, True]
    nothing = {"requests": 0, "tokens": 0, "dollars": None}
    assert data == {
        "router": "mine",
        "strategy": "told",
        "generation": letters.generation,
        "candidates": 4,
        "data": found.data,
        "prompts": 2,
        "in_scope": 1,
        "out_of_scope": 1,
        "failures": 0,
        "learned": 0,
        "notes": [],
        "figures": {
            "accuracy": 1.0, "right": 1.0, "precision": 1.0, "coverage": 1.0, "rejected": 1.0, "auroc": 1.0,
        },
        "calibration_error": 0.1,
        "entries": [{"key": "tool:a", "prompts": 1, "chosen": 1, "right": 1, "precision": 1.0, "recall": 1.0}],
        "confusion": [
            {"expected": None, "chosen": None, "count": 1},
            {"expected": "tool:a", "chosen": "tool:a", "count": 1},
        ],
        "curve": [{"coverage": 0.5, "risk": 0.0}, {"coverage": 1.0, "risk": 0.5}],
        "reliability": [{"low": 0.9, "high": 1.0, "answers": 1, "confidence": 0.9, "accuracy": 1.0}],
        "steps": [
            {
                "strategy": "told", "asked": 2, "decided": 1, "right": 1, "abstained": 1, "failed": 0, "error": None,
                "cost": nothing,
            },
        ],
        "cost": nothing,
        "judged": [
            {
                "text": "p1", "gold": ["tool:a"], "chosen": "tool:a", "best": "tool:a", "score": 0.9,
                "confidence": 0.9, "reason": "it was told a", "error": None,
            },
            {
                "text": "p6", "gold": [], "chosen": None, "best": "tool:a", "score": 0.3,
                "confidence": None, "reason": "it was told None", "error": None,
            },
        ],
    }  # fmt: skip
    assert "judged" not in found.to_dict()


def test_what_can_not_be_told_is_none(letters: Catalog) -> None:
    """Without prompts of a sort, or without any, figures are None, not zero."""
    empty = told(letters, SAID).evaluate([])
    assert set(empty.figures.values()) == {None}
    assert (empty.curve, empty.reliability, empty.latency, empty.entries) == ((), (), None, ())
    inside = told(letters, SAID).evaluate([("p4", "b")])
    assert inside.figures == {
        "accuracy": 0.0, "right": 0.0, "precision": None, "coverage": 0.0, "rejected": None, "auroc": None,
    }  # fmt: skip


def test_the_hash_of_the_data_is_of_prompts_and_labels(letters: Catalog) -> None:
    """The order makes no difference; another label does."""
    router = told(letters, SAID)
    marks = [
        router.evaluate(data).data
        for data in (
            [("p1", "a"), ("p5", ["b", "c"])],
            [("p5", ["c", "b"]), ("p1", "tool:a")],
            [("p1", "b"), ("p5", ["b", "c"])],
            [("p1", "a")],
        )
    ]
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_an_evaluation_agrees_with_decisions(meaning: Catalog) -> None:
    """What is judged is what ``resolve`` decides, prompt by prompt, before and after fitting."""
    router = AutoCouncil(meaning, kind="tool", on_no_match="abstain")
    for _ in range(2):
        found = router.evaluate(ASKED)
        decisions = [router.resolve(text) for text, _ in ASKED]
        assert [(one.chosen, one.score, one.confidence) for one in found.judged] == [
            (one.key, pytest.approx(one.score, abs=1e-5), one.confidence) for one in decisions
        ]
        assert [one.best for one in found.judged] == [one.candidates[0].key for one in decisions]
        right = [
            decision.name == name.removeprefix("tool:")
            for decision, (_, name) in zip(decisions, ASKED[:5], strict=False)
        ]
        assert found.right == sum(right) / 5
        router.fit(ASKED)


def test_nothing_of_an_evaluation_is_remembered_or_logged(meaning: Catalog) -> None:
    """A decision after an evaluation is a fresh one, and the log has none but it."""
    from catalog.routing.log import logged_decisions

    router = AutoCouncil(meaning, kind="tool", on_no_match="tool:music", log="text")
    found = router.evaluate(ASKED)
    assert found.judged[5].chosen is None  # a fallback has no say
    assert logged_decisions(meaning) == []
    assert router.resolve(ASKED[0][0]).cached is False
    assert [one.prompt for one in logged_decisions(meaning)] == [ASKED[0][0]]


def test_prompts_that_were_learned_from_are_told(meaning: Catalog) -> None:
    """Examples of entries flatter, and so does what a calibration was fitted on; one that is stale is told instead."""
    router = AutoCouncil(meaning, kind="tool", on_no_match="abstain")
    example = ("play some jazz", "music")
    flattered = "prompts were learned from, or are examples of an entry: the figures flatter the router"
    assert router.evaluate(ASKED).notes == []
    assert router.evaluate([*ASKED, example]).notes == [f"1 of 9 {flattered}"]
    assert router.fit(ASKED[:7]).stored
    assert router.evaluate([*ASKED, example]).notes == [f"8 of 9 {flattered}"]
    meaning.register_many([tool("poem", description="Write poems")])
    found = router.evaluate(ASKED)
    why = "of the candidates it was made for, 1 new"
    assert (found.learned, found.stale) == (0, why)
    assert found.notes == [f"the calibration is stale ({why}) and was not applied: fit again"]
    assert {one.confidence for one in found.judged} == {None}
    assert AutoCouncil(meaning, "rules", "tool").evaluate([example]).notes == []


def test_a_strategy_that_breaks_is_a_failure_of_its_prompts(letters: Catalog) -> None:
    """Whatever is raised counts as failed; if all fail, the first error is the answer."""

    def picky(prompt: str, candidates: Any) -> str | None:
        return {"good": "a"}[prompt]

    router = AutoCouncil(letters, picky, "tool", "abstain")
    found = router.evaluate([("good", "a"), ("bad", "b"), ("worse", None)])
    assert [(one.text, one.error, one.is_right) for one in found.judged] == [
        ("good", None, True),
        ("bad", "strategy", False),
        ("worse", "strategy", False),
    ]
    assert found.figures["rejected"] == 0.0
    with pytest.raises(StrategyError, match="picky failed: KeyError: 'bad'"):
        router.evaluate([("bad", "b"), ("worse", None)])


def test_a_score_that_is_no_number_ranks_like_none(letters: Catalog) -> None:
    """NaN neither breaks the order of prompts nor reaches the data."""
    nan = float("nan")
    said = {"x": Say("a", {"a": 0.5}), "y": Say(None, {"a": nan, "b": 0.1}), "z": Say("b", {"b": nan}, nan)}
    found = told(letters, said).evaluate([("x", "a"), ("y", None), ("z", "a")])
    assert [(one.best, one.score, one.confidence) for one in found.judged] == [
        ("tool:a", 0.5, None),
        ("tool:b", None, None),
        ("tool:b", None, None),
    ]
    assert (found.auroc, found.reliability) == (1.0, ())


def test_progress_is_told(letters: Catalog) -> None:
    """Who asks hears of every prompt."""
    from catalog.routing.evaluation.evaluate import evaluate

    heard: list[tuple[int, int]] = []
    evaluate(told(letters, SAID), LABELLED[:3], progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["weather2"], "no candidate is called 'weather2'; did you mean 'weather'?"),
        (["sun"], "no candidate is called 'sun'"),
        (["Musik", "zz"], "no candidate is called 'Musik'; did you mean 'music'? (1 more name is unknown, as 'zz')"),
        (["tool:flite"], "no candidate is called 'tool:flite'; did you mean 'tool:flight'?"),
        (["waiting"], "'waiting' is no candidate: a draft that nobody has approved yet"),
        (["twice"], "'twice' names several candidates; write a key, as in agent:twice"),
    ],
)  # fmt: skip
def test_labels_must_name_a_candidate(catalog: Catalog, names: list[str], text: str) -> None:
    """The error names the label, close ones, and why it is none."""
    catalog.register_many([*entries(), tool("waiting", metadata={"draft": True})])
    for kind in ("tool", "agent"):
        catalog.register(kind, "twice", "os:getcwd")
    router = AutoCouncil(catalog, "rules", None)
    with pytest.raises(EntryNotFoundError) as caught:
        router.evaluate([("x", name) for name in names])
    assert str(caught.value) == text


def test_without_candidates_no_label_has_one(catalog: Catalog) -> None:
    """An empty catalog is said to be one."""
    with pytest.raises(EntryNotFoundError, match="no candidate is called 'a': there is none at all"):
        AutoCouncil(catalog, "rules", "tool").evaluate([("x", "a")])


def test_files_of_labelled_prompts() -> None:
    """Names, keys, lists and nothing at all are labels, under gold or name; blank lines are passed over."""
    lines = [
        '{"text": "a", "gold": "x"}\n',
        "\n",
        '{"text": "b", "gold": ["x", "tool:y", "x"], "id": 3}\n',
        '{"text": "c", "name": null}\n',
        '{"text": "d", "gold": []}\n',
        '{"text": "e", "gold": "", "name": "z"}\n',
    ]
    assert list(read_cases(lines, "f")) == [
        Case("a", ("x",)),
        Case("b", ("x", "tool:y")),
        Case("c"),
        Case("d"),
        Case("e"),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes, at character 2"),
        ("[]", 'give an object with a text, as in {"text": "plot my data", "gold": "create_scatter"}'),
        ('{"text": " "}', 'give an object with a text, as in {"text": "plot my data", "gold": "create_scatter"}'),
        ('{"text": "a"}', '"gold" is missing: the name or key of the right entry, or null where none fits'),
        ('{"text": "a", "gold": 3}', '"gold" must be a name, a key, a list of them, or null'),
        ('{"text": "a", "name": [""]}', '"name" must be a name, a key, a list of them, or null'),
    ],
)
def test_a_bad_line_is_named_by_its_number(line: str, what: str) -> None:
    """The error says which line of what, and what is wrong with it."""
    with pytest.raises(RoutingError) as caught:
        list(read_cases(['{"text": "a", "gold": "x"}', "", line], "f.jsonl"))
    assert str(caught.value) == f"f.jsonl, line 3: {what}"
    assert caught.value.facts == {"where": "f.jsonl", "line": 3}
