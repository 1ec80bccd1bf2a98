"""A word of warning where a new name looks like that of another entry, and is not."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from catalog.entry.key import Key, format_key
from catalog.entry.lookalikes import plain_name
from catalog.errors import CatalogWarning

if TYPE_CHECKING:
    from catalog.store.writer import Transaction


def warn_of_lookalikes(transaction: Transaction, added: list[Key]) -> None:
    """Warn of the keys just *added* that are written with other letters than an entry they look like."""
    plain = {key: (key[0], plain_name(key[1])) for key in added if not key[1].isascii()}
    twins = transaction.existing({twin for key, twin in plain.items() if twin != key})
    for key, twin in plain.items():
        if twin in twins and twin != key:
            warnings.warn(
                f"{format_key(*key)} looks like {format_key(*twin)} and is another name: it has letters of another "
                f"script ({key[1]!a}); `catalog rename` or `catalog unregister` if that was not meant",
                CatalogWarning,
                stacklevel=5,
            )
