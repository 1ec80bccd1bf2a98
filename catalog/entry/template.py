"""Prompts that are text: their placeholders, and what an entry says because of them.

Placeholders are those of ``str.format``: ``{name}``, ``{price:.2f}``, ``{user[city]}``, with ``{{`` and ``}}`` for
braces. Unlike there, braces that hold no placeholder stand for themselves, since prompts are full of JSON and code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.entry.braces import TemplateFault, variables_of

TEMPLATE_FORMAT = "template_format"
"""The word in ``metadata``, or beside the text, that says how placeholders are written."""

F_STRING, JINJA, MUSTACHE, HANDLEBARS, PLAIN = "f-string", "jinja2", "mustache", "handlebars", "plain"
FORMATTED = (F_STRING, "fstring", "format")
"""Languages of placeholders, and the names of the first; a plain text has none, whatever braces are in it."""

_HOLDERS = ("template", "text")
"""Where data that is a prompt has its text."""

# Behind the colon stands the language of format(); not with a space as sign, so that {a: 1} is no placeholder.
_FIELD = re.compile(
    r"\{(?P<name>[^\W\d]\w*)(?P<path>(?:\.[^\W\d_]\w*|\[[^\[\]{}\"']+\])*)(?:!(?P<conversion>[rsa]))?"
    r"(?::(?P<spec>(?:.?[<>=^])?[+-]?z?#?0?\d*[,_]?(?:\.\d+)?[a-zA-Z%]?|[^{}\s\"']*%[^{}\"']*))?\}"
)
_BRACE = re.compile("[{}]")


class Field(NamedTuple):
    """A placeholder: the name of the variable, the way from its value on, and how the value is written."""

    name: str
    path: str
    conversion: str
    spec: str


def parts_of(text: str) -> Iterator[str | Field]:
    """Yield the texts and placeholders of *text* in order.

    ``{{`` always stands for a brace: no JSON begins so. ``}}`` stands for one brace where it closes ``{{``, or closes
    nothing; behind ``{"a": {"b": 1`` it closes two braces and stays as it is.
    """
    opened: list[bool] = []  # of each brace that is open, whether it was written as two
    at = 0
    while (brace := _BRACE.search(text, at)) is not None:
        if brace.start() > at:
            yield text[at : brace.start()]
        at = brace.start()
        double = text.startswith(brace[0] * 2, at)
        if brace[0] == "}":
            double = (opened.pop() if opened else True) and double
        elif double or (field := _FIELD.match(text, at)) is None:
            opened.append(double)
        else:
            at = field.end()
            yield Field(field["name"], field["path"], field["conversion"] or "", field["spec"] or "")
            continue
        yield brace[0]
        at += 2 if double else 1
    if at < len(text):
        yield text[at:]


def fields_of(text: str) -> list[Field]:
    """Return the placeholders of *text* in order, repeats included."""
    return [part for part in parts_of(text) if isinstance(part, Field)]


def text_of(spec: Any) -> str | None:
    """Return the text of a prompt that is data: the data itself, or its ``template`` or ``text``; None without one."""
    if isinstance(spec, Mapping):
        spec = next((spec[word] for word in _HOLDERS if isinstance(spec.get(word), str)), None)
    return spec if isinstance(spec, str) else None


def format_of(spec: Any, metadata: Mapping[str, Any]) -> str:
    """Return how the placeholders of a prompt are written, in lower case: what its data says, else its metadata."""
    beside = spec.get(TEMPLATE_FORMAT) if isinstance(spec, Mapping) else None
    return str(beside or metadata.get(TEMPLATE_FORMAT) or F_STRING).lower()


def is_jinja(form: str) -> bool:
    """Tell whether *form* names Jinja's placeholders."""
    return form in (JINJA, "jinja")


def has_braces(form: str) -> bool:
    """Tell whether *form* is read and filled in by :mod:`catalog.entry.braces`."""
    return form in (MUSTACHE, HANDLEBARS)


MARKED: dict[str, re.Pattern[str]] = {
    "semantic-kernel": re.compile(
        r"""\{\{\s*(?:\$(?P<name>\w+)|(?P<quote>['"])(?P<text>[^'"{}]*)(?P=quote)|(?P<call>[^{}]*?))\s*\}\}"""
    ),
    "claude-command": re.compile(r"\$(?P<name>ARGUMENTS\b|[1-9](?!\d))"),
    "copilot-prompt": re.compile(r"\$\{input:(?P<name>[\w-]+)(?::[^{}]*)?\}"),
    "gemini-command": re.compile(r"\{\{(?P<name>args)\}\}"),
}
"""Languages in which a placeholder is a name between marks, and no more; `text` stands for itself, and `call` is a
function to call."""


def parameters_of_text(text: str, form: str = F_STRING) -> dict[str, Any]:
    """Return the JSON Schema of the values that the placeholders of *text* take; empty without any.

    Those of a Jinja template, and of one that can't be read, are not told.
    """
    if has_braces(form):
        try:
            used = variables_of(text)
        except TemplateFault:
            return {}
        types = {name: {"type": "string"} if plain else {} for name, (plain, _) in used.items()}
        return _object(types, [name for name, (_, needed) in used.items() if needed])
    if form in MARKED:
        names = list(dict.fromkeys(filter(None, (match["name"] for match in MARKED[form].finditer(text)))))
        return _object({name: {"type": "string"} for name in names}, names)
    if form not in FORMATTED:
        return {}
    properties: dict[str, Any] = {}
    for field in fields_of(text):
        plain = not (field.path or field.spec)
        if not properties.setdefault(field.name, {"type": "string"} if plain else {}) or not plain:
            properties[field.name] = {}
    return _object(properties, list(properties))


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    if not properties:
        return {}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def defaults_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that *parameters*, a JSON Schema, have by default."""
    properties = parameters.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {
        name: each["default"] for name, each in properties.items() if isinstance(each, Mapping) and "default" in each
    }
