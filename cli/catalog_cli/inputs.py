"""The values of options and arguments: ``@file``, ``-``, JSON and ``KEY=JSON``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from catalog_cli.streams import standard_input


def text_of(given: str) -> str:
    """Return *given*, the content of the file it names with ``@``, or standard input for ``-`` and ``@-``."""
    from catalog import LARGEST_TEXT, read_text

    if given in ("-", "@-"):
        text = standard_input().read(LARGEST_TEXT + 1)
        if len(text) > LARGEST_TEXT:
            raise click.UsageError(f"standard input has more than {LARGEST_TEXT:,} characters")
        return text
    if not given.startswith("@"):
        return given
    try:
        return read_text(given[1:])
    except UnicodeDecodeError:
        raise click.UsageError(f"{given[1:]} is not a text file in UTF-8") from None
    except OSError as error:
        raise click.UsageError(f"{given[1:]} can't be read: {error.strerror or error}") from None


def json_of(text: str, where: str) -> Any:
    """Return the data of a JSON *text*; the message names *where* it comes from.

    Raises:
        click.UsageError: it is not JSON.
    """
    from catalog import read_json

    try:
        return read_json(text)
    except ValueError as error:
        shown = "standard input" if where in ("-", "@-") else where.lstrip("@")
        raise click.UsageError(
            f"{shown} is {error}" if str(error).startswith("not JSON") else f"{shown}: {error}"
        ) from None


def text_or_json_of(text: str, where: str) -> Any:
    """Return the data of a JSON *text*; what is no JSON, and does not begin as an object does, is a text itself.

    Raises:
        click.UsageError: it begins as an object does, and is none.
    """
    from catalog import read_json

    try:
        return read_json(text)
    except ValueError:
        return json_of(text, where) if text.lstrip()[:1] == "{" else text.removesuffix("\n")


def arguments_of(given: Iterable[str], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that ``name=value`` texts write.

    Args:
        given: the texts.
        parameters: JSON Schema of the arguments. Where it wants a text the value stays one; else it is read as JSON
            if it is JSON.
    """
    properties = parameters.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise click.UsageError(f"arguments are written name=value, one text goes to --input; got '{one}'")
        if name in found:
            raise click.UsageError(f"'{name}' is given twice")
        found[name] = _as_wanted(value, _types(known.get(name)))
    return found


def _types(schema: Any) -> set[str]:
    """Return the JSON types that a schema allows; empty where it does not say."""
    if not isinstance(schema, Mapping):
        return set()
    types = schema.get("type", ())
    found = {types} if isinstance(types, str) else {one for one in types if isinstance(one, str)}
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        found |= {one for choice in choices or () for one in _types(choice)}
    return found


_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}


def _as_wanted(value: str, types: set[str]) -> Any:
    from catalog import read_json

    if "boolean" in types and value in ("True", "False"):
        value = value.lower()
    try:
        data = read_json(value)
    except ValueError:
        return value
    kind = _JSON_TYPES.get(type(data), "string")
    if "string" in types and kind not in types and not (kind == "integer" and "number" in types):
        return value
    return data


def value_of(kind: str, given: str, *, force: bool) -> Any:
    """Return what an entry of *kind* is to stand for: the data of ``@file`` and ``@-``, else the reference given.

    A prompt may be text, given or in a file that is no ``.json``, where the end of its last line is none of it.

    Raises:
        click.UsageError: the reference leads nowhere from here, and *force* is not given; nothing was imported.
    """
    if given.startswith("@"):
        text = text_of(given)
        return json_of(text, given) if kind != "prompt" or given.endswith(".json") else text.removesuffix("\n")
    if not force:
        from catalog import missing_reference

        fault = missing_reference(given)
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
    from catalog import read_json

    pairs: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise click.UsageError(f"{option} takes KEY=JSON, as in {option} owner=ada; got '{text}'")
        try:
            pairs[key] = read_json(value)
        except ValueError:
            pairs[key] = value
    return pairs
