"""``CouncilSpec`` as data: JSON and back, and put together step by step."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any

import pytest
from factories import some
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import json_objects, names, texts

from catalog import Catalog, CouncilSpec, CouncilSpecError
from catalog.council_specs.spec import Member, Round
from catalog.entry.kinds import FEWEST_OF

optional = st.none() | names
lists = st.lists(names, max_size=3).map(tuple)


def members(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Member]:
    """Draw members whose sub-council is drawn from *inner*."""
    return st.builds(
        Member,
        id=texts,
        role=texts,
        system_prompt=texts,
        profile=optional,
        profile_overrides=json_objects,
        tools=lists,
        output_schema=optional,
        output_schema_inline=st.none() | json_objects,
        sub_council=inner,
        input_mapper=optional,
        metadata=json_objects,
    )


def councils(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[CouncilSpec]:
    """Draw specs, valid or not, that hold what *inner* draws."""
    drawn = members(inner)
    return st.builds(
        CouncilSpec,
        name=st.none() | texts,
        description=texts,
        members=st.lists(drawn, max_size=3).map(tuple),
        rounds=st.lists(
            st.builds(Round, type=st.sampled_from(list(FEWEST_OF)) | names, until_ref=optional, options=json_objects),
            max_size=3,
        ).map(tuple),
        chair=optional | drawn,
        router=optional,
        tools=lists,
        default_profile=optional,
        metadata=json_objects,
    )


specs = st.recursive(councils(optional), lambda inner: councils(optional | inner), max_leaves=3)


@settings(max_examples=some(40))
@given(specs)
def test_a_spec_survives_json(spec: CouncilSpec) -> None:
    """A spec is the same after JSON, by pydantic and by Python's own, nested councils included."""
    assert CouncilSpec.model_validate_json(spec.model_dump_json()) == spec
    assert CouncilSpec.model_validate(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


def test_a_spec_survives_pickling() -> None:
    """A spec is the same in another process, and a nested council is a spec with all methods, from JSON as well."""
    inner = CouncilSpec(name="in").add_member("b", system_prompt="y").add_round("vote")
    spec = CouncilSpec().add_member("a", sub_council=inner).add_round("vote")
    assert pickle.loads(pickle.dumps(spec)) == spec
    nested = CouncilSpec.model_validate_json(spec.model_dump_json()).members[0].sub_council
    assert isinstance(nested, CouncilSpec)
    assert nested.validate() == []


def test_a_registered_spec_comes_back_exactly(catalog: Catalog) -> None:
    """What is registered is stored as data and gives the same spec when it is taken."""
    spec = CouncilSpec(default_profile="mini").add_member("a", system_prompt="x", sub_council=CouncilSpec(name="in"))
    entry = catalog.register("council", "seo", spec)
    assert (entry.ref, entry.spec) == (None, spec.model_dump(mode="json"))
    assert CouncilSpec.model_validate(catalog["council", "seo"]) == spec


def test_a_spec_that_a_module_holds_is_stored_as_data(catalog: Catalog, module_folder) -> None:
    """A spec another process could import is stored as data all the same, so that what it names is known."""
    (module_folder / "holds_a_spec.py").write_text("from catalog import CouncilSpec\nSEO = CouncilSpec(router='r')\n")
    import holds_a_spec  # type: ignore[import-not-found]

    assert catalog.register("council", "seo", holds_a_spec.SEO).ref is None
    assert [one.target for one in catalog.references("council", "seo")] == ["router:r"]


@pytest.mark.parametrize(
    "given",
    [
        {"membres": []},
        {"members": [{"id": "a", "profle": "x"}]},
        {"members": "a"},
        {"metadata": {"x": float("nan")}},
        {"metadata": {"x": object()}},
        {"members": [{"id": "\ud800"}]},
        {"schema_version": True},
    ],
)
def test_what_json_could_not_bring_back_is_refused(given: dict[str, Any]) -> None:
    """A field that doesn't exist, another type or a value JSON has no word for is an error, never dropped."""
    with pytest.raises(ValidationError):
        CouncilSpec.model_validate(given)


def test_a_council_is_put_together_step_by_step() -> None:
    """Each builder gives a new council; the one before stays as it was."""
    empty = CouncilSpec()
    first = empty.add_member("a", system_prompt="x").add_member("b", system_prompt="y", tools=["plot"])
    second = first.replace_member("b", profile="mini").add_round("iterate", until_ref="agreed", most=3)
    third = second.remove_member("a").replace(
        chair="b", router="pick", tools=["search"], default_profile="mini", metadata={"owner": "ada"}
    )
    assert (empty, [one.id for one in first.members]) == (CouncilSpec(), ["a", "b"])
    assert third == CouncilSpec(
        members=(Member(id="b", system_prompt="y", tools=("plot",), profile="mini"),),
        rounds=(Round(type="iterate", until_ref="agreed", options={"most": 3}),),
        chair="b",
        router="pick",
        tools=("search",),
        default_profile="mini",
        metadata={"owner": "ada"},
    )


@pytest.mark.parametrize("change", ["replace_member", "remove_member"])
def test_a_member_that_is_not_there_can_not_be_changed(change: str) -> None:
    """The error names the id that was meant."""
    with pytest.raises(CouncilSpecError) as caught:
        getattr(CouncilSpec().add_member("critic"), change)("critc")
    assert str(caught.value) == "no member has the id 'critc'; did you mean 'critic'?"
    assert caught.value.facts["issues"] == [
        {"path": "members", "code": "unknown_ref", "message": str(caught.value)},
    ]


def test_builders_check_what_they_are_given() -> None:
    """A field with a wrong name or value is refused by whichever builder it is given to."""
    spec = CouncilSpec().add_member("a")
    for build in (
        lambda: spec.add_member("b", profle="x"),
        lambda: spec.replace_member("a", tools=[1]),
        lambda: spec.replace(colour="red"),
        lambda: spec.add_round("vote", most=object()),
    ):
        with pytest.raises(ValidationError):
            build()


def test_the_package_still_costs_next_to_nothing() -> None:
    """Importing the package loads no part of councils; taking the class does."""
    code = (
        "import sys, catalog; print('pydantic' in sys.modules); catalog.CouncilSpec; print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
