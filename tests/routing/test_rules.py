"""Routing by rules: order, predicates, and a bound on time whatever the patterns."""

from __future__ import annotations

from typing import Any

import pytest
from factories import damage, tool
from hypothesis import given
from hypothesis import strategies as st

from catalog import AutoCouncil, Catalog, InvalidEntryError, StrategyError
from catalog.entry.match import is_predicate
from catalog.routing.strategies.rules import FEWEST_CHARACTERS, Rules
from catalog.routing.strategy import choose_many
from catalog.routing.verdict import Verdict


def router(catalog: Catalog, **options: Any) -> AutoCouncil:
    """Return a router over tools that goes by rules and abstains."""
    return AutoCouncil(catalog, "rules", kind="tool", **{"on_no_match": "abstain", **options})


def is_long(text: str) -> bool:
    """Tell whether a prompt is long; a predicate for the tests below."""
    return len(text) > 100


def fails(text: str) -> bool:
    """Fail, as predicates of users sometimes do."""
    raise LookupError("no such customer")


def leave(text: str) -> bool:
    """End the process."""
    raise SystemExit(2)


async def late(text: str) -> bool:
    """Say no, too late."""
    return False


def test_the_higher_priority_wins_then_the_name(catalog: Catalog) -> None:
    """Rules are asked by priority, the higher first, then by name; the first that matches decides."""
    catalog.register_many(
        [
            tool("b", match="seo"),
            tool("a", match="seo"),
            tool("late", match="seo", priority=-1),
            tool("early", match="seo audit", priority=1),
        ]
    )
    route = router(catalog)
    assert route.resolve("my seo audit").name == "early"
    assert route.resolve("my seo").name == "a"
    decision = route.resolve("my seo")
    assert decision.reason == "matches /seo/ (rule 2 of 4, priority 0)"
    assert [(one.name, one.score) for one in decision.candidates] == [
        ("a", 1.0),
        ("b", None),
        ("early", None),
        ("late", None),
    ]
    assert decision.score == 1.0


def test_an_entry_without_a_rule_is_passed_over(catalog: Catalog) -> None:
    """Only entries with a rule are asked, and a prompt that none matches picks nothing."""
    catalog.register_many([tool("a"), tool("b", match="^plot")])
    decision = router(catalog).resolve("draw it")
    assert (decision.name, decision.reason) == (None, "none of 1 rules matches")


def test_without_any_rule_nothing_is_picked(catalog: Catalog) -> None:
    """A catalog without rules makes the strategy abstain and say why."""
    catalog.register_many([tool("a")])
    assert router(catalog).resolve("a").reason == "no candidate has a rule"


@pytest.mark.parametrize("rule", ["(?=a)", "(?<!a)b", r"(a)\1", "(a", "[", "a{99999}", ""])
def test_a_rule_that_cannot_be_used_is_refused_when_it_is_registered(catalog: Catalog, rule: str) -> None:
    """What the linear engine has no way for is refused with the entry's name, and nothing is stored."""
    with pytest.raises(InvalidEntryError, match="tool:a is not valid: match:"):
        catalog.register("tool", "a", "os:getcwd", match=rule)
    assert catalog.list("tool") == []


def test_a_reference_is_a_predicate(catalog: Catalog) -> None:
    """A rule of the form of a reference is loaded and asked, and its answer is not remembered."""
    catalog.register("tool", "long", "os:getcwd", match=f"{__name__}:is_long")
    route = router(catalog)
    assert route.resolve("x" * 101).name == "long"
    assert route.resolve("x" * 101).cached is False
    assert route.resolve("x").name is None


def test_a_rule_that_fails_is_passed_over_and_said(catalog: Catalog) -> None:
    """Predicates that raise or can't be found take no other route down; reason and candidate tell what they raised."""
    catalog.register("tool", "bad", "os:getcwd", match=f"{__name__}:fails", priority=2)
    catalog.register("tool", "gone", "os:getcwd", match="zz_nowhere:thing", priority=1)
    catalog.register("tool", "good", "os:getcwd", match="x")
    failed = f"its rule {__name__}:fails failed: LookupError: no such customer"
    decision = router(catalog).resolve("x")
    assert decision.name == "good"
    assert decision.reason.startswith(f"matches /x/ (rule 3 of 3, priority 0); tool:bad was passed over: {failed}; ")
    assert {one.name: one.reason for one in decision.candidates}["bad"] == failed
    assert "tool:gone was passed over: its rule zz_nowhere:thing failed: ResolveError" in decision.reason
    assert router(catalog).resolve("y").reason.startswith("none of 3 rules matches; tool:bad was passed over")


def test_a_predicate_must_not_be_a_coroutine(catalog: Catalog) -> None:
    """A coroutine, which is true whatever it would have said, is a rule that fails."""
    catalog.register("tool", "late", "os:getcwd", match=f"{__name__}:late")
    decision = router(catalog).resolve("x")
    assert decision.name is None
    assert decision.reason.endswith("failed: TypeError: it is a coroutine; give a plain function")


def test_a_predicate_that_ends_the_process_does_not(catalog: Catalog) -> None:
    """`sys.exit` in a predicate, as of a script's parser of arguments, is a rule that fails."""
    catalog.register("tool", "gone", "os:getcwd", match=f"{__name__}:leave", priority=1)
    catalog.register("tool", "good", "os:getcwd", match="x")
    decision = router(catalog).resolve("x")
    assert (decision.name, decision.reason.partition("; ")[2]) == (
        "good",
        f"tool:gone was passed over: its rule {__name__}:leave failed: SystemExit: 2",
    )


def test_many_rules_that_fail_are_counted(catalog: Catalog) -> None:
    """The reason tells three of the rules that fail and how many more there are; each candidate tells its own."""
    catalog.register_many(tool(f"t{n}", match=f"{__name__}:fails") for n in range(9))
    decision = router(catalog).resolve("x")
    assert decision.reason.count("no such customer") == 3
    assert decision.reason.endswith("; and 6 more were passed over")
    assert all("no such customer" in one.reason for one in decision.candidates)


def test_a_rule_of_an_older_catalog_is_passed_over(catalog: Catalog) -> None:
    """An expression that was stored before rules were checked breaks its own entry only."""
    catalog.register("tool", "old", "os:getcwd", match="x")
    damage(catalog.url, "UPDATE entry SET match = '(?=x)'")
    decision = router(catalog).resolve("x")
    assert decision.name is None
    assert "tool:old was passed over: its rule (?=x) failed: ValueError" in decision.reason


def test_few_rules_look_at_the_whole_of_a_long_prompt(catalog: Catalog) -> None:
    """What stands at the end of a megabyte is seen."""
    catalog.register_many(tool(f"a{n:03}", match=f"needle{n}$") for n in range(100))
    assert router(catalog).resolve("x" * 1_000_000 + "needle50").name == "a050"


def test_many_rules_look_at_the_beginning_of_a_prompt(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind the first characters is not seen, and where the prompt was cut is not its end."""
    monkeypatch.setattr("catalog.routing.strategies.rules.MOST_CHARACTERS", FEWEST_CHARACTERS)
    catalog.register("tool", "a", "os:getcwd", match="needle")
    catalog.register("tool", "b", "os:getcwd", match="y$")
    route = router(catalog)
    assert route.resolve("x" * (FEWEST_CHARACTERS - 6) + "needle").name == "a"
    assert route.resolve("x" * FEWEST_CHARACTERS + "needle").name is None
    assert route.resolve("x" * (FEWEST_CHARACTERS - 1) + "y").name == "b"
    assert route.resolve("x" * (FEWEST_CHARACTERS - 1) + "yx").name is None


CATASTROPHIC = (
    r"(a+)+$",
    r"(x+x+)+y",
    r"(\w+\s?)*!$",
    r"(.*)(.*)(.*)(.*)zq",
    r"(a|aa)+$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
)


def test_ten_thousand_rules_and_a_megabyte_come_to_an_end(catalog: Catalog) -> None:
    """Patterns that make a backtracking engine hang are answered, or given up at the limit, and it is said."""
    catalog.register_many(
        tool(f"t{n:05}", match=f"{CATASTROPHIC[n % 6]}{n}" if n % 2 else rf"(?i)\bword{n}\b") for n in range(10_000)
    )
    for prompt in ("a" * 1_000_000, "x" * 1_000_000, "aB " * 333_333):
        route = AutoCouncil(catalog, "rules", kind="tool", on_no_match="abstain", seconds=1.0)
        (said,) = choose_many(route.strategy, [prompt], route.pool())
        assert isinstance(said, Verdict) or "took longer than 1 s" in str(said)
        assert getattr(said, "chosen", None) is None


def test_half_a_character_keeps_no_rule_from_the_rest(catalog: Catalog) -> None:
    """A prompt that is no valid text, as a broken client sends it, is matched with a question mark in its place."""
    catalog.register_many([tool("refunds", match=r"refund\?$"), tool("other", match="zzz")])
    decision = router(catalog).resolve("a refund\ud800")
    assert (decision.name, decision.reason) == ("refunds", r"matches /refund\?$/ (rule 2 of 2, priority 0)")


def test_time_is_up_when_the_clock_says_so() -> None:
    """The limit is kept by the clock given, and the error says how far the rules got."""
    entries = [tool(f"t{n:03}", match=f"x{n}") for n in range(200)]
    clock = iter(range(1_000))
    from catalog.routing.pool import Pool

    with pytest.raises(StrategyError, match=r"took longer than 2 s; 128 of 200 were asked"):
        Rules(seconds=2.0, clock=lambda: float(next(clock))).choose("y", Pool(entries, [], 1, None))


@given(st.text(max_size=200))
def test_any_prompt_gets_an_answer(prompt: str) -> None:
    """No prompt breaks the engine: half surrogates, zeros and all scripts included."""
    from catalog.routing.pool import Pool

    entries = [tool("a", match=r"(?i)plot|数据"), tool("b", match=r"\bx\b")]
    verdict = Rules().choose(prompt, Pool(entries, [], 1, None))
    assert verdict.chosen in (None, *entries)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("mypkg.rules:is_seo", True), ("a:b", True), ("(a:b)", False), ("a: b", False), ("^a:b", False), ("seo", False)],
)
def test_what_looks_like_a_reference_is_one(rule: str, expected: bool) -> None:
    """A rule is a predicate exactly if it has the form of an object reference."""
    assert is_predicate(rule) is expected
