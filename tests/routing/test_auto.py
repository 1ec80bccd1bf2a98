"""The router itself: candidates, decisions, what happens without a match, remembering, running, watching."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from factories import damage as write_damage
from factories import open_catalog, tool

from catalog import (
    AutoCouncil,
    Catalog,
    CatalogWarning,
    CouncilSpec,
    Entry,
    EntryNotFoundError,
    Event,
    NoMatchError,
    RoutingError,
    Settings,
    StrategyError,
    UnknownKindError,
    Verdict,
)


def first(prompt: str, candidates: Sequence[Entry]) -> Entry | None:
    """Pick the first candidate whose name is in the prompt."""
    return next((entry for entry in candidates if entry.name in prompt), None)


def shout(text: str) -> str:
    """Return the text in capitals; a tool."""
    return text.upper()


async def whisper(text: str) -> str:
    """Return the text in small letters; a tool that must be awaited."""
    await asyncio.sleep(0)
    return text.lower()


class Runner:
    """An object with ``run``."""

    def run(self, text: str) -> str:
        """Return what was run."""
        return f"ran {text}"


class Chain:
    """An object with ``ainvoke`` alone."""

    async def ainvoke(self, text: str) -> str:
        """Return what was invoked."""
        return f"invoked {text}"


runner, chain = Runner(), Chain()


class Both:
    """An object with both."""

    def invoke(self, text: str) -> str:
        """Return what must not be called."""
        return f"invoked {text}"

    def run(self, text: str) -> str:
        """Return what was run."""
        return f"ran {text}"


both = Both()
seats = CouncilSpec().add_member("a", system_prompt="s").add_round("independent_analysis")


class CouncilRunner:
    """A runner with a method, as frameworks have them."""

    def run(self, council: Any, prompt: str) -> str:
        """Return what was run."""
        return f"{type(council).__name__}: {prompt}"


def council_runner(council: Any, prompt: str) -> str:
    """Run a council that is data, for the tests below."""
    return f"{type(council).__name__}: {prompt}"


LOOP: list[AutoCouncil] = []


def again(prompt: str) -> Any:
    """Hand the prompt back to the router that picked this."""
    return LOOP[0].run(prompt).value


class Counting:
    """A strategy that counts how often it is asked."""

    name = "counting"

    def __init__(self, cacheable: bool = True) -> None:
        self.asked = 0
        self.cacheable = cacheable

    def choose(self, prompt: str, pool: Any) -> Verdict:
        """Pick the candidate of the prompt's name."""
        self.asked += 1
        return Verdict(pool.find(prompt), f"asked {self.asked} times", cacheable=self.cacheable)


def router(catalog: Catalog, strategy: Any = first, **options: Any) -> AutoCouncil:
    """Return a router over tools that abstains."""
    return AutoCouncil(catalog, strategy, **{"kind": "tool", "on_no_match": "abstain", **options})


def test_a_decision_tells_all_there_is_to_know(catalog: Catalog) -> None:
    """Name, entry, reason, generation and every candidate are in the decision and in its JSON."""
    catalog.register_many([tool("plot"), tool("bars")])
    decision = router(catalog).resolve("plot it")
    assert decision.entry == catalog.entry("tool", "plot")
    assert [one.key for one in decision.candidates] == ["tool:bars", "tool:plot"]
    data = decision.to_dict()
    assert data.pop("latency_ms") >= 0
    assert json.loads(json.dumps(data)) == {
        "name": "plot",
        "key": "tool:plot",
        "kind": "tool",
        "entry": catalog.entry("tool", "plot").model_dump(mode="json"),
        "strategy": "first",
        "made": "static",
        "score": None,
        "confidence": None,
        "threshold": None,
        "reason": "first picked it",
        "steps": [],
        "cost": {"requests": 0, "tokens": 0, "dollars": None},
        "generation": catalog.generation,
        "cached": False,
        "considered": 2,
        "filtered": 0,
        "candidates": [
            {"key": f"tool:{name}", "kind": "tool", "name": name, **dict.fromkeys(("score", "threshold", "filtered")),
             "reason": ""}
            for name in ("bars", "plot")
        ],
    }  # fmt: skip


def test_the_default_is_a_council_and_an_error(catalog: Catalog) -> None:
    """Without options the candidates are councils, and no match is an error that holds the decision."""
    catalog.register("tool", "plot", "os:getcwd", match=".*")
    catalog.register("council", "seo", "os:getcwd", match="seo")
    with pytest.raises(NoMatchError, match="no candidate fits: none of 1 rules matches") as caught:
        AutoCouncil(catalog, "rules").resolve("plot")
    assert [one["key"] for one in caught.value.facts["decision"]["candidates"]] == ["council:seo"]
    assert AutoCouncil(catalog, "rules").resolve("my seo").name == "seo"


def test_no_candidate_at_all_is_said(catalog: Catalog) -> None:
    """An empty catalog gives an error that says there is no candidate, and how many were left out."""
    with pytest.raises(NoMatchError, match="there is no candidate of kind council"):
        AutoCouncil(catalog, "rules").resolve("x")
    catalog.register("council", "seo", "os:getcwd", providers=["zz"])
    with pytest.raises(NoMatchError, match=r"kind council \(1 were left out\): no candidate has a rule"):
        AutoCouncil(catalog, "rules", provider_check=True).resolve("x")


@pytest.mark.parametrize("fallback", ["general", "agent:general"])
def test_a_fallback_takes_what_fits_nothing_else(catalog: Catalog, fallback: str) -> None:
    """`on_no_match` may be a name or a key of any kind; the decision says that it is the fallback."""
    catalog.register_many([tool("plot")])
    catalog.register("agent", "general", "os:getcwd")
    decision = router(catalog, on_no_match=fallback).resolve("sing")
    assert (decision.key, decision.strategy, decision.reason) == ("agent:general", "fallback", "first picks nothing")
    assert router(catalog, on_no_match=fallback).resolve("plot").strategy == "first"


def test_a_fallback_that_is_not_there_is_said(catalog: Catalog) -> None:
    """A fallback nobody registered is an error when it is needed, not before."""
    catalog.register_many([tool("plot")])
    route = router(catalog, on_no_match="nowhere")
    assert route.resolve("plot").name == "plot"
    with pytest.raises(EntryNotFoundError, match="the fallback 'nowhere' is not in the catalog"):
        route.resolve("sing")


def test_kinds_and_tags_choose_the_candidates(catalog: Catalog) -> None:
    """Only entries of the kinds and tags asked for are candidates; None means every kind."""
    catalog.register_many([tool("a", tags=["x"]), tool("b", tags=["x", "old"]), tool("c")])
    catalog.register("agent", "d", "os:getcwd", tags=["x"])

    def names(**options: Any) -> list[str]:
        return [one.key for one in router(catalog, **options).resolve("nothing").candidates]

    assert names() == ["tool:a", "tool:b", "tool:c"]
    assert names(tags=["x"]) == ["tool:a", "tool:b"]
    assert names(tags=["x"], exclude_tags=["old"]) == ["tool:a"]
    assert names(kind=None, tags=["x"]) == ["agent:d", "tool:a", "tool:b"]
    assert names(kind=("agent", "tool"), any_tags=["old"]) == ["tool:b"]


def test_what_a_council_needs_may_be_registered_after_it(catalog: Catalog) -> None:
    """With the provider check, a profile that comes, changes or goes later counts for the very next decision."""
    spec = CouncilSpec().add_member("a", system_prompt="s", profile="mini").add_round("synthesis")
    catalog.register("council", "seo", spec, match="seo")
    route = AutoCouncil(catalog, "rules", provider_check=True, providers="openai", on_no_match="abstain")
    assert route.resolve("seo").name == "seo"
    catalog.register("profile", "mini", {"provider": "mistral"})
    assert [one.filtered for one in route.resolve("seo").candidates] == ["needs mistral, not configured here"]
    catalog.register("profile", "mini", {"provider": "openai"})
    assert route.resolve("seo").name == "seo"


def test_entries_whose_providers_are_not_configured_are_left_out(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `provider_check`, what needs a provider that is not here is filtered before the strategy, and it is told."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    for name in ("ANTHROPIC_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    catalog.register_many(
        [
            tool("gpt", providers=["openai"]),
            tool("both", providers=["mistral", "anthropic", "openai"]),
            tool("none"),
            tool("explicit", providers=[]),
        ]
    )
    events: list[Event] = []
    route = router(catalog, provider_check=True, watch=events.append)
    decision = route.resolve("both")
    assert decision.name is None
    assert [(one.name, one.filtered) for one in decision.candidates] == [
        ("explicit", None),
        ("gpt", None),
        ("none", None),
        ("both", "needs anthropic and mistral, not configured here"),
    ]
    assert [(event.name, dict(event.data)) for event in events[:1]] == [
        ("route.filtered", {"count": 1, "reasons": {"needs anthropic and mistral, not configured here": 1}})
    ]
    assert router(catalog).resolve("both").name == "both", "unchecked unless asked for"
    assert (
        router(catalog, provider_check=True, providers=["mistral", "anthropic", "openai"]).resolve("both").name
        == "both"
    )


def test_a_draft_is_no_candidate(catalog: Catalog) -> None:
    """An entry that nobody has approved is left out and says why."""
    catalog.register("tool", "plot", "os:getcwd", metadata={"draft": {"strategy": "llm_build"}})
    decision = router(catalog).resolve("plot")
    assert decision.name is None
    assert [one.filtered for one in decision.candidates] == ["a draft that nobody has approved yet"]


def test_a_decision_sees_what_another_process_has_committed(catalog: Catalog) -> None:
    """A registration through another catalog object is a candidate of the very next decision."""
    route = router(catalog)
    assert route.resolve("plot").name is None
    with open_catalog(catalog.url) as other:
        other.register("tool", "plot", "os:getcwd")
    decision = route.resolve("plot")
    assert (decision.name, decision.cached, decision.generation) == ("plot", False, catalog.generation)
    catalog.unregister("tool", "plot")
    assert route.resolve("plot").name is None


def test_the_same_prompt_is_not_asked_twice(catalog: Catalog) -> None:
    """A decision is remembered until anything in the catalog changes; a bounded number of them."""
    catalog.register_many([tool("a"), tool("b"), tool("c")])
    counting = Counting()
    route = router(catalog, counting, cache=2)
    assert [route.resolve(prompt).cached for prompt in ("a", "a", "b", "a", "c", "b", "a")] == [
        False, True, False, True, False, False, False,
    ]  # fmt: skip
    assert counting.asked == 5
    assert route.resolve("a").cost.requests == 0
    catalog.register_many([tool("d")])
    assert route.resolve("a").cached is False
    catalog.register("tool", "e", shout, runtime=True)
    assert route.resolve("a").cached is False


def test_fewer_decisions_over_many_candidates_are_remembered(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is bounded by the scores it holds, too: with room for eight, two decisions over three."""
    monkeypatch.setattr("catalog.routing.auto.MOST_SCORES", 8)
    catalog.register_many([tool("a"), tool("b"), tool("c")])
    route = router(catalog, Counting())
    assert [route.resolve(prompt).cached for prompt in ("a", "b", "a", "c", "b")] == [False, False, True, False, False]


def test_what_may_change_by_itself_is_not_remembered(catalog: Catalog) -> None:
    """A verdict that is not cacheable is asked for every time, and `cache=0` remembers nothing."""
    catalog.register_many([tool("a")])
    for counting, options in ((Counting(cacheable=False), {}), (Counting(), {"cache": 0})):
        route = router(catalog, counting, **options)
        assert [route.resolve("a").cached for _ in range(3)] == [False] * 3
        assert counting.asked == 3


def test_many_prompts_are_decided_as_one_by_one(catalog: Catalog) -> None:
    """`resolve_many` gives the decisions that `resolve` gives, in order, and asks for repeats once."""
    catalog.register_many([tool("a"), tool("b", match="b+")])
    counting = Counting()
    decisions = router(catalog, counting).resolve_many(["a", "x", "b", "a"])
    assert [decision.name for decision in decisions] == ["a", None, "b", "a"]
    assert counting.asked == 3
    cascade = router(catalog, "cascade", chain=["rules", counting])
    prompts = ["a", "bbb", "b", "zz"]
    many = cascade.resolve_many(prompts)
    one_by_one = [router(catalog, "cascade", chain=["rules", Counting()]).resolve(prompt) for prompt in prompts]
    assert [(d.name, d.strategy, [s.outcome for s in d.steps]) for d in many] == [
        (d.name, d.strategy, [s.outcome for s in d.steps]) for d in one_by_one
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("shout", "SHOUT ME"), ("whisper", "whisper me"), ("runner", "ran runner me"), ("chain", "invoked chain me"),
     ("both", "ran both me")],
)  # fmt: skip
def test_what_was_picked_is_called_with_the_prompt(catalog: Catalog, name: str, expected: str) -> None:
    """Functions, coroutines, objects with `run` (before `invoke`) or `ainvoke` alone run by `run` and `arun` alike."""
    catalog.register("tool", name, f"{__name__}:{name}")
    route = router(catalog)
    prompt = f"{name} me"
    result = route.run(prompt)
    assert (result.value, result.decision.name) == (expected, name)
    assert asyncio.run(route.arun(prompt)).value == expected
    assert route(prompt) == route.invoke(prompt) == expected


def test_nothing_runs_where_nothing_fits(catalog: Catalog) -> None:
    """An abstaining router returns no value and a decision without a name, also asynchronously."""
    catalog.register_many([tool("plot")])
    route = router(catalog)
    for result in (route.run("sing"), asyncio.run(route.arun("sing"))):
        assert (result.value, result.decision.name) == (None, None)
    assert asyncio.run(route.aresolve("plot")).name == "plot"


def test_a_council_that_is_data_needs_a_runner(catalog: Catalog) -> None:
    """Without a runner the error says what to configure; one is given as a function, a reference or a setting."""
    members = [{"id": one, "role": "r", "system_prompt": "s"} for one in ("a", "b")]
    spec = {"members": members, "rounds": [{"type": "independent_analysis"}]}
    catalog.register("council", "seo", spec, match="seo")
    with pytest.raises(RoutingError, match="council:seo is data, and nothing is configured that runs it"):
        AutoCouncil(catalog, "rules").run("seo")
    runners = (council_runner, CouncilRunner(), CouncilRunner)
    for given in (*runners, f"{__name__}:council_runner", f"{__name__}:CouncilRunner"):
        route = AutoCouncil(catalog, "rules", runner=given)
        result = route.run("seo")
        assert (result.value, result.decision.made) == ("Council: seo", "dynamic")
        assert asyncio.run(route.arun("seo")).value == "Council: seo"
    with pytest.raises(RoutingError, match=r"the runner 5 can't run council:seo: give a function"):
        AutoCouncil(catalog, "rules", runner=5).run("seo")
    settings = Settings(embedder="none", runner=f"{__name__}:council_runner")
    with open_catalog(catalog.url, settings=settings) as configured:
        assert AutoCouncil(configured, "rules").run("seo").value == "Council: seo"


def test_a_spec_that_code_holds_goes_to_the_runner_too(catalog: Catalog) -> None:
    """A council spec behind a reference, or registered for this process as a spec or its data, is resolved and run."""
    catalog.register("council", "coded", f"{__name__}:seats", match="^coded")
    catalog.register("council", "here", seats, runtime=True, match="^here")
    catalog.register("council", "data", seats.model_dump(mode="json"), runtime=True, match="^data")
    route = AutoCouncil(catalog, "rules", runner=council_runner)
    for prompt in ("coded", "here", "data"):
        assert route.run(prompt).value == asyncio.run(route.arun(prompt)).value == f"Council: {prompt}"


def test_a_router_does_not_pick_itself(catalog: Catalog) -> None:
    """A router registered in the catalog it asks is no candidate of its own, but may be one of another router."""
    route = AutoCouncil(catalog, first, kind="router", on_no_match="abstain")
    catalog.register("router", "auto", route, runtime=True)
    assert route.resolve("auto").name is None
    other = AutoCouncil(catalog, first, kind="router", on_no_match="abstain")
    assert other.resolve("auto").name == "auto"


def test_a_router_that_leads_back_to_itself_ends(catalog: Catalog) -> None:
    """A router that picks an entry which runs the router again with the same prompt is an error, not a hang."""
    catalog.register("tool", "loop", f"{__name__}:again", match="loop")
    LOOP[:] = [AutoCouncil(catalog, "rules", kind="tool")]
    with pytest.raises(RoutingError, match=r"was handed the same prompt again by what it picked \(tool:loop\)"):
        LOOP[0].run("loop")
    with pytest.raises(RoutingError, match="was handed the same prompt again"):
        asyncio.run(LOOP[0].arun("loop"))


def test_a_running_loop_is_no_obstacle(catalog: Catalog) -> None:
    """`run` within a coroutine, as in a notebook, runs coroutines to their end."""
    catalog.register("tool", "whisper", f"{__name__}:whisper")

    async def notebook() -> Any:
        return router(catalog).run("WHISPER whisper").value

    assert asyncio.run(notebook()) == "whisper whisper"


def test_a_watcher_is_told_and_cannot_break_a_route(catalog: Catalog) -> None:
    """Events come in order; a watcher that raises is warned of, and the route goes on."""
    catalog.register_many([tool("plot", match="nothing")])
    events: list[Event] = []
    route = router(catalog, "cascade", chain=["rules", first], watch=events.append, name="front")
    route.resolve("plot")
    assert [(event.name, event.router) for event in events] == [
        ("route.step", "front"),
        ("route.step", "front"),
        ("route.decision", "front"),
    ]
    assert [event.data["outcome"] for event in events[:2]] == ["abstained", "chosen"]
    assert events[2].data["name"] == "plot"

    def broken(event: Event) -> None:
        raise OSError("disk full")

    with pytest.warns(CatalogWarning, match="a watcher of router 'auto' failed: OSError"):
        assert router(catalog, watch=broken).resolve("plot").name == "plot"


def test_strategies_of_ones_own(catalog: Catalog) -> None:
    """A function, an object, a reference to either: all decide; what picks no candidate is an error."""
    catalog.register_many([tool("plot")])
    for given in (first, f"{__name__}:first", lambda prompt, candidates: "plot", lambda p, c: "tool:plot"):
        assert router(catalog, given).resolve("plot").name == "plot"
    with pytest.raises(StrategyError, match="picked 'sing', which is none of the candidates"):
        router(catalog, lambda prompt, candidates: "sing").resolve("x")

    def broken(prompt: str, candidates: Sequence[Entry]) -> None:
        raise LookupError("gone")

    with pytest.raises(StrategyError, match="the strategy broken failed: LookupError: gone"):
        router(catalog, broken).resolve("x")

    async def late(prompt: str, candidates: Sequence[Entry]) -> None: ...

    with pytest.raises(StrategyError, match="is a coroutine; give a plain function"):
        router(catalog, late).resolve("x")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"strategy": "rulez"}, "there is no strategy 'rulez'; did you mean 'rules'"),
        ({"strategy": 5}, "5 is no strategy"),
        ({"thresold": 1}, "'thresold' is no option of a router; did you mean 'threshold'"),
        ({"on_no_match": ""}, "on_no_match='': give 'error', 'abstain', or a key or name"),
        ({"log": "yes"}, "log='yes': choose off, hash or text"),
        ({"cache": None}, "cache=None: give a whole number, 0 for none"),
        ({"threshold": "high"}, "threshold='high': give a number"),
        ({"threshold": float("nan")}, "threshold=nan: give a number"),
        ({"seconds": None}, "seconds=None: give a number"),
        ({"cache": -1}, "cache=-1: give a whole number, 0 for none"),
        ({"chain": []}, "a cascade needs at least one step"),
        ({"chain": "rules"}, "chain='rules': give a list of steps"),
        ({"chain": ["rules", "cascade"]}, "a cascade may not contain itself"),
        ({"chain": ["rules", "rules"]}, "the step 'rules' stands in the chain twice"),
    ],
)
def test_a_router_that_cannot_be_is_refused(catalog: Catalog, given: dict[str, Any], said: str) -> None:
    """A wrong strategy or option is an error when the router is made, and its text says what to give."""
    with pytest.raises(StrategyError) as caught:
        AutoCouncil(catalog, **given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("column", "damage"),
    [("examples", "[1, null]"), ("tags", "[5]"), ("providers", "[1]"), ("metadata", "[]"), ("metadata", '"x"')],
)
def test_a_damaged_record_takes_no_other_down(catalog: Catalog, column: str, damage: str) -> None:
    """What another tool wrote into a row, and no entry can hold, is said; the entry counts as it was last recorded."""
    catalog.register_many([tool("bad"), tool("plot", match="plot")])
    write_damage(catalog.url, f"UPDATE entry SET {column} = '{damage}' WHERE name = 'bad'")
    with pytest.warns(CatalogWarning, match="the row of tool:bad is damaged"):
        decisions = [router(catalog, way, provider_check=True).resolve("plot") for way in ("rules", first)]
    assert [decision.name for decision in decisions] == ["plot", "plot"]
    assert [one.name for decision in decisions for one in decision.candidates if one.filtered] == []


def test_one_text_is_no_list_of_prompts(catalog: Catalog) -> None:
    """`resolve_many` refuses a text, which would be a prompt for each letter, and takes a generator."""
    catalog.register_many([tool("a")])
    with pytest.raises(RoutingError, match="resolve_many takes a list of prompts, not one text"):
        router(catalog).resolve_many("a")
    assert [one.name for one in router(catalog).resolve_many(prompt for prompt in "ab")] == ["a", None]


def test_routing_imports_nothing(catalog: Catalog) -> None:
    """An entry of this process that is a reference is a candidate like others: what it names is not imported."""
    catalog.register("tool", "a", "zz_not_there:thing", runtime=True)
    assert router(catalog).resolve("a").name == "a"


def test_a_candidate_tells_the_threshold_it_was_held_against(catalog: Catalog) -> None:
    """A candidate with a score has the threshold of the decision; one without a score, or left out, has none."""

    class Scoring:
        name = "scoring"

        def choose(self, prompt: str, pool: Any) -> Verdict:
            return Verdict(None, "no", score=0.5, threshold=0.6, scores=[0.5, None])

    catalog.register_many([tool("a"), tool("b"), tool("c", metadata={"draft": True})])
    found = router(catalog, Scoring()).resolve("x").candidates
    assert [(one.name, one.score, one.threshold) for one in found] == [
        ("a", 0.5, 0.6),
        ("b", None, None),
        ("c", None, None),
    ]


def test_the_first_candidates_are_those_of_all(catalog: Catalog) -> None:
    """A decision as data holds the first candidates of the whole list, whether that was looked at before or not."""

    class Scoring:
        name = "scoring"

        def choose(self, prompt: str, pool: Any) -> Verdict:
            scores = [None if n % 5 == 0 else float("nan") if n % 7 == 0 else n % 4 / 4 for n in range(len(pool))]
            return Verdict(pool.entries[3], "three", scores=scores)

    catalog.register_many([tool(f"t{n:02}", metadata={"draft": n > 35}) for n in range(40)])
    for most in (0, 1, 20, 35, 36, 38, None):
        decision = router(catalog, Scoring()).resolve("x")
        first_seen = decision.to_dict(candidates=most)
        assert len(decision.candidates) == 40
        assert first_seen["candidates"] == [one.to_dict() for one in decision.candidates[:most]]
        assert decision.to_dict(candidates=most) == first_seen


def test_a_strategy_may_be_a_class(catalog: Catalog) -> None:
    """A class of strategies is made without arguments; one that can't be is refused when the router is made."""
    catalog.register_many([tool("plot")])
    for given in (Counting, f"{__name__}:Counting"):
        assert router(catalog, given).resolve("plot").reason == "asked 1 times"
        assert router(catalog, "cascade", chain=["rules", given]).resolve("plot").strategy == "counting"

    class Needy(Counting):
        def __init__(self, url: str) -> None:
            super().__init__()

    with pytest.raises(StrategyError, match=r"Needy can't be made without arguments: .*'url'; give an object of it"):
        router(catalog, Needy)


def test_a_strategy_that_breaks_takes_no_cascade_down(catalog: Catalog) -> None:
    """Whatever a strategy of somebody's own raises or returns is a failed step, and the next one is asked."""
    catalog.register_many([tool("plot")])

    class Broken:
        name = "broken"

        def choose(self, prompt: str, pool: Any) -> Verdict:
            raise KeyError("gone")

    class Wrong:
        name = "wrong"

        def choose(self, prompt: str, pool: Any) -> Any:
            return "plot"

    class Many(Broken):
        name = "many"

        def choose_many(self, prompts: Sequence[str], pool: Any) -> Any:
            raise OSError("no disk")

    decision = router(catalog, "cascade", chain=[Broken(), Wrong(), Many(), first]).resolve("plot")
    assert decision.name == "plot"
    assert [(step.strategy, step.outcome, step.reason) for step in decision.steps[:3]] == [
        ("broken", "failed", "the strategy broken failed: KeyError: 'gone'"),
        ("wrong", "failed", "the strategy wrong gave str, not a catalog.Verdict"),
        ("many", "failed", "the strategy many failed: OSError: no disk"),
    ]


def test_a_child_process_routes_while_the_parent_was_busy(catalog: Catalog) -> None:
    """A router whose lock another thread held at the moment of a fork decides in the child all the same."""
    catalog.register_many([tool("plot")])
    route = router(catalog)
    assert route.resolve("plot").name == "plot"
    with route.lock, route.context.preparing:
        child = os.fork()
        if child == 0:
            os._exit(0 if route.resolve("plot").name == "plot" else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_an_unknown_kind_is_refused(catalog: Catalog) -> None:
    """The kinds of a router are those of the catalog."""
    with pytest.raises(UnknownKindError):
        AutoCouncil(catalog, kind="gizmo")


def test_a_prompt_is_a_text(catalog: Catalog) -> None:
    """Anything but a text or a chat is refused with its type, and several prompts are pointed at resolve_many."""
    with pytest.raises(RoutingError, match="a prompt is a text or a chat, not int"):
        router(catalog).resolve(3)  # type: ignore[arg-type]
    with pytest.raises(RoutingError, match="this list holds no text of a user; resolve_many takes several prompts"):
        router(catalog).resolve(["plot", "draw"])


def test_a_chat_is_routed_by_the_last_text_of_the_user(catalog: Catalog) -> None:
    """Messages, and messages of parts, are routed as the text they ask with; what is picked is called with it."""
    catalog.register("tool", "shout", str.upper, runtime=True, match="^draw")
    parts = [{"type": "image_url", "image_url": {"url": "data:"}}, {"type": "text", "text": "draw it"}]
    chat = [{"role": "user", "content": "hello"}, {"role": "user", "content": parts}]
    auto = router(catalog, "rules")
    for prompt in (chat, chat[1], parts, {"messages": chat}, [("human", "draw it")]):
        assert auto.resolve(prompt).key == "tool:shout"
    assert auto.run(chat).value == asyncio.run(auto.arun(chat)).value == "DRAW IT"
    assert [decision.name for decision in auto.resolve_many([chat, "draw it"])] == ["shout", "shout"]
    assert auto.evaluate([(chat, "shout")]).accuracy == 1.0
    assert [hit.key for hit in catalog.search([{"role": "user", "content": "shout"}])] == ["tool:shout"]


def test_a_cascade_takes_the_first_that_does_not_abstain(catalog: Catalog) -> None:
    """Steps are asked in order up to the one that picks; those that fail are passed over, and the reason says so."""
    catalog.register_many([tool("plot", match="^draw")])

    def broken(prompt: str, candidates: Sequence[Entry]) -> None:
        raise LookupError("gone")

    route = router(catalog, "cascade", chain=[broken, "rules", first])
    drawn, plotted, sung = (route.resolve(prompt) for prompt in ("draw it", "plot it", "sing"))
    assert (drawn.name, drawn.strategy) == ("plot", "rules")
    assert drawn.reason == "matches /^draw/ (rule 1 of 1, priority 0) (after broken failed)"
    assert [(step.strategy, step.outcome, step.code) for step in drawn.steps] == [
        ("broken", "failed", "strategy"),
        ("rules", "chosen", None),
    ]
    assert (plotted.name, [step.outcome for step in plotted.steps]) == ("plot", ["failed", "abstained", "chosen"])
    assert (sung.name, sung.strategy, [step.outcome for step in sung.steps]) == (
        None, "cascade", ["failed", "abstained", "abstained"],
    )  # fmt: skip
    assert sung.reason.startswith("no step picked anything: broken: the strategy broken failed")
    assert route.resolve("draw it").cached is False, "what failed may work the next time"


def test_a_cascade_fails_if_every_step_does(catalog: Catalog) -> None:
    """The error names each step and why it failed."""
    catalog.register_many([tool("plot", match="x")])
    with pytest.raises(StrategyError, match="every step of the cascade failed: rules: the rules took longer than -1 s"):
        router(catalog, "cascade", chain=["rules"], seconds=-1.0).resolve("x")


def test_a_router_is_safe_in_threads(catalog: Catalog) -> None:
    """Eight threads that route while entries come and go get the right answer every time."""
    catalog.register_many([tool(f"t{n}") for n in range(20)])
    route = router(catalog, lambda prompt, candidates: prompt if any(prompt == c.name for c in candidates) else None)
    wrong: list[Any] = []

    def work(me: int) -> None:
        for turn in range(40):
            name = f"t{(me + turn) % 20}"
            if route.resolve(name).name != name:
                wrong.append((me, turn))
            if me == 0 and turn % 10 == 0:
                catalog.register("tool", f"more{turn}", "os:getcwd")

    threads = [threading.Thread(target=work, args=(me,)) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
