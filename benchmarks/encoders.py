"""The encoders benchmarks compare methods with. Nothing here imports numpy, so that threads can be limited before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from catalog.embedders.choose import choose
from catalog.errors import CatalogError

DEFAULT = ("wordllama", "minilm")


def installed(names: Sequence[str] | None) -> Iterator[tuple[str, Any]]:
    """Yield each encoder with its name, *names* or the usual two; an encoder that can't be had is one line."""
    for name in names or DEFAULT:
        try:
            encoder = choose(name)
            encoder.encode(["warm"])
        except CatalogError as error:
            print(f"encoder {name}: {str(error).splitlines()[0]}; skipped")
            continue
        yield name, encoder
