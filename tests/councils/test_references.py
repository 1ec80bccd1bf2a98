"""What entries name, read in both directions."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from factories import LendUrl, open_catalog, run_sql, some, temporary_catalog
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import json_values, texts

from catalog import Catalog, CouncilSpec, EntryNotFoundError, Reference, Settings, UnknownKindError
from catalog.entry.key import split_key
from catalog.entry.kinds import KINDS
from catalog.entry.references import Named, references_of
from catalog.store import references

COUNCIL: dict[str, Any] = {
    "default_profile": "mini",
    "router": "picky",
    "tools": ["search"],
    "members": [
        {
            "id": "a",
            "profile": "big",
            "profile_overrides": {"model": "openai/o9", "tools": ["plot"], "temperature": 0},
            "tools": ["plot", "sum"],
            "output_schema": "verdict",
            "input_mapper": "short",
        },
        {"id": "b", "sub_council": "seo", "profile": "ignored", "tools": ["ignored"], "input_mapper": "short"},
        {"id": "c", "sub_council": {"members": [{"id": "x", "profile": "tiny"}]}},
        {"id": "d", "sub_council": "council:seo"},
    ],
    "rounds": [
        {"type": "peer_review"},
        {"type": "debate", "options": {"until_ref": "agent:judge"}},
        {"type": "iterate", "until_ref": "agreed"},
    ],
    "chair": {"id": "z", "profile": "big"},
}


def test_a_council_names_everything_it_is_made_of() -> None:
    """Each name in a council spec is found at its path; what doesn't count beside a sub-council is not."""
    assert references_of("council", COUNCIL, {}) == [
        Named("default_profile", "profile", "mini"),
        Named("router", "router", "picky"),
        Named("tools.0", "tool", "search"),
        Named("members.0.profile", "profile", "big"),
        Named("members.0.profile_overrides.model", "model", "openai/o9"),
        Named("members.0.profile_overrides.tools.0", "tool", "plot"),
        Named("members.0.tools.0", "tool", "plot"),
        Named("members.0.tools.1", "tool", "sum"),
        Named("members.0.output_schema", "schema", "verdict"),
        Named("members.0.input_mapper", "input_mapper", "short"),
        Named("members.1.sub_council", "sub_council", "seo"),
        Named("members.1.input_mapper", "input_mapper", "short"),
        Named("members.2.sub_council.members.0.profile", "profile", "tiny"),
        Named("members.3.sub_council", "council", "seo"),
        Named("chair.profile", "profile", "big"),
        Named("rounds.1.type", "round", "debate"),
        Named("rounds.1.options.until_ref", "agent", "judge"),
        Named("rounds.2.until_ref", "tool", "agreed"),
    ]


@pytest.mark.parametrize(
    ("kind", "spec", "named"),
    [
        ("profile", {"model": "openai/o9", "tools": ["plot"], "provider": "openai"}, ["model:openai/o9", "tool:plot"]),
        ("agent", {"prompt": "kind", "profile": "p", "tools": ["plot"]}, ["prompt:kind", "profile:p", "tool:plot"]),
        ("agent", {"tools": [{"type": "function"}], "output_schema": {"type": "object"}}, []),
        ("router", {"model": "m", "agents": ["x", "y"]}, ["model:m", "agent:x", "agent:y"]),
        ("tool", {"model": "m", "profile": "p"}, []),
        ("schema", {"properties": {"model": {"type": "string"}}}, []),
    ],
)
def test_well_known_fields_of_other_kinds_name_entries(kind: str, spec: Any, named: list[str]) -> None:
    """Fields of agents, profiles and their kin name entries; data inline does not, nor do fields of tools."""
    assert [f"{one.kind}:{one.name}" for one in references_of(kind, spec, {})] == named


def test_metadata_lists_what_fields_can_not_say() -> None:
    """Keys in ``metadata["references"]`` count for every kind; what is no key is passed over."""
    listed = {"references": ["tool:plot", "dataset:iris", "plot", 3, None, "tool:", ":x", "tool:a\n"]}
    assert references_of("tool", None, listed) == [
        Named("metadata.references.0", "tool", "plot"),
        Named("metadata.references.1", "dataset", "iris"),
    ]


@given(st.sampled_from(KINDS), json_values | st.just(COUNCIL), st.dictionaries(texts, json_values, max_size=3))
def test_whatever_a_spec_holds_can_be_asked(kind: str, spec: Any, metadata: dict[str, Any]) -> None:
    """Of any JSON the references can be taken; each path occurs once."""
    found = references_of(kind, spec, {**metadata, "references": spec})
    assert len({one.path for one in found}) == len(found)


def test_references_are_read_in_both_directions(catalog: Catalog) -> None:
    """What an entry names, and what names it, say place and existence; they come sorted, ten after nine."""
    catalog.register("council", "seo", CouncilSpec(tools=("x",) * 11, default_profile="mini"))
    catalog.register("profile", "mini", {"model": "openai/o9"})
    assert catalog.references("council", "seo") == [
        Reference("council:seo", "default_profile", "profile:mini", True),
        *(Reference("council:seo", f"tools.{n}", "tool:x", False) for n in range(11)),
    ]
    assert catalog.used_by("profile", "mini") == [Reference("council:seo", "default_profile", "profile:mini", True)]
    assert catalog.used_by("model", "openai/o9") == [Reference("profile:mini", "model", "model:openai/o9", False)]
    assert catalog.used_by("council", "seo") == []


def test_a_sub_council_may_be_any_council(catalog: Catalog) -> None:
    """A name without a kind means the sub-council, or the council where there is no sub-council of that name."""
    catalog.register("council", "outer", CouncilSpec().add_member("a", sub_council="inner"))
    assert [one[2:] for one in catalog.references("council", "outer")] == [("sub_council:inner", False)]
    catalog.register("council", "inner", CouncilSpec())
    assert [one[2:] for one in catalog.references("council", "outer")] == [("council:inner", True)]
    assert [one.source for one in catalog.used_by("council", "inner")] == ["council:outer"]
    catalog.register("sub_council", "inner", CouncilSpec())
    assert [one[2:] for one in catalog.references("council", "outer")] == [("sub_council:inner", True)]
    assert [one.source for one in catalog.used_by("sub_council", "inner")] == ["council:outer"]
    assert catalog.used_by("council", "inner") == []


def test_every_change_of_an_entry_changes_its_references(catalog: Catalog) -> None:
    """After an edit, a removal and a restoration the references are those of the entry as it is."""
    catalog.register("profile", "mini", {"model": "a"})
    catalog.register("profile", "mini", {"model": "b"})
    assert [one.target for one in catalog.references("profile", "mini")] == ["model:b"]
    with pytest.raises(EntryNotFoundError):
        catalog.used_by("model", "a")
    catalog.unregister("profile", "mini")
    with pytest.raises(EntryNotFoundError):
        catalog.used_by("model", "b")
    catalog.restore("profile", "mini", revision=1)
    assert [one.source for one in catalog.used_by("model", "a")] == ["profile:mini"]


def test_every_tier_has_references(url: str) -> None:
    """Runtime and configured entries name others too, and the tier that wins is the one that counts."""
    entries = {"profile": {"configured": {"spec": {"model": "m"}}, "both": {"spec": {"model": "m"}}}}
    with open_catalog(url, settings=Settings(embedder="none", entries=entries)) as cat:
        cat.register("profile", "both", {"model": "other"})
        cat.register("council", "here", CouncilSpec(default_profile="both"), runtime=True)
        cat.register("agent", "object", object(), runtime=True)
        assert [one.source for one in cat.used_by("model", "m")] == ["profile:configured"]
        assert [one.source for one in cat.used_by("model", "other")] == ["profile:both"]
        assert cat.references("council", "here") == [Reference("council:here", "default_profile", "profile:both", True)]
        assert cat.references("agent", "object") == []
        cat.register("profile", "both", {"model": "m"}, runtime=True)
        assert [one.source for one in cat.used_by("model", "m")] == ["profile:both", "profile:configured"]


def test_misses_are_named(catalog: Catalog) -> None:
    """Asking about nothing at all is an error that names what is close; so is a kind nobody knows."""
    catalog.register("tool", "plot", "json:dumps")
    with pytest.raises(EntryNotFoundError, match="did you mean 'tool:plot'"):
        catalog.used_by("tool", "plott")
    with pytest.raises(EntryNotFoundError, match="did you mean 'tool:plot'"):
        catalog.references("tool", "plott")
    with pytest.raises(UnknownKindError):
        catalog.used_by("tol", "plot")


def test_a_catalog_of_an_earlier_version_gets_its_references(url: str) -> None:
    """Where the words must be made again, as after the migration that brought the table, so are the references."""
    with open_catalog(url) as cat:
        cat.register("profile", "mini", {"model": "m"})
    run_sql(url, "DELETE FROM entry_reference", "UPDATE catalog_state SET words_version = 0")
    with open_catalog(url) as cat:
        assert [one.source for one in cat.used_by("model", "m")] == ["profile:mini"]


@pytest.mark.sqlite("plans are SQLite's")
@pytest.mark.parametrize("statement", ["FROM", "TO", "ALL"])
def test_references_are_read_through_an_index(database, statement: str) -> None:
    """The statements fit the tables, and those about one entry look at its rows only."""
    sql = getattr(references, statement)
    connection = sqlite3.connect(database)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?"))]
    connection.close()
    assert len([line for line in plan if line.startswith("SCAN")]) == (statement == "ALL")


few = st.sampled_from(["a", "b", "c"])
made = st.lists(
    st.tuples(st.sampled_from(["council", "sub_council", "profile", "agent"]), few, few, few, st.booleans()), max_size=8
)


@settings(max_examples=some(40))
@given(made)
def test_using_is_the_inverse_of_being_used(lend_url: LendUrl, entries: list[tuple[str, str, str, str, bool]]) -> None:
    """An entry names another at a path exactly if that other is used by it there, whatever the tiers."""
    with temporary_catalog(lend_url) as cat:
        for kind, name, one, other, runtime in entries:
            spec = {
                "members": [{"id": "m", "sub_council": one}],
                "default_profile": other,
                "profile": one,
                "model": other,
            }
            cat.register(kind, name, spec, runtime=runtime, metadata={"references": [f"council:{other}"]})
        forth = {link for entry in cat.entries() for link in cat.references(entry.kind, entry.name)}
        back = {link for target in {one.target for one in forth} for link in cat.used_by(*split_key(target))}
        direct = {link for entry in cat.entries() for link in cat.used_by(entry.kind, entry.name)}
        assert forth == back
        assert direct <= back
