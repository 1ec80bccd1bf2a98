"""The catalog at a glance, and changes that expect a state."""

from __future__ import annotations

from itertools import islice

import pytest
from factories import open_catalog, tool

from catalog import (
    Catalog,
    ChangedEntryError,
    Settings,
    UntrustedReferenceError,
    acting_as,
    changes_since,
    expecting,
    facets,
    health,
)


@pytest.fixture
def mixed(catalog: Catalog) -> Catalog:
    """A catalog with entries of several kinds, states and origins, one of them of this process."""
    catalog.register_many(
        [
            tool("pie", description="Draw a pie chart.", tags=["plot", "round"], metadata={"framework": "mcp"}),
            tool("bar", description="Draw a bar chart.", tags=["plot"], distribution="charts==1.0"),
            tool("idea", metadata={"draft": "a model wrote it"}),
            {"kind": "profile", "name": "mini", "spec": {"model": "absent"}},
        ]
    )
    catalog.deprecate("tool:bar", instead="tool:pie")
    catalog.register("tool", "bar", lambda: 1, runtime=True, tags=["mine"])
    return catalog


def test_facets_count_every_tier_once(mixed: Catalog) -> None:
    """What another tier hides is not counted, and what it shows is."""
    assert facets(mixed).to_dict() == {
        "total": 4,
        "counts": {
            "kind": {"tool": 3, "profile": 1},
            "tag": {"mine": 1, "plot": 1, "round": 1},
            "framework": {"mcp": 1},
            "source": {"manual": 3, "runtime": 1},
            "distribution": {},
            "state": {"approved": 3, "draft": 1},
        },
        "complete": True,
    }


def test_facets_count_what_passes_the_filters(mixed: Catalog) -> None:
    """Filters hold for stored entries and for those of other tiers; a text is searched for."""
    mixed.reset_runtime()
    assert facets(mixed, tags=["plot"]).counts["state"] == {"approved": 1, "deprecated": 1}
    assert facets(mixed, kind="profile").total == 1
    assert facets(mixed, distributions=["charts"]).counts["tag"] == {"plot": 1}
    assert facets(mixed, "pie chart").counts["framework"] == {"mcp": 1}
    assert facets(mixed, exclude_tags=["plot"]).counts["kind"] == {"profile": 1, "tool": 1}


def test_health_names_what_needs_attention(mixed: Catalog) -> None:
    """States, names of entries that are not there, and the day on which entries came."""
    mixed.reset_runtime()
    found = health(mixed)
    days = mixed.entry("tool:pie").created_at
    assert days is not None
    assert found.to_dict() == {
        "total": 4,
        "states": {"deprecated": 1, "draft": 1},
        "vectors": {},
        "broken_references": [{"source": "profile:mini", "path": "model", "target": "model:absent", "exists": False}],
        "broken": 1,
        "growth": {days.date().isoformat(): 4},
    }


def test_changes_since_a_generation_are_those_after_it(catalog: Catalog) -> None:
    """Nothing up to the generation, everything after it, the oldest first, with who and why."""
    catalog.register_many([tool("a"), tool("b")])
    then = catalog.generation
    with acting_as("ada"):
        catalog.update("tool:b", description="Better.", reason="it was short")
        catalog.unregister("tool:a")
    assert [(r.key, r.action, r.actor, r.reason) for r in changes_since(catalog, then)] == [
        ("tool:b", "update", "ada", "it was short"),
        ("tool:a", "unregister", "ada", None),
    ]
    assert changes_since(catalog, catalog.generation) == []


def test_a_change_that_expects_another_state_is_refused(catalog: Catalog, url: str) -> None:
    """Who has seen an older revision changes nothing, whatever the change is, and whoever came first."""
    catalog.register("tool", "pie", "plots:pie")
    with open_catalog(url) as other:
        other.update("tool:pie", description="Of another process.")
    for change in (
        lambda: catalog.update("tool:pie", description="Mine."),
        lambda: catalog.rename("tool:pie", "cake"),
        lambda: catalog.unregister("tool:pie"),
        lambda: catalog.register_many([tool("pie")]),
        lambda: catalog.deprecate("tool:pie"),
    ):
        with pytest.raises(ChangedEntryError) as caught, expecting("tool:pie", 1):
            change()
        assert (caught.value.code, caught.value.facts) == ("changed", {"key": "tool:pie", "revision": 2})
    assert catalog.entry("tool:pie").description == "Of another process."
    with expecting("tool:pie", 2):
        catalog.update("tool:pie", description="Mine.")
        catalog.update("tool:pie", description="Mine, at last.")  # only the first change is held to it
    assert catalog.entry("tool:pie").revision == 4


def test_what_is_expected_to_be_new_is_not_written_over(catalog: Catalog) -> None:
    """Revision 0 means that there is no such entry."""
    with expecting("tool:pie", 0):
        catalog.register("tool", "pie", "plots:pie")
    with pytest.raises(ChangedEntryError), expecting("tool:pie", 0):
        catalog.register("tool", "pie", "cakes:pie")
    assert catalog.entry("tool:pie").ref == "plots:pie"


def test_a_listing_goes_on_behind_a_key(mixed: Catalog) -> None:
    """Pages by `after` make up the whole listing, with every filter and in both orders."""
    for given in ({}, {"tags": ["plot"]}, {"kind": "tool"}, {"order": "name"}, {"sources": ["manual"]}):
        whole = [hit.key for hit in mixed.listed(**given)]
        paged: list[str] = []
        while page := [hit.key for hit in islice(mixed.listed(**given, after=(paged or [None])[-1]), 2)]:
            paged += page
        assert paged == whole


def test_a_served_catalog_imports_only_what_is_listed(url: str) -> None:
    """With `served` a reference that its owner registered is refused, unless the policy allows it."""
    with open_catalog(url) as cat:
        cat.register("tool", "here", "os:getcwd")
    served = Settings(embedder="none", served=True)
    refused = pytest.raises(UntrustedReferenceError, match="others may ask it through a server")
    with open_catalog(url, settings=served) as cat, refused:
        cat.get("tool:here")
    allowing = Settings(embedder="none", served=True, trust={"allow": ["os.*", "posix.*"]})
    with open_catalog(url, settings=allowing) as cat:
        assert callable(cat.get("tool:here"))


def test_what_was_written_over_http_is_a_strangers(catalog: Catalog) -> None:
    """The owner's own processes do not import what came over HTTP, though their policy is open."""
    catalog.register_many([{"kind": "tool", "name": "x", "ref": "os:getcwd", "source": "http:ada"}])
    with pytest.raises(UntrustedReferenceError, match="it was written over HTTP by 'ada'"):
        catalog.get("tool:x")
