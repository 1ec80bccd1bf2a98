"""Whether a server may be started, or an address be sent to: a command is code, and a request may carry your keys."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import unquote, urlsplit

from catalog.errors import UntrustedReferenceError
from catalog.trust.patterns import ADDRESS, COMMAND
from catalog.trust.policy import OPEN, Policy


def check_reach(
    policy: Policy, what: Sequence[str] | str, *, kind: str, who: str, stranger: str | None, named: bool = False
) -> None:
    """Do nothing if a server may be started, or an address be sent to.

    Args:
        policy: of the catalog.
        what: the words of a command, what an entry sets for it in front; or an address.
        kind: of the entry, whose own rules count too.
        who: what errors call it.
        stranger: why nobody has chosen this entry, if that is so; see :meth:`Policy.check`.
        named: whether the caller names it, so that only ``deny`` counts.

    Raises:
        UntrustedReferenceError: it may not; the text says which setting would allow it.
    """
    rules = policy.of(kind)
    shown = what if isinstance(what, str) else shlex.join(what)
    denied = next((pattern for pattern in rules.deny if _fits(pattern, what)), None)
    why = stranger if rules.mode == OPEN else policy.why
    if denied is None and (named or why is None or any(_fits(pattern, what) for pattern in rules.allow)):
        return
    allow = None
    if denied is None:
        allow = f'"{ADDRESS}{_origin(what)}/*"' if isinstance(what, str) else f'"{COMMAND}{shown}"'
    table = f"[tool.catalog.trust{f'.{kind}' if kind in policy.by_kind else ''}]"
    advice = f"; if you trust it, write allow = [{allow}] under {table} in {policy.file or 'pyproject.toml'}"
    verb = "sent to" if isinstance(what, str) else "run"
    raise UntrustedReferenceError(
        f"{who}: {shown:.300} is not {verb}, as it is not trusted: "
        f"{f'deny = [{denied!r}] forbids it' if denied is not None else f'{why}{advice}'}",
        key=who,
        ref=shown,
        mode=rules.mode,
        setting="trust.allow" if allow else "trust.deny",
        allow=allow,
    )


def is_allowed(policy: Policy, what: Sequence[str] | str, kind: str) -> bool:
    """Tell whether the configuration names *what* as something to reach, in so many words."""
    return any(_fits(pattern, what) for pattern in policy.of(kind).allow)


def _fits(pattern: str, what: Sequence[str] | str) -> bool:
    if isinstance(what, str):
        return pattern.startswith(ADDRESS) and _is_address(pattern.removeprefix(ADDRESS), what)
    try:
        return pattern.startswith(COMMAND) and _is_command(shlex.split(pattern.removeprefix(COMMAND)), what)
    except ValueError:  # a quotation mark that nothing closes
        return False


def _is_command(words: Sequence[str], command: Sequence[str]) -> bool:
    """Tell whether each word fits; a ``*`` at the end stands for all that may follow."""
    if words[-1:] == ["*"] and len(words) > 1:
        words, command = words[:-1], command[: len(words) - 1]
    return len(words) == len(command) and _all_fit(command, words)


def _all_fit(texts: Iterable[str], patterns: Iterable[str]) -> bool:
    return all(fnmatchcase(text, pattern) for text, pattern in zip(texts, patterns, strict=True))


def _is_address(pattern: str, url: str) -> bool:
    """Tell whether scheme and host fit, each as a whole, and the path; a pattern without one allows every path.

    ``http://localhost:*`` is no leave for ``http://localhost:x@elsewhere/``: what stands before an ``@`` is a login.
    """
    try:
        wanted, given = urlsplit(pattern), urlsplit(url)
    except ValueError:
        return False
    if "@" in given.netloc and "@" not in wanted.netloc:
        return False
    if not _all_fit((given.scheme.lower(), given.netloc.lower()), (wanted.scheme.lower(), wanted.netloc.lower())):
        return False
    path = given.path or "/"
    return not wanted.path.strip("/") or (".." not in unquote(path) and fnmatchcase(path, wanted.path))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}"
