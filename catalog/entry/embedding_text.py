"""What is embedded of an entry: one text of what it says it is, and each of its examples on its own.

The texts are kept nowhere, only their hashes: a vector counts as long as the hash of the text it was made from is the
hash of what the entry says now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Protocol

TEMPLATE_VERSION = 2
"""Grows when the same entry would give other texts; every vector made before is stale then."""

TEXT = 0
"""The part that says what an entry is. The parts from 1 are its examples; the numbers below 0 are still free."""


class Describes(Protocol):
    """The fields of an entry that are read here."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def description(self) -> str: ...  # noqa: D102

    @property
    def tags(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def examples(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def parameters(self) -> Mapping[str, Any]: ...  # noqa: D102

    @property
    def signature(self) -> str | None: ...  # noqa: D102


def parts(entry: Describes) -> list[str]:
    """Return the texts that are embedded of *entry*: at 0 what it is, then its examples as they stand.

    The first holds, a line each where there is something to say: the name, its identifiers split into words; the
    description; the names of the parameters, split too, with their descriptions; the tags.
    """
    lines = [split_name(entry.name)]
    if entry.description:
        lines.append(entry.description)
    lines += _parameters(entry.parameters, entry.signature)
    if entry.tags:
        lines.append(", ".join(entry.tags))
    return ["\n".join(lines), *entry.examples]


def hashes(entry: Describes) -> list[str]:
    """Return the hash of each text of :func:`parts`."""
    return [text_hash(text) for text in parts(entry)]


_SALT = sha256(b"%d\n" % TEMPLATE_VERSION)


def text_hash(text: str) -> str:
    """Return the SHA-256 of the template's version and *text*, in hex."""
    hashed = _SALT.copy()
    hashed.update(text.encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()


_SEAM = re.compile(r"[\s_\-./:]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_name(name: str) -> str:
    """Return the words of an identifier, joined by spaces: ``create scatter Plot`` for ``create_scatterPlot``."""
    return " ".join(filter(None, _SEAM.split(name)))


_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_PARAMETER = re.compile(r"[(,]\s*\*{0,2}([^\W\d]\w*)\s*(?=[:=,)])")


def _parameters(schema: Mapping[str, Any], signature: str | None) -> Iterator[str]:
    """Yield a line for each parameter that has a description, and one with the names of the others."""
    properties = schema.get("properties")
    bare: list[str] = []
    if isinstance(properties, Mapping):
        for name, about in properties.items():
            said = about.get("description") if isinstance(about, Mapping) else None
            if isinstance(said, str) and said.strip():
                yield f"{split_name(str(name))}: {said}"
            else:
                bare.append(split_name(str(name)))
    elif signature:
        inner = signature.rpartition("->")[0] or signature
        while (flat := _BRACKETS.sub("", inner)) != inner:  # commas inside dict[str, int] part no parameters
            inner = flat
        bare = [split_name(name) for name in _PARAMETER.findall(inner) if name not in ("self", "cls")]
    if bare:
        yield ", ".join(bare)
