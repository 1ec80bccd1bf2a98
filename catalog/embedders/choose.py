"""From the name of an embedder, as configured or typed, to the embedder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.errors import EmbedderError, close_matches, did_you_mean

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder

DEFAULT = "wordllama"

FORMS = ("wordllama", "minilm", "hash", "openai:MODEL[@URL]", "st:MODEL", "pkg.mod:attr")
"""What a name may be, for messages and help."""


def choose(name: str = DEFAULT, *, load: Callable[[str], object] | None = None) -> Embedder:
    """Return the embedder called *name*.

    Args:
        name: ``wordllama``, ``minilm``, ``hash`` (or ``hash:WIDTH``), ``openai:MODEL`` with ``@URL`` behind it for
            another server than OpenAI's, ``st:MODEL``, or ``pkg.mod:attr``: an embedder, or what makes one when called.
        load: imports what a reference names, after asking whether it is trusted; None: references are refused.

    Raises:
        EmbedderError: there is no such embedder; the text names close matches.
        MissingExtraError: what it needs is not installed; the text says how to get it.
    """
    plain, colon, rest = name.strip().partition(":")
    if name.strip() == "wordllama":
        from catalog.embedders.wordllama import shared

        return shared()
    if name.strip() == "minilm":
        from catalog.embedders.minilm import MiniLMEmbedder

        return MiniLMEmbedder()
    if plain == "hash" and (not colon or (rest.isdecimal() and 0 < int(rest) <= 65_536)):
        from catalog.embedders.hashed import HashEmbedder

        return HashEmbedder(int(rest)) if colon else HashEmbedder()
    if plain == "openai" and rest:
        from catalog.embedders.openai import OpenAIEmbedder

        model, _, url = rest.partition("@")
        return OpenAIEmbedder(model, url=url or None)
    if plain == "st" and rest:
        from catalog.embedders.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(rest)
    if load is not None and plain and rest and all(part.isidentifier() for part in f"{plain}.{rest}".split(".")):
        return _own(name.strip(), load)
    words = {form.partition(":")[0] for form in FORMS[:-1]}
    raise EmbedderError(
        f"no embedder '{name}'{did_you_mean(close_matches(plain, words)) or ';'} choose one of {', '.join(FORMS)}",
        embedder=name,
        close=close_matches(plain, words),
    )


def _own(ref: str, load: Callable[[str], object]) -> Embedder:
    """Return the embedder a reference of the user's names, with a check around it."""
    from catalog.embedders.base import Checked, Embedder

    found = load(ref)
    if isinstance(found, type) or (callable(found) and not isinstance(found, Embedder)):
        try:
            found = found()
        except Exception as error:
            raise EmbedderError(
                f"embedder '{ref}' can't be made: {type(error).__name__}: {error}", embedder=ref
            ) from error
    if not isinstance(found, Embedder) or not isinstance(found.name, str) or not isinstance(found.width, int):
        raise EmbedderError(
            f"'{ref}' is no embedder: it needs a name (text), a width (number) and encode(texts)", embedder=ref
        )
    if not 0 < len(found.name) <= 200 or found.width < 1:
        raise EmbedderError(
            f"embedder '{ref}' needs a name of 1 to 200 characters and a width from 1, not {found.name!r} and "
            f"{found.width}",
            embedder=ref,
        )
    return Checked(found)
