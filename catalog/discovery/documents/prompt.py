"""What all forms of prompt files share: the text becomes the entry, its placeholders the parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalog.discovery.documents.document import Document, DocumentFault
from catalog.discovery.documents.form import Item
from catalog.discovery.documents.secrets import without_secrets
from catalog.entry.key import name_fault
from catalog.entry.template import F_STRING, TEMPLATE_FORMAT, is_jinja, parameters_of_text

SHOWN = 2_000
"""How many characters of a prompt's text its description has; all of it is in the entry."""
READABLE = 200_000
"""Characters of the longest Jinja template whose variables are looked for."""

_COMMENTS = re.compile(
    r"\{\{!--.*?--\}\}[ \t]*\n?|\{\{![^{}]*\}\}[ \t]*\n?|\{#.*?#\}[ \t]*\n?|<!--.*?-->[ \t]*\n?", re.DOTALL
)
"""What a template, or Markdown, says to its readers only."""
_OPTIONS = frozenset(
    {"temperature", "top_p", "topp", "top_k", "topk", "max_tokens", "maxtokens", "maxoutputtokens", "max_output_tokens"}
    | {"max_completion_tokens", "frequency_penalty", "frequencypenalty", "presence_penalty", "presencepenalty", "seed"}
    | {"stop", "stop_sequences", "stopsequences", "n", "reasoning_effort", "candidatecount"}
)
"""Settings of models that are kept. All others are left out: they may be secrets, and no list of those is complete."""


def prompt_item(
    document: Document,
    text: str,
    form: str = F_STRING,
    *,
    name: Any = None,
    description: Any = None,
    inputs: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Any = (),
    line: int = 1,
) -> Item:
    """Return the entry that a prompt of *text* is.

    Args:
        document: it is in.
        text: the template.
        form: the language of its placeholders.
        name: what the file calls it; without one it has the name of the file.
        description: what the file says of it.
        inputs: the JSON Schema of each value it takes, as far as the file says so.
        metadata: more that the file says; values that are None are left out.
        tags: as the file has them.
        line: where the text begins.

    Raises:
        DocumentFault: there is no text.
    """
    if not text.strip():
        raise DocumentFault("it has no text")
    said = description.strip() if isinstance(description, str) else ""
    parameters = _parameters(text, form, without_secrets(dict(inputs or {})))
    return Item(
        kind="prompt",
        name=name_of(name, stem_of(document)),
        description="\n\n".join(filter(None, (said, shown(text)))),
        spec=text,
        line=line,
        tags=texts_of(tags),
        signature=f"({', '.join(_shown_parameters(parameters or {}))})",
        parameters=parameters,
        metadata={
            **({} if form == F_STRING else {TEMPLATE_FORMAT: form}),
            **{word: value for word, value in (metadata or {}).items() if value not in (None, "", [], {})},
        },
    )


def name_of(given: Any, otherwise: str) -> str:
    """Return the name that a file gives an entry if it can be one, with single spaces; else the *other* one."""
    name = " ".join(given.split()) if isinstance(given, str) else ""
    return name if name and name_fault(name) is None else otherwise


def stem_of(document: Document) -> str:
    """Return the name of a file up to its first dot."""
    name = document.name
    return name.lstrip(".").partition(".")[0] or name


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the texts in a list, or in one text with commas."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(text for each in value if isinstance(each, str) and (text := each.strip())))


def table_of(value: Any) -> Mapping[str, Any]:
    """Return *value* if it is a table, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def shown(text: str) -> str:
    """Return the beginning of *text*, comments left out, up to an end of a paragraph, line or word if it is cut."""
    head = _COMMENTS.sub("", text[: 4 * SHOWN]).strip()
    text = (head + text[4 * SHOWN :] if head else text).strip()
    if len(text) <= SHOWN:
        return text
    cut = text[:SHOWN]
    end = max(cut.rfind("\n\n"), cut.rfind("\n"), cut.rfind(" "))
    return f"{cut[: end if end > SHOWN // 2 else SHOWN].rstrip()} …"


def options_of(settings: Any) -> dict[str, Any]:
    """Return the settings of a model that are no secrets: numbers, and words that end an answer."""
    if not isinstance(settings, Mapping):
        return {}
    known = {str(name): value for name, value in settings.items() if str(name).lower() in _OPTIONS}
    return {name: value for name, value in known.items() if isinstance(value, (int, float, str, list))}


def _parameters(text: str, form: str, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema of the values: of those that the file names what it says, of others what the text tells."""
    told = parameters_of_text(text, form)
    if is_jinja(form):
        names = _jinja_variables(text)
        told = {"type": "object", "properties": {name: {} for name in names}, "required": names} if names else {}
    properties = {**told.get("properties", {}), **inputs}
    if not properties:
        return None
    open_names = {name for name, schema in inputs.items() if "default" in schema or schema.get("required") is False}
    required = [name for name in told.get("required", ()) if name not in open_names]
    required += [name for name, schema in inputs.items() if schema.get("required") is True and name not in required]
    clean = {
        name: {word: value for word, value in schema.items() if word != "required" or isinstance(value, list)}
        for name, schema in properties.items()
    }
    return {"type": "object", "properties": clean, **({"required": required} if required else {})}


def _shown_parameters(parameters: Mapping[str, Any]) -> list[str]:
    required = parameters.get("required", ())
    return [name if name in required else f"{name}=…" for name in parameters.get("properties", ())]


def _jinja_variables(text: str) -> list[str]:
    """Return the variables of a Jinja template, where Jinja is installed; it is read, not rendered."""
    try:
        from jinja2 import Environment, TemplateError, meta
    except ImportError:
        return []
    if len(text) > READABLE:
        return []
    environment = Environment(autoescape=False)  # nothing is rendered
    try:
        return sorted(meta.find_undeclared_variables(environment.parse(text)) - set(environment.globals))
    except (TemplateError, RecursionError):
        return []
