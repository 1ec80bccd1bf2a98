"""Kinds of entries, and the other words that only a fixed set may be chosen from."""

from __future__ import annotations

import re
from collections.abc import Collection

from catalog.errors import UnknownKindError, close_matches, did_you_mean

KINDS = (
    "tool",
    "model",
    "prompt",
    "agent",
    "profile",
    "schema",
    "router",
    "round",
    "sub_council",
    "input_mapper",
    "council",
    "skill",
    "mcp_server",
)
"""The built-in kinds, in the order they are shown."""

COUNCILS = ("council", "sub_council")
"""The kinds whose specs are councils."""

FEWEST_OF = {
    "independent_analysis": 1,
    "synthesis": 1,
    "peer_review": 2,
    "anonymized_peer_review": 2,
    "critique": 1,
    "ranking": 1,
    "vote": 1,
    "iterate": 1,
    "pairwise_elimination": 2,
}
"""The built-in types of rounds, with the members each needs at least; other types are names of registered rounds."""

VERIFY_POLICIES = ("off", "signature", "source")
"""How much of the code behind an entry must be as recorded when its object is taken.

Nothing, the signature, or signature and body.
"""

SEARCH_MODES = ("auto", "lexical", "semantic", "hybrid")
"""How a search matches its text: by words and vectors where there are any, by words, by vectors, by both."""

CALL_METHODS = ("_run", "_arun", "forward", "run", "invoke", "__call__", "call")
"""Methods of a tool class that frameworks call on an object of it; of several the first one counts."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")


def plural(kind: str) -> str:
    """Return the plural of *kind*, which names its registry on a catalog: ``tools`` for ``tool``."""
    return kind + ("es" if kind.endswith(("s", "x", "ch", "sh")) else "s")


def check_kind(kind: str, known: Collection[str] = KINDS) -> str:
    """Return *kind* if it is one of *known*.

    Raises:
        UnknownKindError: it is not; the message names close matches and how to declare a kind.
    """
    if kind in known:
        return kind
    singular = [known_kind for known_kind in known if plural(known_kind) == kind]  # "tools" most likely means "tool"
    close = singular or close_matches(str(kind), known)
    hint = did_you_mean(close) or f"; known kinds: {', '.join(known)}"
    raise UnknownKindError(
        f"unknown kind {kind!r}{hint} (a project declares its own with `kinds = [...]` in [tool.catalog])",
        kind=str(kind),
        close=close,
    )


def is_kind_name(text: str) -> bool:
    """Return whether *text* has the form of a kind: 1 to 40 lower-case letters, digits and ``_``, a letter first."""
    return text in KINDS or _KIND.fullmatch(text) is not None  # nearly every entry is of a known kind
