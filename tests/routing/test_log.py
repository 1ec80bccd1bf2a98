"""The decision log: what is kept of a decision, and what never is."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factories import open_catalog, run_sql, tool
from scripted_strategy import ScriptedStrategy

from catalog import AutoCouncil, Catalog, CatalogWarning, NoMatchError, Settings, StrategyError, Verdict
from catalog.routing.log import MOST_CHARACTERS, forget_decisions, logged_decisions, prompt_hash

SECRET = "my password is hunter2"


@pytest.fixture
def ruled(catalog: Catalog) -> Catalog:
    """Two tools, one with a rule that quotes what it matches."""
    catalog.register_many([tool("a", match="hunter2", description="Catches"), tool("b", tags=["x"])])
    return catalog


def rules(catalog: Catalog, **options: Any) -> AutoCouncil:
    """Return a router by rules over tools."""
    return AutoCouncil(catalog, "rules", "tool", "abstain", **options)


def contents(database: Path) -> bytes:
    """Return all that lies in the files of a database."""
    return b"".join(path.read_bytes() for path in database.parent.glob(database.name + "*"))


def test_nothing_is_kept_unless_asked_for(ruled: Catalog) -> None:
    """By default there is no log."""
    rules(ruled).resolve(SECRET)
    assert logged_decisions(ruled) == []


@pytest.mark.sqlite("each of its bytes is read")
def test_with_hashes_no_prompt_is_in_the_database(ruled: Catalog, database: Path) -> None:
    """The decision is kept, its reasons are not, and the prompt is found in no file."""
    rules(ruled, log="hash", name="mine", tags=()).resolve(SECRET)
    (kept,) = logged_decisions(ruled)
    assert (kept.prompt, kept.prompt_hash) == (None, sha256(SECRET.encode()).hexdigest())
    assert kept.generation == ruled.generation
    assert kept.router == {
        "name": "mine", "strategy": "rules", "kind": "tool", "on_no_match": "abstain", "provider_check": False,
        "tags": [], "any_tags": [], "exclude_tags": [],
    }  # fmt: skip
    assert (kept.decision["key"], kept.decision["score"], kept.decision["strategy"]) == ("tool:a", 1.0, "rules")
    assert [(one["key"], one["reason"]) for one in kept.decision["candidates"]] == [("tool:a", ""), ("tool:b", "")]
    assert kept.decision["reason"] == ""
    assert "entry" not in kept.decision
    held = contents(database)
    assert kept.prompt_hash.encode() in held
    assert b"password" not in held


def test_with_texts_prompt_and_reasons_are_kept(ruled: Catalog) -> None:
    """The prompt as it was, and why; the newest first; a cascade with its steps."""
    router = AutoCouncil(ruled, "cascade", ["tool"], "abstain", chain=["rules"], log="text", tags=["x"])
    router.resolve("one")
    AutoCouncil(ruled, "rules", "tool", "abstain", log="text").resolve(SECRET)
    kept = logged_decisions(ruled)
    assert [one.prompt for one in kept] == [SECRET, "one"]
    assert kept[0].decision["reason"] == "matches /hunter2/ (rule 1 of 1, priority 0)"
    assert kept[0].number > kept[1].number
    assert (kept[1].router["kind"], kept[1].router["tags"], kept[1].router["chain"]) == (["tool"], ["x"], ["rules"])
    assert [(step["strategy"], step["reason"]) for step in kept[1].decision["steps"]] == [
        ("rules", "no candidate has a rule")
    ]
    assert logged_decisions(ruled, 1) == kept[:1]


def test_every_decision_is_kept_those_without_a_match_too(ruled: Catalog) -> None:
    """Repeated, abstained and fallen-back decisions are; a strategy that failed decided nothing."""
    router = AutoCouncil(ruled, "rules", "tool", log="hash")
    for text in ("hunter2", "hunter2"):
        router.resolve(text)
    with pytest.raises(NoMatchError):
        router.resolve("nothing")
    AutoCouncil(ruled, "rules", "tool", "tool:b", log="hash").resolve_many(["x", "y"])
    with pytest.raises(StrategyError):
        AutoCouncil(ruled, ScriptedStrategy("told", {}), "tool", log="hash").resolve("x")
    kept = [(one.decision["key"], one.decision["strategy"], one.decision["cached"]) for one in logged_decisions(ruled)]
    assert kept == [
        ("tool:b", "fallback", False),
        ("tool:b", "fallback", False),
        (None, "rules", False),
        ("tool:a", "rules", True),
        ("tool:a", "rules", False),
    ]


def test_only_the_last_ones_stay(ruled: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the oldest go; forgetting takes all."""
    monkeypatch.setattr("catalog.routing.log.MOST", 3)
    router = rules(ruled, log="text")
    for number in range(5):
        router.resolve(str(number))
    assert [one.prompt for one in logged_decisions(ruled)] == ["4", "3", "2"]
    assert forget_decisions(ruled) == 3
    assert logged_decisions(ruled) == []
    router.resolve("again")
    assert [one.prompt for one in logged_decisions(ruled)] == ["again"]


def test_the_configuration_says_what_is_kept(url: str) -> None:
    """``route_log`` counts for routers that say nothing else."""
    with open_catalog(url, settings=Settings(embedder="none", route_log="text")) as cat:
        cat.register_many([tool("a")])
        rules(cat).resolve("x")
        rules(cat, log="hash").resolve("y")
        rules(cat, log="off").resolve("z")
        assert [one.prompt for one in logged_decisions(cat)] == [None, "x"]
    with open_catalog(url) as cat, pytest.raises(StrategyError, match="log='all': choose off, hash or text"):
        rules(cat, log="all")


@pytest.mark.parametrize("text", ["", "\ud800 half", "a\x00b", "x" * (MOST_CHARACTERS + 10)])
def test_any_prompt_can_be_kept(ruled: Catalog, text: str) -> None:
    """Halves of characters and NUL are replaced, and what is endless is cut; the hash is of the whole."""
    rules(ruled, log="text").resolve(text)
    (kept,) = logged_decisions(ruled)
    assert kept.prompt == text[:MOST_CHARACTERS].replace("\ud800", "?").replace("\0", "?")
    assert kept.prompt_hash == prompt_hash(text)


@pytest.mark.sqlite("each of its bytes is read")
def test_keys_and_addresses_are_never_written_down(ruled: Catalog, database: Path) -> None:
    """Of the options of a model only its name stays, and that it was on a server of one's own."""
    router = AutoCouncil(
        ruled, chain=["rules", "llm_classify"], kind="tool", on_no_match="abstain", log="text",
        model="small", base_url="http://ann:s3cret@127.0.0.1:9/v1", api_key="sk-123",
    )  # fmt: skip
    router.resolve("hunter2")
    (kept,) = logged_decisions(ruled)
    assert {name: kept.router[name] for name in ("model", "own_server", "chain")} == {
        "model": "small", "own_server": True, "chain": ["rules", "llm_classify"],
    }  # fmt: skip
    assert not any(secret in contents(database) for secret in (b"s3cret", b"sk-123", b"127.0.0.1"))


def test_a_log_that_can_not_be_written_fails_no_route(ruled: Catalog) -> None:
    """There is a warning, and the decision all the same."""
    router = rules(ruled, log="hash")
    router.pool()
    run_sql(ruled.url, "DROP TABLE decision_log")
    with pytest.warns(CatalogWarning, match="a decision was not logged: "):
        assert router.resolve("hunter2").name == "a"


def test_what_is_not_a_number_is_kept_as_data(ruled: Catalog) -> None:
    """NaN is nothing, numbers of other libraries are numbers, and half a character in a reason is replaced."""

    def odd(prompt: str, candidates: Any) -> Verdict:
        return Verdict(candidates[0], "so \ud800", score=float("nan"), confidence=np.float32(0.5))  # type: ignore[arg-type]

    AutoCouncil(ruled, odd, "tool", log="text").resolve("x")
    told = logged_decisions(ruled)[0].decision
    assert {name: told[name] for name in ("key", "reason", "score", "confidence")} == {
        "key": "tool:a", "reason": "so ?", "score": None, "confidence": 0.5,
    }  # fmt: skip
