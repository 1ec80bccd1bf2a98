"""The texts that are embedded for an entry: one that describes it, and each of its examples.

Only hashes of the texts are stored. A vector counts as long as the hash of the text it was made from equals the hash
of what the entry says now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Protocol

TEMPLATE_VERSION = 2
"""Must grow with every change of the texts below; vectors made with another version are stale."""

TEXT = 0
"""The part that describes an entry. Parts from 1 on are its examples; numbers below 0 are still free."""


class Describes(Protocol):
    """The fields of an entry that its texts are made of; :class:`catalog.Entry` describes them."""

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


def texts_of(entry: Describes) -> list[str]:
    """Return the texts that are embedded for *entry*: its description at 0, then its examples, unchanged.

    The description has a line each for the name, split into words; the field ``description``; each parameter with a
    description of its own; the names of the other parameters; the tags. Lines without content are left out.
    """
    lines = [split_name(entry.name)]
    if entry.description:
        lines.append(entry.description)
    lines += _parameters(entry.parameters, entry.signature)
    if entry.tags:
        lines.append(", ".join(entry.tags))
    return ["\n".join(lines), *entry.examples]


def hashes(entry: Describes) -> list[str]:
    """Return the hashes of the texts of *entry*, in the order of :func:`texts_of`."""
    return [text_hash(text) for text in texts_of(entry)]


_SALT = sha256(b"%d\n" % TEMPLATE_VERSION)


def text_hash(text: str) -> str:
    """Return the SHA-256 of the template's version and *text*, in hex."""
    digest = _SALT.copy()  # the version is hashed once, not for every text
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


_SEAM = re.compile(r"[\s_\-./:]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_name(name: str) -> str:
    """Return the words of an identifier, separated by spaces: ``create scatter Plot`` for ``create_scatterPlot``."""
    return " ".join(filter(None, _SEAM.split(name)))


_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_PARAMETER = re.compile(r"[(,]\s*\*{0,2}([^\W\d]\w*)\s*(?=[:=,)])")


def _parameters(schema: Mapping[str, Any], signature: str | None) -> Iterator[str]:
    """Yield a line for each parameter that has a description, and one with the names of the others."""
    properties = schema.get("properties")
    bare: list[str] = []
    if isinstance(properties, Mapping):
        for name, about in properties.items():
            description = about.get("description") if isinstance(about, Mapping) else None
            if isinstance(description, str) and description.strip():
                yield f"{split_name(str(name))}: {description}"
            else:
                bare.append(split_name(str(name)))
    elif signature:
        inner = signature.rpartition("->")[0] or signature
        while (flat := _BRACKETS.sub("", inner)) != inner:  # the comma of dict[str, int] separates no parameters
            inner = flat
        bare = [split_name(name) for name in _PARAMETER.findall(inner) if name not in ("self", "cls")]
    if bare:
        yield ", ".join(bare)
