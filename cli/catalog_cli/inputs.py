"""What people hand to options: ``@file``, ``-``, JSON and ``KEY=JSON``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from catalog_cli.streams import standard_input


def text_of(given: str) -> str:
    """Return *given*, the content of the file it names with ``@``, or standard input for ``-`` and ``@-``."""
    if given in ("-", "@-"):
        return standard_input().read()
    if not given.startswith("@"):
        return given
    try:
        with open(given[1:], encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise click.UsageError(f"{given[1:]} is not a text file in UTF-8") from None
    except OSError as error:
        raise click.UsageError(f"{given[1:]} can't be read: {error.strerror or error}") from None


def json_of(text: str, where: str) -> Any:
    """Return the data of a JSON *text*; *where* it stands is for the message.

    Raises:
        click.UsageError: it is not JSON.
    """
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        shown = "standard input" if where in ("-", "@-") else where.lstrip("@")
        raise click.UsageError(f"{shown} is not JSON: {error}") from None


def pairs_of(given: Iterable[str], option: str) -> dict[str, Any]:
    """Return the mapping that ``KEY=JSON`` texts write; a value that is not JSON is kept as text."""
    import json

    found: dict[str, Any] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not (key and equals):
            raise click.UsageError(f"{option} takes KEY=JSON, as in {option} owner=ada; got '{one}'")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
