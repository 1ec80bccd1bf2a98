"""Every error the catalog raises.

    CatalogError
    ├─ EntryError: InvalidEntryError (ValueError), EntryNotFoundError (KeyError), DuplicateEntryError, UnknownKindError
    ├─ LoadError: InvalidReferenceError (ValueError), NotImportableError, ResolveError (ImportError), DriftError
    ├─ StoreError: SchemaOutdatedError, StoreBusyError, NotACatalogError
    ├─ DiscoveryError: PackageNotFoundError, UnreadableSourceError
    ├─ SearchError: InvalidFilterError (ValueError), EmbedderError
    ├─ RoutingError: NoMatchError, StrategyError
    ├─ CouncilSpecError (ValueError)
    ├─ SettingsError (ValueError)
    └─ MissingExtraError (ImportError)

Each class has a stable ``code`` (for JSON, exit statuses and tests) and each error carries ``facts``, the data its
text was made of. The text may change between versions; type, code and the names of the facts do not.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar


class CatalogError(Exception):
    """What all errors of this package derive from."""

    code: ClassVar[str] = "catalog"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **facts: Any) -> None:
        """Keep *message* for people and *facts* for programs."""
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The default would call cls(*args) and lose the facts, or fail in another process.
        return _rebuild, (type(self), self.message, self.facts)


def _rebuild(cls: type[CatalogError], message: str, facts: dict[str, Any]) -> CatalogError:
    return cls(message, **facts)


class CatalogWarning(UserWarning):
    """Something was left out, and everything else goes on: a setting, a row, a plug-in, an embedder."""


class EntryError(CatalogError):
    """Something is wrong with an entry or the name of one."""

    code = "entry"


class InvalidEntryError(EntryError, ValueError):
    """A field of an entry has a value it can't have."""

    code = "invalid-entry"


class EntryNotFoundError(EntryError, KeyError):
    """No tier has an entry of this key."""

    code = "entry-not-found"


class DuplicateEntryError(EntryError):
    """Two sources claim one key."""

    code = "duplicate-entry"


class UnknownKindError(EntryError):
    """The kind is neither built in nor declared by the project."""

    code = "unknown-kind"


class LoadError(CatalogError):
    """An entry could not be turned into its live object."""

    code = "load"


class InvalidReferenceError(LoadError, ValueError):
    """The text is not of the form ``package.module:qualified.name``."""

    code = "invalid-reference"


class NotImportableError(LoadError):
    """The object given has no reference that another process could import."""

    code = "not-importable"


class ResolveError(LoadError, ImportError):
    """Importing the module of an entry, or finding its attribute, failed."""

    code = "resolve"


class DriftError(LoadError):
    """The code on disk is not the code that was recorded."""

    code = "drift"


class StoreError(CatalogError):
    """The database could not be used."""

    code = "store"


class SchemaOutdatedError(StoreError):
    """The database was written by another version of the catalog."""

    code = "schema-outdated"


class StoreBusyError(StoreError):
    """Another process held the write lock for longer than the busy timeout; try again."""

    code = "store-busy"
    retryable = True


class NotACatalogError(StoreError):
    """The file is not a catalog."""

    code = "not-a-catalog"


class DiscoveryError(CatalogError):
    """A source could not be scanned."""

    code = "discovery"


class PackageNotFoundError(DiscoveryError):
    """No installed package and no path has this name."""

    code = "package-not-found"


class UnreadableSourceError(DiscoveryError):
    """A file is there but is not Python source that can be read."""

    code = "unreadable-source"


class SearchError(CatalogError):
    """A search can't be carried out as asked."""

    code = "search"


class InvalidFilterError(SearchError, ValueError):
    """A filter of a search or a listing has a value it can't have."""

    code = "invalid-filter"


class EmbedderError(SearchError):
    """The embedder is not known, or could not do its work."""

    code = "embedder"


class RoutingError(CatalogError):
    """A prompt could not be routed as asked."""

    code = "routing"


class NoMatchError(RoutingError):
    """No candidate fits the prompt; ``facts["decision"]`` says why, as JSON."""

    code = "no-match"


class StrategyError(RoutingError):
    """A strategy can't do its work: wrong options, or what it depends on failed. A cascade passes over the latter."""

    code = "strategy"


class CouncilSpecError(CatalogError, ValueError):
    """A council spec is not valid; ``facts["issues"]`` is the list of ``{path, code, message}``."""

    code = "council-spec"


class SettingsError(CatalogError, ValueError):
    """The configuration file or an environment variable has a value it can't have."""

    code = "settings"


class MissingExtraError(CatalogError, ImportError):
    """An optional dependency is not installed; the text names the extra that brings it."""

    code = "missing-extra"


def close_matches(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to *most* of the *known* words that look like *word*, the closest first.

    Case is ignored for likeness and kept in the answer. Ties go by alphabet.
    """
    import difflib

    by_folded: dict[str, list[str]] = {}
    for one in sorted(set(known)):
        by_folded.setdefault(one.casefold(), []).append(one)
    folded = word.casefold()
    found = difflib.get_close_matches(folded, by_folded, n=most, cutoff=0.6)
    if len(found) < most:  # a part of a longer name is what people type most often
        found += [f for f in by_folded if folded and folded in f and f not in found]
    return [one for f in found for one in by_folded[f]][:most]


def did_you_mean(matches: Iterable[str]) -> str:
    """Return ``"; did you mean 'a' or 'b'?"``, or nothing without matches."""
    quoted = [f"'{m}'" for m in matches]
    return f"; did you mean {' or '.join(quoted)}?" if quoted else ""
