"""Every error the catalog raises.

    CatalogError
    ├─ EntryError: InvalidEntryError (ValueError), EntryNotFoundError (KeyError), DuplicateEntryError, UnknownKindError
    ├─ EntryError: ChangedEntryError
    ├─ LoadError: InvalidReferenceError (ValueError), NotImportableError, ResolveError (ImportError), DriftError
    ├─ LoadError: UntrustedReferenceError
    ├─ LoadError: PinError, LockError
    ├─ StoreError: SchemaOutdatedError, StoreBusyError, NotACatalogError, ReadOnlyError
    ├─ DiscoveryError: PackageNotFoundError, UnreadableSourceError
    ├─ SearchError: InvalidFilterError (ValueError), EmbedderError
    ├─ RoutingError: NoMatchError, StrategyError
    ├─ RemoteError: RemoteToolError
    ├─ CallTimeoutError (TimeoutError)
    ├─ CouncilSpecError (ValueError)
    ├─ SettingsError (ValueError)
    └─ MissingExtraError (ImportError)

Each class has a stable ``code`` (for JSON, exit statuses and tests). Each error carries ``facts``, the data its message
is made of. Messages may change between versions; classes, codes and the names of facts do not.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing: importing that would be most of what `import catalog` costs
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar


class CatalogError(Exception):
    """Base class of all errors of this package."""

    code: ClassVar[str] = "catalog"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **facts: Any) -> None:
        """Hold a *message* for people and *facts* for programs."""
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The default would call cls(*args): it would lose the facts, or fail where an error crosses processes.
        return _rebuild, (type(self), self.message, self.facts)


def _rebuild(cls: type[CatalogError], message: str, facts: dict[str, Any]) -> CatalogError:
    return cls(message, **facts)


class CatalogWarning(UserWarning):
    """A setting, row, plugin or embedder was left out, and the rest goes on without it."""


class EntryError(CatalogError):
    """Something is wrong with an entry or with its key."""

    code = "entry"


class InvalidEntryError(EntryError, ValueError):
    """A field of an entry has a wrong value."""

    code = "invalid-entry"


class EntryNotFoundError(EntryError, KeyError):
    """No tier has an entry of this key."""

    code = "entry-not-found"


class DuplicateEntryError(EntryError):
    """Two sources claim one key."""

    code = "duplicate-entry"


class ChangedEntryError(EntryError):
    """Somebody else changed the entry since it was seen; ``facts["revision"]`` is the one it has now."""

    code = "changed"


class UnknownKindError(EntryError):
    """The kind is neither built in nor declared by the project."""

    code = "unknown-kind"


class LoadError(CatalogError):
    """An entry could not be turned into its live object."""

    code = "load"


class CallTimeoutError(CatalogError, TimeoutError):
    """A call took longer than it was given."""

    code = "call-timeout"


class InvalidReferenceError(LoadError, ValueError):
    """The text is not of the form ``package.module:qualified.name``."""

    code = "invalid-reference"


class NotImportableError(LoadError):
    """The object has no reference by which another process could import it."""

    code = "not-importable"


class ResolveError(LoadError, ImportError):
    """Importing the module of an entry, or finding its attribute, failed."""

    code = "resolve"


class DriftError(LoadError):
    """The code on disk is not the code that was recorded."""

    code = "drift"


class UntrustedReferenceError(LoadError):
    """The policy of trust does not let this reference be imported; ``facts["setting"]`` names what would."""

    code = "untrusted-reference"


class PinError(LoadError):
    """The entry is not pinned in the lock file, or is not what was pinned."""

    code = "pin"


class LockError(LoadError):
    """The lock file is not as ``catalog pin`` writes it, or can't be read or written."""

    code = "lock"


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


class ReadOnlyError(StoreError):
    """The database can only be read here, by this user."""

    code = "read-only"


class NotACatalogError(StoreError):
    """The file is not the database of a catalog."""

    code = "not-a-catalog"


class DiscoveryError(CatalogError):
    """A source could not be scanned."""

    code = "discovery"


class PackageNotFoundError(DiscoveryError):
    """No installed package and no path has this name."""

    code = "package-not-found"


class UnreadableSourceError(DiscoveryError):
    """The file exists, but is not Python source that can be parsed."""

    code = "unreadable-source"


class SearchError(CatalogError):
    """A search can't be carried out with these arguments."""

    code = "search"


class InvalidFilterError(SearchError, ValueError):
    """A filter of a search or a listing has a wrong value."""

    code = "invalid-filter"


class EmbedderError(SearchError):
    """The embedder is unknown, or failed."""

    code = "embedder"


class RoutingError(CatalogError):
    """A prompt could not be routed."""

    code = "routing"


class NoMatchError(RoutingError):
    """No candidate fits the prompt; ``facts["decision"]`` gives the reasons, as JSON."""

    code = "no-match"


class StrategyError(RoutingError):
    """A strategy has wrong options, or something it depends on failed. A cascade goes on after such a failure."""

    code = "strategy"


class RemoteError(CatalogError):
    """A server, an API or an agent elsewhere could not be asked, or gave no answer that can be used.

    ``facts["reason"]`` is ``start``, ``time``, ``ended``, ``size``, ``answer``, ``address``, ``variable`` or
    ``authorization``.
    """

    code = "remote"


class RemoteToolError(RemoteError):
    """What was called elsewhere answered that it failed; the message is its own."""

    code = "remote-tool"


class CouncilSpecError(CatalogError, ValueError):
    """A council spec is not valid; ``facts["issues"]`` is the list of ``{path, code, message}``."""

    code = "council-spec"


class SettingsError(CatalogError, ValueError):
    """The configuration file or an environment variable has a wrong value."""

    code = "settings"


class MissingExtraError(CatalogError, ImportError):
    """An optional dependency is not installed; the message names the extra that installs it."""

    code = "missing-extra"


_MANY = 5_000
"""Words of which the closest are found by way of numpy."""


def close_matches(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return up to *most* of the *known* words that resemble *word*, the closest first; ties in alphabetical order.

    Case does not count in the comparison.
    """
    by_folded: dict[str, list[str]] = {}
    for name in sorted(set(known)):
        by_folded.setdefault(name.casefold(), []).append(name)
    folded = word.casefold()
    if len(by_folded) < _MANY or "\0" in folded:
        import difflib  # only errors need it, and start-up should not pay for it

        matches = difflib.get_close_matches(folded, by_folded, n=most, cutoff=0.6)
    else:
        from catalog.likeness import closest  # with numpy, which takes longer to load than few words to compare

        matches = closest(folded, list(by_folded), most=most, cutoff=0.6)
    if len(matches) < most:  # people often type only a part of a longer name
        matches += [name for name in by_folded if folded and folded in name and name not in matches]
    return [name for match in matches for name in by_folded[match]][:most]


def did_you_mean(matches: Iterable[str]) -> str:
    """Return ``"; did you mean 'a' or 'b'?"``, or an empty text without *matches*."""
    quoted = [f"'{match}'" for match in matches]
    return f"; did you mean {' or '.join(quoted)}?" if quoted else ""
