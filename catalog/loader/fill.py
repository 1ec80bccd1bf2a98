"""Filling in prompts that are text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from catalog.entry.template import F_STRING, JINJA, Field, fields_of, is_jinja, parts_of
from catalog.errors import LoadError, MissingExtraError, close_matches

_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"": lambda value: value, "r": repr, "s": str, "a": ascii}


def fill(text: str, arguments: Mapping[str, Any] | str | None, form: str = F_STRING, *, who: str = "the prompt") -> str:
    """Return the prompt *text* with its placeholders filled in.

    Args:
        text: see :mod:`catalog.entry.template`.
        arguments: values by name; or a text, which is the value of the only variable there is. A prompt without
            variables is complete as it is.
        form: ``f-string``, or ``jinja2``.
        who: what errors call it.

    Raises:
        LoadError: values are missing (``facts["missing"]`` names them), or don't fit.
        MissingExtraError: Jinja is needed and not installed.
    """
    if is_jinja(form):
        return _rendered(text, arguments, who)
    if form not in (F_STRING, "fstring", "format"):
        _refuse(who, f"has template_format {form!r}, which is neither {F_STRING!r} nor {JINJA!r}", form=form)
    names = list(dict.fromkeys(field.name for field in fields_of(text)))
    values = _values(names, arguments, who)
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


def _values(names: list[str], arguments: Mapping[str, Any] | str | None, who: str) -> Mapping[str, Any]:
    if not isinstance(arguments, str):
        return arguments or {}
    if len(names) > 1:
        fault = f"has {len(names)} variables, so one text does not fill it in: give {', '.join(names)} by name"
        _refuse(who, fault, missing=names)
    return dict.fromkeys(names, arguments)


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


def _rendered(text: str, arguments: Mapping[str, Any] | str | None, who: str) -> str:
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
        values = _values(variables, arguments, who)
        try:
            return str(environment.from_string(text).render(dict(values)))
        except TemplateError as error:
            check_missing([name for name in variables if name not in values], values, who)
            raise error
    except TemplateError as error:
        return _refuse(who, f"can't be filled in by Jinja: {type(error).__name__}: {error}")


def _refuse(who: str, fault: str, **facts: Any) -> NoReturn:
    raise LoadError(f"{who} {fault}", reason="arguments", **facts)
