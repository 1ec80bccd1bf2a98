"""Rules that never decide: what is called proved holds for every text, and what is simple enough is proved."""

from __future__ import annotations

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.entry.match import compiled
from catalog.routing.evaluation.shadowed_rules import Literal, Shadowed, literals, matches_everything, observed, proved

FOREVER = float("inf")

words = st.text("ab s-", min_size=1, max_size=3)
atoms = st.one_of(
    words,
    st.sampled_from(
        [".", ".*", "a*", "[ab]", "[^a]", r"\.", r"\b", r"\B", "^", "$", r"\s", r"\w", "b?", "(?:ab)+", "A"]
    ),
)
bodies = st.lists(atoms, min_size=1, max_size=3).map("".join)
rules = st.builds(
    lambda flag, edges, parts: flag + edges[0] + "|".join(parts) + edges[1],
    st.sampled_from(["", "", "(?i)"]),
    st.sampled_from([("", ""), (r"\b(", r")\b"), ("(?:", ")"), ("^(", ")$"), (r"\b", r"\b")]),
    st.lists(bodies, min_size=1, max_size=3),
)
prompts = st.text("abAB sS-.\n", max_size=8)


def usable(rule: str) -> bool:
    """Tell whether rules may have this expression."""
    try:
        compiled(rule)
    except ValueError:
        return False
    return True


def matches(rule: str, text: str) -> bool:
    """Tell whether a rule matches a text."""
    return compiled(rule).search(text) is not None


@settings(max_examples=some(400))
@given(st.lists(rules.filter(usable), min_size=2, max_size=4), st.lists(prompts, max_size=30))
def test_what_is_proved_has_no_exception(given_rules: list[str], texts: list[str]) -> None:
    """Whatever a dead rule matches, the earlier one does, too; texts made of the rule itself included."""
    for one in proved(given_rules, until=FOREVER):
        dead, earlier = given_rules[one.place], given_rules[one.by]
        assert one.by < one.place
        parts = [part.text for part in literals(dead) or ()]
        around = [
            before + part + after for part in parts for before in ("", "a", " ", "-") for after in ("", "b", "\n")
        ]
        for text in (*texts, *around, *(part.upper() for part in parts)):
            assert matches(earlier, text) or not matches(dead, text), (earlier, dead, text)


@settings(max_examples=some(300))
@given(rules.filter(usable), prompts)
def test_a_rule_said_to_match_everything_does(rule: str, text: str) -> None:
    """There is no text that it does not match."""
    assert not matches_everything(rule) or matches(rule, text)


@settings(max_examples=some(300))
@given(rules.filter(usable), prompts)
def test_a_match_of_plain_text_holds_one_of_its_parts(rule: str, text: str) -> None:
    """What a rule of literal alternatives matches has one of them in it."""
    parts = literals(rule)
    if parts is not None and matches(rule, text):
        assert any(part.text in text or (part.folded and part.text.lower() in text.lower()) for part in parts)


@pytest.mark.parametrize(
    ("earlier", "later", "why"),
    [
        (".*", "anything", "/.*/ matches every prompt"),
        ("", "x", "// matches every prompt"),
        ("^a*", "x", "/^a*/ matches every prompt"),
        ("seo", "seo", "the same rule is asked before"),
        ("my.tools:says_yes", "my.tools:says_yes", "the same rule is asked before"),
        ("seo", "seo audit", "/seo/ matches whatever /seo audit/ does"),
        ("seo|ads", "seo audit|my ads", "/seo|ads/ matches whatever /seo audit|my ads/ does"),
        ("(?i)seo", "SEO audit", "/(?i)seo/ matches whatever /SEO audit/ does"),
        ("(?i)seo", "(?i)Seo Audit", "/(?i)seo/ matches whatever /(?i)Seo Audit/ does"),
        (r"\bseo\b", r"\bseo\b audit", r""),
        (r"\bseo\b", r"\bseo audit\b", r"/\bseo\b/ matches whatever /\bseo audit\b/ does"),
        (r"se.", r"^my seo$", r"/se./ matches whatever /^my seo$/ does"),
        (r"a\.b", r"x a\.b", r"/a\.b/ matches whatever /x a\.b/ does"),
        ("seo audit", "seo", ""),
        ("seo", "(?i)seo", ""),
        (r"\bseo\b", "seo", ""),
        ("^seo", "seo", ""),
        ("seo$", "my seo", ""),
        ("s.o", "s.*o", ""),
        ("my.tools:says_yes", "x", ""),
    ],
)
def test_what_is_proved_and_what_is_not(earlier: str, later: str, why: str) -> None:
    """A rule behind one that takes all of it is dead; behind one that leaves something, or may, it is not."""
    assert list(proved([earlier, later], until=FOREVER)) == ([Shadowed(1, 0, why)] if why else [])


def test_the_first_rule_that_takes_it_is_named() -> None:
    """Each dead rule once, in order; rules that can't be compiled neither take nor are taken."""
    found = proved(["(((", "b", "a", "ab", "ba c", "a", "(?P<", ".", "x"], until=FOREVER)
    assert [(one.place, one.by) for one in found] == [(3, 1), (4, 1), (5, 2)]


def test_a_proof_stops_when_time_is_up() -> None:
    """What was found till then is told."""
    clock = iter(range(100))
    found = proved(["seo", "seo x", "seo y", "seo z"], until=2, clock=lambda: next(clock))
    assert [one.place for one in found] == [1, 2]


def test_known_prompts_show_rules_that_never_come_first() -> None:
    """A rule that matches some and decides none is told, with who took how many; one that decides once is not."""
    given_rules = ["[a-z]+ size", "size$", "^my", "my.tools:yes", "((", "never"]
    texts = ["price size", "the size", "my size", "my own", "none"]
    assert observed(given_rules, texts, until=FOREVER) == {1: {0: 3}}
    clock = iter(range(100))
    assert observed(given_rules, texts, until=1, clock=lambda: next(clock)) == {1: {0: 2}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("seo", [Literal("seo")]),
        ("(?i)a|b c", [Literal("a", True), Literal("b c", True)]),
        (r"\bseo\b", [Literal("seo", False, True, True)]),
        (r"\b(a|b)\b", [Literal("a", False, True, True), Literal("b", False, True, True)]),
        (r"^(?:a|b)$", [Literal("a"), Literal("b")]),
        (r"c\+\+", [Literal("c++")]),
        (r"a\$", [Literal("a$")]),
        (r"a\\b", [Literal("a\\b")]),
        ("a.b", None),
        (r"\d", None),
        ("a|", None),
        ("(a)(b)", None),
        ("", None),
    ],
)
def test_the_alternatives_of_plain_text(rule: str, expected: list[Literal] | None) -> None:
    """An expression that is plain text is told apart from one that is more."""
    assert literals(rule) == expected
