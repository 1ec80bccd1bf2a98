"""Secrets in documents are not taken over: a variable stands in place of each, as in ``--api-key ${API_KEY}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from catalog.source.secret_defaults import is_secret, without_keys

_VARIABLE = re.compile(r"\$\{[^{}]*\}|\$[A-Za-z_]\w*|\{\{[^{}]*\}\}|\{\w[\w.-]*\}|<[^<>]*>|%[A-Za-z_]\w*%")
"""Stands for a value that somebody fills in: ``${API_KEY}``, ``${input:key}``, ``{tenant}``, ``<your key>``."""
_SCHEMES = frozenset(("", "bearer", "basic", "token", "apikey", "key"))
_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~]{20,}")
_NAME = re.compile(
    r"(?i)pass|pwd|secret|token|credential|api[-_]?key|access[-_]?key|auth|private[-_]?key|header|(?:^|[-_])(?:key|pat|sig)$"
)
_ASSIGNED = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)(=|:\s+)(.+)", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z_][\w.-]*)(=|:\s*)(.+)", re.DOTALL)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_URL = re.compile(r"[a-zA-Z][\w+.-]*://")


def variable(name: str) -> str:
    """Return what stands for the value of *name*: ``${API_KEY}`` for ``--api-key``."""
    return f"${{{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_').upper() or 'SECRET'}}}"


def values_left_out(table: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of *table*, as of environment variables and headers, without their values.

    A value that is a variable already stays, with the word in front that names a scheme: ``Bearer ${TOKEN}``.
    """
    return {name: _value_left_out(name, value) for name, value in table.items()}


def _value_left_out(name: str, value: Any) -> str:
    text = re.sub(r":-[^{}]*(?=\})", "", value) if isinstance(value, str) else ""  # of ${NAME:-default} the name
    rest = _VARIABLE.sub("", text)
    if rest != text and rest.strip().lower() in _SCHEMES:
        return text
    return variable(name)


def without_secret_arguments(arguments: Iterable[Any]) -> list[str]:
    """Return the *arguments* of a command, variables in place of what is or may be secret."""
    clean: list[str] = []
    flag = ""
    for argument in map(str, arguments):
        clean.append(_argument(argument, flag))
        flag = argument if re.fullmatch(r"--?[A-Za-z][\w-]*", argument) else ""
    return clean


def _argument(argument: str, flag: str) -> str:
    if _is_variable(argument):
        return _value_left_out(flag, argument)
    if flag in ("-e", "--env", "-H", "--header", "--headers"):  # the variables of a container, the headers of a bridge
        named = _HEADER.fullmatch(argument)
        if named is not None:
            return named[1] + named[2] + _value_left_out(named[1], named[3])
    if flag and not argument.startswith("-") and flag != "--header" and _NAME.search(flag) is not None:
        return variable(flag)
    if _URL.search(argument):
        return without_secrets_in_url(argument)
    named = _ASSIGNED.fullmatch(argument)
    if named is not None and (_NAME.search(named[1]) or is_secret(None, named[3]) or _is_token(named[3])):
        return named[1] + named[2] + _value_left_out(named[1], named[3])
    if is_secret(None, argument) or _is_token(argument):
        return variable(flag)
    return argument


def without_secrets_in_url(url: str) -> str:
    """Return *url* without user and password, and with variables in place of what is or may be secret."""
    url = _CREDENTIALS.sub("", url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return variable("url")
    query = "&".join(
        f"{quote(name, safe='')}={_in_query(name, value)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    path = "/".join(variable("") if _is_token(part) else part for part in parts.path.split("/"))
    fragment = variable("") if _is_token(parts.fragment) or is_secret(None, parts.fragment) else parts.fragment
    return urlunsplit((parts.scheme, parts.netloc, path, query, fragment))


def _in_query(name: str, value: str) -> str:
    if _is_variable(value):
        return value
    return (
        variable(name)
        if _NAME.search(name) or is_secret(name, value) or _is_token(value)
        else quote(value, safe="${}:/,")
    )


def _is_variable(text: str) -> bool:
    return _VARIABLE.fullmatch(text.strip()) is not None


def _is_token(text: str) -> bool:
    """Tell whether *text* looks made by chance: long, letters and digits mixed, and no words, versions or paths."""
    if text.startswith(("/", "./", "../", "~/")):
        # Names of folders have no signs of Base64; a secret may begin with its slash.
        is_part = _is_token if any(sign in text for sign in "+=") else _is_token_of_path
        return any(map(is_part, filter(None, text.lstrip("~").split("/"))))
    if _TOKEN.fullmatch(text) is None or is_plain(text):
        return is_secret(None, text)
    digits = sum(char.isdigit() for char in text)
    return digits >= 3 and any(char.isalpha() for char in text)


def _is_token_of_path(part: str) -> bool:
    """Tell whether a folder or file has a token for a name; the short one in ``run-x81k2qf3`` only tells it apart."""
    return is_secret(None, part) or any(
        len(word) >= 20 and sum(map(str.isdigit, word)) >= 3 and not word.isdigit()
        for word in re.split(r"[-_.=+~]", part)
    )


def is_plain(text: str) -> bool:
    """Tell whether *text* is made of words and short numbers: a path, a package with its version, a date."""
    parts = [part for part in re.split(r"[-_./=+~]", text) if part]
    mixed = [part for part in parts if any(map(str.isdigit, part)) and any(map(str.isalpha, part)) and len(part) > 5]
    numbers = [part for part in parts if part.isdigit() and len(part) > 8]
    return not mixed and not numbers


def without_secrets(data: Any, name: str = "") -> Any:
    """Return JSON *data* with variables in place of texts that are secrets by their name or their look."""
    if isinstance(data, dict):
        return {
            key: without_secrets(part, name if key in ("default", "example", "value", "const", "placeholder") else key)
            for key, part in data.items()
        }
    if isinstance(data, list):
        return [without_secrets(part, name) for part in data]
    if not isinstance(data, str):
        return data
    if data and is_secret(name, "x") and _VARIABLE.search(data) is None and "://" not in data:
        return variable(name)
    return _CREDENTIALS.sub("", without_keys(data, variable("")))
