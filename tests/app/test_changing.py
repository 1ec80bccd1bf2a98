"""Changing entries: fields, tags, names; registering again."""

from __future__ import annotations

import pytest
from factories import open_catalog, tool

from catalog import AutoCouncil, Catalog, DuplicateEntryError, EntryError, EntryNotFoundError, InvalidEntryError


@pytest.fixture
def shop(catalog: Catalog) -> Catalog:
    """A tool with everything a person may say of it."""
    catalog.register(
        "tool", "refund", "os:getcwd", tags=["a"], description="Pay back.", examples=["money back"], priority=3,
        match="refund", providers=["x"], metadata={"own": 1},
    )  # fmt: skip
    return catalog


def test_an_update_changes_only_what_is_named(shop: Catalog) -> None:
    """Every field that is not named stays; the change is one revision more."""
    before = shop.entry("tool:refund")
    after = shop.update("tool:refund", description="Give money back.")
    assert after == before.model_copy(
        update={"description": "Give money back.", "revision": 2, "updated_at": after.updated_at}
    )
    assert [change.action for change in shop.history("tool:refund")] == ["update", "register"]
    assert [hit.key for hit in shop.search("give money")] == ["tool:refund"]


def test_tags_are_added_and_removed(shop: Catalog) -> None:
    """`add_tags` and `remove_tags` change some, `tags` all of them; what was not there may be removed, too."""
    assert shop.update("tool", "refund", add_tags=["b", "a"], remove_tags=["zzz"]).tags == ("a", "b")
    assert shop.update("tool:refund", add_tags=["c"], remove_tags=["a"]).tags == ("b", "c")
    assert shop.update("tool:refund", tags=["x"], add_tags=["y"]).tags == ("x", "y")
    assert [hit.key for hit in shop.search(tags=["y"])] == ["tool:refund"]
    assert shop.search(tags=["a"]) == []


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"revision": 5}, EntryError, "the catalog itself writes 'revision'"),
        ({"name": "other"}, EntryError, "the catalog itself writes 'name'; rename gives it another name"),
        ({"checksum": "x"}, EntryError, "the catalog itself writes 'checksum'"),
        ({"descripton": "x"}, InvalidEntryError, "descripton: no such field; did you mean 'description'"),
        ({"tags": "plot"}, InvalidEntryError, "tool:refund: tags='plot': give a list of texts"),
        ({"add_tags": [1]}, InvalidEntryError, "add_tags=[1]: give a list of texts"),
    ],
)
def test_what_can_not_be_updated_is_refused(shop: Catalog, fields: dict, error: type[Exception], text: str) -> None:
    """A field the catalog writes, a field that is none and a value of a wrong form change nothing."""
    before = shop.entry("tool:refund")
    with pytest.raises(error) as caught:
        shop.update("tool:refund", **fields)
    assert text in str(caught.value)
    assert shop.entry("tool:refund") == before
    with pytest.raises(EntryNotFoundError, match="did you mean 'tool:refund'"):
        shop.update("tool:refnd", description="x")


def test_another_value_is_described_anew(shop: Catalog) -> None:
    """With another reference come its own signature and checksums; what a person said stays."""
    before = shop.entry("tool:refund")
    after = shop.update("tool:refund", value="textwrap:dedent")
    assert (after.ref, after.description, after.examples) == ("textwrap:dedent", "Pay back.", ("money back",))
    assert after.checksum not in (None, before.checksum)


def test_registering_again_leaves_what_is_not_said(shop: Catalog) -> None:
    """Tags alone change tags alone: description, examples, priority and the rest are those of before."""
    before = shop.entry("tool:refund")
    after = shop.register("tool", "refund", "os:getcwd", tags=["b"])
    assert after == before.model_copy(update={"tags": ("b",), "revision": 2, "updated_at": after.updated_at})
    assert shop.register("tool", "refund", "os:getcwd").revision == 2


def test_a_runtime_entry_is_updated_in_place(catalog: Catalog) -> None:
    """Of an object of this process the record changes, and the object stays."""
    catalog.register("tool", "mine", str.upper, runtime=True, tags=["a"])
    assert catalog.update("tool:mine", description="Shout", add_tags=["b"]).tags == ("a", "b")
    assert catalog["tool:mine"] is str.upper
    assert catalog.entry("tool:mine").description == "Shout"


def test_everything_follows_a_new_name(catalog: Catalog) -> None:
    """History, golden cases, uses, vectors and the references of other entries are those of the new name."""
    with open_catalog(catalog.url, embedder="hash") as cat:
        cat.register("tool", "old", "os:getcwd", description="Where we are", examples=["which folder"], tags=["t"])
        cat.update("tool:old", priority=2)
        cat.register("profile", "p", {"model": "m", "tools": ["old", "other"]})
        cat.register("council", "c", {"members": [{"id": "a", "tools": ["old"], "system_prompt": "x"}]})
        cat.register("agent", "a", {"x": 1}, metadata={"references": ["tool:old", "tool:other"]})
        cat.golden.add("which folder is it", "tool:old")
        cat.record_use("folder please", "tool:old")
        entry = cat.rename("tool:old", "new")
        assert (entry.key, entry.revision, entry.tags) == ("tool:new", 3, ("t",))
        assert [(change.key, change.revision, change.action) for change in cat.history("tool:new")] == [
            ("tool:new", 3, "rename"), ("tool:new", 2, "update"), ("tool:new", 1, "register"),
        ]  # fmt: skip
        assert ("tool:old" in cat, cat.history("tool:old")) == (False, [])
        assert [(link.source, link.path) for link in cat.used_by("tool:new")] == [
            ("agent:a", "metadata.references.0"), ("council:c", "members.0.tools.0"), ("profile:p", "tools.0"),
        ]  # fmt: skip
        assert cat.entry("profile:p").spec == {"model": "m", "tools": ["new", "other"]}
        assert cat.entry("agent:a").metadata["references"] == ["tool:new", "tool:other"]
        assert [case.names for case in cat.golden] == [("tool:new",)]
        assert {use.name for use in cat.uses()} == {"new"}
        assert [hit.key for hit in cat.search("new", kind="tool")][:1] == ["tool:new"]
        assert cat.search("which folder", mode="semantic", kind="tool")[0].key == "tool:new"
        assert cat.check() == []
        assert cat.rename("tool", "new", "old").key == "tool:old"
        assert len(cat.history("tool:old")) == 4


def test_a_name_that_was_used_before_keeps_its_history(catalog: Catalog) -> None:
    """The revisions of an entry that had the name once come first, and numbers go on from there."""
    catalog.register("tool", "new", "os:getcwd")
    catalog.unregister("tool:new")
    catalog.register("tool", "old", "os:getpid")
    assert catalog.rename("tool:old", "new").revision == 4
    assert [(change.revision, change.action) for change in catalog.history("tool:new")] == [
        (4, "rename"), (3, "register"), (2, "unregister"), (1, "register"),
    ]  # fmt: skip


def test_a_name_can_not_be_taken_from_another(catalog: Catalog) -> None:
    """A name of another entry, of whatever tier, and a name that can't be one are refused; nothing changes."""
    catalog.register_many([tool("a"), tool("b")])
    catalog.register("tool", "mine", len, runtime=True)
    for name, error in (("b", DuplicateEntryError), ("mine", DuplicateEntryError), (" x", InvalidEntryError)):
        with pytest.raises(error):
            catalog.rename("tool:a", name)
    with pytest.raises(EntryNotFoundError):
        catalog.rename("tool:nothing", "x")
    assert catalog.list("tool") == ["a", "b", "mine"]
    assert catalog.rename("tool:a", "a").revision == 1


def test_a_router_goes_on_with_a_renamed_entry(catalog: Catalog) -> None:
    """Decisions name the entry by the name it has now."""
    catalog.register("agent", "old", {"x": 1}, match="hello")
    router = AutoCouncil(catalog, "rules", kind="agent")
    assert router.resolve("hello").name == "old"
    catalog.rename("agent:old", "new")
    assert router.resolve("hello").name == "new"
