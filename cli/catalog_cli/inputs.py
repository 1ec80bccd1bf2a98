"""The values of options and arguments: ``@file``, ``-``, JSON and ``KEY=JSON``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """Return the data of a JSON *text*; the message names *where* it comes from.

    Raises:
        click.UsageError: it is not JSON.
    """
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        shown = "standard input" if where in ("-", "@-") else where.lstrip("@")
        raise click.UsageError(f"{shown} is not JSON: {error}") from None


def value_of(given: str, *, force: bool) -> Any:
    """Return what an entry is to stand for: the data of ``@file`` and ``@-``, else the reference given.

    Raises:
        click.UsageError: the reference leads nowhere from here, and *force* is not given; nothing was imported.
    """
    if given.startswith("@"):
        return json_of(text_of(given), given)
    if not force:
        from catalog import missing_reference

        fault = missing_reference(given, ["."])
        if fault is not None:
            raise click.UsageError(f"{fault} (--force takes the reference all the same)")
    return given


def fields_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that `options.field_options` were given for; an empty ``--match`` is none."""
    fields = {field: part for field, part in given.items() if part not in (None, ()) and field not in ("meta", "force")}
    if fields.get("match") == "":
        fields["match"] = None
    if given["meta"]:
        fields["metadata"] = pairs_of(given["meta"], "--meta")
    return fields


def pairs_of(given: Iterable[str], option: str) -> dict[str, Any]:
    """Return the mapping that ``KEY=JSON`` texts write; a value that is not JSON is kept as text."""
    import json

    pairs: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise click.UsageError(f"{option} takes KEY=JSON, as in {option} owner=ada; got '{text}'")
        try:
            pairs[key] = json.loads(value)
        except ValueError:
            pairs[key] = value
    return pairs
