"""The field ``match``, by which rules route to an entry: a regular expression, or a reference to a predicate."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_PREDICATE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def is_predicate(match: str) -> bool:
    """Return whether *match* has the form of an object reference, ``package.module:name``.

    A regular expression that happens to have this form needs brackets: ``(seo:audit)``.
    """
    return _PREDICATE.fullmatch(match) is not None


@lru_cache(maxsize=1 << 15)
def compiled(match: str) -> Any:
    """Return *match* as a pattern of RE2, whose searches take time linear in the text, whatever the pattern.

    Raises:
        ValueError: *match* is no regular expression, or needs a backtracking engine.
    """
    import re2  # a binary library, loaded only where there is a rule

    options = re2.Options()
    options.log_errors = False  # RE2 would write its complaints to standard error
    try:
        return re2.compile(match, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(
            f"{match!r} is not a regular expression that rules can use: {text}; "
            "rules have no look-around and no back-references, so that none can hang"
        ) from None


def check_match(match: str) -> str:
    """Return *match* if rules can use it. A predicate is not imported here.

    Raises:
        ValueError: it is empty, or no regular expression of RE2.
    """
    if not match:
        raise ValueError("an empty rule would match everything; leave it out, or write '.*'")
    if not is_predicate(match):
        compiled(match)
    return match
