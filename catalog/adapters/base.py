"""What every adapter is made of: an entry as a :class:`Bridge`: what a model sees of it, and a way to call it."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from catalog import (
    CatalogError,
    DriftError,
    MissingExtraError,
    RemoteError,
    arun_result,
    deprecated_in_words,
    entry_of,
    hide_secrets,
    run_result,
    visible,
)
from catalog.adapters import skills
from catalog.adapters.arguments import ANY, UnfitError, as_object, check, from_signature, parsed
from catalog.adapters.names import PROVIDER, Rule, fitted, fitted_parameters

if TYPE_CHECKING:
    from catalog import Catalog, Entry

_log = logging.getLogger("catalog.adapters")

TAKES_TEXT = ("agent", "council", "sub_council")
"""Kinds whose entries take one text, ``input``, where nothing is said of their parameters."""

_ONE_TEXT = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The request, in plain words."}},
    "required": ["input"],
}
_LONGEST_ERROR = 500
LONGEST = 100_000
"""The most characters of a result that a model is shown."""

_LONGEST_DESCRIPTION = 1024

Arguments = Mapping[str, Any] | str | None
"""What a model calls with: arguments by name, the same as JSON text, or None for none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to.

    Attributes:
        text: what the model is shown: the result as text or JSON, or what went wrong, in a sentence or two.
        value: the result itself; None where the call failed.
        error: why it failed, for logs and programs; None: it did not. It may say more than a model should read.
    """

    text: str
    value: Any = None
    error: BaseException | None = None

    @property
    def data(self) -> Any:
        """The result where JSON can hold it as it is, and it is not too long, else its text: what can be handed on."""
        if len(self.text) >= LONGEST:
            return self.text
        try:
            json.dumps(self.value, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError):  # ValueError: halves of surrogate pairs, too
            return self.text
        return self.value

    @property
    def failed(self) -> bool:
        """Whether the call failed."""
        return self.error is not None


@dataclass(frozen=True, slots=True)
class Bridge:
    """A tool as a model sees it, whatever is behind it.

    Attributes:
        name: as the provider or framework takes it.
        description: what it is for.
        parameters: the JSON Schema of its arguments: an object.
        call: calls it; it never raises for what the tool, the arguments or the catalog did wrong.
        acall: the same, to be awaited: an async function runs in this loop, all else in a thread.
        key: of the entry behind it; None for the tools that search.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    call: Callable[..., Outcome]
    acall: Callable[..., Awaitable[Outcome]]
    key: str | None = None

    def __call__(self, **arguments: Any) -> Any:
        """Return the result for *arguments* given by name.

        Raises:
            ToolError: the call failed.
        """
        outcome = self.call(arguments)
        if outcome.failed:
            raise ToolError(outcome.text) from outcome.error
        return outcome.value


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Let the imports of a framework say which *extra* brings it.

    Raises:
        MissingExtraError: it can't be imported.
    """
    try:
        yield
    except ImportError as error:
        name = extra.replace("_", "-")  # every pip knows it so
        raise MissingExtraError(
            f"catalog.adapters.{extra} needs its framework: {error}; `pip install 'magma-catalog[{name}]'` brings it",
            extra=name,
            package=error.name,
        ) from error


class ToolError(Exception):
    """A tool failed; the text is what the model should read."""


def bridge(cat: Catalog, entry: Entry, rule: Rule = PROVIDER, passing: tuple[type[BaseException], ...] = ()) -> Bridge:
    """Return *entry* as a tool; nothing is imported before its first call.

    Args:
        cat: the catalog that has it.
        entry: of any kind that ``catalog run`` can run.
        rule: what its name may be.
        passing: exceptions that are no failures but signals of a framework, and pass through.
    """
    schema = _schema(entry)
    description = entry.description
    if entry.state == "deprecated":
        description = f"{description} (It {deprecated_in_words(entry.metadata)}.)".strip()
    shown, own = fitted_parameters(as_object(ANY if schema is None else schema))
    behind = _Behind(cat, entry.kind, entry.name, None if schema is None else shown, own, passing)
    name = fitted(entry.kind, entry.name, rule)
    return Bridge(name, _short(visible(description)), shown, behind.call, behind.acall, entry.key)


def _short(text: str) -> str:
    """Return a description that no provider or framework finds too long."""
    return text if len(text) <= _LONGEST_DESCRIPTION else f"{text[: _LONGEST_DESCRIPTION - 1]}…"


def entries_of(cat: Catalog, keys: Iterable[Any] | Any) -> list[Entry]:
    """Return the entries that *keys* stand for: keys, hits and entries, one or many, each once, in their order.

    Raises:
        EntryNotFoundError: the catalog has no such entry.
    """
    if isinstance(keys, str) or hasattr(keys, "key") or (isinstance(keys, tuple) and _is_pair(cat, keys)):
        keys = [keys]
    found: dict[str, Entry] = {}
    for key in keys:
        if isinstance(key, tuple):
            entry = cat.entry(*key)
        elif isinstance(key, str):
            entry = cat.entry(key if ":" in key else f"tool:{key}")
        else:
            entry = cat.entry(key.kind, key.name)
        found.setdefault(entry.key, entry)
    return list(found.values())


def _is_pair(cat: Catalog, keys: tuple[Any, ...]) -> bool:
    return len(keys) == 2 and keys[0] in cat.kinds() and isinstance(keys[1], str)


def bridges(cat: Catalog, keys: Any, rule: Rule = PROVIDER, passing: Any = ()) -> list[Bridge]:
    """Return the entries that *keys* stand for (:func:`entries_of`) as tools."""
    return [bridge(cat, entry, rule, passing) for entry in entries_of(cat, keys)]


def entry_for(obj: Any, **fields: Any) -> Entry:
    """Return the entry of kind ``tool`` that registering *obj* would make, not stored; *fields* win over what it says.

    Raises:
        NotImportableError, InvalidEntryError: as :meth:`catalog.Catalog.register`.
    """
    return entry_of(fields.pop("kind", "tool"), fields.pop("name", None), obj, **fields)


def _schema(entry: Entry) -> dict[str, Any] | None:
    """Return the schema of the arguments of *entry*; None: nobody knows before its code is there."""
    if entry.parameters:
        return entry.parameters
    if skills.is_skill(entry):
        return dict(skills.PARAMETERS)
    if entry.kind in TAKES_TEXT:
        return dict(_ONE_TEXT)
    if entry.kind == "prompt" and entry.ref is None:
        return {"type": "object", "properties": {}}
    return from_signature(entry.signature)


class _Behind:
    """What is behind a tool: its code is imported by the first call."""

    def __init__(
        self,
        cat: Catalog,
        kind: str,
        name: str,
        schema: dict[str, Any] | None,
        own: Mapping[str, str],
        passing: tuple[type[BaseException], ...],
    ) -> None:
        self._cat, self._kind, self._name = cat, kind, name
        self._schema, self._own, self._passing = schema, own, passing

    def call(self, arguments: Arguments = None) -> Outcome:
        try:
            entry, given = self._prepared(arguments)
            if skills.is_skill(entry):
                return succeeded(skills.shown(self._cat, entry, **given))
            return succeeded(run_result(self._cat, entry, given, timeout=self._cat.settings.call_timeout).value)
        except BaseException as error:
            return self._failed(error)

    async def acall(self, arguments: Arguments = None) -> Outcome:
        try:
            entry, given = await asyncio.to_thread(self._prepared, arguments)
            if skills.is_skill(entry):
                return succeeded(await asyncio.to_thread(skills.shown, self._cat, entry, **given))
            limit = self._cat.settings.call_timeout
            return succeeded((await arun_result(self._cat, entry, given, timeout=limit)).value)
        except BaseException as error:
            return self._failed(error)

    def _prepared(self, arguments: Arguments) -> tuple[Entry, Any]:
        """Return the entry and the arguments, which fit; those of an agent or a council are one text."""
        given = parsed(arguments)
        if self._schema is not None:
            check(given, self._schema)
        entry = self._cat.entry(self._kind, self._name)
        if entry.state in ("draft", "needs review"):
            raise _Unreviewed(f"it is {'a draft' if entry.state == 'draft' else 'not as it was reviewed'}")
        if self._schema is None:
            check(given, self._read(entry))
        if entry.kind in TAKES_TEXT and set(given) == {"input"} and not entry.parameters:
            return entry, str(given["input"])
        return entry, {self._own.get(name, name): value for name, value in given.items()}

    def _read(self, entry: Entry) -> dict[str, Any]:
        """Return the schema that the object itself says; it is asked once."""
        live = self._cat[entry.kind, entry.name]
        try:
            said = entry_of(entry.kind, entry.name, live, runtime=True).parameters
        except CatalogError:
            said = {}
        self._schema = said or (from_signature(_signature(live)) or ANY)
        return self._schema

    def _failed(self, error: BaseException) -> Outcome:
        if isinstance(error, (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, *self._passing)):
            raise error
        return failed(f"{self._kind} {self._name!r}", error)


class _Unreviewed(Exception):
    """Somebody has to look at an entry before it is used."""


def _signature(live: Any) -> str | None:
    try:
        return str(inspect.signature(live))
    except (TypeError, ValueError):
        return None


def succeeded(value: Any) -> Outcome:
    """Return the outcome of a call that gave *value*."""
    text = as_text(value)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()  # no request holds half of a surrogate pair
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (the first {LONGEST:,} of {len(text):,} characters)"
    return Outcome(text, value)


def as_text(value: Any) -> str:
    """Return a result as a model reads it: text as it is, all else as JSON, and as ``repr`` where JSON has no form."""
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode("utf-8", "replace")
    dump = getattr(value, "model_dump", None)
    try:
        if callable(dump) and not isinstance(value, type):
            value = dump(mode="json")
        return json.dumps(value, ensure_ascii=False, default=_plain)
    except Exception:  # a result may do anything when it is looked at
        return f"{value!r}"


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return [*value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


HIDDEN = "…"
_PASSWORDS = re.compile(
    r"(?<=bearer )[\w.~+/-]{8,}"
    r"|(?:(?<=password=)|(?<=passwd=)|(?<=secret=)|(?<=token=)|(?<=api_key=)|(?<=apikey=))[^\s&,;)]+",
    re.IGNORECASE,
)
"""Values that a message gives away as secrets."""

_REASONS = {
    "entry-not-found": "is not in the catalog any more",
    "resolve": "can't be used: its code is gone, or can't be imported",
    "drift": "can't be used: its code is not what was recorded, and somebody has to accept the change first",
    "pin": "can't be used: it is not what the lock file says",
    "untrusted-reference": "can't be used: its code is not trusted here",
    "not-importable": "can't be used: nothing says where its code is",
    "missing-extra": "can't be used: a library that it needs is not installed",
    "call-timeout": "failed: it took too long",
}


def failed(what: str, error: BaseException) -> Outcome:
    """Return the outcome of a call of *what* that ended in *error*: no traceback, no secret, no path of the machine."""
    _log.info("%s failed: %s", what, type(error).__name__, exc_info=error)
    if isinstance(error, _Unreviewed):
        said = f"can't be used: {error}, and somebody has to approve it first"
    elif isinstance(error, UnfitError):
        said = f"was not called: {error}"
    elif isinstance(error, DriftError) and error.facts.get("change") == "missing":
        said = _REASONS["resolve"]
    elif isinstance(error, CatalogError) and error.code in _REASONS:
        said = _REASONS[error.code]
    elif isinstance(error, RemoteError):
        said = f"failed: {_message(error) if 'said' not in error.facts else error.facts['said']}"
    elif isinstance(error, CatalogError) and error.facts.get("reason") == "arguments":
        said = f"was not called: {error}"
    elif isinstance(error, CatalogError):
        said = f"can't be used ({error.code})"
    else:
        said = f"failed: {type(error).__name__}{f': {_message(error)}' if _message(error) else ''}"
    text = _PASSWORDS.sub(HIDDEN, hide_secrets(f"{what} {said}")).encode("utf-8", "replace").decode()
    return Outcome(text[:_LONGEST_ERROR], None, error)


def _message(error: BaseException) -> str:
    try:
        return " ".join(str(error).split())
    except Exception:  # a __str__ may raise anything
        return ""
