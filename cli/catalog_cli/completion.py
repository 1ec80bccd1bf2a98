"""What the shell completes from the database: kinds, keys and tags; cheap, and silent when it can't."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from catalog_cli.application import Application

if TYPE_CHECKING:
    from catalog import Catalog

    Ask = Callable[[Catalog], Iterable[str]]

MOST = 200
"""How many proposals are worth showing."""

LOOKED_AT = 5_000
"""Of how many entries tags are gathered."""


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a kind."""
    return _from(ctx, lambda catalog: catalog.kinds(), incomplete)


def keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a key, or the name of an entry."""
    return _from(ctx, lambda catalog: _keys(catalog, incomplete), incomplete)


def tags(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a tag."""
    return _from(ctx, lambda catalog: {tag for hit in catalog.search(limit=LOOKED_AT) for tag in hit.tags}, incomplete)


def strategies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a routing strategy."""
    from catalog import STRATEGIES

    return [word for word in STRATEGIES if word.startswith(incomplete)]


def _keys(catalog: Catalog, incomplete: str) -> Iterator[str]:
    """Yield the first keys that begin with *incomplete*, and names that do, if it is not empty."""
    kind, colon, begun = incomplete.partition(":")
    for each in catalog.kinds():
        if each == kind if colon else each.startswith(kind):
            keyed = (f"{each}:{name}" for name in _names(catalog, each, begun))
            yield from islice(filter(_is_plain, keyed), MOST)
        if incomplete:
            yield from islice(filter(_is_plain, _names(catalog, each, incomplete)), MOST)


def _names(catalog: Catalog, kind: str, begun: str) -> Iterator[str]:
    """Yield the names of a kind that begin so, in their order, as they are read: there may be a million."""
    if begun and (kind, begun) in catalog:
        yield begun
    for hit in catalog.listed(kind, sources=(), distributions=(), after=f"{kind}:{begun}" if begun else None):
        if not hit.name.startswith(begun):
            return
        yield hit.name


def _from(ctx: click.Context, ask: Ask, incomplete: str) -> list[str]:
    try:
        place = ctx.ensure_object(Application).place
        if not _exists(place):  # opening it would create it
            return []
        from catalog import Catalog

        with warnings.catch_warnings(action="ignore"), Catalog(place) as catalog:  # it is the shell that reads
            return sorted(word for word in ask(catalog) if word.startswith(incomplete) and _is_plain(word))[:MOST]
    except Exception:  # completing nothing is better than printing a traceback
        return []


def _is_plain(word: str) -> bool:
    """Tell whether *word* means itself in every shell.

    Bash puts a proposal into the line as it is, unquoted, and the next key runs it: a name with a backtick or a dollar
    would be a command. Who has such names types them.
    """
    return word[:1] != "-" and all(char.isalnum() or char in _PLAIN for char in word)


_PLAIN = frozenset("_.:/@+,-")


def _exists(url: str) -> bool:
    import os

    from catalog import database_place

    path = database_place(url)
    return path is not None and (os.path.exists(path) or "://" in path)


def join_colons() -> None:
    """Make bash complete keys: bash ends a word at a colon, and click takes the colon for another word."""
    from click.shell_completion import BashComplete, CompletionItem, add_completion_class

    class Bash(BashComplete):
        """bash, with what it split at colons joined again."""

        def get_completion_args(self) -> tuple[list[str], str]:
            """Return the words typed so far, and the word that is being typed."""
            args, incomplete = super().get_completion_args()
            words: list[str] = []
            for word in (*args, incomplete):
                if words and (word == ":" or words[-1].endswith(":")):
                    words[-1] += word
                else:
                    words.append(word)
            self.typed = words[-1].rpartition(":")
            return words[:-1], words[-1]

        def format_completion(self, item: CompletionItem) -> str:
            """Return what bash puts after the last colon."""
            item.value = item.value.removeprefix("".join(self.typed[:2]))
            return super().format_completion(item)

    add_completion_class(Bash)
