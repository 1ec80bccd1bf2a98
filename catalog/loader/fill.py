"""Filling in prompts that are text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from catalog.entry import braces
from catalog.entry.template import (
    F_STRING,
    FORMATTED,
    HANDLEBARS,
    JINJA,
    MARKED,
    MUSTACHE,
    PLAIN,
    Field,
    fields_of,
    has_braces,
    is_jinja,
    parts_of,
)
from catalog.errors import LoadError, MissingExtraError, close_matches
from catalog.loader.fill_braces import Braces

_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"": lambda value: value, "r": repr, "s": str, "a": ascii}


Given = Mapping[str, Any] | str | None
"""What a prompt is filled in with: values by name, or a text."""


def fill(
    text: str,
    arguments: Given,
    form: str = F_STRING,
    *,
    who: str = "the prompt",
    defaults: Mapping[str, Any] | None = None,
) -> str:
    """Return the prompt *text* with its placeholders filled in.

    Args:
        text: see :mod:`catalog.entry.template`.
        arguments: values by name; or a text, which is the value of the only variable there is. A prompt without
            variables is complete as it is.
        form: ``f-string``, ``jinja2``, or another of :mod:`catalog.entry.template`.
        who: what errors call it.
        defaults: values of what *arguments* leave out.

    Raises:
        LoadError: values are missing (``facts["missing"]`` names them), or don't fit.
        MissingExtraError: Jinja is needed and not installed.
    """
    given = _Values(arguments, defaults or {}, who)
    if is_jinja(form):
        return _rendered(text, given, who)
    if form == PLAIN:
        return text
    if has_braces(form):
        return _in_braces(text, given, who)
    if form in MARKED:
        return _marked(text, given, MARKED[form], who)
    if form not in FORMATTED:
        known = ", ".join((F_STRING, JINJA, HANDLEBARS, MUSTACHE, PLAIN, *MARKED))
        _refuse(who, f"has template_format {form!r}, and only these can be filled in: {known}", form=form)
    names = list(dict.fromkeys(field.name for field in fields_of(text)))
    values = given.of(names)
    check_missing([name for name in names if name not in values], values, who)
    return "".join(part if isinstance(part, str) else _written(part, values[part.name], who) for part in parts_of(text))


def check_missing(missing: Iterable[str], given: Mapping[str, Any], who: str) -> None:
    """Raise LoadError if variables are *missing*; a name among those *given* that is like one is pointed at."""
    names = list(missing)
    if not names:
        return
    extra = [name for name in close_matches(names[0], list(given)) if isinstance(name, str)]
    hint = f"; you gave '{extra[0]}'" if extra else ""
    give = " ".join(f"{name}=…" for name in names)
    _refuse(who, f"needs a value for {', '.join(names)}{hint}; give {give}", missing=names)


class _Values:
    """What a prompt is filled in with, before it is known what it needs."""

    def __init__(self, arguments: Given, defaults: Mapping[str, Any], who: str) -> None:
        self._arguments, self._defaults, self._who = arguments, defaults, who

    def of(self, names: list[str]) -> Mapping[str, Any]:
        """Return the values by name; a text is that of the only one of *names* that has no default."""
        if not isinstance(self._arguments, str):
            return {**self._defaults, **(self._arguments or {})}
        open_names = [name for name in names if name not in self._defaults] or names
        if len(open_names) > 1:
            fault = f"has {len(open_names)} variables, so one text does not fill it in"
            _refuse(self._who, f"{fault}: give {', '.join(open_names)} by name", missing=open_names)
        return {**self._defaults, **dict.fromkeys(open_names, self._arguments)}


def _written(field: Field, value: Any, who: str) -> str:
    try:
        found = _followed(field, value)
        found = _CONVERSIONS[field.conversion](found)
        if isinstance(found, str) and field.spec:
            try:
                return format(found, field.spec)
            except ValueError:  # a number, typed as text
                return format(float(found) if "." in found else int(found), field.spec)
        return format(found, field.spec)
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        shown = f"{{{field.name}{field.path}{f':{field.spec}' if field.spec else ''}}}"
        return _refuse(who, f"can't write {value!r:.80} as {shown}: {error}", variable=field.name)


def _followed(field: Field, value: Any) -> Any:
    """Return what the path of *field* leads to: keys and positions, and attributes that are not private."""
    for step in field.path.replace("]", "").replace("[", ".").split(".")[1:]:
        if isinstance(value, Mapping):
            value = value[step]
        elif isinstance(value, (list, tuple)):
            value = value[int(step)]
        else:
            value = getattr(value, step)
    return value


def _in_braces(text: str, given: _Values, who: str) -> str:
    try:
        parts = braces.parts_of(text)
        values = given.of([name for name, (_, needed) in braces.variables_of(text).items() if needed])
        made = Braces(values)
        filled = made.fill(parts)
    except braces.TemplateFault as error:
        return _refuse(who, f"can't be filled in: {error}")
    check_missing(made.missing, values, who)
    return filled


def _marked(text: str, given: _Values, pattern: re.Pattern[str], who: str) -> str:
    names: list[str] = []
    for match in pattern.finditer(text):
        groups = match.groupdict()
        if groups.get("call") is not None:
            _refuse(who, f"calls a function in {match[0]:.80}, which only its framework can")
        if groups["name"] and groups["name"] not in names:
            names.append(groups["name"])
    values = given.of(names)
    check_missing([name for name in names if name not in values], values, who)
    return pattern.sub(lambda match: str(values[match["name"]]) if match["name"] else match["text"], text)


def _rendered(text: str, given: _Values, who: str) -> str:
    """Return a Jinja template filled in, in the sandbox: its text is data, and must not run code."""
    try:
        from jinja2 import StrictUndefined, TemplateError, meta  # an extra: few prompts are written so
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise MissingExtraError(
            f"{who} is a Jinja template, and Jinja is not installed; `pip install jinja2`", package="jinja2"
        ) from None
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    try:
        variables = sorted(meta.find_undeclared_variables(environment.parse(text)) - set(environment.globals))
        values = given.of(variables)
        try:
            return str(environment.from_string(text).render(dict(values)))
        except TemplateError as error:
            check_missing([name for name in variables if name not in values], values, who)
            raise error
    except TemplateError as error:
        return _refuse(who, f"can't be filled in by Jinja: {type(error).__name__}: {error}")


def _refuse(who: str, fault: str, **facts: Any) -> NoReturn:
    raise LoadError(f"{who} {fault}", reason="arguments", **facts)
