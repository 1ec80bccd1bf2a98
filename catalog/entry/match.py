"""``match``: what an entry is routed to by rules: a regular expression, or a predicate named by its reference."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_PREDICATE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def is_predicate(match: str) -> bool:
    """Tell whether *match* has the form of an object reference, ``package.module:name``.

    A regular expression of that very form is written with brackets around it: ``(seo:audit)``.
    """
    return _PREDICATE.fullmatch(match) is not None


@lru_cache(maxsize=1 << 15)
def compiled(match: str) -> Any:
    """Return *match* compiled by RE2, to be searched for: its time grows with the text, whatever the pattern.

    Raises:
        ValueError: it is no regular expression, or one that only a backtracking engine has a way for.
    """
    import re2

    options = re2.Options()
    options.log_errors = False  # it writes to standard error otherwise
    try:
        return re2.compile(match, options)
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if error.args else error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(
            f"{match!r} is not a regular expression that rules can use: {text}; "
            "rules have no look-around and no back-references, so that none can hang"
        ) from None


def check_match(match: str) -> str:
    """Return *match* if it can be used.

    Raises:
        ValueError: it is empty or no regular expression of RE2.
    """
    if not match:
        raise ValueError("an empty rule would match everything; leave it out, or write '.*'")
    if not is_predicate(match):
        compiled(match)
    return match
