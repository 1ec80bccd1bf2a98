"""From a name to an embedder."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.embedders.choose import choose
from catalog.embedders.hashed import HashEmbedder
from catalog.errors import EmbedderError, MissingExtraError


class Mine:
    name = "mine-1"
    width = 3

    def encode(self, texts: list[str]) -> object:
        return np.ones((len(texts), 3))


def test_names_give_embedders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form of a name gives the embedder it means, and nothing is asked over the network for it."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    names = ["wordllama", "hash", "hash:16", "openai:text-embedding-3-small", "openai:m@http://localhost:1/v1"]
    assert [choose(name).name.split("-")[0] for name in names[:3]] == ["wordllama", "hash", "hash"]
    assert [choose(name).name for name in names[3:]] == [
        "openai:text-embedding-3-small",
        "openai:m@http://localhost:1/v1",
    ]
    assert [choose(name).width for name in names[:4]] == [256, 256, 16, 1536]


@pytest.mark.parametrize(
    ("name", "close"),
    [("wordlama", ["wordllama"]), ("minlm", ["minilm"]), ("hsah", ["hash"]), ("hash:0", ["hash"]), ("", []), (":", [])],
)
def test_unknown_names_tell_close_ones(name: str, close: list[str]) -> None:
    """A name that means nothing is an error with the close names, and the forms a name can have."""
    with pytest.raises(EmbedderError, match="choose one of wordllama, minilm") as error:
        choose(name)
    assert error.value.facts["close"] == close


def test_references_need_a_loader() -> None:
    """Without somebody who may import, a reference is no embedder; with one it is, checked."""
    with pytest.raises(EmbedderError, match=r"no embedder 'pkg\.mod:attr'"):
        choose("pkg.mod:attr")
    asked: list[str] = []

    def load(ref: str) -> object:
        asked.append(ref)
        return Mine

    mine = choose("pkg.mod:attr", load=load)
    assert (asked, mine.name, mine.encode(["a"]).shape) == (["pkg.mod:attr"], "mine-1", (1, 3))
    assert choose("pkg.mod:attr", load=lambda ref: Mine()).width == 3


@pytest.mark.parametrize("found", [object(), 3, "text", dict, lambda: None, lambda: 1 / 0])
def test_what_is_no_embedder_is_refused(found: object) -> None:
    """A reference to something else, or to what fails when it is called, is an error that names it."""
    with pytest.raises(EmbedderError, match=r"pkg\.mod:attr"):
        choose("pkg.mod:attr", load=lambda ref: found)


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sentence-transformers, `st:…` says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"magma-catalog\[sentence-transformers\]") as error:
        choose("st:any")
    assert error.value.facts["extra"] == "sentence-transformers"


def test_the_default_is_shared() -> None:
    """The default embedder is loaded once in a process; a width is that of the hash embedder asked for."""
    assert choose() is choose("wordllama")
    assert isinstance(choose("hash:7"), HashEmbedder)
