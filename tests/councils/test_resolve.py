"""From a spec to a live council: parts, layers, and what goes wrong on the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog
from hypothesis import given
from hypothesis import strategies as st

from catalog import (
    Catalog,
    Council,
    CouncilSpec,
    CouncilSpecError,
    EntryNotFoundError,
    ResolveError,
    Settings,
    council_graph,
    validate_council,
)
from catalog import resolve_council as resolve
from catalog.council_specs.profiles import LAYERS, Given, Layer, layered

SPEC = (
    CouncilSpec(default_profile="mini", router="pick", tools=("search",), metadata={"owner": "ada"})
    .add_member(
        "writer",
        role="Writer",
        system_prompt="Write.",
        profile="stack",
        profile_overrides={"temperature": 0, "tools": ["agreed"]},
        tools=["plot", "search"],
        output_schema="verdict",
        input_mapper="shorten",
        metadata={"seat": 1},
    )
    .add_member("critic", system_prompt="Doubt.", output_schema_inline={"type": "string"})
    .add_member("others", sub_council="ready", input_mapper="shorten")
    .add_round("independent_analysis", words=100)
    .add_round("debate")
    .add_round("iterate", until_ref="tool:agreed")
    .replace(chair={"id": "chair", "system_prompt": "Sum up.", "profile": "wire"})
)


def resolved(catalog: Catalog, spec: CouncilSpec = SPEC, **given: Any) -> Council:
    """Return the live council of *spec*."""
    catalog.register("council", "seo", spec)
    return resolve("seo", catalog, **given)


def test_every_name_becomes_what_is_registered(parts: Catalog) -> None:
    """Tools, mapper, schema, router, rounds, stop condition and model are the objects of the module."""
    council = resolved(parts)
    import council_parts as live  # type: ignore[import-not-found]

    writer, critic, others = council.members
    assert (council.name, council.spec, council.router) == ("seo", SPEC, live.pick)
    assert [(one.type, one.live, one.until, one.options) for one in council.rounds] == [
        ("independent_analysis", None, None, {"words": 100}),
        ("debate", live.debate, None, {}),
        ("iterate", None, live.agreed, {}),
    ]
    assert (writer.id, writer.role, writer.system_prompt, writer.metadata) == (
        "writer",
        "Writer",
        "Write.",
        {"seat": 1},
    )
    assert dict(writer.tools) == {"search": live.search, "agreed": live.agreed, "plot": live.plot}
    assert list(writer.tools) == ["search", "agreed", "plot"]
    assert (writer.input_mapper, writer.output_schema, writer.model) == (
        live.shorten,
        live.Verdict,
        "openai/gpt-4o-mini",
    )
    assert (critic.output_schema, critic.input_mapper, list(critic.tools)) == ({"type": "string"}, None, ["search"])
    assert (others.sub_council, others.input_mapper, dict(others.tools), dict(others.profile)) == (
        live.ready, live.shorten, {}, {},
    )  # fmt: skip
    assert council.chair is not None
    assert (council.chair.id, list(council.chair.tools), council.chair.model) == ("chair", ["search"], live.number)


def test_each_value_of_a_profile_says_its_layer(parts: Catalog) -> None:
    """The four layers are laid over each other key by key, and the nearest one that has a key gives it."""
    council = resolved(parts, application={"provider": "local", "stream": True, "temperature": 2, "max_tokens": 1})
    assert dict(council.members[0].profile.given) == {
        "provider": Given("openai", "member", "profile:stack"),
        "stream": Given(True, "application", "application"),
        "temperature": Given(0, "inline", "profile_overrides"),
        "max_tokens": Given(900, "member", "profile:stack"),
        "model": Given("openai/gpt-4o-mini", "council", "profile:mini"),
        "tools": Given(["agreed"], "inline", "profile_overrides"),
    }
    assert dict(council.members[1].profile) == {
        "provider": "local",
        "stream": True,
        "temperature": 0.3,
        "max_tokens": 1,
        "model": "openai/gpt-4o-mini",
    }


@pytest.mark.parametrize(
    ("profile", "values"),
    [
        ("mini", {"model": "openai/gpt-4o-mini", "temperature": 0.3}),
        ("stack", {"provider": "openai", "max_tokens": 900}),
        ("wire", {"model": "openai/gpt-4o"}),
        ("warm", {"temperature": 0.9}),
    ],
)
def test_profiles_may_be_live_objects(parts: Catalog, profile: str, values: dict[str, Any]) -> None:
    """Of a mapping all values count, of a dataclass, a pydantic model and a class those that somebody has set."""
    spec = CouncilSpec().add_member("a", system_prompt="x", profile=profile).add_round("vote")
    assert dict(resolve(spec, parts).members[0].profile) == values


def test_the_application_has_a_default(parts: Catalog, url: str) -> None:
    """The setting ``default_profile`` names the profile under all others; an argument wins over it."""
    spec = CouncilSpec().add_member("a", system_prompt="x").add_round("vote")
    with open_catalog(url, settings=Settings(embedder="none", default_profile="mini")) as cat:
        assert resolve(spec, cat).members[0].profile.given == {
            "model": Given("openai/gpt-4o-mini", "application", "profile:mini"),
            "temperature": Given(0.3, "application", "profile:mini"),
        }
        assert dict(resolve(spec, cat, application="warm").members[0].profile) == {"temperature": 0.9}


layers = st.lists(
    st.builds(
        Layer,
        name=st.sampled_from(LAYERS),
        source=st.sampled_from("pq"),
        values=st.none() | st.dictionaries(st.sampled_from("abc"), st.integers()),
    )
)


@given(layers)
def test_the_nearest_layer_wins_key_by_key(given: list[Layer]) -> None:
    """Each key has the value of the last layer that has it, and every key of every layer is there."""
    profile = layered(given)
    for key in "abc":
        having = [layer for layer in given if layer.values is not None and key in layer.values]
        assert (key in profile) == bool(having)
        if having:
            last = having[-1]
            assert profile.given[key] == (last.values[key], last.name, last.source)  # type: ignore[index]
    assert list(profile.unread) == [layer.source for layer in given if layer.values is None]


def test_sub_councils_are_live_councils(parts: Catalog) -> None:
    """A nested council, one that is named, and one whose spec is held by code become councils of their own."""
    inner = CouncilSpec(name="inside", default_profile="warm").add_member("x", system_prompt="y").add_round("vote")
    parts.register("council", "named", inner)
    parts.register("sub_council", "here", inner, runtime=True)
    spec = CouncilSpec().add_round("vote")
    for number, one in enumerate((inner, "named", "here")):
        spec = spec.add_member(str(number), sub_council=one)
    found = [seat.sub_council for seat in resolved(parts, spec).members]
    assert [(type(one), one.name, dict(one.members[0].profile)) for one in found] == [
        (Council, name, {"temperature": 0.9}) for name in ("inside", "named", "here")
    ]


def test_a_member_may_be_the_chair(parts: Catalog) -> None:
    """Where the chair is the id of a member, it is that very seat."""
    council = resolved(parts, SPEC.replace(chair="critic"))
    assert council.chair is council.members[1]


def test_only_resolving_imports(parts: Catalog, tmp_path: Path) -> None:
    """Registering, judging, drawing and explaining a council import none of its parts."""
    parts.register("council", "seo", SPEC)
    code = (
        "import sys\n"
        "from catalog import Catalog, Settings, validate_council\n"
        "from catalog.council_specs.explain import explain_council\n"
        "from catalog.council_specs.council_graph import council_graph\n"
        "from catalog.council_specs.reference_graph import reference_graph\n"
        f"with Catalog({parts.url!r}, settings=Settings(embedder='none')) as cat:\n"
        "    cat.register('council', 'again', cat['council', 'seo'])\n"
        "    validate_council('seo', cat), council_graph('seo', cat), reference_graph(cat)\n"
        "    explain_council(cat.entry('council', 'seo'), cat)\n"
        "print('council_parts' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_can_not_be_resolved_says_why(parts: Catalog) -> None:
    """A missing council, one that is code, a profile that is none and a part that can't be imported are named."""
    parts.register("council", "seo", SPEC)
    with pytest.raises(EntryNotFoundError, match="did you mean 'council:seo'"):
        resolve("se", parts)
    parts.register("council", "code", "council_parts:ready")
    with pytest.raises(CouncilSpecError, match=r"^council:code is function, not a council spec; it runs by itself$"):
        resolve("code", parts)
    one = CouncilSpec().add_round("vote")
    with pytest.raises(CouncilSpecError, match="profile:number is int; a profile is a mapping, or an object"):
        resolve(one.add_member("a", system_prompt="x", profile="number"), parts)
    parts.register("tool", "dead", "nowhere:f")
    with pytest.raises(ResolveError, match="can't load tool:dead"):
        resolve(one.add_member("a", system_prompt="x", tools=["dead"]), parts)


def test_code_can_not_close_a_circle(catalog: Catalog, module_folder: Path) -> None:
    """Councils whose specs only code knows, and which hold each other, are refused when they are resolved."""
    (module_folder / "circles.py").write_text(
        "from catalog import CouncilSpec\n"
        "ONE = CouncilSpec().add_round('vote').add_member('x', sub_council='two')\n"
        "TWO = CouncilSpec().add_round('vote').add_member('x', sub_council='one')\n"
    )
    catalog.register("council", "one", "circles:ONE")
    catalog.register("council", "two", "circles:TWO")
    with pytest.raises(CouncilSpecError) as caught:
        resolve("one", catalog)
    assert [one["code"] for one in caught.value.facts["issues"]] == ["cycle"]
    assert str(caught.value).endswith("a council can't hold itself: council:one → council:two → council:one")


def test_councils_that_share_others_are_resolved_once(parts: Catalog) -> None:
    """Thirty levels of councils that each hold the next one twice come to an end, and both seats are the same one."""

    def twice(inner: str) -> CouncilSpec:
        return CouncilSpec().add_member("a", sub_council=inner).add_member("b", sub_council=inner).add_round("vote")

    parts.register("sub_council", "s30", CouncilSpec().add_member("a", system_prompt="s").add_round("vote"))
    for level in range(30):
        parts.register("sub_council", f"s{level}", twice(f"s{level + 1}"))
    found = resolve("sub_council:s0", parts)
    for level in range(1, 31):
        one, other = (seat.sub_council for seat in found.members)
        assert one is other
        assert one.name == f"s{level}"
        found = one


def test_a_spec_answers_for_itself(parts: Catalog) -> None:
    """`validate`, `resolve` and `to_graph` of a spec give what the functions give; so does data that is no spec."""
    spec = CouncilSpec().add_member("a", system_prompt="s", profile="mini", tools=["search"]).add_round("synthesis")
    assert spec.validate() == spec.validate(parts) == []
    wrong = spec.replace_member("a", profile="gone")
    assert wrong.validate() == []
    assert wrong.validate(parts) == validate_council(wrong, parts) != []
    assert wrong.validate(fewest=2) == validate_council(wrong, fewest=2) != []
    assert spec.resolve(parts, name="seo") == resolve(spec, parts, name="seo")
    assert spec.to_graph(parts).to_dict() == council_graph(spec, parts).to_dict()
    data: Any = {"members": "none", "rounds": []}
    assert CouncilSpec.validate(data) == validate_council(data) != []
