"""What is wrong with a council: every code, all at once, and never an exception."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import json_objects, json_values, names
from test_spec import specs

from catalog import Catalog, CouncilSpec, CouncilSpecError, resolve_council, validate_council
from catalog.council_specs.shape import CODES, as_data

A = {"id": "a", "system_prompt": "Think."}
B = {"id": "b", "system_prompt": "Doubt."}
VOTE = [{"type": "vote"}]


def codes(spec: Any, catalog: Catalog | None = None, **bounds: int) -> list[tuple[str, str]]:
    """Return path and code of each issue."""
    return [(one["path"], one["code"]) for one in validate_council(spec, catalog, **bounds)]


def council(*members: Any, **fields: Any) -> dict[str, Any]:
    """Return a spec that is right if its members are."""
    return {"members": list(members), "rounds": VOTE, **fields}


FORM: list[tuple[Any, list[tuple[str, str]]]] = [
    (council(A, B), []),
    (council(A, chair="a"), []),
    (council(A, chair=B), []),
    (council({"id": "a", "sub_council": council(B)}), []),
    (None, [("", "bad_type")]),
    ([], [("", "bad_type")]),
    ("seo", [("", "bad_type")]),
    ({}, [("members", "too_few_members"), ("rounds", "required")]),
    (council({}), [("members.0.id", "required"), ("members.0.system_prompt", "required")]),
    (council({**A, "id": ""}), [("members.0.id", "required")]),
    (council({**A, "id": 3}), [("members.0.id", "bad_type")]),
    (council({**A, "id": "a\n"}), [("members.0.id", "bad_type")]),
    (council({"id": "a", "system_prompt": ""}), [("members.0.system_prompt", "required")]),
    (council(A, B, A), [("members.2.id", "duplicate_id")]),
    (council(A, chair=A), [("chair.id", "duplicate_id")]),
    (council(A, chair="z"), [("chair", "unknown_ref")]),
    (council({**A, "profle": "x"}), [("members.0.profle", "bad_type")]),
    (council({**A, "tools": "plot"}), [("members.0.tools", "bad_type")]),
    (council({**A, "tools": ["plot", 3, ""]}), [("members.0.tools.1", "bad_type"), ("members.0.tools.2", "bad_type")]),
    (council({**A, "output_schema": "v", "output_schema_inline": {}}),
     [("members.0.output_schema_inline", "exclusive_fields")]),
    (council({**A, "input_mapper": len}), [("members.0.input_mapper", "not_serialisable")]),
    (council({**A, "metadata": {"x": [1, {2}]}}), [("members.0.metadata.x.1", "not_serialisable")]),
    (council({**A, "profile_overrides": {"t": float("inf")}}), [("members.0.profile_overrides.t", "not_serialisable")]),
    (council({**A, "role": "\ud800"}), [("members.0.role", "not_serialisable")]),
    (council(A, metadata={1: 2}), [("metadata", "not_serialisable")]),
    (council(A, rounds=[]), [("rounds", "required")]),
    (council(A, rounds=[{}]), [("rounds.0.type", "required")]),
    (council(A, rounds=["vote"]), [("rounds.0", "bad_type")]),
    (council(A, rounds=[{"type": "peer_review"}]), [("rounds.0.type", "too_few_members")]),
    (council(A, B, rounds=[{"type": "pairwise_elimination"}]), []),
    (council(A, rounds=[{"type": "iterate"}]), [("rounds.0.until_ref", "required")]),
    (council(A, rounds=[{"type": "iterate", "until_ref": "x"}]), []),
    (council(A, rounds=[{"type": "iterate", "options": {"until_ref": "x"}}]), []),
    (council(A, rounds=[{"type": "iterate", "until_ref": "x", "options": {"until_ref": "y"}}]),
     [("rounds.0.until_ref", "exclusive_fields")]),
    (council(A, rounds=[{"type": "iterate", "options": {"until_ref": 3}}]),
     [("rounds.0.options.until_ref", "bad_type")]),
    (council(*({**A, "id": str(n)} for n in range(51))), [("members", "too_many_members")]),
    (council(A, schema_version=2, colour="red"), [("schema_version", "unsupported_schema_version")]),
    (council(A, schema_version="1"), [("schema_version", "bad_type")]),
    (council({"id": "a", "sub_council": council({"id": "x"}, schema_version=7)}),
     [("members.0.sub_council.schema_version", "unsupported_schema_version")]),
    (council({"id": "a", "sub_council": {"members": [B], "rounds": VOTE, "chair": {}}}),
     [("members.0.sub_council.chair.id", "required"), ("members.0.sub_council.chair.system_prompt", "required")]),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "found"), FORM)
def test_the_form_is_judged_without_a_catalog(spec: Any, found: list[tuple[str, str]]) -> None:
    """Each fault of form has its place and its code."""
    assert codes(spec) == found


def test_the_bounds_on_members_can_be_set() -> None:
    """How many members there must and may be can be said."""
    assert codes(council(A), fewest=2) == [("members", "too_few_members")]
    assert codes(council(A, B), most=1) == [("members", "too_many_members")]


def test_messages_say_what_to_do() -> None:
    """A message names the place, what is wrong and what was meant."""
    spec = council({**A, "profle": 1, "tools": [len]}, {"id": "a", "sub_council": 3}, chair="aa", schema_version=1)
    assert [one["message"] for one in validate_council(spec)] == [
        "no member has the id 'aa'; did you mean 'a'?",
        "a member has no field 'profle'; did you mean 'profile' or 'role'?",
        "members.0.tools.0 is a function or class, which can't be stored; register it and give its name",
        "members.1 has the id 'a', which members.0 has already",
        "members.1.sub_council must be the name of an entry, not the number 3",
    ]


def test_names_are_looked_up_all_at_once(parts: Catalog) -> None:
    """A name nobody has, one of another kind and an unknown round are found, each with what was meant."""
    spec = council(
        {**A, "profile": "mni", "tools": ["plot", "plott", "profile:mini"], "output_schema": "plot"},
        {**B, "input_mapper": "shorte", "profile_overrides": {"model": "nobody/knows"}},
        {"id": "c", "sub_council": "redy"},
        rounds=[{"type": "vot"}, {"type": "debat"}, {"type": "debate"}, {"type": "iterate", "until_ref": "tool:agre"}],
        router="plot",
        default_profile="profile:mini",
    )
    assert [(one["path"], one["code"], one["message"]) for one in validate_council(spec, parts)] == [
        ("default_profile", "unknown_ref", "no profile 'profile:mini'; did you mean 'mini'?"),
        ("members.0.output_schema", "wrong_kind", "'plot' is of kind tool, where one of kind schema belongs"),
        ("members.0.profile", "unknown_ref", "no profile 'mni'; did you mean 'mini'?"),
        ("members.0.tools.1", "unknown_ref", "no tool 'plott'; did you mean 'plot'?"),
        ("members.0.tools.2", "wrong_kind", "'profile:mini' is of kind profile, where one of kind tool belongs"),
        ("members.1.input_mapper", "unknown_ref", "no input_mapper 'shorte'; did you mean 'shorten'?"),
        ("members.2.sub_council", "unknown_ref", "no sub_council 'redy'; did you mean 'ready'?"),
        ("rounds.0.type", "unknown_round", "no round 'vot'; did you mean 'vote'?"),
        ("rounds.1.type", "unknown_round", "no round 'debat'; did you mean 'debate'?"),
        ("rounds.3.until_ref", "unknown_ref", "no tool 'agre'; did you mean 'agreed'?"),
        ("router", "wrong_kind", "'plot' is of kind tool, where one of kind router belongs"),
    ]


def test_circles_are_found_wherever_they_close(catalog: Catalog) -> None:
    """A council that holds itself, by way of others or at once, by name or nested, is a cycle; a diamond is none."""
    for name, *inside in (("a", "b"), ("b", "c"), ("c", "a"), ("self", "self"), ("top", "left", "right"),
                          ("left", "leaf"), ("right", "leaf"), ("leaf",)):  # fmt: skip
        seats = [{"id": str(n), "sub_council": one} for n, one in enumerate(inside)] or [A]
        catalog.register("council", name, council(*seats))
    circle = "a council can't hold itself: council:{} → council:{}"
    assert validate_council("self", catalog) == [
        {"path": "members.0.sub_council", "code": "cycle", "message": circle.format("self", "self")}
    ]
    assert [one["path"] for one in validate_council("council:a", catalog)] == [
        "members.0.sub_council.members.0.sub_council.members.0.sub_council"
    ]
    assert codes("top", catalog) == []
    nested = council({"id": "x", "sub_council": council({"id": "y", "sub_council": "new"})})
    assert codes(nested, catalog) == [("members.0.sub_council.members.0.sub_council", "unknown_ref")]
    catalog.register("council", "new", nested)
    assert codes("new", catalog) == [("members.0.sub_council.members.0.sub_council", "cycle")]
    assert [one["code"] for one in validate_council(nested, catalog, name="new")] == ["cycle"]


def test_a_spec_that_holds_itself_is_a_cycle() -> None:
    """An object of Python that is its own sub-council is told from one that is only deep."""
    endless = council()
    endless["members"].append({"id": "a", "sub_council": endless})
    assert codes(endless) == [("members.0.sub_council", "cycle")]
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert {code for _, code in codes(council(A, metadata={"x": deep}))} == {"not_serialisable"}


def test_what_is_wrong_inside_a_named_sub_council_stands_below_its_name(catalog: Catalog) -> None:
    """The issues of a council that is named are those of who names it, and say where they come from; once."""
    catalog.register("council", "inner", council({"id": "x"}, default_profile="gone"))
    assert [
        (one["path"], one["code"], one["message"])
        for one in validate_council(council({"id": "a", "sub_council": "inner"}, A | {"id": "b"}), catalog)
    ] == [
        (
            "members.0.sub_council.default_profile",
            "unknown_ref",
            "in council:inner: no profile 'gone'",
        ),
        (
            "members.0.sub_council.members.0.system_prompt",
            "required",
            "in council:inner: members.0 needs a system prompt; only a sub-council can do without",
        ),
    ]
    assert len(validate_council(council(*({"id": i, "sub_council": "inner"} for i in "ab")), catalog)) == 2


def test_a_chain_of_hundreds_ends_in_an_issue(catalog: Catalog) -> None:
    """Councils that hold each other hundreds deep are refused, and nothing is exhausted."""
    catalog.register_many(
        {"kind": "council", "name": str(n), "spec": council({"id": "a", "sub_council": str(n + 1)})} for n in range(400)
    )
    assert [one["code"] for one in validate_council("0", catalog)] == ["cycle"]


def test_a_council_is_judged_by_name(catalog: Catalog) -> None:
    """By name or key, in every tier; one that is code has no issues that could be known."""
    catalog.register("council", "broken", council(A, router="gone"))
    catalog.register("council", "here", CouncilSpec(), runtime=True)
    catalog.register("council", "code", "nowhere:COUNCIL")
    catalog.register("council", "text", [1])
    catalog.register("council", "inside", {"nested_in": "nowhere:factory"})
    assert codes("broken", catalog) == codes("council:broken", catalog) == [("router", "unknown_ref")]
    assert codes("here", catalog) == [("members", "too_few_members"), ("rounds", "required")]
    assert codes("code", catalog) == codes("inside", catalog) == []
    assert codes("text", catalog) == [("", "bad_type")]
    assert validate_council("brokn", catalog) == [
        {"path": "", "code": "unknown_ref", "message": "no council 'brokn'; did you mean 'broken'?"}
    ]


def test_councils_can_be_registered_in_any_order(catalog: Catalog) -> None:
    """What a spec names may come later; until then it is an issue, and no error."""
    catalog.register("council", "outer", council({"id": "a", "sub_council": "inner"}))
    assert codes("outer", catalog) == [("members.0.sub_council", "unknown_ref")]
    catalog.register("council", "inner", council(A))
    assert codes("outer", catalog) == []


def test_where_a_valid_one_is_needed_all_issues_are_the_error(catalog: Catalog) -> None:
    """The error tells the first issue and carries all, as do others that are pickled."""
    with pytest.raises(CouncilSpecError) as caught:
        resolve_council(council(A, router="gone", tools=["no"]), catalog, name="seo")
    assert str(caught.value) == "the council 'seo' is not valid: router: no router 'gone' (and 1 more)"
    assert [one["path"] for one in caught.value.facts["issues"]] == ["router", "tools.0"]


loose = st.recursive(
    json_values | names,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "schema_version": st.just(1) | json_values,
            "members": st.lists(
                st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "system_prompt", "role"), names | json_values))
                | st.fixed_dictionaries(
                    {"id": names}, optional={"sub_council": inner, "tools": st.lists(names | inner)}
                )
                | inner,
                max_size=3,
            ),
            "rounds": st.lists(st.fixed_dictionaries({"type": names | inner}) | inner, max_size=2) | inner,
            "chair": inner,
            "router": inner,
            "tools": st.lists(inner, max_size=2) | inner,
            "default_profile": inner,
            "metadata": json_objects | inner,
        },
    ),
    max_leaves=8,
)


RICH: dict[str, Any] = {
    "schema_version": 1,
    "name": "rich",
    "members": [
        {**A, "role": "r", "profile": "p", "profile_overrides": {"t": 0.5}, "tools": ["x"], "output_schema": "s"},
        {"id": "n", "sub_council": council(B), "input_mapper": "m", "metadata": {"k": [None]}},
        {"id": "o", "sub_council": "other", "output_schema_inline": None},
    ],
    "rounds": [{"type": "peer_review", "options": {"n": 1}}, {"type": "iterate", "until_ref": "x"}],
    "chair": {"id": "z", "system_prompt": "Sum up."},
    "router": None,
    "tools": ["x"],
    "default_profile": "p",
    "metadata": {},
}


def test_the_rich_spec_is_right() -> None:
    """A spec that uses every field has no issue of form: what is drawn from it is wrong only where it was changed."""
    assert codes(RICH) == []


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside *value*."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inside for place in ((*path, key), *places(one, (*path, key)))]


@st.composite
def nearly(draw: st.DrawFn) -> Any:
    """Draw a rich valid spec in which up to two values are other ones, or gone."""
    spec = copy.deepcopy(RICH)
    for _ in range(draw(st.integers(0, 2))):
        *above, last = draw(st.sampled_from(places(spec)))
        holder = spec
        for key in above:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(json_values | names | st.just(None) | st.just({}) | st.just([]))
        else:
            del holder[last]
        if not places(spec):
            break
    return spec


@given(loose | nearly())
def test_any_json_has_issues_or_is_a_spec(empty: Catalog, spec: Any) -> None:
    """Whatever JSON is given, it is judged without an exception; what has no issue of form is a spec."""
    issues, named = validate_council(spec), validate_council(spec, empty)
    assert all(set(one) == {"path", "code", "message"} and one["code"] in CODES for one in [*issues, *named])
    if not issues:
        assert validate_council(CouncilSpec.model_validate(spec)) == []


@given(nearly())
def test_what_is_no_spec_has_issues(spec: Any) -> None:
    """What the class refuses, validation refuses too, and names at least one place that is there or missing."""
    try:
        CouncilSpec.model_validate(spec)
    except ValidationError:
        assert {code for _, code in codes(spec)} & {"bad_type", "required", "not_serialisable"}


@given(json_objects)
def test_any_json_may_stand_where_json_may(data: dict[str, Any]) -> None:
    """Overrides, options, schemas and metadata hold whatever JSON can say, and nothing is wrong with that."""
    member = {**A, "profile_overrides": data, "output_schema_inline": data, "metadata": data}
    assert codes(council(member, rounds=[{"type": "own", "options": {"x": data}}], metadata=data)) == []


@settings(max_examples=some(40))
@given(specs)
def test_a_spec_is_judged_as_its_data_is(spec: CouncilSpec) -> None:
    """The object and its JSON have the same issues; those an object can have at all are not of type."""
    issues = validate_council(spec)
    assert issues == validate_council(as_data(spec))
    assert {one["code"] for one in issues} <= set(CODES)
