"""From the name of an embedder, as configured or typed, to the embedder."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
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
    form, name = form_of(name, references=load is not None), name.strip()
    rest = name.partition(":")[2]
    if form == "wordllama":
        from catalog.embedders.wordllama import shared

        return shared()
    if form == "minilm":
        from catalog.embedders.minilm import MiniLMEmbedder

        return MiniLMEmbedder()
    if form == "hash":
        from catalog.embedders.hashed import HashEmbedder

        return HashEmbedder(int(rest)) if rest else HashEmbedder()
    if form == "openai":
        from catalog.embedders.openai import OpenAIEmbedder

        model, _, url = rest.partition("@")
        return OpenAIEmbedder(model, url=url or None)
    if form == "st":
        from catalog.embedders.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(rest)
    assert load is not None
    return _own(name, load)


def form_of(name: str, *, references: bool = True) -> str:
    """Return which form *name* has: ``wordllama``, ``minilm``, ``hash``, ``openai``, ``st`` or ``reference``.

    Raises:
        EmbedderError: it has none, or is a reference and these are not allowed; ``facts["close"]`` has what is like it.
    """
    plain, colon, rest = name.strip().partition(":")
    if plain in ("wordllama", "minilm") and not colon:
        return plain
    if plain == "hash" and (not colon or (rest.isdecimal() and 0 < int(rest) <= 65_536)):
        return plain
    if plain in ("openai", "st"):
        if rest:
            return plain
    elif references and plain and rest and all(part.isidentifier() for part in f"{plain}.{rest}".split(".")):
        return "reference"
    words = {form.partition(":")[0] for form in FORMS[:-1]}
    raise EmbedderError(
        f"no embedder '{name}'{did_you_mean(close_matches(plain, words)) or ';'} choose one of {', '.join(FORMS)}",
        embedder=name,
        close=close_matches(plain, words),
    )


def _own(ref: str, load: Callable[[str], object]) -> Embedder:
    """Return the embedder a reference of the user's names, with a check around it."""
    return own(load(ref), ref)


def own(found: object, ref: str | None = None) -> Embedder:
    """Return an embedder somebody else made, or what makes one when called, with a check around it.

    Args:
        found: has ``name``, ``width`` and ``encode(texts)``, or gives what has.
        ref: where it was found, for messages.

    Raises:
        EmbedderError: it is no embedder, or can't be made.
    """
    from catalog.embedders.base import Checked, Embedder

    ref = ref or repr(found)
    if isinstance(found, type) or (callable(found) and not isinstance(found, Embedder)):
        try:
            found = found()
        except Exception as error:
            raise EmbedderError(
                f"embedder '{ref}' can't be made: {type(error).__name__}: {error}", embedder=ref
            ) from error
    if type(found).__module__.startswith("catalog.embedders."):  # asking one on a server for its width asks the server
        return found  # type: ignore[return-value]
    if not isinstance(found, Embedder) or not isinstance(found.name, str) or not isinstance(found.width, Integral):
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
