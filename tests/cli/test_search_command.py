"""``catalog search``."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.usefixtures("three")


def keys(done) -> list[str]:
    """Return the keys of tab-separated lines."""
    return [line.split("\t")[0] for line in done.out.splitlines()]


def test_text_finds_the_best_first(run_cli) -> None:
    """A request in plain words prints what matches, and ends with 0."""
    assert run_cli("search", "scatter") == (
        0,
        "tool:create_scatter\tDraw a scatter plot.\tcsv, plot\tpersistent\n",
        "",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["schema:verdict", "tool:create_scatter", "tool:read_csv"]),
        (("--tag", "csv"), ["tool:create_scatter", "tool:read_csv"]),
        (("--tag", "csv", "--tag", "plot"), ["tool:create_scatter"]),
        (("--any-tag", "plot", "--any-tag", "x"), ["tool:create_scatter"]),
        (("--tag", "csv", "--not-tag", "plot"), ["tool:read_csv"]),
        (("--kind", "schema"), ["schema:verdict"]),
        (("-k", "schema", "-k", "tool", "-n", "2"), ["schema:verdict", "tool:create_scatter"]),
        (("--limit", "all", "--mode", "lexical"), ["schema:verdict", "tool:create_scatter", "tool:read_csv"]),
    ],
)
def test_filters_narrow(run_cli, options, expected) -> None:
    """Every filter leaves exactly the entries that pass it, by key."""
    done = run_cli("search", *options)
    assert (done.status, keys(done), done.err) == (0, expected, "")


def test_json_adds_score_and_reason(run_cli) -> None:
    """``--json`` gives the listing of each hit with its score and the words that were found."""
    (hit,) = run_cli("search", "scatter", "--mode", "lexical", "--json").data
    assert hit.pop("score") > 0
    assert hit == {
        "key": "tool:create_scatter",
        "kind": "tool",
        "name": "create_scatter",
        "description": "Draw a scatter plot.",
        "tags": ["csv", "plot"],
        "tier": "persistent",
        "state": "approved",
        "why": {"matched": {"name": ["scatter"], "description": ["scatter"]}},
    }


def test_why_shows_the_words_found(run_cli) -> None:
    """``--why`` adds the words of the request that each field has."""
    assert run_cli("search", "scatter", "--why", width=80) == (
        0,
        "KEY                  DESCRIPTION           TAGS       FOUND\n"
        "tool:create_scatter  Draw a scatter plot.  csv, plot  name: scatter; descriptio…\n",
        "",
    )


def test_why_shows_how_near_the_meaning_is(run_cli) -> None:
    """``--why`` adds the similarity where an entry has a vector, and says so where it has none that is fresh."""
    run_cli("register", "tool", "weather", "json:dumps", "-d", "Tell how cold the next days will be.")
    asked = ("search", "cold", "--why", "--limit", "1", "--embedder")
    assert re.search(r"description: cold; meaning: 0\.\d\d$", run_cli(*asked, "wordllama").out.strip())
    run_cli("embed", "update", "--embedder", "hash")
    run_cli("register", "tool", "weather", "json:dumps", "-d", "Tell how very cold the next days will be.")
    assert run_cli(*asked, "hash:32").out.endswith("description: cold; meaning: no fresh vector\n")


def test_nothing_found_by_words_is_said_so(run_cli) -> None:
    """Without filters the hint does not speak of any, though meaning would have found something."""
    done = run_cli("search", "zzzz qqqq", "--mode", "lexical")
    assert (done.status, done.err.startswith("nothing found for 'zzzz qqqq'; try fewer")) == (1, True)


def test_without_vectors_a_semantic_search_says_how_to_make_them(run_cli) -> None:
    """Where no entry has a vector, it is not the words of the request that are to blame."""
    done = run_cli("search", "scatter", "--mode", "semantic", "--embedder", "benchmarks.store.staleness:DIGEST")
    said = "nothing found: no entry has a vector of 'digest-16'; `catalog embed update` makes them\n"
    assert done == (1, "", said)


def test_a_terminal_is_told_of_more(run_cli) -> None:
    """At a terminal one learns that there is more than the limit shows."""
    assert run_cli("search", "--limit", "1", width=60) == (
        0,
        "KEY             DESCRIPTION\nschema:verdict  What a judge says.\n",
        "There are more; --limit 5 or --limit all shows them.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tag", "plit"), "nothing found: no entry has the tag 'plit'; did you mean 'plot'?"),
        (
            ("scatter", "--kind", "schema"),
            "nothing found: entries match 'scatter', but none of them passes the filters",
        ),
        (
            ("zzz",),
            "nothing found for 'zzz'; try fewer or other words, or look around with `catalog ls`",
        ),
        (("--kind", "model"), "nothing found: no entry passes all the filters; leave one out"),
    ],
)
def test_nothing_found_is_a_no_with_a_hint(run_cli, arguments, said) -> None:
    """Without a hit the status is 1, standard error says what might find something, and JSON is an empty array."""
    assert run_cli("search", *arguments) == (1, "", f"{said}\n")
    assert run_cli("search", *arguments, "--json") == (1, "[]\n", f"{said}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--limit", "0"),
            "Error: Invalid value for '--limit' / '-n': '0' is neither a number from 1 nor 'all'; "
            "see 'catalog search --help'",
        ),
        (("--knd", "tool"), "Error: No such option '--knd'. Did you mean '--kind'?"),
    ],
)
def test_wrong_options_are_wrong_use(run_cli, arguments, said) -> None:
    """An option that can't be ends with 2 and one line."""
    assert run_cli("search", *arguments) == (2, "", f"{said}\n")


def test_states_and_frameworks_narrow(run_cli) -> None:
    """Entries of some states, or of some frameworks, are found alone; an unknown framework gets a suggestion."""
    for name, framework in (("fly", "langchain"), ("sail", "agno")):
        run_cli("register", "tool", name, "json:dumps", "-d", "Travel.", "--meta", f"framework={framework}")
    run_cli("deprecate", "fly")
    found = {
        options: keys(run_cli("search", "travel", *options))
        for options in (
            ("--state", "approved"),
            ("--state", "deprecated", "--state", "draft"),
            ("--framework", "agno"),
            ("--framework", "agno", "--framework", "langchain"),
        )
    }
    assert found == {
        ("--state", "approved"): ["tool:sail"],
        ("--state", "deprecated", "--state", "draft"): ["tool:fly"],
        ("--framework", "agno"): ["tool:sail"],
        ("--framework", "agno", "--framework", "langchain"): ["tool:sail", "tool:fly"],
    }
    assert run_cli("search", "travel", "--framework", "lanchain") == (
        1,
        "",
        "nothing found: no entry is of the framework 'lanchain'; did you mean 'langchain'?\n",
    )
