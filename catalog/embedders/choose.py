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
            another server than OpenAI's, ``st:MODEL``, or ``pkg.mod:attr``: an embedder, or a callable that makes it.
        load: imports the object a reference names, after asking whether it is trusted; None: references are refused.

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
        EmbedderError: it has none, or is a reference and these are refused; ``facts["close"]`` has similar names.
    """
    plain, colon, rest = name.strip().partition(":")
    if plain in ("wordllama", "minilm") and not colon:
        return plain
    if plain == "hash" and (not colon or (len(rest) < 6 and rest.isdecimal() and 0 < int(rest) <= 65_536)):
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
    """Return the embedder that *ref*, a reference of the user's, names; with a check around it."""
    return own(load(ref), ref)


def own(source: object, ref: str | None = None) -> Embedder:
    """Return a user's embedder with a check around it; an embedder of this package as it is.

    Args:
        source: an object with ``name``, ``width`` and ``encode(texts)``, or a class or function that gives such.
        ref: the reference that names *source*, for messages.

    Raises:
        EmbedderError: *source* is no embedder, or can't make it.
    """
    from catalog.embedders.base import Checked, Embedder

    ref, embedder = ref or repr(source), source
    if isinstance(source, type) or (callable(source) and not isinstance(source, Embedder)):
        try:
            embedder = source()
        except Exception as error:
            raise EmbedderError(
                f"embedder '{ref}' can't be made: {type(error).__name__}: {error}", embedder=ref
            ) from error
    # Before the check below, which asks for the width: of an embedder on a server that would be a request.
    if type(embedder).__module__.startswith("catalog.embedders."):
        return embedder  # type: ignore[return-value]  # ours are Embedders; only asking would need the width
    if (
        not isinstance(embedder, Embedder)
        or not isinstance(embedder.name, str)
        or not isinstance(embedder.width, Integral)
    ):
        raise EmbedderError(
            f"'{ref}' is no embedder: it needs a name (text), a width (number) and encode(texts)", embedder=ref
        )
    if not 0 < len(embedder.name) <= 200 or embedder.width < 1:
        raise EmbedderError(
            f"embedder '{ref}' needs a name of 1 to 200 characters and a width from 1, not {embedder.name!r} and "
            f"{embedder.width}",
            embedder=ref,
        )
    return Checked(embedder)
