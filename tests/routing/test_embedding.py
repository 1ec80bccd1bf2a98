"""Routing by meaning: the nearest candidate, a threshold from the examples, calibrations that hold or are stale."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from factories import LendUrl, damage, open_catalog, run_sql, tool

from catalog import AutoCouncil, Catalog, EntryNotFoundError, Event, StrategyError
from catalog.embedders.everyday import PROMPTS as PROMPTS_ABOUT_ANYTHING
from catalog.routing.calibration.candidate_vectors import of_pool, read_vectors
from catalog.routing.calibration.similarity import score
from catalog.routing.strategies.embedding import MOST_CHARACTERS

TOPICS = {
    "weather": ["will it rain tomorrow", "what is the weather in {}", "is it sunny in {}", "how cold is it in {}"],
    "balance": ["how much money do i have", "what is my balance at {}", "show the balance of my {} account"],
    "alarm": ["wake me up at seven", "set an alarm for {}", "remind me to get up at {}", "set the alarm clock to {}"],
    "music": ["play some jazz", "put on a song by {}", "play music by {}", "i want to listen to {}"],
    "flight": ["book a flight to paris", "find me a plane to {}", "i need to fly to {}", "cheap flights to {}"],
}
FILLED = ("berlin", "noon", "anna", "the bank", "paris")
OUTSIDE = [
    "who wrote hamlet", "solve this equation for x", "translate good morning into french", "where is peru",
    "write a poem about the sea", "how do i bake bread", "fix the bug in my code", "why is the sky blue",
    "how tall is the eiffel tower", "tell me a joke", "what does this word mean", "convert ten miles into kilometres",
]  # fmt: skip
PROMPTS = [
    ("what is the weather in oslo", "weather"),
    ("show me the balance of my savings account", "balance"),
    ("please set an alarm for six", "alarm"),
    ("play a song by queen", "music"),
    ("cheap flights to rome", "flight"),
]


def topics() -> list[Any]:
    """Return an entry for each topic, with sixteen or more examples."""
    return [
        tool(name, description=f"All about {name}", examples=[text.format(one) for text in said for one in FILLED])
        for name, said in TOPICS.items()
    ]


@pytest.fixture
def meaning(lend_url: LendUrl) -> Iterator[Catalog]:
    """A catalog of five tools with the default embedder."""
    with lend_url() as url, open_catalog(url, embedder="wordllama") as cat:
        cat.register_many(topics())
        yield cat


def router(catalog: Catalog, **options: Any) -> AutoCouncil:
    """Return a router over tools that goes by meaning and abstains."""
    return AutoCouncil(catalog, "embedding", **{"kind": "tool", "on_no_match": "abstain", **options})


def test_the_nearest_candidate_is_picked_without_any_fitting(meaning: Catalog) -> None:
    """Prompts that share the meaning of examples go to their entries, and others to none."""
    route = router(meaning)
    assert [route.resolve(text).name for text, _ in PROMPTS] == [name for _, name in PROMPTS]
    assert route.resolve("🦜 qwzx").name is None


def test_scores_are_the_nearness_of_every_candidate(meaning: Catalog) -> None:
    """Each candidate's score is that of the formula over the vectors of its texts, the best first."""
    route = router(meaning)
    decision = route.resolve("play a song")
    vectors = of_pool(route.pool())
    query = vectors.embedder.encode(["play a song"])
    expected = score(query, vectors.rows, vectors.owners, 5)[0]
    names = [entry.name for entry in route.pool().entries]
    by_score = sorted(zip(names, expected.tolist(), strict=True), key=lambda one: -one[1])
    assert [(one.name, one.score) for one in decision.candidates] == [(n, pytest.approx(s)) for n, s in by_score]
    assert decision.score == pytest.approx(by_score[0][1], abs=1e-6)
    assert decision.threshold is not None
    said = f"({by_score[0][1]:.3f}), at or above the threshold of {decision.threshold:.3f}; not fitted"
    assert decision.reason == f"music is the nearest {said}"
    assert decision.confidence is None


def test_with_too_few_examples_prompts_about_anything_give_the_threshold(catalog: Catalog) -> None:
    """Entries without examples are picked by what they say they are, not for prompts about other things."""
    with open_catalog(catalog.url, embedder="wordllama") as cat:
        cat.register_many([tool("draw_scatter", description="Draw a scatter plot"), tool("send_mail")])
        route = router(cat)
        decision = route.resolve("plot these points")
        vectors = of_pool(route.pool())
        pairs = score(vectors.embedder.encode(PROMPTS_ABOUT_ANYTHING), vectors.rows, vectors.owners, 2)
        assert (decision.name, decision.threshold) == (
            "draw_scatter",
            pytest.approx(np.quantile(pairs, 0.97), abs=1e-6),
        )
        assert decision.reason.endswith(f"at or above the threshold of {decision.threshold:.3f}; not fitted")
        asked = ["mail this to my sister", "is the museum open on monday", "how old is the universe"]
        assert [route.resolve(text).name for text in asked] == ["send_mail", None, None]


def test_a_threshold_given_wins(meaning: Catalog) -> None:
    """With a threshold of one's own, every other is out."""
    assert router(meaning, threshold=0.99).resolve("play a song by queen").name is None
    assert router(meaning, threshold=0.01).resolve("who wrote hamlet").threshold == 0.01


@pytest.mark.parametrize("prompt", ["", " ", "🦜", "\x00", "\ud800"])
def test_a_prompt_without_words_picks_nothing(meaning: Catalog, prompt: str) -> None:
    """What the embedder has no token for belongs to no entry, before and after fitting; no number is NaN."""
    route = router(meaning)
    for _ in range(2):
        decision = route.resolve(prompt)
        assert decision.name is None
        assert not any(one.score is not None and np.isnan(one.score) for one in decision.candidates)
        route.fit([(text, None) for text in OUTSIDE])


def test_a_prompt_of_a_million_characters_is_routed_by_its_beginning(meaning: Catalog) -> None:
    """What stands behind the first characters changes nothing."""
    route = router(meaning)
    start = ("play a song by queen " * 200)[:MOST_CHARACTERS]
    assert route.resolve(start + "x" * 1_000_000).candidates == route.resolve(start).candidates


def test_what_fit_learns_is_kept_with_the_catalog(meaning: Catalog) -> None:
    """After fitting, decisions have a confidence and the fitted threshold, also in another catalog object."""
    labelled: list[tuple[str, str | None]] = [*PROMPTS, *((text, None) for text in OUTSIDE)]
    route = router(meaning)
    report = route.fit(labelled)
    assert (report.candidates, report.prompts, report.out_of_scope) == (5, 17, 12)
    assert report.embedder == of_pool(route.pool()).embedder.name
    assert report.stored
    assert report.notes == ("12 prompts without an entry are few: shares of fewer than 20 are chance",)
    assert report.auroc is not None
    assert report.auroc > 0.8
    with open_catalog(meaning.url, embedder="wordllama") as other:
        for one in (route, router(other)):
            decision = one.resolve("is it sunny in rome")
            assert (decision.name, decision.threshold) == ("weather", report.threshold)
            assert decision.confidence is not None
            assert decision.confidence > 0.5
            assert "the fitted threshold" in decision.reason
            assert one.resolve("who wrote faust").name is None
    assert router(meaning, name="another").resolve("will it rain").confidence is None, "kept by the router's name"
    assert router(meaning, exclude_tags=["x"]).resolve("will it rain").confidence is None, "and its tags"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda cat: cat.register("tool", "new", "os:getcwd"), "of the candidates it was made for, 1 new"),
        (lambda cat: cat.unregister("tool", "music"), "of the candidates it was made for, 1 gone"),
        (
            lambda cat: cat.register("tool", "music", "os:getcwd", description="All about music", examples=["sing"]),
            "of the candidates it was made for, 1 changed",
        ),
    ],
)
def test_a_stale_calibration_is_reported_and_not_applied(meaning: Catalog, change: Any, why: str) -> None:
    """Once candidates or examples have changed, decisions say so and go by nearness; the event tells, too."""
    events: list[Event] = []
    route = router(meaning, watch=events.append)
    route.fit([(text, None) for text in OUTSIDE])
    assert route.resolve("will it rain").confidence is not None
    change(meaning)
    decision = route.resolve("will it rain")
    assert decision.name == "weather"
    assert decision.confidence is None
    assert decision.reason.endswith(f"; the calibration is stale ({why}) and was not applied: fit again")
    assert [event.data for event in events if event.name == "route.calibration_stale"] == [{"reason": why}]
    report = route.fit([(text, None) for text in OUTSIDE])
    decision = route.resolve("will it rain")
    assert ("stale" in decision.reason, decision.confidence is not None) == (False, report.stored)


def test_a_change_that_is_not_embedded_leaves_the_calibration(meaning: Catalog) -> None:
    """Metadata, priority and other kinds have no say in vectors: the calibration holds."""
    route = router(meaning)
    route.fit([(text, None) for text in OUTSIDE])
    meaning.register("agent", "other", "os:getcwd")
    meaning.register_many([topics()[0].model_copy(update={"priority": 7})])
    assert route.resolve("will it rain").confidence is not None


def test_a_calibration_of_another_embedder_is_stale(meaning: Catalog) -> None:
    """The embedder's name is part of what a calibration holds for, from the moment another one is configured."""
    router(meaning).fit([(text, None) for text in OUTSIDE])
    with open_catalog(meaning.url, embedder="hash") as other:
        for _ in range(2):
            decision = router(other).resolve("will it rain")
            assert "the calibration is stale (it was made with wordllama" in decision.reason
            assert decision.confidence is None
            other.embed_update()
    assert router(meaning).resolve("will it rain").confidence is not None


def test_a_damaged_calibration_is_not_applied(meaning: Catalog) -> None:
    """Bytes that are no calibration are reported as a reason to fit again, and routing goes on."""
    route = router(meaning)
    route.fit([(text, None) for text in OUTSIDE])
    damage(meaning.url, "UPDATE calibration SET data = substr(data, 1, 100)")
    decision = route.resolve("will it rain")
    assert decision.name == "weather"
    assert "the stored calibration can't be read" in decision.reason


def test_fitting_refuses_labels_that_name_no_candidate(meaning: Catalog) -> None:
    """A label must be the name or key of a candidate; the error suggests one, and nothing is stored."""
    route = router(meaning)
    with pytest.raises(EntryNotFoundError, match="no candidate is called 'wether'; did you mean 'weather'"):
        route.fit([("will it rain", "wether")])
    assert route.resolve("will it rain").confidence is None
    assert route.fit([("will it rain", "tool:weather"), ("sing", None)]).prompts == 2


def test_fitting_needs_something_to_learn(catalog: Catalog, meaning: Catalog) -> None:
    """Strategies that learn nothing, no candidates, and no prompts in scope are said; shares must be shares."""
    with pytest.raises(StrategyError, match="the strategy 'rules' learns nothing"):
        AutoCouncil(meaning, "rules", kind="tool").fit([])
    with pytest.raises(StrategyError, match="there is no candidate of kind council to learn for"):
        AutoCouncil(meaning).fit([])
    with pytest.raises(StrategyError, match=r"target_coverage=1\.5: give a share between 0 and 1"):
        router(meaning).fit([], target_coverage=1.5)
    with open_catalog(catalog.url, embedder="wordllama") as cat:
        cat.register_many([tool("a", description="Apples")])
        with pytest.raises(StrategyError, match="there is nothing to fit on"):
            router(cat).fit([("x", None)])


def test_the_step_of_a_cascade_is_fitted(meaning: Catalog) -> None:
    """A cascade hands fitting to its step that learns."""
    route = router(meaning)
    cascade = AutoCouncil(meaning, kind="tool", on_no_match="abstain")
    cascade.fit([(text, None) for text in OUTSIDE])
    decision = cascade.resolve("will it rain")
    assert [step.outcome for step in decision.steps] == ["abstained", "chosen"]
    assert decision.confidence == route.resolve("will it rain").confidence


def test_every_tier_is_routed_to(meaning: Catalog) -> None:
    """An object of this process alone is a candidate like the others, with vectors made on the spot."""
    meaning.register("tool", "poem", str.upper, runtime=True, description="Write poems", examples=["a poem on love"])
    assert router(meaning).resolve("write me a poem").name == "poem"


def test_an_entry_without_a_fresh_vector_is_not_judged_by_an_old_one(meaning: Catalog) -> None:
    """Vectors of a text that has changed since are not used: the candidate is embedded again or left out."""
    with meaning.workspace.store.writing(
        actor="test"
    ) as transaction:  # as if written by a catalog without the embedder
        transaction.put([topics()[0].model_copy(update={"examples": ("bake bread",), "description": "Bread"})], "edit")
    route = router(meaning)
    assert route.resolve("will it rain tomorrow").candidates[0].name != "weather"
    assert route.resolve("bake a bread").name == "weather"
    vectors = of_pool(route.pool())
    rows = vectors.rows[vectors.owners == [e.name for e in route.pool().entries].index("weather")]
    assert len(rows) == 2
    np.testing.assert_allclose(rows[1], vectors.embedder.encode(["bake bread"])[0], atol=1e-6)


def test_without_an_embedder_the_strategy_says_so(catalog: Catalog) -> None:
    """A catalog that is configured without an embedder can't route by meaning; a cascade goes on."""
    catalog.register_many([tool("a", match="x")])
    with pytest.raises(StrategyError, match="no embedder"):
        router(catalog).resolve("y")
    cascade = AutoCouncil(catalog, "cascade", kind="tool", on_no_match="abstain", chain=["embedding", "rules"])
    assert [(step.strategy, step.outcome) for step in cascade.resolve("x").steps] == [
        ("embedding", "failed"),
        ("rules", "chosen"),
    ]


def test_many_prompts_get_what_each_gets_alone(meaning: Catalog) -> None:
    """Batches change no name, score or confidence."""
    route = router(meaning, cache=0)
    texts = [text for text, _ in PROMPTS] + OUTSIDE
    for _ in range(2):
        many = route.resolve_many(texts)
        alone = [route.resolve(text) for text in texts]
        assert [d.name for d in many] == [d.name for d in alone]
        assert [d.score for d in many] == pytest.approx([d.score for d in alone], abs=1e-5)
        route.fit([(text, None) for text in OUTSIDE])


def test_what_is_no_candidate_costs_no_vector(meaning: Catalog) -> None:
    """An entry of another kind changes the generation and nothing else; a changed candidate is read again."""
    route = router(meaning)
    route.resolve("play a song")
    before = of_pool(route.pool())
    meaning.register("agent", "other", "os:getcwd")
    decision = route.resolve("play a song")
    assert decision.generation == meaning.generation
    assert decision.cached is False
    assert of_pool(route.pool()) is before
    meaning.register("tool", "music", "os:getcwd", description="Sheet music", examples=[])
    route.resolve("play a song")
    assert of_pool(route.pool()) is not before
    assert len(of_pool(route.pool()).rows) < len(before.rows)


def test_a_decision_of_many_holds_its_own_scores_alone(meaning: Catalog) -> None:
    """What is remembered of one prompt does not keep the scores of all that were asked together."""
    prompts = ["will it rain", "play a song", "zzqx"]
    route = router(meaning)
    for _ in range(2):
        for said in route.strategy.choose_many(prompts, route.pool()):  # type: ignore[attr-defined]
            assert said.scores.base is None
        route.fit([(text, None) for text in OUTSIDE])


def test_candidates_are_prepared_once_for_many_threads(meaning: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads that ask at once, and an unrelated change in between, read the candidates' vectors once."""
    read: list[int] = []

    def slowly(*given: Any) -> Any:
        read.append(1)
        meaning.register("agent", "other", "os:getcwd")
        time.sleep(0.05)
        return read_vectors(*given)

    monkeypatch.setattr("catalog.routing.calibration.candidate_vectors.read_vectors", slowly)
    route = router(meaning)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(route.resolve, [f"will it rain {n}" for n in range(16)]))
    assert ({one.name for one in found}, len(read)) == ({"weather"}, 1)


@pytest.mark.parametrize(
    "about", ["{", "[]", '"x"', "null", "5", '{"embedder": 3, "candidates": [1]}', '{"candidates": {"tool:a": 1}}']
)
def test_a_calibration_whose_description_is_damaged_is_not_applied(meaning: Catalog, about: str) -> None:
    """What a calibration is about may be any text: it is reported as stale or damaged, and routing goes on unfitted."""
    route = router(meaning)
    assert route.fit([(text, None) for text in OUTSIDE]).stored
    damage(meaning.url, f"UPDATE calibration SET about = '{about}'")
    decision = route.resolve("will it rain")
    assert (decision.name, decision.confidence) == ("weather", None)
    assert "and was not applied: fit again" in decision.reason


@pytest.mark.parametrize("how", ["short", "nan", "missing"])
def test_a_calibration_with_a_damaged_array_is_not_applied(meaning: Catalog, how: str) -> None:
    """An array that is short, missing or no number leaves the router without a calibration, not without an answer."""
    route = router(meaning)
    assert route.fit([(text, None) for text in OUTSIDE]).stored
    ((key, data),) = run_sql(meaning.url, "SELECT key, data FROM calibration")
    whole = dict(np.load(io.BytesIO(data)))
    for name in ("mix", "scope", "sure", "rows", "weights", "bias", "owners", "classes"):
        arrays = {**whole, name: whole[name][:-1]}
        if how == "missing":
            del arrays[name]
        elif how == "nan":
            arrays[name] = np.full_like(whole[name], np.nan if whole[name].dtype.kind == "f" else 1 << 20)
        out = io.BytesIO()
        np.savez(out, **arrays)
        damage(meaning.url, ("UPDATE calibration SET data = ? WHERE key = ?", out.getvalue(), key))
        decision = route.resolve("will it rain")
        assert (name, decision.name, decision.confidence) == (name, "weather", None)
        assert "the stored calibration can't be read" in decision.reason, name
