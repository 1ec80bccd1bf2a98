"""What the API gives: lists, entries, searches, routes, the state of the catalog."""

from __future__ import annotations

import io
import json

import pytest
from factories import blank_catalog, open_catalog, tool
from starlette.testclient import TestClient

from catalog import Catalog, Settings
from catalog import facets as real
from catalog.server.app import create_app

LISTED = {"tier": "persistent", "state": "approved", "code": None, "instead": None}
BASE = "/api/v1"


def test_a_list_has_what_every_listing_has(asked) -> None:
    """An item has key, kind, name, description, tags, tier and state."""
    answer = asked().get(f"{BASE}/entries", params={"tag": "plot"})
    assert answer.json() == {
        "items": [
            {
                "key": "tool:charts/pie",
                "kind": "tool",
                "name": "charts/pie",
                "description": "Draw a pie chart.",
                "tags": ["plot"],
                **LISTED,
            }
        ],
        "next": None,
    }


def test_pages_are_stable_under_changes(asked, served: Catalog) -> None:
    """Entries that come and go between two pages make no other entry appear twice or not at all."""
    served.register_many([tool(f"t{number:02}") for number in range(10)])
    client, seen, cursor = asked(), [], None
    while True:
        page = client.get(f"{BASE}/entries", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        served.register("tool", f"a{len(seen)}", "x:y")  # before the place where the next page begins
        served.unregister("tool", seen[-1])  # the last entry of this page
    assert seen == ["charts/pie", "mail", "note", *(f"t{number:02}" for number in range(10))]


def test_a_list_by_state_has_only_that_state(asked, served: Catalog) -> None:
    """`state` filters by review, page by page."""
    served.deprecate("tool:mail")
    answer = asked().get(f"{BASE}/entries", params={"state": "deprecated"}).json()
    assert [(item["key"], item["state"]) for item in answer["items"]] == [("tool:mail", "deprecated")]


def test_state_and_framework_narrow_lists_searches_and_counts(asked, served: Catalog) -> None:
    """Both are filters wherever there are filters; a state that does not exist is refused by name."""
    served.update("tool:mail", metadata={"framework": "mcp"})
    served.deprecate("tool:mail")
    served.deprecate("tool:note")
    client = asked()
    for query, keys in {
        "state=deprecated": ["tool:mail", "tool:note"],
        "state=deprecated&framework=mcp": ["tool:mail"],
        "state=approved&state=gone": ["tool:charts/pie"],
        "framework=none": [],
    }.items():
        listed = client.get(f"{BASE}/entries?{query}").json()["items"]
        found = client.get(f"{BASE}/search?{query}").json()["hits"]
        counted = client.get(f"{BASE}/facets?{query}").json()
        assert [item["key"] for item in listed] == keys
        assert [hit["key"] for hit in found] == keys
        assert (counted["total"], sum(counted["counts"]["kind"].values())) == (len(keys), len(keys))
    found = client.get(f"{BASE}/search?q=letter&state=deprecated").json()["hits"]
    assert [hit["key"] for hit in found] == ["tool:mail"]
    answer = client.get(f"{BASE}/search?state=gon")
    assert (answer.status_code, "state.0" in answer.json()["detail"]) == (422, True)


def test_all_entries_come_as_lines_where_they_are_wanted(asked, served: Catalog, tmp_path) -> None:
    """With `Accept: application/jsonl` the answer is what `export` writes."""
    served.export_jsonl(tmp_path / "all.jsonl")
    answer = asked().get(f"{BASE}/entries", headers={"accept": "application/jsonl"})
    assert (answer.headers["content-type"], answer.content) == (
        "application/jsonl",
        (tmp_path / "all.jsonl").read_bytes(),
    )


@pytest.mark.parametrize("path", ["charts/pie", "charts%2Fpie"])
def test_a_name_may_hold_a_slash(asked, served: Catalog, path: str) -> None:
    """An entry is found by its name, as it is or escaped; it has its fields, its key and its state."""
    answer = asked().get(f"{BASE}/entries/tool/{path}")
    entry = json.loads(served.entry("tool:charts/pie").model_dump_json())
    assert answer.json() == {"key": "tool:charts/pie", **entry, "state": "approved", "code": None, "instead": None}


def test_a_name_that_ends_like_a_path_below_is_escaped(asked, served: Catalog) -> None:
    """`a/history` is the history of `a`; `a%2Fhistory` is the entry that is called so."""
    served.register_many([tool("a"), tool("a/history", description="It is called so.")])
    client = asked()
    assert client.get(f"{BASE}/entries/tool/a/history").json()["items"][0]["key"] == "tool:a"
    assert client.get(f"{BASE}/entries/tool/a%2Fhistory").json()["description"] == "It is called so."
    assert client.get(f"{BASE}/entries/tool/a%2Fhistory/history").json()["items"][0]["key"] == "tool:a/history"


def test_what_is_not_there_is_a_problem_with_close_matches(asked) -> None:
    """The answer is of RFC 9457, with code and facts of the catalog's own error."""
    answer = asked().get(f"{BASE}/entries/tool/mial", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "urn:catalog:problem:entry-not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "no entry 'tool:mial'; did you mean 'tool:mail'?",
        "code": "entry-not-found",
        "facts": {"kind": "tool", "name": "mial", "close": ["tool:mail"]},
    }
    assert asked().get(f"{BASE}/entries/tol/mail").json()["code"] == "unknown-kind"


def test_an_answer_that_is_known_is_not_sent_again(asked, served: Catalog) -> None:
    """With the ETag of the answer before it is 304, until the catalog has changed."""
    client = asked()
    for path in ("entries", "facets", "health", "entries/tool/mail", "entries/tool/mail/history"):
        first = client.get(f"{BASE}/{path}")
        known = {"if-none-match": first.headers["etag"]}
        again = client.get(f"{BASE}/{path}", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        served.update("tool:mail", description=f"Changed after {path}.")
        assert client.get(f"{BASE}/{path}", headers=known).status_code == 200


def test_the_history_comes_in_pages(asked, served: Catalog) -> None:
    """The newest revision comes first; `next` goes on with older ones."""
    served.update("tool:mail", description="Send letters.", reason="there may be many")
    client = asked()
    first = client.get(f"{BASE}/entries/tool/mail/history", params={"limit": 1}).json()
    assert [(r["revision"], r["action"], r["reason"]) for r in first["items"]] == [(2, "update", "there may be many")]
    second = client.get(f"{BASE}/entries/tool/mail/history", params={"limit": 1, "before": first["next"]}).json()
    assert [(r["revision"], r["action"]) for r in second["items"]] == [(1, "register")]
    assert second["next"] is None


def test_references_go_both_ways(asked, served: Catalog) -> None:
    """What an entry names, and what names it."""
    served.register_many([{"kind": "profile", "name": "mini", "spec": {"model": "small"}}])
    edge = {"source": "profile:mini", "path": "model", "target": "model:small", "exists": False}
    assert asked().get(f"{BASE}/entries/profile/mini/references").json() == {"references": [edge], "used_by": []}


def test_a_search_gives_the_hits_of_the_catalog(asked, served: Catalog) -> None:
    """The hits are those of `Catalog.search`, with score and reasons."""
    answer = asked().get(f"{BASE}/search", params={"q": "pie chart", "kind": "tool", "limit": 5})
    expected = [{**hit.to_dict(), "state": "approved", "code": None, "instead": None}
                for hit in served.search("pie chart", kind="tool", limit=5)]  # fmt: skip
    assert answer.json() == {"hits": expected}
    assert [hit["key"] for hit in expected] == ["tool:charts/pie"]


def test_a_search_by_meaning_without_an_embedder_says_so(asked) -> None:
    """What the catalog refuses is refused with its own words."""
    answer = asked().get(f"{BASE}/similar", params={"key": "tool:mail"})
    assert (answer.status_code, answer.json()["code"]) == (422, "search")
    assert "no embedder" in answer.json()["detail"]


def test_a_route_gives_the_decision(asked, served: Catalog) -> None:
    """A prompt that a rule is for is decided with its candidates; another is answered with no key."""
    served.update("tool:mail", match="letter")
    client = asked()
    decided = client.post(f"{BASE}/route", json={"prompt": "send a letter", "kind": "tool"}).json()
    assert (decided["key"], decided["candidates"][0]["key"]) == ("tool:mail", "tool:mail")
    refused = client.post(f"{BASE}/route", json={"prompt": "bake bread", "kind": "tool"})
    assert (refused.status_code, refused.json()["key"]) == (200, None)


def test_facets_and_health_count(asked) -> None:
    """Counts come by facet and value, and health says that all is well."""
    client = asked()
    assert client.get(f"{BASE}/facets", params={"kind": "tool"}).json()["counts"]["tag"] == {"plot": 1, "post": 1}
    found = client.get(f"{BASE}/health").json()
    assert (found["total"], found["states"], found["broken"]) == (3, {}, 0)


def test_health_names_entries_that_a_router_cannot_tell_apart(tmp_path) -> None:
    """`lint=true` adds what `catalog route lint` finds; without it nothing is looked for."""
    same = {"description": "Draw a pie chart.", "examples": ["a pie of last year's sales"]}
    with open_catalog(blank_catalog(tmp_path / "twins.db"), settings=Settings(embedder="hash")) as cat:
        cat.register_many([tool("pie", **same), tool("cake", **same)])
        with TestClient(create_app(cat, access_log=io.StringIO()), base_url="http://127.0.0.1") as client:
            found = client.get(f"{BASE}/health?lint=true").json()
            assert client.get(f"{BASE}/health").json()["lint"] is None
    assert {(finding["code"], *finding["keys"]) for finding in found["lint"]} >= {
        ("near_duplicate", "tool:cake", "tool:pie"),
        ("shared_example", "tool:cake", "tool:pie"),
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("entries?limit=0", "limit"),
        ("entries?limit=201", "limit"),
        ("entries?limit=2&limit=3", "limit"),
        ("entries?colour=red", "colour"),
        ("search?mode=magic", "mode"),
        ("health?x=1", "x"),
        ("entries/tool/mail?x=1", "query"),
        ("entries/tool/mail/history?before=0", "before"),
        ("similar", "key"),
    ],
)
def test_a_wrong_parameter_is_named(asked, path: str, field: str) -> None:
    """A parameter that is wrong, missing, unknown or given twice is a 422 that names it."""
    answer = asked().get(f"{BASE}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["facts"]["faults"][0]["field"] == field


@pytest.mark.parametrize("cursor", ["!", "tool", "tool:", ":mail", "Tool:mail", "tool:a\n", "tool:" + "a" * 999])
def test_a_cursor_that_is_none_is_refused(asked, cursor: str) -> None:
    """What is no cursor of ours is a 422, not a page."""
    answer = asked().get(f"{BASE}/entries", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_an_unknown_address_or_method_says_what_there_is(asked) -> None:
    """404 leads to the description; 405 names the methods."""
    client = asked(allow_write=True)
    assert "openapi.json" in client.get(f"{BASE}/nothing").json()["detail"]
    assert client.get(f"{BASE}/entries/tool").status_code == 404
    answer = client.delete(f"{BASE}/entries")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_what_takes_long_is_worked_out_once_for_each_state(asked, served: Catalog, monkeypatch) -> None:
    """Facets and health are counted once until something changes, for each set of filters."""
    made = []
    monkeypatch.setattr(
        "catalog.server.api.reading.facets", lambda *_, **given: made.append(given) or real(*_, **given)
    )
    client = asked()
    for params in ({}, {}, {"tag": "plot"}, {}):
        assert client.get(f"{BASE}/facets", params=params).status_code == 200
    assert [given["tags"] for given in made] == [[], ["plot"]]
    served.unregister("tool:note")
    assert (client.get(f"{BASE}/facets").json()["total"], len(made)) == (2, 3)
