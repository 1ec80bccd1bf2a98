"""``Registry``: the entries of one kind as a mapping from name to live object."""

from __future__ import annotations

import builtins
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from catalog.entry.kinds import check_kind, plural

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.lookup import Registering

T = TypeVar("T")
D = TypeVar("D")


class Registry(Mapping[str, T], Generic[T]):
    """A live view of one kind, merged over the tiers; objects are loaded as they are read.

    Looking at names, counting and asking ``in`` import nothing. Names come sorted.
    """

    def __init__(
        self, catalog: Callable[[], Registering], kind: str, predicate: Callable[[Entry], bool] | None = None
    ) -> None:
        """View *kind* of the catalog that *catalog* gives; entries the *predicate* refuses are not in it."""
        self._catalog = catalog
        self._kind = kind
        self._predicate = predicate

    @property
    def kind(self) -> str:
        """The kind of all its entries."""
        return self._kind

    def list(self) -> builtins.list[str]:
        """Return the names, sorted; nothing is imported."""
        if self._predicate is None:
            return self._catalog().list(self._kind)
        return [entry.name for entry in self._catalog().entries(self._kind) if self._predicate(entry)]

    def _has(self, name: object) -> bool:
        cat = self._catalog()
        if (self._kind, name) not in cat:
            return False
        return self._predicate is None or self._predicate(cat.entry(self._kind, str(name)))

    @overload
    def get(self, key: str, /) -> T | None: ...
    @overload
    def get(self, key: str, /, default: T | D) -> T | D: ...
    def get(self, key: str, /, default: Any = None) -> Any:
        """Return the live object called *key*, or *default*.

        Raises:
            ResolveError: it is there but can't be imported.
            DriftError: its code is not what was recorded.
        """
        if self._predicate is not None and not self._has(key):
            return default
        return self._catalog().get(self._kind, key, default)

    def __getitem__(self, name: str) -> T:
        if self._predicate is not None and (self._kind, name) in self._catalog() and not self._has(name):
            from catalog.errors import EntryNotFoundError  # only a miss needs it

            raise EntryNotFoundError(
                f"'{self._kind}:{name}' is not in this filtered view", kind=self._kind, name=name, close=[]
            )
        live: T = self._catalog()[self._kind, name]
        return live

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._has(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self.list())

    def keys(self) -> KeysView[str]:
        """Return the names of what can be loaded, so that ``dict(registry)`` is the live objects.

        Passed over, here and in `values` and `items`, is what no import path leads to (``Entry.unloadable``). `list`,
        ``in`` and `len` know it, and taking it by name says why it can't be loaded.
        """
        return KeysView(self.filter(_is_loadable))

    def values(self) -> ValuesView[T]:
        """Return the live objects of `keys`, in the order of their names."""
        return ValuesView(self.filter(_is_loadable))

    def items(self) -> ItemsView[str, T]:
        """Return `keys`, each with its live object."""
        return ItemsView(self.filter(_is_loadable))

    def filter(self, predicate: Callable[[Entry], bool]) -> Registry[T]:
        """Return a view of the entries *predicate* accepts; it sees the Entry, so nothing is imported.

        The view is live, and filters may be chained.
        """
        mine = self._predicate
        both = predicate if mine is None else (lambda entry: mine(entry) and predicate(entry))
        return Registry(self._catalog, self._kind, both)

    def refresh(self) -> None:
        """Look for new plugins, marked objects and changed sources; see :meth:`catalog.Catalog.refresh`."""
        self._catalog().refresh()

    def register(self, obj: Any, name: str | None = None, **fields: Any) -> Entry:
        """Register *obj* under *name*, or under the name it carries.

        The name of an object given without one: ``obj.id`` for models; ``obj.name`` for tools, prompts and agents; else
        ``__name__``. Other arguments as in :meth:`catalog.Catalog.register`.
        """
        return self._catalog().register(self._kind, name, obj, **fields)

    def entry(self, name: str) -> Entry:
        """Return the record called *name*; nothing is imported."""
        return self._catalog().entry(self._kind, name)

    def _ipython_key_completions_(self) -> builtins.list[str]:
        return self.list()

    def __repr__(self) -> str:
        return f"<Registry of {self._kind}s{', filtered' if self._predicate else ''}>"


def _is_loadable(entry: Entry) -> bool:
    return entry.unloadable is None


def registry_of(catalog: Registering, kind: str) -> Registry[Any]:
    """Return the registry of a *kind*.

    Raises:
        UnknownKindError: no such kind.
    """
    if kind not in catalog.settings.kinds:  # else a stored entry has it, or nothing does
        check_kind(kind, catalog.kinds())
    return Registry(lambda: catalog, kind)


class KindRegistry:
    """An attribute of a catalog that gives the registry of a built-in kind: ``tools = KindRegistry("tool")``."""

    def __init__(self, kind: str) -> None:
        """Give the registry of *kind*."""
        self.kind = kind

    def __get__(self, catalog: Registering, owner: object = None) -> Registry[Any]:
        return Registry(lambda: catalog, self.kind)


def registry_named(catalog: Registering, name: str) -> Registry[Any]:
    """Return the registry of a kind of somebody's own, by its plural: ``datasets`` for the kind ``dataset``.

    Raises:
        AttributeError: no kind has this plural.
    """
    if not name.startswith("_"):
        for kind in catalog.kinds():
            if plural(kind) == name:
                return registry_of(catalog, kind)
    raise AttributeError(f"{type(catalog).__name__!r} object has no attribute {name!r}")
