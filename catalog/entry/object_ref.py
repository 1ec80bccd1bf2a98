"""Object references: ``package.module:qualified.name``, the form of Python's entry points."""

from __future__ import annotations

import keyword
from typing import NamedTuple

from catalog.errors import InvalidReferenceError


class ObjectRef(NamedTuple):
    """A reference in two parts: the dotted name of a module, and the qualified name of an object in it."""

    module: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.module}:{self.qualname}"

    @classmethod
    def parse(cls, text: str) -> ObjectRef:
        """Return the reference written as *text*.

        Raises:
            InvalidReferenceError: *text* is no reference; the message says which part is wrong.
        """
        fault = reference_fault(text)
        if fault:
            raise InvalidReferenceError(
                f"{text!r} is not an object reference: {fault}; write 'package.module:name'", ref=text
            )
        module, _, qualname = text.partition(":")
        return cls(module, qualname)


def reference_fault(text: str) -> str | None:
    """Return what is wrong with *text* as an object reference, in words, or None."""
    module, colon, qualname = text.partition(":")
    if not colon:
        return "it has no colon between module and object"
    for part, what in ((module, "module"), (qualname, "object")):
        if not part:
            return f"the {what} is missing"
        for word in part.split("."):
            if not word.isidentifier() or keyword.iskeyword(word):
                return f"{word!r} in the {what} is not an identifier"
    return None
