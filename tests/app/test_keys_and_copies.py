"""Keys as text in every call; names that look alike; what is taken, pickled and shown in notebooks."""

from __future__ import annotations

import copy
import pickle

import pytest
from factories import tool

from catalog import AutoCouncil, Catalog, EntryNotFoundError, Hit, InvalidEntryError, reference_graph


@pytest.fixture
def plots(catalog: Catalog) -> Catalog:
    """A tool that can be loaded, and data."""
    catalog.register("tool", "join", "os.path:join", description="Join <b>paths</b>", tags=["path"], match="join")
    catalog.register("schema", "verdict", {"type": "object", "properties": {"a": {}}})
    return catalog


def test_a_key_as_text_will_do_in_every_call(plots: Catalog) -> None:
    """`tool:join` is what ('tool', 'join') is, and a pair may stand for both arguments."""
    import os

    assert plots["tool:join"] is plots["tool", "join"] is plots.get("tool:join") is os.path.join
    assert ("tool:join" in plots, "tool:nothing" in plots, "join" in plots, 3 in plots) == (True, False, False, False)
    assert plots.get("tool:nothing") is None
    assert plots.get("tool:nothing", default=5) == 5
    assert plots.entry("tool:join") == plots.entry("tool", "join") == plots.entry(("tool", "join"))
    assert plots.which("tool:join")[0].wins
    assert plots.references("tool:join") == plots.used_by("tool:join") == []
    assert [change.revision for change in plots.history("tool:join", limit=1)] == [1]
    assert plots.unregister("tool:join").key == "tool:join"
    assert plots.restore("tool:join").key == "tool:join"
    assert plots.restore("tool:join", revision=1).key == "tool:join"


@pytest.mark.parametrize("key", ["join", "tool:", ":join", "", 5, None, ("tool",), ["tool", 5]])
def test_what_is_no_key_is_said(plots: Catalog, key: object) -> None:
    """A text without a colon, a part that is missing and things that are no text are InvalidEntryError."""
    for call in (plots.get, plots.entry, plots.which, plots.history, plots.restore, plots.unregister):
        with pytest.raises(InvalidEntryError, match="is not a key"):
            call(key)
    with pytest.raises(InvalidEntryError, match="is not a key"):
        plots[key]
    assert key not in plots
    with pytest.raises(EntryNotFoundError, match="did you mean 'tool:join'"):
        plots["tool:jion"]


def test_whoever_changes_what_was_taken_changes_it_for_nobody_else(plots: Catalog) -> None:
    """Each caller gets data of its own."""
    plots["schema:verdict"]["properties"]["b"] = {}
    plots.get("schema", "verdict")["type"] = "array"
    plots.schemas["verdict"].clear()
    assert plots["schema:verdict"] == {"type": "object", "properties": {"a": {}}}


@pytest.mark.parametrize("name", ["a\u200bb", "a\u202eb", "a\u00a0b", "\ufeffx", "a\u2060b", "a\u00adb", "a\u200db"])
def test_names_and_tags_hold_nothing_that_can_not_be_seen(catalog: Catalog, name: str) -> None:
    """Characters without width, marks of direction and spaces that are none are refused, with their name."""
    with pytest.raises(InvalidEntryError, match="which is not allowed in names"):
        catalog.register("tool", name, "os:getcwd")
    with pytest.raises(InvalidEntryError, match="which is not allowed in names"):
        catalog.register("tool", "fine", "os:getcwd", tags=[name])
    assert catalog.list("tool") == []


def test_an_accent_written_apart_makes_no_other_name(catalog: Catalog) -> None:
    """Names and tags are kept and looked up in composed form; joiners inside a script stay."""
    catalog.register("tool", "cafe\u0301", "os:getcwd", tags=["re\u0301sume\u0301"])
    assert catalog.list("tool") == ["caf\u00e9"]
    for name in ("cafe\u0301", "caf\u00e9"):
        assert (f"tool:{name}" in catalog, ("tool", name) in catalog) == (True, True)
        assert catalog.entry("tool", name).name == "caf\u00e9"
    assert [hit.name for hit in catalog.search(tags=["re\u0301sume\u0301"])] == ["caf\u00e9"]
    assert [hit.name for hit in catalog.search(tags=["r\u00e9sum\u00e9"])] == ["caf\u00e9"]
    catalog.register("tool", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "os:getcwd")
    assert len(catalog.list("tool")) == 2


def test_results_can_be_pickled_and_copied(plots: Catalog) -> None:
    """Hits, decisions and their like are the same after pickle and deepcopy, also once the catalog is closed."""
    router = AutoCouncil(plots, "rules", kind="tool")
    hits, decision, result = plots.search("join"), router.resolve("join"), router.run("join")
    results = [hits, decision, result, plots.which("tool:join"), plots.history("tool:join"), plots.entry("tool:join")]
    results += [plots.search("join")[0], plots.verify(), plots.diagnose(), plots.scan("json"), plots.settings]
    results += [reference_graph(plots), router.evaluate([("join", "join")]), decision.candidates]
    plain = [hit.to_dict() for hit in hits]
    copies = [pickle.loads(pickle.dumps(one)) for one in results] + [copy.deepcopy(one) for one in results]
    plots.close()
    assert [type(one) for one in copies] == [type(one) for one in (*results, *results)]
    assert [hit.to_dict() for hit in copies[0]] == plain
    assert copies[1].to_dict() == copies[len(results) + 1].to_dict() == decision.to_dict()
    assert isinstance(copies[0][0], Hit)


def test_notebooks_show_tables_and_escape_what_they_show(plots: Catalog) -> None:
    """Entries, hits, lists of hits, decisions and graphs have HTML, in which every text is escaped."""
    decision = AutoCouncil(plots, "rules", kind="tool").resolve("join")
    shown = [plots.entry("tool:join"), plots.search("join"), plots.search("join")[0], decision, reference_graph(plots)]
    pages = [one._repr_html_() for one in shown]  # the protocol of notebooks
    assert all(page.startswith('<div class="catalog-nb"><style>') and page.endswith("</div>") for page in pages)
    assert "<svg" in pages[-1]
    assert "Join &lt;b&gt;paths&lt;/b&gt;" in pages[0]
    assert "<b>" not in "".join(pages)


def test_names_are_completed(plots: Catalog) -> None:
    """`dir` lists the registries, and keys are completed in notebooks."""
    assert {"tools", "schemas", "councils", "search"} <= set(dir(plots))
    assert plots._ipython_key_completions_() == ["schema:verdict", "tool:join"]
    assert plots.tools._ipython_key_completions_() == ["join"]


def test_reprs_are_short(plots: Catalog) -> None:
    """Entries with much in them are one short line."""
    plots.register_many([tool("much", description="x" * 10_000, examples=["y" * 1_000])])
    assert repr(plots.entry("tool:much")) == "Entry('tool:much', ref='nowhere.to_be_found:thing', tier='persistent')"
    assert repr(plots.entry("schema:verdict")) == "Entry('schema:verdict', data, tier='persistent')"
