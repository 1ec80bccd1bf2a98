"""Search by meaning through the catalog: what it finds, when vectors count, and what it does without them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from factories import open_catalog

from catalog import Catalog, EntryNotFoundError, InvalidFilterError, SearchError, Settings

ENTRIES = [
    ("create_scatter", "Draw a scatter plot from two CSV columns.", ["plot"]),
    ("send_mail", "Send an e-mail to a person.", ["office"]),
    ("convert_pdf", "Turn a document into PDF.", ["office"]),
    ("weather_forecast", "Tell the weather of the next days for a city.", ["web"]),
    ("translate_text", "Translate a text into another language.", ["text"]),
    ("stock_price", "Give the price of a share at the exchange.", ["finance"]),
    ("count_words", "Count the words of a text.", ["text"]),
    ("resize_image", "Make a photo smaller or larger.", ["image"]),
]


@pytest.fixture
def meaningful(url: str) -> Iterator[Catalog]:
    """A catalog of eight tools with the default embedder."""
    with open_catalog(url, settings=Settings()) as cat:
        cat.register_many(
            {"kind": "tool", "name": name, "ref": "json:dumps", "description": text, "tags": tags, "checksum": "x"}
            for name, text, tags in ENTRIES
        )
        yield cat


def names(cat: Catalog, text: str, **given: object) -> list[str]:
    """Return the names a search finds."""
    return [hit.name for hit in cat.search(text, **given)]  # type: ignore[arg-type]


def test_a_request_finds_a_tool_it_shares_no_word_with(meaningful: Catalog) -> None:
    """Meaning alone brings the right tool first, where words find nothing."""
    assert names(meaningful, "will it rain tomorrow in Paris?", mode="lexical") == []
    assert names(meaningful, "will it rain tomorrow in Paris?")[0] == "weather_forecast"
    assert names(meaningful, "draw a picture from a table", limit=1) == ["create_scatter"]


def test_scores_do_not_depend_on_the_order_of_storing() -> None:
    """The same entries, stored one by one in another order, have the same scores to the sixth decimal."""
    told = []
    for order in (ENTRIES, ENTRIES[::-1], ENTRIES[3:] + ENTRIES[:3]):
        with open_catalog("sqlite://", settings=Settings()) as cat:
            for name, text, tags in order:
                cat.register("tool", name, "json:dumps", description=text, tags=tags, checksum="x")
                cat.search("tool")
            told.append([(hit.key, round(hit.score, 6)) for hit in cat.search("a picture of the weather", limit=8)])
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 2


def test_the_only_entry_is_found_by_meaning(url: str) -> None:
    """A catalog of one entry finds it by a request that shares no word with it, and gives it a score above 0."""
    with open_catalog(url, settings=Settings()) as cat:
        cat.register("tool", "weather_forecast", "json:dumps", description="Tell the weather of the next days.")
        assert [(hit.name, hit.score > 0) for hit in cat.search("will it rain?")] == [("weather_forecast", True)]


def test_by_meaning_alone_the_nearest_are_found_however_far(meaningful: Catalog) -> None:
    """A semantic search gives as many as asked for, in the order of their similarity, as a sort of all would."""
    hits = meaningful.search("will it rain tomorrow?", mode="semantic", limit=8)
    assert len(hits) == 8
    similar = [hit.why["similarity"] for hit in hits]
    assert similar == sorted(similar, reverse=True)
    assert names(meaningful, "will it rain tomorrow?", mode="semantic", limit=3) == [hit.name for hit in hits[:3]]


def test_a_name_without_words_is_found_where_nothing_else_is(url: str) -> None:
    """An emoji has neither words nor, here, a vector; an entry of that name is found all the same, in every mode."""
    with open_catalog(url, settings=Settings(embedder="hash")) as cat:
        cat.register("tool", "🎉", "json:dumps")
        assert [names(cat, "🎉", mode=mode) for mode in ("auto", "lexical", "hybrid")] == [["🎉"]] * 3


def test_exact_names_come_first_whatever_they_mean(meaningful: Catalog) -> None:
    """The name of an entry, typed as it is, is the first answer in every mode."""
    assert names(meaningful, "stock_price", limit=1) == ["stock_price"]
    assert names(meaningful, "tool:count_words", limit=1) == ["count_words"]


def test_each_part_of_a_request_finds_its_tool(meaningful: Catalog) -> None:
    """A request for two things has the tools for both among the first three."""
    found = names(meaningful, "convert this report to a pdf file and then mail it to my boss", limit=3)
    assert {"convert_pdf", "send_mail"} <= set(found)


def test_filters_hold_before_ranking(meaningful: Catalog) -> None:
    """Only entries that pass are ranked, however far they are from the request."""
    assert names(meaningful, "will it rain tomorrow?", tags=["finance"], mode="semantic") == ["stock_price"]
    assert set(names(meaningful, "write to somebody", any_tags=["office", "text"])) <= {
        "send_mail",
        "convert_pdf",
        "translate_text",
        "count_words",
    }


def test_an_edit_counts_at_once(meaningful: Catalog) -> None:
    """After a change of the description the next search goes by the new meaning and no longer by the old one."""
    meaningful.register("tool", "gadget", "json:dumps", description="Drive a train to the next station.", checksum="x")
    assert names(meaningful, "railway journey", limit=1) == ["gadget"]
    meaningful.register("tool", "gadget", "json:dumps", description="Bake a chocolate cake.", checksum="x")
    assert names(meaningful, "a recipe for dessert", limit=1) == ["gadget"]
    assert names(meaningful, "railway journey", limit=1) != ["gadget"]


def test_an_example_pulls_its_entry_towards_similar_requests(meaningful: Catalog) -> None:
    """An entry rises for requests like its example, and the reason names the example."""
    text = "is my umbrella needed this weekend"
    meaningful.register(
        "tool", "stock_price", "json:dumps", description="Give the price of a share.", checksum="x",
        examples=["do I need an umbrella today"],
    )  # fmt: skip
    hit = meaningful.search(text)[0]
    assert hit.name == "stock_price"
    assert hit.why["example"]["text"] == "do I need an umbrella today"


def test_what_another_catalog_stores_is_found_by_meaning(meaningful: Catalog, url: str) -> None:
    """A vector that another connection committed takes part in the next search here, and one taken away does not."""
    assert "bake" not in names(meaningful, "a recipe for dessert")
    with open_catalog(url, settings=Settings()) as other:
        other.register("tool", "bake", "json:dumps", description="Bake a chocolate cake.", checksum="x")
        assert names(meaningful, "a recipe for dessert", limit=1) == ["bake"]
        other.unregister("tool", "bake")
    assert "bake" not in names(meaningful, "a recipe for dessert")


def test_entries_of_this_process_are_found_by_meaning_too(meaningful: Catalog) -> None:
    """A runtime entry is ranked beside the stored ones, and one that shadows a stored entry replaces it."""
    meaningful.register("tool", "bake", print, runtime=True, description="Bake a chocolate cake.")
    assert names(meaningful, "a recipe for dessert", limit=1) == ["bake"]
    meaningful.register("tool", "weather_forecast", print, runtime=True, description="Bake a chocolate cake.")
    hits = [hit for hit in meaningful.search("will it rain tomorrow?") if hit.name == "weather_forecast"]
    assert [hit.tier for hit in hits] in ([], ["runtime"])


def test_without_a_fresh_vector_words_still_find_an_entry(url: str) -> None:
    """An entry whose vector is missing takes part by its words, and the reason says so."""
    with open_catalog(url) as cat:  # no embedder: nothing is embedded
        cat.register("tool", "late", "json:dumps", description="Bake a chocolate cake.", checksum="x")
    with open_catalog(url, settings=Settings()) as cat:
        cat.register("tool", "other", "json:dumps", description="Send an e-mail.", checksum="x")
        hit = next(hit for hit in cat.search("chocolate") if hit.name == "late")
        assert hit.why["vector"] == "none that is fresh; found by its words"
        assert "late" not in names(cat, "chocolate", mode="semantic")
        assert cat.embed_update() == 1
        assert names(cat, "a recipe for dessert", limit=1) == ["late"]


def test_a_new_embedder_takes_over_when_it_is_complete(meaningful: Catalog, url: str) -> None:
    """While another embedder has vectors for some entries only, the complete one answers; then the other does."""
    with open_catalog(url, embedder="hash") as other:
        request = "will it rain tomorrow in Paris?"
        assert next(hit.name for hit in other.search(request)) == "weather_forecast"
        assert other.embed_update() == len(ENTRIES)
        assert {one.missing for one in other.embed_status().values()} == {0}
        other.register("tool", "extra", "json:dumps", checksum="x")
        searched = other.search(request)
        assert searched == [] or searched[0].why.get("similarity", 0) < 1


def test_catalogs_without_an_embedder_say_so(url: str) -> None:
    """With the embedder 'none' a search goes by words, and asking for meaning in so many words is an error."""
    with open_catalog(url) as cat:
        cat.register("tool", "bake", "json:dumps", description="Bake a cake.", checksum="x")
        assert names(cat, "cake") == ["bake"]
        with pytest.raises(SearchError, match="no embedder"):
            cat.search("cake", mode="semantic")


def test_ranks_are_those_among_all_entries(url: str) -> None:
    """A hit by its words tells its rank by meaning, among all entries, only where it is one of the nearest;
    the same for equals."""
    with open_catalog(url, settings=Settings(embedder="hash:64")) as cat:
        cat.register_many(
            {"kind": "tool", "name": f"n{i}", "ref": "json:dumps", "description": f"marker {'filler ' * (i % 40)}{i}"}
            for i in range(300)
        )
        for request, limit in (("marker", None), ("marker", 10), ("marker 39", 120)):
            every = cat.search(request, mode="semantic", limit=None)
            similar = [hit.why["similarity"] for hit in every]
            true = {hit.key: 1 + similar.index(hit.why["similarity"]) for hit in every}
            assert {hit.key: hit.why["semantic_rank"] for hit in every} == true
            told = {hit.key: hit.why.get("semantic_rank") for hit in cat.search(request, limit=limit)}
            most = 300 if limit is None else max(limit, 100)
            assert told == {key: true[key] if true[key] <= most else None for key in told}


def test_a_request_is_text(meaningful: Catalog) -> None:
    """Anything else asked for is an error that shows it, not one of an attribute."""
    with pytest.raises(InvalidFilterError, match="text=None"):
        meaningful.search(None)  # type: ignore[arg-type]


def test_similar_gives_the_nearest_others(meaningful: Catalog) -> None:
    """`similar` lists other entries by cosine, the entry itself never; a name nobody has is an error."""
    hits = meaningful.similar("tool", "count_words", limit=3)
    assert len(hits) == 3
    assert hits[0].name == "translate_text"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    with pytest.raises(EntryNotFoundError):
        meaningful.similar("tool", "count_word")


def test_similar_knows_every_tier(meaningful: Catalog) -> None:
    """An entry of this process is near to stored ones, and they to it; one that shadows a stored one stands for it."""
    meaningful.register("tool", "post", len, runtime=True, description="Send a letter to a person by e-mail.")
    assert [hit.key for hit in meaningful.similar("tool", "post", limit=1)] == ["tool:send_mail"]
    assert [hit.key for hit in meaningful.similar("tool", "send_mail", limit=1)] == ["tool:post"]
    everything = meaningful.similar("tool", "post", limit=None, floor=-1)
    assert [hit.score for hit in everything] == sorted((hit.score for hit in everything), reverse=True)
    assert sorted(hit.name for hit in everything) == sorted(name for name, _, _ in ENTRIES)
    meaningful.register("tool", "send_mail", len, runtime=True, description="Make a photo smaller or larger.")
    assert [hit.key for hit in meaningful.similar("tool", "send_mail", limit=1)] == ["tool:resize_image"]
    assert [hit.tier for hit in meaningful.similar("tool", "resize_image", limit=1)] == ["runtime"]
    with pytest.raises(InvalidFilterError, match="limit=-1"):
        meaningful.similar("tool", "post", limit=-1)
    with pytest.raises(InvalidFilterError, match="floor='near'"):
        meaningful.similar("tool", "post", floor="near")


def test_why_tells_as_much_of_an_entry_of_this_process(meaningful: Catalog) -> None:
    """Ranks in both lists, similarity and the example that is nearest are said of every tier's entries."""
    examples = ["bake a cake", "fly a kite"]
    meaningful.register("tool", "hobby", len, runtime=True, description="Spend an afternoon.", examples=examples)
    meaningful.register("tool", "pastime", "json:dumps", description="Spend an afternoon.", examples=examples)
    hits = {hit.tier: hit.why for hit in meaningful.search("a cake to bake this afternoon", limit=2)}
    assert set(hits) == {"runtime", "persistent"}
    for why in hits.values():
        assert {why["lexical_rank"], why["semantic_rank"]} <= {1, 2}
        assert why["example"]["text"] == "bake a cake"
    assert hits["runtime"]["example"] == hits["persistent"]["example"]


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "\x00\x01\x02",
        "   \t",
        "画一张图",
        "ارسم مخططًا",
        "наprawда 混ぜ🎌",
        "a" * 1_000_000,
        "word " * 200_000,
        '"; DROP',
        "NEAR(",
    ],
)
@pytest.mark.parametrize("mode", ["auto", "lexical", "semantic", "hybrid"])
def test_any_request_gets_an_answer(meaningful: Catalog, text: str, mode: str) -> None:
    """Whatever is typed, in every mode the answer is a list of hits with finite scores."""
    hits = meaningful.search(text, mode=mode)
    assert isinstance(hits, list)
    assert all(math.isfinite(hit.score) for hit in hits)
    assert all(isinstance(hit.why, dict) for hit in hits)


def test_equal_searches_give_equal_answers(meaningful: Catalog) -> None:
    """The same request gives the same hits with the same scores, again and in another catalog of the same file."""
    first = [(hit.key, hit.score) for hit in meaningful.search("picture of a house")]
    with open_catalog(meaningful.url, settings=Settings()) as other:
        assert [(hit.key, hit.score) for hit in other.search("picture of a house")] == first
    assert [(hit.key, hit.score) for hit in meaningful.search("picture of a house")] == first
