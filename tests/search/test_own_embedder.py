"""An embedder of one's own, handed to the catalog itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from factories import open_catalog

from catalog import EmbedderError, HashEmbedder, OpenAIEmbedder
from catalog.store.vectors import Status


class Letters:
    """Counts letters, and remembers what it was asked; an emoji gives 0/0, as a mean of no tokens does."""

    name = "letters"
    width = np.int64(26)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        rows = np.array([[text.lower().count(chr(97 + place)) for place in range(26)] for text in texts], np.float32)
        with np.errstate(invalid="ignore"):
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("given", [Letters(), Letters, lambda: Letters()])
def test_an_object_a_class_and_a_function_are_taken(url: str, given: Letters | Callable[[], Letters]) -> None:
    """An embedder itself or what makes one can be given to a catalog; its vectors are made by an update, and found."""
    with open_catalog(url, embedder=given) as cat:
        cat.register("tool", "zebra", "nowhere.to_be_found:thing")
        cat.register("tool", "apple", "nowhere.to_be_found:thing")
        assert cat.embed_status() == {"letters": Status(0, 0, 2)}
        assert cat.embed_update() == 2
        assert cat.embedder == "letters"
        assert [hit.name for hit in cat.search("aplpe", mode="semantic", limit=1)] == ["apple"]


def test_a_text_it_has_no_vector_for_keeps_no_other_from_one(url: str) -> None:
    """A row of NaN is that of a text without tokens: its entry is found by words, the others by meaning, the request
    that is such a text finds what has its words, and nothing is ever NaN."""
    with open_catalog(url, embedder=Letters()) as cat:
        cat.register("tool", "🎉", "nowhere.to_be_found:thing")
        cat.register("tool", "apple", "nowhere.to_be_found:thing")
        cat.embed_update()
        assert cat.embed_status() == {"letters": Status(2, 0, 0)}
        assert [hit.name for hit in cat.search("🎉")] == ["🎉"]
        assert cat.search("🎈", mode="semantic") == []
        hits = cat.search("aplpe", mode="semantic")
        assert [(hit.name, np.isfinite(hit.score)) for hit in hits] == [("apple", True)]


def test_what_is_no_embedder_is_refused_when_it_is_needed(url: str) -> None:
    """An object without name, width and encode is an error that shows it, and so is a row that is part of numbers."""
    with open_catalog(url, embedder=object()) as cat, pytest.raises(EmbedderError, match="is no embedder: it needs"):
        cat.embed_update()
    half = Letters()
    half.encode = lambda texts: np.full((len(texts), 26), [np.nan] + [1.0] * 25)  # type: ignore[method-assign]
    with open_catalog(url, embedder=half) as cat:
        cat.register("tool", "apple", "nowhere.to_be_found:thing")
        with pytest.raises(EmbedderError, match="not finite"):
            cat.embed_update()


def test_entries_of_this_process_are_embedded_once(url: str) -> None:
    """A change of the database costs no new vectors of what only this process holds; a change of that does, one."""
    mine = Letters()
    with open_catalog(url, embedder=mine) as cat:
        cat.register("tool", "apple", lambda: 0, runtime=True, examples=["a pear"])
        cat.register("tool", "banana", lambda: 0, runtime=True)
        cat.search("plum", mode="semantic")
        assert sorted(mine.asked) == ["a pear", "apple", "banana", "plum"]
        for name in ("one", "two"):
            cat.register("tool", name, "nowhere.to_be_found:thing")
            assert {"apple", "banana"} <= {hit.name for hit in cat.search("plum", mode="semantic")}
        cat.register("tool", "banana", lambda: 0, runtime=True, examples=["a fruit"])
        assert {"apple", "banana"} <= {hit.name for hit in cat.search("plum", mode="semantic")}
        assert sorted(mine.asked) == ["a fruit", "a pear", "apple", "banana", *["plum"] * 4]


def test_our_own_keep_what_they_can_do(url: str) -> None:
    """A hash embedder embeds as entries are stored, under the name its word gives; one on a server tells what it would
    cost, and is not asked for that."""
    with open_catalog(url, embedder=HashEmbedder(16)) as cat:
        cat.register("tool", "apple", "nowhere.to_be_found:thing")
        assert cat.embed_status() == {HashEmbedder(16).name: Status(1, 0, 0)}
    priced = OpenAIEmbedder("m", url="http://localhost:1/v1", price=1e6)
    with open_catalog(url, embedder=priced) as cat:
        estimate = cat.embed_estimate()
        assert estimate is not None
        assert (estimate.texts, estimate.dollars) == (1, 2.0)


def test_a_child_does_not_wait_for_a_thread_it_has_not(url: str) -> None:
    """A fork while another thread loads the embedder leaves the child one that can be loaded."""
    import os

    holding, done = threading.Event(), threading.Event()

    def slow() -> HashEmbedder:
        if not holding.is_set():
            holding.set()
            done.wait(30)
        return HashEmbedder(16)

    with open_catalog(url, embedder=slow) as cat:
        loading = threading.Thread(target=lambda: cat.embedder)
        loading.start()
        assert holding.wait(30)
        child = os.fork()
        if child == 0:
            import signal

            signal.alarm(20)
            os._exit(0 if cat.embedder == HashEmbedder(16).name else 1)
        status = os.waitpid(child, 0)[1]
        done.set()
        loading.join()
    assert status == 0
