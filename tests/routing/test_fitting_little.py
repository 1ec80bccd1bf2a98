"""Whatever a router is taught, it is no worse for it than without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import LendUrl, open_catalog, some, temporary_catalog, tool
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import AutoCouncil, Catalog
from catalog.routing.calibration.stored import router_key

TEAMS = {
    "billing": ["refund my order", "charge me later", "my invoice is wrong", "can i pay by card"],
    "technical": ["it hangs all the time", "the app crashes", "i can not log in", "the screen stays black"],
    "travel": ["book a flight to rome", "i need a hotel", "cancel my trip", "is there a train to berlin"],
}
ASKED = [
    ("why was my card charged twice", "billing"), ("send me the invoice again", "billing"),
    ("i want my money back for the order", "billing"), ("the program crashes when it starts", "technical"),
    ("login does not work", "technical"), ("a cheap flight to paris", "travel"),
    ("find a hotel near the sea", "travel"),
    ("the train to rome is cancelled", "travel"),
]  # fmt: skip
NULLS = [
    "what is the capital of peru", "bake bread", "who won the game", "sing a song", "what is love",
    "how far is the moon",
    "the best movie of the year", "my dog is sick", "translate hello", "write a poem about rain", "solve x squared",
    "how tall is the eiffel tower", "tell me a joke", "what does this word mean", "who painted the mona lisa",
    "how do plants grow",
]  # fmt: skip


@pytest.fixture(scope="module")
def teams() -> Iterator[Catalog]:
    """Three teams with four examples each."""
    with open_catalog("sqlite://", embedder="wordllama") as cat:
        cat.register_many([tool(name, examples=examples) for name, examples in TEAMS.items()])
        yield cat


def shares(router: AutoCouncil, inside: list[tuple[str, str]], outside: list[str]) -> tuple[float, float]:
    """Return the share of prompts answered right, and the share of the others that get no answer."""
    right = [router.resolve(text).name == name for text, name in inside]
    refused = [router.resolve(text).name is None for text in outside]
    return sum(right) / len(right), sum(refused) / len(refused)


@settings(max_examples=some(40), deadline=None)
@given(
    inside=st.lists(st.sampled_from(ASKED), min_size=1, max_size=4, unique=True),
    outside=st.lists(st.sampled_from(NULLS), max_size=8, unique=True),
    seed=st.integers(0, 3),
)
def test_fitting_on_little_makes_nothing_worse(
    teams: Catalog, inside: list[tuple[str, str]], outside: list[str], seed: int
) -> None:
    """On prompts it was not fitted on, a fitted router abstains and answers as well as before, but for one prompt."""
    fresh_in = [case for case in ASKED if case not in inside]
    fresh_out = [text for text in NULLS if text not in outside]
    router = AutoCouncil(teams, "embedding", kind="tool", on_no_match="abstain", name=f"r{seed}", cache=0)
    with teams.workspace.writing() as transaction:
        transaction.forget_calibration(router_key(router.context))
    before = shares(router, fresh_in, fresh_out)
    report = router.fit([*inside, *((text, None) for text in outside)], seed=seed)
    after = shares(router, fresh_in, fresh_out)
    assert after[0] + after[1] >= before[0] + before[1] - 1 / len(fresh_in) - 1 / len(fresh_out)
    assert after[1] >= before[1] - 1 / len(fresh_out)
    assert all(router.resolve(text).name is None for text in outside) or not report.stored


def test_a_fit_that_is_no_better_takes_a_calibration_away(lend_url: LendUrl) -> None:
    """After a fit on one prompt and none that fits nothing, the router is as unfitted as the report says."""
    with temporary_catalog(lend_url) as blank, open_catalog(blank.url, embedder="wordllama") as cat:
        cat.register_many([tool(name, description=f"About {name}") for name in ("apples", "pears", "plums")])
        router = AutoCouncil(cat, "embedding", kind="tool", on_no_match="abstain")
        report = router.fit([("an apple a day", "apples"), ("what is love", None)])
        assert report.stored is False
        assert report.notes[-1].startswith("fitting did no better than not fitting, so nothing was stored: ")
        assert router.resolve("an apple a day").confidence is None
