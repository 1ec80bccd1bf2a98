"""``ServerSettings``: how ``catalog serve`` answers; read from ``[tool.catalog.server]`` and the command line."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from catalog import SettingsError, close_matches, did_you_mean
from catalog.server.callers import RIGHTS, Token, digest_of

ENVIRONMENT = "CATALOG_TOKEN"
"""The environment variable that holds the token of a server which has only one."""

LEAST = 16
"""Characters of the shortest token."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a server answers.

    Attributes:
        host: the address to listen at; another than this machine's own needs a token.
        port: the port; 0: any that is free.
        prefix: the path under which a proxy serves it, as ``/catalog``; empty: it has a host of its own.
        hosts: names by which it is asked, beside those of this machine; ``*`` for any, where a proxy checks them.
        tokens: who may ask; none: everybody who can, on this machine.
        allow_write: whether it changes entries, for callers with the right to.
        allow_call: whether it calls entries, for callers with the right to; ``[tool.catalog.mcp] call`` says so.
        rate: requests that one caller may make in a minute; 0: any number.
        timeout: seconds after which a request that is not answered is given up.
        largest_body: bytes of a request; of an import a hundred times as many.
        proxies: addresses of proxies whose word for the address of a caller is taken.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    prefix: str = ""
    hosts: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()
    allow_write: bool = False
    allow_call: bool = False
    rate: int = 6_000
    timeout: float = 30.0
    largest_body: int = 1_000_000
    proxies: tuple[str, ...] = ()

    @property
    def allowed(self) -> frozenset[str]:
        """The rights that anybody can have here at all."""
        rights = {"read"}
        if self.allow_write:
            rights |= {"write", "approve"}
        if self.allow_call:
            rights.add("call")
        return frozenset(rights)

    def check(self) -> None:
        """Do nothing if these settings are safe.

        Raises:
            SettingsError: anybody on the network could ask without a token.
        """
        if not self.tokens and not is_loopback(self.host):
            raise SettingsError(
                f"{self.host} is asked from other machines, and there is no token; put one into a file or the "
                f"environment ({ENVIRONMENT}), and name it with --token FILE, or listen at 127.0.0.1",
                key="server.host",
                host=self.host,
            )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address *host*."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def server_settings(
    table: Mapping[str, Any],
    file: Path | None = None,
    *,
    token: str | None = None,
    env: Mapping[str, str] | None = None,
    **given: Any,
) -> ServerSettings:
    """Return the settings of a server.

    Args:
        table: ``[tool.catalog.server]`` as written.
        file: where it is written; paths in it are relative to its folder.
        token: a file that holds a token, or tokens as TOML; ``env:NAME``: the variable that holds one.
        env: the environment; None: that of the process.
        **given: attributes that win over the table; None: not given.

    Raises:
        SettingsError: a value is wrong; the message names file and key, and no token.
    """
    env = os.environ if env is None else env
    reader = _Reader(table, file, env)
    values = reader.values()
    values |= {name: value for name, value in given.items() if value is not None}
    values["prefix"] = _prefix(values.get("prefix", ""), reader)
    tokens = list(reader.tokens())
    if token is not None:
        tokens += _named_by(token, env)
    elif env.get(ENVIRONMENT):
        tokens.append(Token("token", digest_of(_long_enough(env[ENVIRONMENT], ENVIRONMENT)), frozenset(RIGHTS)))
    names = [each.name for each in tokens]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingsError(f"two tokens are called {twice!r}; give each its own name", key="server.tokens")
    return ServerSettings(**values, tokens=tuple(tokens))


def _prefix(value: str, reader: _Reader) -> str:
    path = value.rstrip("/")
    if path and (not path.startswith("/") or any(char in path for char in "?#%\\ ")):
        raise reader.wrong("prefix", f"is {value!r}; give a path, as /catalog")
    return path


def _named_by(token: str, env: Mapping[str, str]) -> list[Token]:
    """Return the tokens that the option ``--token`` names; it never holds one itself: others can see arguments."""
    form, colon, name = token.partition(":")
    if colon and form == "env":
        if not env.get(name):
            raise SettingsError(f"the environment variable {name} holds no token", key="token")
        return [Token("token", digest_of(_long_enough(env[name], name)), frozenset(RIGHTS))]
    path = Path(token).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):  # what was given may be a token: it is not repeated
        raise SettingsError(
            "--token names no file that can be read; write the token into a file and name that, or env:NAME for an "
            "environment variable: what stands on a command line, every user of the machine can see",
            key="token",
        ) from None
    if len(text.split()) == 1:
        return [Token("token", digest_of(_long_enough(text.strip(), str(path))), frozenset(RIGHTS))]
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is neither one token nor tokens as TOML: {error}", key="token") from None
    return list(_Reader({"tokens": table}, path, env).tokens())


def _long_enough(token: str, where: str) -> str:
    if len(token) < LEAST:
        raise SettingsError(
            f"the token in {where} has {len(token)} characters and can be guessed; take one of at least {LEAST}, as "
            "`python -c 'import secrets; print(secrets.token_urlsafe())'` gives",
            key="token",
        )
    return token


_FORMS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "a text"),
    "int": (int, "a whole number from 0"),
    "float": ((int, float), "a number from 0"),
    "bool": (bool, "true or false"),
    "tuple[str, ...]": (list, "a list of texts"),
}


_ELSEWHERE = ("tokens", "allow_call")
"""Attributes that are not read as they are written."""


class _Reader:
    """Reads a table of settings; what is wrong is said with file and key."""

    def __init__(self, table: Mapping[str, Any], file: Path | None, env: Mapping[str, str]) -> None:
        self._table = table
        self._file = file
        self._env = env

    def wrong(self, key: str, fault: str) -> SettingsError:
        where = f"{self._file}: " if self._file else ""
        return SettingsError(f"{where}server.{key} {fault}", file=str(self._file) if self._file else None, key=key)

    def values(self) -> dict[str, Any]:
        """Return the attributes of :class:`ServerSettings` that the table has, tokens apart."""
        forms = {field.name: str(field.type) for field in fields(ServerSettings) if field.name not in _ELSEWHERE}
        found: dict[str, Any] = {}
        for key, value in self._table.items():
            if key == "tokens":
                continue
            if key not in forms:
                raise self.wrong(key, f"is not a setting{did_you_mean(close_matches(key, (*forms, 'tokens')))}")
            form, called = _FORMS[forms[key]]
            if not isinstance(value, form) or (isinstance(value, bool) and form is not bool):
                raise self.wrong(key, f"must be {called}")
            if isinstance(value, (int, float)) and value < 0:
                raise self.wrong(key, f"must be {called}")
            if isinstance(value, list):
                if not all(isinstance(item, str) for item in value):
                    raise self.wrong(key, f"must be {called}")
                value = tuple(value)
            found[key] = value
        return found

    def tokens(self) -> list[Token]:
        """Return the named tokens; none stands in the configuration itself, but its sum or the place that has it."""
        table = self._table.get("tokens", {})
        if not isinstance(table, Mapping) or not all(isinstance(token, Mapping) for token in table.values()):
            raise self.wrong("tokens", "must be tables: [server.tokens.NAME] with env, file or sha256, and rights")
        return [self._token(name, token) for name, token in table.items()]

    def _token(self, name: str, table: Mapping[str, Any]) -> Token:
        key = f"tokens.{name}"
        rights = table.get("rights", ["read"])
        if not isinstance(rights, list) or not set(map(str, rights)) <= set(RIGHTS):
            raise self.wrong(f"{key}.rights", f"must be a list of {', '.join(RIGHTS)}")
        ways = [way for way in ("env", "file", "sha256") if way in table]
        unknown = set(table) - {"env", "file", "sha256", "rights"}
        if unknown or len(ways) != 1 or not isinstance(table[ways[0]], str):
            raise self.wrong(key, "must say one of env, file and sha256, each a text, and rights")
        return Token(name, self._digest(key, ways[0], table[ways[0]]), frozenset(rights))

    def _digest(self, key: str, way: str, value: str) -> bytes:
        if way == "sha256":
            try:
                digest = bytes.fromhex(value)
            except ValueError:
                digest = b""
            if len(digest) != 32:
                raise self.wrong(f"{key}.sha256", "must be the SHA-256 of the token, 64 hexadecimal digits")
            return digest
        if way == "env":
            if not self._env.get(value):
                raise self.wrong(f"{key}.env", f"names {value}, which is not set")
            return digest_of(_long_enough(self._env[value], value))
        path = (self._file.parent if self._file else Path()) / Path(value).expanduser()
        try:
            return digest_of(_long_enough(path.read_text(encoding="utf-8").strip(), str(path)))
        except (OSError, ValueError) as error:
            if isinstance(error, SettingsError):
                raise
            raise self.wrong(f"{key}.file", f"names {path}, which can't be read") from None
