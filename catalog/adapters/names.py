"""Names that a provider or framework takes, made of the keys of entries, and back again."""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog import EntryNotFoundError

if TYPE_CHECKING:
    from catalog import Catalog

_SUM = 8
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SUMMED = re.compile(rf"_[0-9a-f]{{{_SUM}}}\Z")


class Rule(NamedTuple):
    """What a name of a tool may be.

    Attributes:
        length: the most characters.
        marks: what is allowed beside ASCII letters, digits and ``_``.
        digit_first: whether a digit or one of the *marks* may come first.
    """

    length: int = 64
    marks: str = "-"
    digit_first: bool = True

    def allows(self, name: str) -> bool:
        """Tell whether *name* can stay as it is."""
        known = name.isascii() and all(char.isalnum() or char == "_" or char in self.marks for char in name)
        first = self.digit_first or not (name[:1].isdigit() or name[:1] in self.marks or keyword.iskeyword(name))
        return known and first and 0 < len(name) <= self.length


PROVIDER = Rule()
"""What OpenAI and Anthropic take, and with them every framework that hands names on to them."""

IDENTIFIER = Rule(marks="", digit_first=False)
"""What is a name in Python too."""


RESERVED = ("find_tools", "call_tool", "tool_search")
"""Names of the tools with which a model finds others."""


def fitted(kind: str, name: str, rule: Rule = PROVIDER) -> str:
    """Return the name under which a model sees the entry *kind*:*name*.

    The name of a tool stays if the *rule* allows it and it is none of ours. All others get the first digits of a
    checksum of the key behind them, so no two entries have one name, and an entry has the same name whatever else is
    offered: what a model was shown stays true, and so does a provider's prompt cache.
    """
    if kind == "tool" and rule.allows(name) and not _SUMMED.search(name) and name not in RESERVED:
        return name
    whole = name if kind == "tool" else f"{kind}_{name}"
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    plain = re.sub(rf"[^A-Za-z0-9_{re.escape(rule.marks)}]+", "_", plain).strip("_") or kind
    if not rule.digit_first and not plain[0].isalpha():
        plain = f"{kind}_{plain}"
    digits = hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()[:_SUM]
    return f"{plain[: rule.length - _SUM - 1]}_{digits}"


def fitted_parameters(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return *schema* with names of parameters that providers take, and what they are called in the code.

    Python allows letters of every script there; a provider refuses the whole request for one of them.
    """
    properties = schema.get("properties") or {}
    own = {name if _PARAMETER.fullmatch(name) else fitted("parameter", name): name for name in properties}
    if all(name == code for name, code in own.items()):
        return dict(schema), {}
    shown = {code: name for name, code in own.items()}
    needed = [shown.get(name, name) for name in schema.get("required") or ()]
    named = {name: properties[code] for name, code in own.items()}
    return {**schema, "properties": named, "required": needed}, own


def key_of(cat: Catalog, name: str, rule: Rule = PROVIDER) -> tuple[str, str]:
    """Return kind and name of the entry that a model calls *name*: a name made by :func:`fitted`, a key or an own name.

    Raises:
        EntryNotFoundError: there is none.
    """
    if _SUMMED.search(name):
        for kind in cat.kinds():
            for own in cat.list(kind):
                if fitted(kind, own, rule) == name:
                    return kind, own
    elif ("tool", name) in cat:
        return "tool", name
    elif ":" in name and name in cat:
        kind, _, own = name.partition(":")
        return kind, own
    raise EntryNotFoundError(f"there is no tool called {name!r:.80}", name=name)
