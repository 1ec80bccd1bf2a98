"""Which model providers a council needs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from strategies import json_objects

from catalog import Catalog, CouncilSpec
from catalog.council_specs.providers import providers_of

OPENAI = {"provider": "openai", "model": "gpt-4o"}


def council(**members: Any) -> CouncilSpec:
    """Return a council with a member for each argument, which holds the member's fields."""
    spec = CouncilSpec().add_round("independent_analysis")
    for id_, fields in members.items():
        spec = spec.add_member(id_, **{"system_prompt": "Think.", **fields})
    return spec


def test_the_providers_of_every_profile_count(catalog: Catalog) -> None:
    """A council needs what its members' and its chair's profiles need, each provider once and sorted."""
    catalog.register("profile", "a", OPENAI)
    catalog.register("profile", "b", {"model": "mistral/large"})
    catalog.register("profile", "coded", "nowhere:PROFILE", providers=["groq", "openai"])
    spec = council(x={"profile": "b"}, y={"profile": "a"}, z={"profile": "coded"}, w={"profile": "missing"})
    assert providers_of(spec, catalog) == ("groq", "mistral", "openai")
    assert catalog.register("council", "seo", spec).providers == ("groq", "mistral", "openai")


@pytest.mark.parametrize(
    ("fields", "provider"),
    [
        ({}, "base"),
        ({"profile": "openai"}, "openai"),
        ({"profile": "openai", "profile_overrides": {"provider": "local"}}, "local"),
        ({"profile": "warm"}, "base"),
        ({"profile_overrides": {"model": "mistral/large"}}, "base"),
    ],
)
def test_the_nearest_layer_that_names_a_provider_counts(
    catalog: Catalog, fields: dict[str, Any], provider: str
) -> None:
    """As in the profile itself, overrides win over the member's profile and that over the council's, key by key."""
    catalog.register("profile", "base", {"provider": "base"})
    catalog.register("profile", "openai", OPENAI)
    catalog.register("profile", "warm", {"temperature": 1})
    assert providers_of(council(x=fields).replace(default_profile="base"), catalog) == (provider,)


@pytest.mark.parametrize(
    ("model", "providers"),
    [
        ("openai/gpt-4o", ("openai",)),
        ("said/otherwise", ("azure",)),
        ("said/in-its-spec", ("vertex",)),
        ("silent/model", ("silent",)),
        ("gpt-4o", ()),
        ("/odd", ()),
        (3, ()),
    ],
)
def test_a_model_tells_its_provider(catalog: Catalog, model: object, providers: tuple[str, ...]) -> None:
    """Without a provider in the profile, the model's entry says it, or else the part of its name before the slash."""
    catalog.register("model", "said/otherwise", "nowhere:m", providers=["azure"])
    catalog.register("model", "said/in-its-spec", {"provider": "vertex"})
    catalog.register("model", "silent/model", "nowhere:m")
    assert providers_of(council(x={"profile_overrides": {"model": model}}), catalog) == providers


def test_sub_councils_are_looked_into(catalog: Catalog) -> None:
    """Nested and named sub-councils count, also ones that hold each other, and what a sub-council says is believed."""
    catalog.register("sub_council", "said", council(x={"profile_overrides": OPENAI}), providers=["none-of-these"])
    catalog.register("council", "inner", council(x={"profile_overrides": OPENAI}, y={"sub_council": "outer"}))
    nested = council(x={"profile_overrides": {"provider": "nested"}})
    spec = council(a={"sub_council": nested}, b={"sub_council": "inner"}, c={"sub_council": "said"})
    assert catalog.register("council", "outer", spec).providers == ("nested", "none-of-these", "openai")


def test_what_is_said_overrides_and_registering_again_refreshes(catalog: Catalog) -> None:
    """Providers that are given are kept, also none at all; without, they are worked out at each registration."""
    catalog.register("profile", "p", OPENAI)
    spec = council(x={"profile": "p"})
    assert catalog.register("council", "c", spec, providers=()).providers == ()
    assert catalog.register("council", "c", spec, providers=["mine"]).providers == ("mine",)
    assert catalog.register("council", "c", spec).providers == ("openai",)
    catalog.register("profile", "p", {"provider": "groq"})
    assert catalog.entry("council", "c").providers == ("openai",)
    assert catalog.register("council", "c", spec).providers == ("groq",)
    assert catalog.register("council", "c", spec, runtime=True).providers == ("groq",)


def test_the_order_within_one_registration_does_not_matter(catalog: Catalog) -> None:
    """Entries of one call are found by each other before they are stored, and over what is stored."""
    catalog.register("profile", "p", {"provider": "old"})
    assert catalog.register_many([
        {"kind": "council", "name": "outer", "value": council(x={"sub_council": "inner"})},
        {"kind": "council", "name": "inner", "value": council(x={"profile": "p"})},
        {"kind": "agent", "name": "a", "spec": {"profile": "p", "handoffs": ["b"]}},
        {"kind": "agent", "name": "b", "spec": {"model": "openai/gpt-4o"}},
        {"kind": "agent", "name": "c", "ref": "nowhere:c"},
        {"kind": "profile", "name": "p", "spec": {"provider": "new"}},
    ]) == 6  # fmt: skip
    assert {entry.key: entry.providers for entry in catalog.entries()} == {
        "agent:a": ("new", "openai"),
        "agent:b": ("openai",),
        "agent:c": None,
        "council:inner": ("new",),
        "council:outer": ("new",),
        "profile:p": ("new",),
    }


def test_councils_that_hold_each_other_need_the_same(catalog: Catalog) -> None:
    """In a circle everybody needs what anybody needs; a chain of hundreds is followed to its end."""
    ring = {"a": "b", "b": "c", "c": "a"}
    catalog.register_many(
        {
            "kind": "council",
            "name": name,
            "value": council(x={"sub_council": to}, y={"profile_overrides": {"provider": name}}),
        }
        for name, to in ring.items()
    )
    assert [catalog.entry("council", name).providers for name in ring] == [("a", "b", "c")] * 3
    chain = [
        {"kind": "council", "name": str(n), "value": council(x={"sub_council": str(n + 1)})} for n in range(400)
    ] + [{"kind": "council", "name": "400", "value": council(x={"profile_overrides": OPENAI})}]
    catalog.register_many(chain)
    assert catalog.entry("council", "0").providers == ("openai",)


@given(json_objects, json_objects)
def test_any_spec_has_providers(empty: Catalog, spec: dict[str, Any], member: dict[str, Any]) -> None:
    """Whatever a spec holds, it has a sorted set of providers: registering never fails for it."""
    found = providers_of({**spec, "members": [member, {"profile_overrides": spec}], "chair": member}, empty)
    assert list(found) == sorted(set(found))
