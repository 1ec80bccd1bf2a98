"""``catalog embed``: counting vectors and making what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from embedding_server import EmbeddingServer, serving
from factories import open_catalog

from catalog import Settings


def test_a_registration_brings_its_vectors(run_cli: Any) -> None:
    """With the default embedder an entry's text and each of its examples are embedded as it is stored."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.", "--example", "plot a against b")
    status, out, err = run_cli("embed", "status", "--json")
    assert (status, err) == (0, "")
    assert list(json.loads(out).values()) == [{"fresh": 2, "stale": 0, "missing": 0}]


def test_what_is_missing_is_counted_and_made(run_cli: Any) -> None:
    """Vectors of another embedder are missing until an update makes them, and only then is the answer yes."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.")
    assert run_cli("embed", "update", "--embedder", "hash", "--json") == (0, '{\n  "made": 1\n}\n', "")
    assert run_cli("embed", "update", "--embedder", "hash") == (0, "0 vectors made\n", "")
    status, out, err = run_cli("embed", "status")
    assert (status, err) == (0, "")
    assert [line.partition(":")[2] for line in out.splitlines()] == [" 1 fresh, 0 stale, 0 missing"] * 2


@pytest.mark.parametrize(
    "command",
    [
        ("--embedder", "wordlama", "search", "chart"),
        ("search", "chart", "--embedder", "wordlama"),
        ("similar", "draw", "--embedder", "wordlama"),
        ("embed", "--embedder", "wordlama", "status"),
        ("embed", "update", "--embedder", "wordlama"),
        ("register", "tool", "paint", "json:dumps", "--embedder", "wordlama"),
    ],
    ids=" ".join,
)
def test_an_unknown_embedder_is_wrong_use(run_cli: Any, command: tuple[str, ...]) -> None:
    """An embedder nobody knows ends with status 2 and names the one that was meant, before or after the command."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.")
    status, out, err = run_cli(*command)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "no embedder 'wordlama'; did you mean 'wordllama'" in err


def test_a_configured_embedder_nobody_knows_leaves_words(run_cli: Any, project: Any) -> None:
    """A slip in the configuration is a warning where words can answer, and wrong use where they can't."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.")
    (project / "catalog.toml").write_text('embedder = "wordlama"')
    done = run_cli("search", "chart", "--json")
    assert [hit["name"] for hit in done.data] == ["draw"]
    assert (done.status, done.err.startswith("Warning: searching by words only: no embedder 'wordlama'")) == (0, True)
    assert run_cli("search", "chart", "--mode", "semantic").status == 2
    assert run_cli("embed", "update").status == 2


def test_none_goes_by_words(run_cli: Any) -> None:
    """`--embedder none` registers without vectors and searches by words."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.", "--embedder", "none")
    assert run_cli("embed", "status").out.endswith(": 0 fresh, 0 stale, 1 missing\n")
    assert set(run_cli("search", "chart", "--embedder", "none", "--json").data[0]["why"]) == {"matched"}


# -- a server --------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingServer]:
    """A server of embeddings, as the environment names it."""
    with serving() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        yield running


def fill(url: str, count: int) -> None:
    """Register tools, each with a text that is sent and a name that is sent, and embed nothing."""
    with open_catalog(url, settings=Settings(embedder="none")) as cat:
        cat.register_many(
            {"kind": "tool", "name": f"t{i}", "ref": "zz_none:thing", "description": f"Number {i}."}
            for i in range(count)
        )


REMOTE = ("--embedder", "openai:m")


def test_what_is_sent_is_told_first(run_cli: Any, server: EmbeddingServer, url: str) -> None:
    """Texts, tokens and requests are told on standard error, and are those the server gets; the price is not known."""
    fill(url, 2)
    assert run_cli("embed", "update", *REMOTE) == (
        0,
        "2 vectors made\n",
        "to be sent: 4 texts, about 8 tokens in 1 requests, at a price not known here\n",
    )
    assert server.asked == [["Number 0.", "Number 1.", "t0", "t1"]]
    assert run_cli("embed", "update", *REMOTE, "--json") == (0, '{\n  "made": 0\n}\n', "")
    assert run_cli("search", "number", *REMOTE, "--json").data[0]["why"]["similarity"] != 0
    assert len(server.asked) == 2


def test_an_estimate_is_what_an_update_sends(server: EmbeddingServer, url: str) -> None:
    """Texts and requests of `embed_estimate` are those of the update after it, over several batches."""
    fill(url, 1_300)
    with open_catalog(url, embedder="openai:m") as cat:
        estimate = cat.embed_estimate()
        assert estimate is not None
        assert cat.embed_update() == 1_300
        assert cat.embed_estimate() == type(estimate)(0, 0, 0, None)
    assert (estimate.texts, estimate.requests) == (sum(map(len, server.asked)), len(server.asked)) == (2_600, 11)
    with open_catalog(url, embedder="hash:8") as cat:
        assert cat.embed_estimate() is None


def test_a_large_run_in_a_pipe_needs_to_be_agreed_to(run_cli: Any, server: EmbeddingServer, url: str) -> None:
    """More than a thousand texts are not sent without --yes where nobody can be asked."""
    fill(url, 501)
    status, out, err = run_cli("embed", "update", *REMOTE)
    assert (status, out, err.count("\n")) == (2, "", 2)
    assert err.startswith("to be sent: 1002 texts, about ")
    assert "costs more than 10 cents; add --yes" in err
    assert server.asked == []
    assert run_cli("embed", "update", *REMOTE, "--yes").out == "501 vectors made\n"


def test_what_costs_more_than_ten_cents_needs_to_be_agreed_to(
    run_cli: Any, server: EmbeddingServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few texts count too, if they are dear."""
    from catalog.embedders import openai

    fill(url, 2)
    monkeypatch.setattr(openai, "URL", server.url)
    monkeypatch.setattr(openai, "PRICES", {"m": 100_000.0})
    status, _, err = run_cli("embed", "update", *REMOTE)
    assert (status, server.asked) == (2, [])
    assert "in 1 requests, about $0.8000\n" in err


def test_a_terminal_is_asked(run_cli: Any, server: EmbeddingServer, url: str) -> None:
    """Somebody at a terminal decides, whatever the size; --yes asks nothing."""
    fill(url, 1)
    done = run_cli("embed", "update", *REMOTE, stdin="n\n", width=80)
    assert (done.status, done.out, server.asked) == (1, "", [])
    assert "Send them? [y/N]: " in done.err
    assert "nothing was sent" in done.err
    assert run_cli("embed", "update", *REMOTE, stdin="y\n", width=80).out == "1 vector made\n"
    fill(url, 2)
    assert "Send them?" not in run_cli("embed", "update", *REMOTE, "--yes", width=80).err
    assert server.asked == [["Number 0.", "t0"], ["Number 1.", "t1"]]


def test_a_server_that_refuses_is_unusable(run_cli: Any, server: EmbeddingServer, url: str) -> None:
    """A failing endpoint ends with status 3 and one line; a search in mode auto answers by words and warns."""
    fill(url, 1)
    server.status = 401
    status, out, err = run_cli("embed", "update", *REMOTE)
    assert (status, out) == (3, "")
    assert err.splitlines()[1].endswith("answered 401: no; is OPENAI_API_KEY set and right?")
    assert len(err.splitlines()) == 2
    assert run_cli("search", "number", "--mode", "semantic", *REMOTE).status == 3
    done = run_cli("search", "number", "--json", *REMOTE)
    assert [hit["name"] for hit in done.data] == ["t0"]
    assert (done.status, done.err.startswith("Warning: searching by words only: ")) == (0, True)


def test_status_names_its_unit_and_counts_the_configuration(run_cli, project) -> None:
    """The texts of entries and of their examples are counted, those of the configuration, too."""
    (project / "catalog.toml").write_text('[entries.tool]\nq = {ref = "json:dumps", examples = ["write", "print"]}\n')
    run_cli("register", "tool", "draw", "json:loads", "-d", "Draw a chart.")
    done = run_cli("embed", "status")
    assert (done.out.partition(", ")[2], done.err) == ("4 texts: 4 fresh, 0 stale, 0 missing\n", "")
    assert [*run_cli("embed", "status", "--json").data.values()] == [{"fresh": 4, "stale": 0, "missing": 0}]
