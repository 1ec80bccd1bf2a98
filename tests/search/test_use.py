"""Learning from use: the same and similar requests, its bounds, how it fades, what is kept, and taking hits."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import open_catalog, tool
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, CatalogWarning, Settings
from catalog.errors import EntryError, EntryNotFoundError, SearchError, SettingsError
from catalog.search.hit import Hit
from catalog.search.use_boost import BOUND, NOISE, Evidence, evidence, features, reranked
from catalog.settings import load_settings
from catalog.store.use import HALF_LIFE, KEY, MOST_ENTRIES, MOST_ROWS, ROWS_OF_QUERIES, TIDY_EVERY, Use, faded, merged

DAY = 86_400.0
REQUEST = "plot my csv"


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock at one moment of 2001."""
    return Clock()


Open = Callable[..., Catalog]


@pytest.fixture
def opened(url: str, clock: Clock, request: pytest.FixtureRequest) -> Open:
    """A function that opens the test's catalog with settings for learning; it searches by words."""

    def open_it(**given: Any) -> Catalog:
        cat = open_catalog(url, settings=Settings(embedder="none", clock=clock, **given))
        request.addfinalizer(cat.close)
        return cat

    return open_it


@pytest.fixture
def tools(opened: Open) -> Catalog:
    """Four tools; two of them are equally right for a request to plot."""
    cat = opened()
    texts = {
        "bar": "Plot a bar chart of a csv",
        "dots": "Plot a dot chart of a csv",
        "mail": "Send e-mail",
        "wave": "json wave",
    }
    cat.register_many([tool(name, ref="json:dumps", description=text, tags=[name]) for name, text in texts.items()])
    return cat


def names(cat: Catalog, text: str = REQUEST, **given: Any) -> list[str]:
    """Return the names that a search finds, in order."""
    return [hit.name for hit in cat.search(text, **given)]


def use_of(cat: Catalog, name: str, text: str = REQUEST) -> Any:
    """Return what ``why`` says of the use of a tool, or None."""
    return next(hit.why.get("use") for hit in cat.search(text) if hit.name == name)


# -- what it does ----------------------------------------------------------------------------------------------------


def test_the_same_request_ranks_first_what_was_taken(tools: Catalog) -> None:
    """Of two equal entries the one that was taken comes first, with the reason; the generation stays."""
    assert names(tools) == ["bar", "dots"]
    before, plain = tools.generation, {hit.name: hit.score for hit in tools.search(REQUEST)}
    tools.record_use(REQUEST, "tool:dots")
    first, second = tools.search(REQUEST)
    assert (first.name, second.name, tools.generation) == ("dots", "bar", before)
    assert second.score == plain["bar"]
    assert "use" not in second.why
    told = first.why["use"]
    assert told == {"bonus": told["bonus"], "bound": BOUND, "uses": 1.0, "similar": 4.0, "words": ["csv", "plot"]}
    assert first.score == pytest.approx(plain["dots"] + told["bonus"], abs=1e-6)
    assert first.why["matched"] == second.why["matched"]


@pytest.mark.parametrize("entry", ["scatter", 5, None, ("tool",), ""])
def test_what_names_no_entry_is_refused(tools: Catalog, entry: object) -> None:
    """Something else than a key, an entry or a hit is an error that says what to give; so is a request that is none."""
    with pytest.raises(EntryError, match="give kind:name"):
        tools.record_use("plot", entry)  # type: ignore[arg-type]
    with pytest.raises(SearchError, match="give a request as text"):
        tools.record_use(None, "tool:any")  # type: ignore[arg-type]


def test_similar_requests_learn_a_little(tools: Catalog) -> None:
    """Another wording with the same words gains as the same request; one that shares two of three words gains less."""
    tools.record_use(REQUEST, "tool:dots")
    assert names(tools, "Plotting the CSV, please!") == ["dots", "bar"]
    assert use_of(tools, "dots", "Plotting the CSV, please!") == use_of(tools, "dots")
    alike = use_of(tools, "dots", "plot another csv")
    assert names(tools, "plot another csv") == ["dots", "bar"]
    assert (alike["uses"], alike["words"], 0 < alike["bonus"] < use_of(tools, "dots")["bonus"]) == (
        0.0,
        ["csv", "plot"],
        True,
    )
    assert use_of(tools, "dots", "a chart of something") is None


def test_one_shared_word_says_nothing(tools: Catalog) -> None:
    """A single word that an entry was once taken after is chance, and gives it no point."""
    tools.record_use(REQUEST, "tool:dots")
    assert [(hit.name, "use" in hit.why) for hit in tools.search("plot")] == [("bar", False), ("dots", False)]


def test_failures_count_against(tools: Catalog) -> None:
    """What was wrong goes behind its equal, but stays in the list; as many successes take that back."""
    tools.record_use(REQUEST, "tool:bar", success=False)
    assert names(tools) == ["dots", "bar"]
    assert (use_of(tools, "bar")["bonus"] < 0, use_of(tools, "bar")["uses"]) == (True, -1.0)
    tools.record_use(REQUEST, "tool:bar")
    assert names(tools) == ["bar", "dots"]
    assert use_of(tools, "bar") is None


def test_another_process_sees_it_at_once(tools: Catalog, url: str, run_python: Any) -> None:
    """A use that another process records changes the next search here."""
    assert names(tools) == ["bar", "dots"]
    run_python(
        "import sys\nfrom catalog import Catalog, Settings\n"
        "with Catalog(sys.argv[1], settings=Settings(embedder='none', clock=lambda: 1e9)) as cat:\n"
        "    cat.record_use(sys.argv[2], ('tool', 'dots'))",
        url,
        REQUEST,
    )
    assert names(tools) == ["dots", "bar"]


def test_an_open_catalog_sees_the_first_use_and_that_all_were_forgotten(tools: Catalog, opened: Open) -> None:
    """Whether anything was ever recorded is looked at again after another catalog has recorded or forgotten it."""
    other = opened()
    seen = [names(tools)]
    other.record_use(REQUEST, "tool:dots")
    seen.append(names(tools))
    other.reset_uses()
    seen.append(names(tools))
    other.record_use(REQUEST, "tool:dots")
    seen.append(names(tools))
    assert seen == [["bar", "dots"], ["dots", "bar"]] * 2


def test_what_words_do_not_find_can_be_learned(tools: Catalog) -> None:
    """An entry that shares no word with a request is found once it was taken after it, with its bonus as score."""
    tools.record_use(REQUEST, "tool:wave")
    hits = tools.search(REQUEST)
    assert sorted(hit.name for hit in hits) == ["bar", "dots", "wave"]
    wave = next(hit for hit in hits if hit.name == "wave")
    assert wave.score == pytest.approx(wave.why["use"]["bonus"], abs=1e-6)


def test_filters_hold(tools: Catalog) -> None:
    """What was taken but does not pass the filters, or is gone, is in no list; the limit holds too."""
    tools.record_use(REQUEST, "tool:wave")
    tools.record_use(REQUEST, "tool:dots")
    assert names(tools, tags=["bar"]) == ["bar"]
    assert "wave" not in names(tools, exclude_tags=["wave"])
    assert names(tools, kind="model") == []
    assert len(names(tools, limit=1)) == 1
    assert names(tools, limit=0) == []
    tools.unregister("tool", "wave")
    assert names(tools) == ["dots", "bar"]


def test_an_exact_name_is_never_overtaken(tools: Catalog) -> None:
    """However often another entry was taken after a name, or the named one was wrong, the name comes first."""
    tools.register("tool", "send_mail", "json:dumps")
    for text in ("mail", "tool:mail", "send_mail", "Send Mail"):
        for _ in range(20):
            tools.record_use(text, "tool:bar")
        for named in ("tool:mail", "tool:send_mail"):
            tools.record_use(text, named, success=False)
    first = {text: names(tools, text)[0] for text in ("mail", "tool:mail", "send_mail", "Send Mail")}
    assert first == {"mail": "mail", "tool:mail": "mail", "send_mail": "send_mail", "Send Mail": "send_mail"}
    assert "bar" in names(tools, "mail")
    scores = [hit.score for hit in tools.search("mail")]
    assert scores == sorted(scores, reverse=True)


def test_entries_of_every_tier_learn(tools: Catalog) -> None:
    """A runtime entry that was taken ranks first, found by words or not."""
    tools.register("tool", "mine", len, runtime=True, description="Plot a line chart of a csv")
    tools.register("tool", "yours", len, runtime=True)
    tools.record_use(REQUEST, tools.entry("tool", "mine"))
    tools.record_use(REQUEST, ("tool", "yours"))
    assert names(tools)[0] == "mine"
    assert "yours" in names(tools)


def test_it_works_with_vectors(url: str, clock: Clock) -> None:
    """With an embedder, too, what was taken after a request moves up, deeper than the limit, and says why."""
    with open_catalog(url, settings=Settings(embedder="hash", clock=clock)) as cat:
        cat.register_many([tool(f"t{n:02}", description=f"Plot a csv in way {n}") for n in range(40)])
        last = cat.search(REQUEST, limit=40)[-1]
        assert last.name not in names(cat, limit=5)
        for _ in range(5):
            cat.record_use(REQUEST, last)
        found = {hit.name: hit.why for hit in cat.search(REQUEST, limit=5)}
        assert {"use", "semantic", "lexical"} <= set(found[last.name])


# -- asked for or not ------------------------------------------------------------------------------------------------


def test_switched_off_nothing_counts(tools: Catalog, opened: Open) -> None:
    """With learn = "off" a use is refused with what to set, and those recorded elsewhere change nothing."""
    tools.record_use(REQUEST, "tool:dots")
    off = opened(learn="off")
    assert names(off) == ["bar", "dots"]
    with pytest.raises(SettingsError, match='set learn = "explicit" or "auto"'):
        off.record_use(REQUEST, "tool:dots")


def test_what_is_wrong_is_refused(tools: Catalog) -> None:
    """An entry that is not there and a blank request are refused, and nothing is recorded."""
    with pytest.raises(EntryNotFoundError, match="tool:dot"):
        tools.record_use(REQUEST, "tool:dot")
    with pytest.raises(SearchError, match="blank"):
        tools.record_use(" \n", "tool:dots")
    assert list(tools.uses()) == []


@pytest.mark.parametrize(
    ("line", "fault"), [('learn = "maybe"', "learn is 'maybe'; choose one of off"), ("learn_text = 1", "true or false")]
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, fault: str) -> None:
    """A value that learning can't have is refused with the file and the choices."""
    file = tmp_path / "catalog.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=fault):
        load_settings(file=file)


def test_settings_are_read(tmp_path: Path) -> None:
    """The configuration file says what is learned and kept; without it learning waits to be asked."""
    file = tmp_path / "catalog.toml"
    file.write_text('learn = "auto"\nlearn_text = true')
    read = load_settings(file=file)
    assert (read.learn, read.learn_text) == ("auto", True)
    assert (Settings().learn, Settings().learn_text) == ("explicit", False)


@pytest.mark.parametrize("text", ["🧪", "\ud800", "\0", "数据 可视化", "رسم بياني", "x " * 10**6, "a" * 10**6])
def test_a_strange_request_is_learned(tools: Catalog, opened: Open, text: str) -> None:
    """Any text that is not blank can be recorded, with and without texts, and finds what was taken."""
    opened(learn_text=True).record_use(text, "tool:wave")
    tools.record_use(text, "tool:wave")
    assert names(tools, text) == ["wave"]


# -- taking a hit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("take", [lambda cat, name: cat.get("tool", name), lambda cat, name: cat["tool", name]])
def test_taking_a_hit_is_recorded_where_asked_for(tools: Catalog, opened: Open, take: Any) -> None:
    """With learn = "auto" the first hit taken after a search counts as used, also one that was loaded before."""
    auto = opened(learn="auto")
    take(auto, "dots"), take(auto, "bar")
    assert list(auto.uses()) == []
    auto.search(REQUEST)
    take(auto, "dots"), take(auto, "dots"), take(auto, "bar")
    assert {(use.name, use.weight) for use in auto.uses()} == {("dots", 1.0)}
    assert names(tools) == ["dots", "bar"]
    tools.search(REQUEST)
    take(tools, "bar")
    assert {use.name for use in tools.uses()} == {"dots"}


def test_only_a_hit_of_the_own_last_search_counts(tools: Catalog, opened: Open, clock: Clock) -> None:
    """What was not found, what another thread was offered, and what was found ten minutes ago is not recorded."""
    auto = opened(learn="auto")
    auto.search(REQUEST)
    auto.get("tool", "wave")
    other = threading.Thread(target=auto.get, args=("tool", "dots"))
    other.start()
    other.join()
    auto.search("wave")
    auto.get("tool", "bar")
    auto.search(REQUEST)
    clock.now += 601
    auto.get("tool", "dots")
    assert list(auto.uses()) == []


@pytest.mark.sqlite("another connection to it holds the write lock")
def test_a_lookup_does_not_fail_for_lack_of_a_record(
    tools: Catalog, opened: Open, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a use can't be written, the hit is handed over with a warning."""
    auto = opened(learn="auto")
    auto.search(REQUEST)
    monkeypatch.setattr(auto.workspace.store, "_busy_ms", 50)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # somebody writes, for as long as it takes
    with pytest.warns(CatalogWarning, match="a use of 'tool:dots' was not recorded"):
        taken = auto["tool", "dots"]
    other.close()
    assert taken is json.dumps


# -- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.sqlite("each of its bytes is read")
def test_only_hashes_are_kept(tools: Catalog, url: str) -> None:
    """Neither the request nor a word of it is in the database or an export, nor does the export tell the key."""
    tools.record_use("frobnicate zyzzyva", "tool:dots")
    lines = io.StringIO()
    assert tools.export_uses(lines) == 4
    assert [sorted(json.loads(line)) for line in lines.getvalue().splitlines()] == [
        ["at", "kind", "name", "query", "text", "weight"]
    ] * 4
    assert {json.loads(line)["text"] for line in lines.getvalue().splitlines()} == {None}
    path = Path(url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert (b"frobnic" in stored, b"zyzzyva" in stored) == (False, False)
    with sqlite3.connect(path) as connection:
        (key,) = connection.execute(KEY).fetchone()
    connection.close()
    assert (len(key), key in lines.getvalue()) == (64, False)


def test_texts_are_kept_where_asked_for(opened: Open, tools: Catalog, tmp_path: Path) -> None:
    """With learn_text the request stands beside its own hash, not beside those of its words, and stays."""
    opened(learn_text=True).record_use(REQUEST, "tool:dots")
    tools.record_use(REQUEST, "tool:dots")
    assert tools.export_uses(tmp_path / "uses.jsonl") == 4
    lines = [json.loads(line) for line in (tmp_path / "uses.jsonl").read_text().splitlines()]
    assert sorted((line["query"][:2], line["weight"], line["text"]) for line in lines) == [
        ("p:", 2.0, None),
        ("r:", 2.0, REQUEST),
        ("w:", 2.0, None),
        ("w:", 2.0, None),
    ]


def test_resetting_forgets(tools: Catalog) -> None:
    """The uses of one entry can be forgotten, or all; then the same request has another hash than before."""
    tools.record_use(REQUEST, "tool:dots")
    tools.record_use(REQUEST, "tool:bar")
    before = {use.query for use in tools.uses()}
    assert tools.reset_uses("tool:dots") == 4
    assert {use.name for use in tools.uses()} == {"bar"}
    tools.record_use(REQUEST, "tool:dots")
    assert {use.query for use in tools.uses()} == before
    assert tools.reset_uses() == 8
    assert (names(tools), list(tools.uses())) == (["bar", "dots"], [])
    tools.record_use(REQUEST, "tool:dots")
    assert {use.query for use in tools.uses()} & before == set()


def test_two_catalogs_hash_differently(tools: Catalog, tmp_path: Path) -> None:
    """The hashes of one catalog are not those of another."""
    with open_catalog(tmp_path / "other.db") as other:
        other.register("tool", "dots", "json:dumps")
        for cat in (tools, other):
            cat.record_use(REQUEST, "tool:dots")
        assert {use.query for use in tools.uses()} & {use.query for use in other.uses()} == set()


def test_what_has_faded_is_taken_away(tools: Catalog, clock: Clock) -> None:
    """Five half-lives after a single use its rows go, as others are recorded; what was used often stays."""
    tools.record_use("an old request", "tool:wave")
    for _ in range(9):
        tools.record_use("an old habit", "tool:mail")
    clock.now += 5 * HALF_LIFE + 1
    for _ in range(TIDY_EVERY - 10):
        tools.record_use(REQUEST, "tool:dots")
    assert {use.name for use in tools.uses()} == {"mail", "dots"}


def test_a_feature_keeps_a_few_entries(tools: Catalog) -> None:
    """After 40 entries were taken for one request, 32 are kept: the strongest and the newest."""
    tools.register_many([tool(f"t{n:02}") for n in range(40)])
    tools.record_use("do it", "tool:t00")
    for n in range(40):
        tools.record_use("do it", f"tool:t{n:02}")
    kept = [use.name for use in tools.uses() if use.query.startswith("r:")]
    assert (len(kept), kept[0], kept[-1]) == (MOST_ENTRIES, "t00", "t39")


@pytest.mark.sqlite("100,000 rows are written past the catalog")
def test_the_table_has_an_end(tools: Catalog, url: str, clock: Clock) -> None:
    """Where there are more rows than the table may have, those go that were not added to for longest."""
    tools.record_use(REQUEST, "tool:dots")
    rows = [(f"w:{n:032x}", "tool", "bar", 1.0, clock.now - MOST_ROWS + n) for n in range(MOST_ROWS)]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.executemany("INSERT INTO used (query, kind, name, weight, at) VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE used SET weight = ? WHERE query = ''", (TIDY_EVERY - 1,))
    connection.close()
    tools.record_use(REQUEST, "tool:dots")
    kept = list(tools.uses())
    assert len(kept) == MOST_ROWS
    assert min(use.at for use in kept) == clock.now - MOST_ROWS + 4
    assert sum(use.name == "dots" for use in kept) == 4


@pytest.mark.sqlite("plans are SQLite's")
def test_reading_uses_an_index(tools: Catalog, url: str) -> None:
    """Both statements of a search go by the primary key."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    for sql, values in ((KEY, ()), (ROWS_OF_QUERIES.format(marks="?, ?"), ("r:1", "w:2"))):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert plan == ["SEARCH u USING PRIMARY KEY (query=?)"]
    connection.close()


# -- properties ------------------------------------------------------------------------------------------------------

moments = st.floats(0, 4e9)
weights = st.floats(-1e6, 1e6)
keys = st.sampled_from([("tool", "a"), ("tool", "b"), ("agent", "a")])
forms = st.sampled_from([("r", "plot csv"), ("w", "plot"), ("w", "csv"), ("p", "plot csv")])
recorded = st.builds(
    lambda feature, key, weight, at: (*feature, Use("", *key, weight, at)), forms, keys, weights, moments
)


@given(rows=st.lists(recorded, unique_by=lambda row: (row[0], row[1], row[2].kind, row[2].name)), now=moments)
def test_a_bonus_is_bounded(rows: list[tuple[str, str, Use]], now: float) -> None:
    """Whatever was recorded, no entry gains or loses more than the bound, and the order of the rows says nothing."""
    said = evidence(rows, now)
    assert all(0 < abs(one.bonus) <= BOUND for one in said.values())
    assert evidence(rows[::-1], now) == said


@given(
    scores=st.lists(st.floats(-50, 50), min_size=1, max_size=8),
    bonuses=st.lists(st.floats(-BOUND, BOUND), min_size=8, max_size=8),
    named=st.integers(0, 7),
    limit=st.none() | st.integers(1, 8),
)
def test_reranking_moves_within_the_bound(
    scores: list[float], bonuses: list[float], named: int, limit: int | None
) -> None:
    """The exact name is first, scores fall, and nothing passes what was better by more than twice the bound."""
    scores = sorted(scores, reverse=True)
    hits = [Hit(tool(f"t{n}"), score) for n, score in enumerate(scores)]
    named %= len(hits)
    before = {hit.name: hit.score for hit in hits}
    said = {("tool", f"t{n}"): Evidence(bonus, 0.0, 0.0, ()) for n, bonus in enumerate(bonuses)}
    found = reranked(f"t{named}", hits, said, limit, lambda key: None)
    assert found[0].name == f"t{named}"
    after = [round(hit.score, 9) for hit in found]  # what differs less is equal, and goes by key
    assert after == sorted(after, reverse=True)
    assert len(found) == min(len(hits), limit or len(hits))
    rest = [before[hit.name] for hit in found[1:]]
    assert all(later - earlier <= 2 * BOUND + 1e-6 for n, earlier in enumerate(rest) for later in rest[n:])


@given(weight=weights, at=moments, first=moments, second=moments)
def test_use_only_fades(weight: float, at: float, first: float, second: float) -> None:
    """As time goes on a use counts less, never more, and half after a half-life; so does the bonus it gives."""
    early, late = sorted((first, second))
    assert abs(faded(weight, at, late)) <= abs(faded(weight, at, early)) <= abs(weight)
    assert faded(weight, at, at + HALF_LIFE) == pytest.approx(weight / 2)
    rows = [("r", "plot csv", Use("", "tool", "a", weight, at))]
    bonus = [abs(one.bonus) for now in (early, late) for one in (evidence(rows, now).get(("tool", "a")),) if one]
    assert bonus == sorted(bonus, reverse=True)


@given(uses=st.permutations([(1.0, 0.0), (1.0, 40 * DAY), (-1.0, 10 * DAY), (3.0, 25 * DAY), (1.0, 25 * DAY)]))
def test_the_order_of_uses_does_not_matter(uses: list[tuple[float, float]]) -> None:
    """Uses add up to the same weight and moment in whatever order they come."""
    total = uses[0]
    for one in uses[1:]:
        total = merged(total, one)
    expected = sum(faded(weight, at, 40 * DAY) for weight, at in uses)
    assert total == (pytest.approx(expected), 40 * DAY)


def test_features_are_the_request_its_words_and_pairs() -> None:
    """A request is known by its telling words in order, each word, and each two; a blank one by nothing."""
    assert features("Plot the CSV, please: plots!") == [
        ("r", "plot csv"), ("w", "plot"), ("w", "csv"), ("p", "plot csv"),
    ]  # fmt: skip
    assert features("🧪") == [("r", "🧪")]
    assert features(" ") == []
    assert len(features(" ".join(f"word{chr(97 + n)}" for n in range(26)))) == 1 + 16 + 15


def test_noise_is_taken_off_what_words_say() -> None:
    """One use after one word gives as many points as chance may, and so none."""
    row = ("w", "plot", Use("", "tool", "a", 1.0, 0.0))
    assert evidence([row], 0.0) == {}
    (one,) = evidence([row, ("w", "csv", row[2])], 0.0).values()
    assert one.similar == NOISE
