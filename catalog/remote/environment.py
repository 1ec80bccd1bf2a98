"""Variables of the environment in place of what is never stored: ``${TOKEN}``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from catalog.errors import RemoteError

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def variables_in(texts: Iterable[str]) -> set[str]:
    """Return the names of the variables that *texts* hold."""
    return {_named(match)[0] for text in texts for match in _VARIABLE.findall(text)}


def filled(text: str, who: str, env: Mapping[str, str] | None = None) -> str:
    """Return *text* with the values of its variables.

    ``${NAME:-default}`` has a default; ``${env:NAME}`` and ``${input:a-name}``, as editors write them, are NAME and
    A_NAME.

    Raises:
        RemoteError: a variable is not set; the message names it.
    """
    given = os.environ if env is None else env

    def value(match: re.Match[str]) -> str:
        name, default = _named(match[1])
        found = given.get(name, default)
        if found is None:
            raise RemoteError(
                f"{who} needs the variable {name} of the environment, which is not set",
                reason="variable",
                variable=name,
            )
        return found

    return _VARIABLE.sub(value, text)


def _named(said: str) -> tuple[str, str | None]:
    """Return the name of a variable, and its default."""
    name, dash, default = said.partition(":-")
    form, colon, rest = name.partition(":")
    if colon and form == "env":
        name = rest
    elif colon and form == "input":
        name = re.sub(r"[^A-Za-z0-9]+", "_", rest).strip("_").upper()
    return name, default if dash else None
