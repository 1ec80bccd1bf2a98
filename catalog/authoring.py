"""Decorators for authors: ``@catalog.tool(tags=["plot"])`` marks an object for the catalog and returns it unchanged.

The mark is the attribute ``__catalog__``, a dict with ``kind`` and the arguments of the decorator. The object itself is
marked, not a wrapper: its type, signature and pickling stay what they were, so the mark goes together with the
decorators of any framework. A scan reads the same words from the source, without running it.

This module is what ``from catalog import tool`` loads, in programs that may never open a catalog: it imports nothing
at its top, and later only what an unusual name or an error needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypedDict, TypeVar, Unpack, overload

    T = TypeVar("T")

    class Fields(TypedDict, total=False):
        """What a decorator is given beside the object; :meth:`Marker.__call__` says what each field means."""

        name: str | None
        description: str | None
        tags: Iterable[str]
        examples: Iterable[str]
        match: str | None
        providers: Iterable[str] | None
        priority: int
        metadata: Mapping[str, Any] | None

else:

    def overload(function):
        """Stand in for `typing.overload`: importing `typing` costs more than all of this module."""
        return function


MARK = "__catalog__"
"""The attribute that holds the mark."""

identities: set[int] = set()
"""Identities of the objects that were marked in this process; one that is gone may have left its own to another."""

_beside: dict[int, tuple[object, dict[str, object]]] = {}
"""Marks of objects that take no attributes, by identity; the object is kept, so that the identity stays its own."""


def mark_of(obj: object) -> dict[str, Any] | None:
    """Return what a decorator of this module wrote on *obj* itself, or None.

    What a class or a wrapped function has inherited doesn't count, and no attribute of *obj* is computed.
    """
    if id(obj) not in identities:
        return None
    beside = _beside.get(id(obj))
    if beside is not None:
        return dict(beside[1])
    try:
        mark = object.__getattribute__(obj, "__dict__").get(MARK)
    except AttributeError:
        return None
    # A mark knows whose it is: functools.wraps copies it along with the rest of the dictionary.
    if type(mark) is not Mark or mark.owner != id(obj):
        return None
    return dict(mark)


class Mark(dict[str, object]):
    """A mark: a dict that knows the object it was written on."""

    __slots__ = ("owner",)

    def __init__(self, owner: int, fields: Mapping[str, object]) -> None:
        """Keep the *fields* for the object of identity *owner*."""
        super().__init__(fields)
        self.owner = owner

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # a copy elsewhere is plain data


def _put(obj: T, kind: str, fields: dict[str, object]) -> T:
    mark = Mark(id(obj), {"kind": kind, **fields})
    try:
        setattr(obj, MARK, mark)
    except Exception as error:
        if isinstance(obj, (int, str, bytes, float, tuple, frozenset, type(None))):
            raise _fault(kind, f"{obj!r:.60} is shared by everything that uses it and can't be marked") from error
        _beside[id(obj)] = (obj, dict(mark))  # slots, frozen models, objects made in C
    identities.add(id(obj))
    return obj


def _checked(kind: str, arguments: Mapping[str, Any]) -> dict[str, object]:
    """Return the arguments that were passed, in the form an entry keeps them.

    Raises:
        InvalidEntryError: an argument has a value it can't have.
    """
    fields: dict[str, object] = {}
    for field in ("name", "description", "match"):
        value = arguments[field]
        if value is not None:
            if not isinstance(value, str):
                raise _fault(kind, f"{field} is {value!r:.60}; give a text")
            fields[field] = value
    text = arguments["name"]
    # Nearly every name passes here; the full rule brings in modules that cost more than this one.
    if text is not None and not (text.isidentifier() and text.isascii() and len(text) <= 200):
        from catalog.entry.key import name_fault

        fault = name_fault(text)
        if fault:
            raise _fault(kind, f"the name {text!r:.60} {fault}")
    for field in ("tags", "examples", "providers"):
        value = arguments[field]
        if value is None or (value == () and field != "providers"):
            continue
        fields[field] = _texts(kind, field, value)
    priority = arguments["priority"]
    if type(priority) is not int:
        raise _fault(kind, f"priority is {priority!r:.60}; give a whole number")
    if priority:
        fields["priority"] = priority
    metadata = arguments["metadata"]
    if metadata is not None:
        if not isinstance(metadata, dict) or not all(isinstance(key, str) for key in metadata):
            raise _fault(kind, f"metadata is {metadata!r:.60}; give a dict with texts as keys")
        fields["metadata"] = dict(metadata)
    return fields


def _texts(kind: str, field: str, value: Any) -> list[str]:
    """Return *value* as the list of texts that *field* holds; InvalidEntryError where it is anything else."""
    if isinstance(value, str):
        raise _fault(kind, f"{field} is the text {value!r:.60}; give a list: {field}=[{value!r:.60}]")
    try:
        texts = list(value)
    except TypeError:
        raise _fault(kind, f"{field} is {value!r:.60}; give a list of texts") from None
    for text in texts:
        if not isinstance(text, str):
            raise _fault(kind, f"{field} holds {text!r:.60}, which is not a text")
    return texts


def _fault(kind: str, text: str) -> Exception:
    from catalog.errors import InvalidEntryError

    return InvalidEntryError(f"@{_written(kind)}: {text}", kind=kind)


def _written(kind: str) -> str:
    """Return how the decorator of a *kind* is written."""
    return f"catalog.{kind}" if isinstance(globals().get(kind), Marker) else f"catalog.mark({kind!r})"


class Marker:
    """A decorator that marks objects as being of one kind; `tool`, `model` and so on are its instances."""

    def __init__(self, kind: str, about: str) -> None:
        """Mark as *kind*, which is *about* something."""
        self.kind = kind
        self.__doc__ = f"Mark an object as {about}."

    def __repr__(self) -> str:
        return f"<decorator {_written(self.kind)}>"

    @overload
    def __call__(self, obj: T, /, **fields: Unpack[Fields]) -> T: ...  # noqa: D102 - ruff knows typing.overload only
    @overload
    def __call__(self, /, **fields: Unpack[Fields]) -> Callable[[T], T]: ...  # noqa: D102, F811
    def __call__(  # noqa: F811
        self,
        obj: Any = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        examples: Iterable[str] = (),
        match: str | None = None,
        providers: Iterable[str] | None = None,
        priority: int = 0,
        metadata: Mapping[str, Any] | None = None,
    ) -> Any:
        """Mark *obj* and return it, or return a decorator that does.

        Args:
            obj: what is marked: ``@catalog.tool`` bare, or ``gpt = catalog.model(Model(...), name="openai/gpt-4o")``.
            name: the name of the entry; else the object's own ``name``, ``id`` or ``__name__``.
            description: what it is for; else the first paragraph of its docstring.
            tags: labels to filter by.
            examples: requests it should be found by.
            match: regular expression for routing by rules.
            providers: model providers it needs.
            priority: the higher is tried first when routing by rules.
            metadata: any JSON that the author wants kept.

        Raises:
            InvalidEntryError: an argument has a value it can't have, or the object can't be marked.
        """
        if isinstance(obj, str):
            raise _fault(self.kind, f"a name comes as a keyword: @{_written(self.kind)}(name={obj!r})")
        fields = _checked(
            self.kind,
            {
                "name": name,
                "description": description,
                "tags": tags,
                "examples": examples,
                "match": match,
                "providers": providers,
                "priority": priority,
                "metadata": metadata,
            },
        )
        if obj is not None:
            return _put(obj, self.kind, fields)

        def decorate(marked: T) -> T:
            if marked is None:
                raise _fault(self.kind, "None can't be marked")
            return _put(marked, self.kind, fields)

        return decorate


@overload
def mark(kind: str, /) -> Marker: ...  # noqa: D103 - ruff knows only typing.overload
@overload
def mark(kind: str, /, **fields: Unpack[Fields]) -> Callable[[T], T]: ...  # noqa: D103, F811
def mark(kind: str, /, **fields: Any) -> Any:  # noqa: F811
    """Return the decorator of a kind that a project declares: ``dataset = catalog.mark("dataset")``.

    It is used as :data:`tool` is: ``@dataset``, ``@dataset(tags=["sales"])``, ``rows = dataset(load(), name="rows")``;
    or at once, as in ``@catalog.mark("dataset", tags=["sales"])``.

    Args:
        kind: as declared with ``kinds = ["dataset"]`` in ``[tool.catalog]``, written out: a scan reads it.
        **fields: of the entry, as for the other decorators; without any the decorator itself is returned.

    Raises:
        InvalidEntryError: *kind* can't be a kind, or a field has a value it can't have.
    """
    # The form of a kind, without importing what knows it: a lower-case word of letters, digits and "_".
    if not (
        isinstance(kind, str) and kind.isidentifier() and kind.isascii() and kind.islower() and len(kind) <= 40
    ) or (kind[0] == "_"):
        raise _fault(str(kind), "a kind is a lower-case word of letters, digits and '_'")
    marker = Marker(kind, f"an entry of kind {kind}")
    return marker(**fields) if fields else marker


tool = Marker("tool", "a tool: something a model or a program can call")
model = Marker("model", "a model: an AI model, ready to be asked")
prompt = Marker("prompt", "a prompt: a text or template for a model")
agent = Marker("agent", "an agent: a model with instructions and tools")
profile = Marker("profile", "a profile: the settings a model is used with")
schema = Marker("schema", "a schema: the form an answer has to have")
router = Marker("router", "a router: what picks a member for a request")
round = Marker("round", "a round: one step of a council")
sub_council = Marker("sub_council", "a sub-council: a council that has a seat in another")
input_mapper = Marker("input_mapper", "an input mapper: what turns a request into a member's input")
council = Marker("council", "a council: members that answer together")
skill = Marker("skill", "a skill: instructions and files that an agent reads when it needs them")
mcp_server = Marker("mcp_server", "an MCP server: tools, prompts and resources behind one protocol")

__all__ = [
    "MARK",
    "Mark",
    "Marker",
    "agent",
    "council",
    "input_mapper",
    "mark",
    "mark_of",
    "mcp_server",
    "model",
    "profile",
    "prompt",
    "round",
    "router",
    "schema",
    "skill",
    "sub_council",
    "tool",
]
