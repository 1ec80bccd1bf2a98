"""What lint finds among candidates, rules and golden cases, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import LendUrl, open_catalog, tool
from scripted_strategy import entries

from catalog import AutoCouncil, Catalog
from catalog.routing.calibration.candidate_vectors import of_pool
from catalog.routing.evaluation.lint import CODES, NEAR, LintFinding, lint
from catalog.routing.labelled import Case


@pytest.fixture
def meaning(lend_url: LendUrl) -> Iterator[Catalog]:
    """Three tools with examples, and the default embedder."""
    with lend_url() as url, open_catalog(url, embedder="wordllama") as cat:
        cat.register_many(entries())
        yield cat


def router(catalog: Catalog, strategy: Any = "cascade", **options: Any) -> AutoCouncil:
    """Return a router over tools."""
    return AutoCouncil(catalog, strategy, "tool", "abstain", **options)


def found(catalog: Catalog, *codes: str, **options: Any) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Return code, keys, evidence and message of what lint finds."""
    return [(f.code, f.keys, f.evidence, f.message) for f in lint(router(catalog, **options), codes).findings]


def test_a_good_catalog_has_no_finding(meaning: Catalog) -> None:
    """Three entries that say different things, each reached by its golden case."""
    meaning.golden.add_many([
        Case("what will the weather be at noon", ("weather",)), Case("play a song by the beatles", ("music",)),
        Case("flights from rome to berlin", ("flight",)), Case("who wrote hamlet"),
    ])  # fmt: skip
    done = lint(router(meaning))
    assert done.to_dict() == {"findings": [], "notes": [], "candidates": 3, "golden": 4}


def test_entries_that_say_the_same_are_near_duplicates(meaning: Catalog) -> None:
    """The very same words are proved; a cosine above the limit makes it likely, the nearest pair first."""
    meaning.register_many([
        tool("area", description="Calculate the area of a triangle"),
        tool("area2", description="calculate  the area of a TRIANGLE"),
        tool("scatter", description="Draw a scatter plot from two CSV columns"),
        tool("scatter2", description="Draw a scatter plot from two columns of CSV"),
        tool("triangles", description="Calculate the areas of triangles"),
    ])  # fmt: skip
    route = router(meaning)
    vectors = of_pool(route.pool())
    texts = vectors.rows[vectors.parts == 0]
    keys = [entry.key for entry in route.pool().entries]
    near = {
        (keys[i], keys[j]): float(texts[i] @ texts[j])
        for i in range(len(keys))
        for j in range(i + 1, len(keys))
        if texts[i] @ texts[j] >= NEAR
    }
    near.pop(("tool:area", "tool:area2"), None)  # told as proved
    assert ("tool:scatter", "tool:scatter2") in near
    first, *others = lint(route, ["near_duplicate"]).findings
    assert first == LintFinding(
        "near_duplicate",
        ("tool:area", "tool:area2"),
        "description and examples are the same: no strategy that reads them can tell the two apart",
        "proved",
        {"similarity": 1.0},
    )
    assert [(one.keys, one.evidence, one.facts["similarity"]) for one in others] == [
        (pair, "likely", pytest.approx(near[pair], abs=1e-3)) for pair in sorted(near, key=lambda pair: -near[pair])
    ]
    assert others[0].message.startswith("they say nearly the same (similarity 0.9")


def test_without_an_embedder_words_are_compared(catalog: Catalog) -> None:
    """Equal texts are found all the same, and a note says what was not looked at."""
    catalog.register_many([tool("a", description="Same"), tool("b", description="same")])
    done = lint(router(catalog), ["near_duplicate"])
    assert [one.keys for one in done.findings] == [("tool:a", "tool:b")]
    assert done.notes == (
        "near-duplicates were looked for by words only: this catalog has no embedder: it is configured as 'none'",
    )


def test_an_example_of_several_entries_is_told(catalog: Catalog) -> None:
    """Capitals and spaces make no difference; an example that one entry has is its own."""
    catalog.register_many([
        tool("a", examples=["Mail  this", "one"]), tool("b", examples=["mail this"]), tool("c", examples=["mail THIS"]),
    ])  # fmt: skip
    assert found(catalog, "shared_example") == [
        (
            "shared_example", ("tool:a", "tool:b", "tool:c"), "proved",
            "'Mail this' is an example of each: it teaches nothing about any",
        ),
    ]  # fmt: skip


def test_pairs_that_steal_golden_cases(catalog: Catalog) -> None:
    """Both directions of a pair are one finding; the pair with most comes first; several right ones are all right."""
    catalog.register_many([tool("a", match="apple"), tool("b", match="berry"), tool("c", match="cherry")])
    catalog.golden.add_many([
        Case("apple 1", ("b",)), Case("apple 2", ("b",)), Case("berry", ("a",)), Case("cherry", ("c", "a")),
        Case("cherry pie", ("b",)), Case("apple pie"), Case("nothing", ("a",)),
    ])  # fmt: skip
    assert lint(router(catalog), ["steals"]).findings == (
        LintFinding(
            "steals", ("tool:a", "tool:b"),
            "tool:a takes 2 golden cases of tool:b, and tool:b takes 1 golden case of tool:a, as 'apple 1'",
            "observed", {"taken": {"tool:a": 2, "tool:b": 1}, "texts": ["apple 1", "apple 2", "berry"]},
        ),
        LintFinding(
            "steals", ("tool:b", "tool:c"), "tool:c takes 1 golden case of tool:b, as 'cherry pie'",
            "observed", {"taken": {"tool:b": 0, "tool:c": 1}, "texts": ["cherry pie"]},
        ),
    )  # fmt: skip


def test_entries_that_no_golden_case_reaches(catalog: Catalog) -> None:
    """Without a case, with one that goes elsewhere, with several; one that a case of another reaches is reached."""
    catalog.register_many([tool(name, match=f"^{name} ") for name in "abcd"])
    catalog.golden.add_many([
        Case("a 1", ("b",)), Case("x 1", ("c",)), Case("x 2", ("c",)), Case("a 2", ("a",)),
    ])  # fmt: skip
    assert found(catalog, "unreached", chain=["rules"]) == [
        ("unreached", ("tool:b",), "observed", "its golden case does not reach it"),
        ("unreached", ("tool:c",), "observed", "none of its 2 golden cases reaches it"),
        ("unreached", ("tool:d",), "observed", "it has no golden case, and none reaches it"),
    ]


def test_without_golden_cases_nothing_is_called_unreached(catalog: Catalog) -> None:
    """A note says how to keep one; those of gone entries are told, with the way to take them away."""
    catalog.register_many([tool("a"), tool("gone")])
    catalog.golden.add_many([Case("x", ("gone",)), Case("y", ("gone",)), Case("z")])
    catalog.unregister("tool", "gone")
    done = lint(router(catalog), ["steals", "unreached", "lost_golden"])
    assert [(one.code, one.keys, one.message) for one in done.findings] == [
        (
            "lost_golden", ("tool:gone",),
            "2 golden cases of an entry that is not in the catalog, as 'x'; "
            "`catalog route golden remove --entry tool:gone` takes them away",
        ),
    ]  # fmt: skip
    assert done.notes == ("no golden case is for these candidates; `catalog route golden add TEXT KEY` keeps one",)


def test_rules_that_never_decide(catalog: Catalog) -> None:
    """Proved ones name the rule that takes all of it; observed ones count known prompts; predicates are not called."""
    catalog.register_many([
        tool("first", match="seo", priority=9),
        tool("audit", match="seo audit"),
        tool("sized", match="[a-z]+ size", priority=2, examples=["the size"]),
        tool("size", match="size$"),
        tool("own", match="nowhere.at_all:predicate"),
        tool("last", match="never"),
    ])  # fmt: skip
    catalog.golden.add("price size", "size")
    assert lint(router(catalog), ["dead_rule"]).findings == (
        LintFinding(
            "dead_rule", ("tool:audit", "tool:first"),
            "tool:first is asked before and takes all of it: /seo/ matches whatever /seo audit/ does",
            "proved", {"rule": "seo audit", "earlier": "seo"},
        ),
        LintFinding(
            "dead_rule", ("tool:size", "tool:sized"),
            "it matches 2 known prompts, and an earlier rule takes each: tool:sized 2",
            "observed", {"rule": "size$", "earlier": "[a-z]+ size", "prompts": 2},
        ),
    )  # fmt: skip


def test_rules_that_can_not_be_used_and_silent_entries(catalog: Catalog) -> None:
    """A rule that an older catalog let in is broken; an entry without a word about it is found by its name at most."""
    catalog.register_many([tool("a"), tool("b", match="x"), tool("c", description="Something")])
    with catalog.workspace.store.writing(actor="test") as transaction:
        transaction.put([tool("b").model_copy(update={"match": "(?=x)"})], "edit")
    assert found(catalog, "broken_rule", "undescribed") == [
        (
            "broken_rule", ("tool:b",), "proved",
            "its rule is passed over: '(?=x)' is not a regular expression that rules can use: invalid perl operator: "
            "(?=; rules have no look-around and no back-references, so that none can hang",
        ),
        ("undescribed", ("tool:a",), "proved", "neither description nor examples: nothing but its name finds it"),
        ("undescribed", ("tool:b",), "proved", "neither description nor examples: only its rule finds it"),
    ]  # fmt: skip


def test_drafts_are_told(catalog: Catalog) -> None:
    """What a model made waits for a decision; it is no candidate."""
    catalog.register_many([tool("a", metadata={"draft": {"model": "x"}})])
    done = lint(router(catalog), ["draft"])
    assert [(one.keys, one.message) for one in done.findings] == [
        (("tool:a",), "a draft that waits for approval or removal")
    ]
    assert (done.candidates, done.notes) == (0, ("there is no candidate",))


def test_what_needs_review_is_listed(catalog: Catalog, tmp_path: Path) -> None:
    """An entry that drifted is no candidate before somebody approves it, and lint says which and why."""
    file = tmp_path / "reviewed_lint.py"
    file.write_text("def chart(a): ...\n")
    catalog.scan(file, public=True)
    file.write_text("def chart(a, b): ...\n")
    catalog.verify()
    ((code, keys, evidence, message),) = found(catalog, "review")
    assert (code, keys, evidence) == ("review", ("tool:chart",), "proved")
    assert message.startswith("needs review: the signature changed from (a) to (a, b)")
    catalog.approve("tool:chart")
    assert found(catalog, "review") == []


def test_deprecated_entries_are_listed_where_golden_cases_ask_for_them(catalog: Catalog) -> None:
    """With how many cases, and what replaces them; where nobody asks for one it is no finding."""
    catalog.register_many([tool("old"), tool("older"), tool("new")])
    catalog.golden.add("draw a pie", "old")
    catalog.deprecate("tool:old", instead="tool:new", reason="slow")
    catalog.deprecate("tool:older")
    assert found(catalog, "deprecated") == [
        (
            "deprecated",
            ("tool:old",),
            "proved",
            "1 golden case of it, as 'draw a pie', and it is deprecated: slow; use tool:new instead",
        )
    ]
    assert found(catalog, "deprecated", deprecated=True) == []


def test_no_model_is_asked(catalog: Catalog) -> None:
    """Golden cases go through the other steps; a router of models alone is asked nothing."""
    catalog.register_many([tool("a", match="apple")])
    catalog.golden.add("apple", "a")
    server = {"model": "small", "base_url": "http://127.0.0.1:9/v1"}
    done = lint(router(catalog, chain=["rules", "llm_classify"], **server), ["steals", "unreached"])
    assert (done.findings, done.notes, done.golden) == ((), ("strategies that ask a model were left out",), 1)
    done = lint(router(catalog, "llm_classify", **server), ["steals", "unreached"])
    assert (done.findings, done.notes, done.golden) == ((), ("strategies that ask a model were left out",), 0)


def test_what_golden_cases_were_asked_with_is_noted(meaning: Catalog, catalog: Catalog) -> None:
    """A stale calibration, cases that are examples, and a step that fails are said beside the findings."""
    route = router(meaning, "embedding")
    route.fit([("what is the capital of peru", None), ("play a song by queen", "music")])
    meaning.golden.add_many([Case("play some jazz", ("music",)), Case("play a song by queen", ("music",))])
    flattered = "2 of 2 prompts were learned from, or are examples of an entry: the figures flatter the router"
    assert lint(route, ["steals"]).notes == (flattered,)
    meaning.register_many([tool("poem", description="Write a poem")])
    stale = "the calibration is stale (of the candidates it was made for, 1 new) and was not applied: fit again"
    assert lint(route, ["steals"]).notes == (stale, flattered.replace("2 of", "1 of"))
    catalog.register_many([tool("a", match="apple")])
    catalog.golden.add("apple", "a")
    catalog.golden.add("bread", "a")
    assert lint(router(catalog), ["steals"]).notes == (
        "embedding failed for 1 of 1 prompts, the first time so: "
        "this catalog has no embedder: it is configured as 'none'",
    )


def test_time_is_bounded_and_what_was_left_out_is_said(meaning: Catalog) -> None:
    """With no time at all, pairs are not compared, and a note says so."""
    clock = iter(float(second) for second in range(1_000))
    done = lint(router(meaning), ["near_duplicate"], seconds=0.0, clock=lambda: next(clock))
    assert (done.findings, done.notes) == ((), ("time was up after 0 candidates were compared with all others",))


def test_findings_come_in_the_order_of_their_codes(catalog: Catalog) -> None:
    """Whatever is asked for, and nothing else; the order is that of the codes."""
    catalog.register_many([tool("a", match="x"), tool("b", match="x", examples=["q"]), tool("c", examples=["q"])])
    codes = [one[0] for one in found(catalog)]
    assert codes == ["near_duplicate", "shared_example", "dead_rule", "undescribed"]
    assert codes == sorted(codes, key=CODES.index)
    assert [one[0] for one in found(catalog, "undescribed", "dead_rule")] == ["dead_rule", "undescribed"]
