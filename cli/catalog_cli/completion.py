"""What the shell completes from the database: kinds, keys and tags; cheap, and silent when it can't."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    """Complete a key; without a colon, kinds first and names of any kind beside them."""
    return _from(ctx, lambda catalog: _keys(catalog, incomplete), incomplete)


def tags(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a tag."""
    return _from(ctx, lambda catalog: {tag for hit in catalog.search(limit=LOOKED_AT) for tag in hit.tags}, incomplete)


def _keys(catalog: Catalog, incomplete: str) -> list[str]:
    kind, colon, _ = incomplete.partition(":")
    if colon:
        return [f"{kind}:{name}" for name in catalog.list(kind)]
    named = {one: catalog.list(one) for one in catalog.kinds()}
    found = [f"{one}:" for one, names in named.items() if names]
    return found + [name for names in named.values() for name in names] if incomplete else found


def _from(ctx: click.Context, ask: Ask, incomplete: str) -> list[str]:
    try:
        place = ctx.ensure_object(Application).place
        if not _exists(place):  # opening it would create it
            return []
        from catalog import Catalog

        with Catalog(place) as catalog:
            return sorted(one for one in ask(catalog) if one.startswith(incomplete))[:MOST]
    except Exception:  # a shell that completes nothing is better than one that prints a traceback
        return []


def _exists(url: str) -> bool:
    import os

    from catalog.store.schema import sqlite_path

    path = sqlite_path(url)
    return path is not None and os.path.exists(path)
