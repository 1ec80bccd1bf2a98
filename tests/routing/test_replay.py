"""Replay: what was decided and what is right, put to today's catalog."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from factories import open_catalog, tool
from scripted_strategy import Say, ScriptedStrategy

from catalog import AutoCouncil, Catalog, Settings
from catalog.routing.labelled import Case
from catalog.routing.log import MOST_CHARACTERS, logged_decisions
from catalog.routing.replay import Replay, Replayed, replay


@pytest.fixture
def ruled(catalog: Catalog) -> Catalog:
    """Two tools with rules."""
    catalog.register_many([tool("a", match="apple"), tool("b", match="berry")])
    return catalog


def rules(catalog: Catalog, **options: Any) -> AutoCouncil:
    """Return a router by rules over tools, which logs texts."""
    return AutoCouncil(catalog, **{"strategy": "rules", "kind": "tool", "log": "text", **options})


def test_an_unchanged_catalog_decides_as_it_did(ruled: Catalog) -> None:
    """Nothing has changed, nothing more is logged, and a repeated prompt is asked once."""
    router = rules(ruled, on_no_match="abstain")
    for text in ("an apple", "a berry", "an apple", "bread"):
        router.resolve(text)
    done = replay(ruled)
    assert [(one.text, one.then, one.now, one.is_same) for one in done.asked] == [
        ("bread", (), None, True),
        ("an apple", ("tool:a",), "tool:a", True),
        ("a berry", ("tool:b",), "tool:b", True),
    ]
    assert (done.changed, done.hashed, done.repeated, done.skipped) == ((), 0, 1, {})
    assert len(logged_decisions(ruled)) == 4


def test_what_changed_is_shown_with_then_and_now(ruled: Catalog) -> None:
    """Key, score and reason of both times stand side by side."""
    rules(ruled).resolve("an apple pie")
    at = logged_decisions(ruled)[0].at
    ruled.register_many([tool("pie", match="pie", priority=1)])
    done = replay(ruled)
    assert done == Replay(
        (
            Replayed(
                "log", "an apple pie", "auto", ("tool:a",), "tool:pie", 1.0, 1.0,
                "matches /apple/ (rule 1 of 2, priority 0)", "matches /pie/ (rule 1 of 3, priority 1)", at,
            ),
        ), 0, 0, {},
    )  # fmt: skip
    assert done.changed == done.asked
    assert done.to_dict() == {
        "asked": 1, "changed": 1, "hashed": 0, "repeated": 0, "skipped": {},
        "prompts": [
            {
                "source": "log", "text": "an apple pie", "router": "auto", "at": at, "same": False,
                "then": {"key": "tool:a", "score": 1.0, "reason": "matches /apple/ (rule 1 of 2, priority 0)"},
                "now": {
                    "key": "tool:pie", "score": 1.0, "reason": "matches /pie/ (rule 1 of 3, priority 1)", "error": None,
                },
            }
        ],
    }  # fmt: skip


def test_hashes_can_not_be_asked_again(ruled: Catalog) -> None:
    """They are counted, and so is what was cut when it was kept."""
    rules(ruled, log="hash").resolve("an apple")
    rules(ruled, name="long").resolve("an apple" + "x" * MOST_CHARACTERS)
    done = replay(ruled)
    assert (done.asked, done.hashed, done.skipped) == ((), 1, {"only the beginning of the prompt was kept": 1})


def test_a_router_like_the_one_that_asked_is_made(ruled: Catalog) -> None:
    """Kinds, tags, fallback and threshold are those of then; two routers are two decisions about one prompt."""
    ruled.register("agent", "c", "os:getcwd", match="apple", tags=["x"], priority=9)
    rules(ruled, kind=["agent", "tool"], tags=["x"], name="tagged").resolve("an apple")
    rules(ruled, on_no_match="tool:b").resolve("an apple")
    rules(ruled, on_no_match="tool:b").resolve("bread")
    AutoCouncil(ruled, "cascade", None, log="text", chain=["rules"]).resolve("an apple")
    done = replay(ruled)
    assert [(one.router, one.now, one.is_same) for one in done.asked] == [
        ("auto", "agent:c", True),
        ("auto", "tool:b", True),
        ("auto", "tool:a", True),
        ("tagged", "agent:c", True),
    ]
    assert [one.text for one in replay(ruled, limit=2).asked] == ["an apple", "bread"]


def test_a_router_given_is_asked_about_all(ruled: Catalog) -> None:
    """Whatever router decided then, the one given decides now, and each prompt once."""
    rules(ruled, name="x").resolve("an apple")
    rules(ruled, name="y").resolve("an apple")
    other = AutoCouncil(ruled, ScriptedStrategy("told", {"an apple": Say("b", {"b": 0.5})}), "tool")
    done = replay(ruled, router=other)
    assert [(one.then, one.now, one.now_score) for one in done.asked] == [(("tool:a",), "tool:b", 0.5)]
    assert done.repeated == 1
    failing = replay(ruled, router=AutoCouncil(ruled, ScriptedStrategy("told", {}), "tool")).asked[0]
    assert (failing.now, failing.error, failing.is_same) == (None, "strategy", False)
    assert failing.now_reason == "told was told nothing of it"


def test_golden_cases_are_right_or_wrong(ruled: Catalog) -> None:
    """Any right entry is right; none is right where none fits, whatever takes what fits nothing else."""
    ruled.golden.add_many([Case("an apple", ("b", "a")), Case("a berry", ("a",)), Case("bread"), Case("pear", ("b",))])
    router = rules(ruled, on_no_match="tool:b", log="off")
    done = replay(ruled, golden_router=router)
    assert [(one.source, one.then, one.now, one.is_same) for one in done.asked] == [
        ("golden", ("tool:b", "tool:a"), "tool:a", True),
        ("golden", ("tool:a",), "tool:b", False),
        ("golden", (), None, True),
        ("golden", ("tool:b",), None, False),
    ]
    assert [one.text for one in done.changed] == ["a berry", "pear"]
    assert done.to_dict()["prompts"][0]["then"] == {
        "key": ["tool:b", "tool:a"], "score": None, "reason": "a golden case",
    }  # fmt: skip


def test_what_can_not_be_made_again_is_counted_by_reason(ruled: Catalog) -> None:
    """A strategy that was an object, and a kind that is gone, are reasons; the rest is asked."""
    AutoCouncil(ruled, ScriptedStrategy("mine", {"x": Say("a")}), "tool", log="text").resolve("x")
    AutoCouncil(ruled, ScriptedStrategy("mine", {"y": Say("a")}), "tool", log="text").resolve("y")
    rules(ruled).resolve("an apple")
    done = replay(ruled)
    assert [one.text for one in done.asked] == ["an apple"]
    ((why, number),) = done.skipped.items()
    assert number == 2
    assert why.startswith("router 'auto' (mine) can't be made again: there is no strategy 'mine'")


def test_prompts_of_a_server_of_ones_own_are_sent_to_no_other(ruled: Catalog, monkeypatch: Any) -> None:
    """The address is not logged; without one in the configuration a replay asks nobody, key or no key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another")
    server = {"model": "small", "base_url": "http://127.0.0.1:9/v1", "chain": ["rules", "llm_classify"]}
    rules(ruled, strategy="cascade", **server).resolve("an apple")
    done = replay(ruled)
    assert (done.asked, done.skipped) == (
        (),
        {"router 'auto' (cascade: rules, llm_classify) asked a server whose address is not kept; give its base_url": 1},
    )
    settings = replace(Settings(embedder="none"), router={"base_url": server["base_url"]})
    with open_catalog(ruled.url, settings=settings) as cat:
        assert [(one.text, one.now) for one in replay(cat).asked] == [("an apple", "tool:a")]
