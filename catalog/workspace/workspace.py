"""``Workspace``: what all verbs share: the store, the tiers, the snapshot, the caches and the locks.

It knows no verb. Verbs are functions whose first argument is a workspace; :class:`catalog.Catalog` hands its own to
them.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.entry.filters import NO_FILTERS, Filters, folded, states_of, texts_of
from catalog.entry.key import format_key
from catalog.entry.kinds import check_kind, is_kind_name
from catalog.errors import (
    CatalogWarning,
    EntryError,
    EntryNotFoundError,
    InvalidFilterError,
    StoreError,
    did_you_mean,
)
from catalog.forks import after_fork
from catalog.loader.cache import ObjectCache
from catalog.search.learning import Learning
from catalog.settings import SCOPE, Settings, default_url, load_settings
from catalog.store import queries
from catalog.store.mapping import entry_from_row
from catalog.store.opening import open_store
from catalog.store.sources import files_of
from catalog.workspace.embedding import EmbeddingService
from catalog.workspace.reasons import check_unchanged, current_actor, take_expected
from catalog.workspace.reasons import current as current_reason
from catalog.workspace.snapshot import Snapshot
from catalog.workspace.tiers import ConfigTier, RuntimeTier

if TYPE_CHECKING:
    from catalog.embedders.base import Embedder
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.store.writer import Transaction, Written
    from catalog.trust.policy import Policy
    from catalog.workspace.tally import Tally


class Workspace:
    """One open database, with the tiers over and under it.

    Attributes:
        settings: the configuration as it was when the catalog was opened.
        url: of the database.
        store: the persistent tier.
        runtime: objects registered for this process only.
        config: entries of the configuration file, read again when it changes.
        objects: loaded objects of every tier.
        embedding: the embedder, and the vectors it made.
        learning: what was recorded of use.
        lock: held while a snapshot is made or the runtime tier changes. It may be taken before the lock of the writer,
            never after it: a thread inside :meth:`writing` must not wait for it.
        current: the last snapshot that was made; :meth:`snapshot` says whether it still holds.
        token: the question "has anything changed?": equal answers mean no.
        loaded: the modules entries were loaded from, with the stamp of their files, where they are loaded again when
            these change (``auto_refresh``).
    """

    def __init__(
        self,
        url: str | None,
        *,
        embedder: str | Embedder | Callable[[], Embedder] | None,
        settings: Settings | str | Path | None,
        before_snapshot: Callable[[Workspace], object],
        policy: Policy | None = None,
    ) -> None:
        """Open the database; see :meth:`catalog.Catalog.__init__`.

        Args:
            url: of the database; None: as environment and settings say.
            embedder: itself, what makes it, or its name; None: as the settings say.
            settings: the settings or the file to read them from; None: the nearest configuration file.
            before_snapshot: called before each new snapshot where the settings ask for ``auto_refresh``: it takes in
                plugins, marked objects and changed sources.
            policy: of trust; None: what the settings and the database say.
        """
        if not isinstance(settings, Settings):
            settings = load_settings(file=Path(settings) if settings else None)
        self.settings = settings
        self.url = url or settings.place() or _home()
        # Of what the environment names the configuration says nothing.
        self._url_is_configured = url is None and settings.url is not None and not os.environ.get("CATALOG_URL")
        self.store = open_store(self.url)
        self.runtime = RuntimeTier()
        self.config = ConfigTier(settings)
        self.objects = ObjectCache()
        self.embedding = EmbeddingService(self.store, embedder or settings.embedder, self._followed)
        self.learning = Learning(self.store, settings, actor)
        self.lock = threading.RLock()
        self.loaded: dict[str, Any] = {}
        self._policy = policy
        self._tally: Tally | None = None
        self._before_snapshot = before_snapshot
        self._closed = False
        self._refreshing = True  # nothing can be taken in before there is a snapshot
        self.token: Callable[[], Any] = self._token_of()
        self.current: Snapshot = self._no_snapshot()
        self.refresh_snapshot(None)
        self._refreshing = False
        after_fork(self)
        if self.store.read_only:
            warnings.warn(f"{self.store.path} is read only here: {self.store.read_only}", CatalogWarning, stacklevel=3)
        if settings.set_aside:
            names = ", ".join(settings.set_aside)
            text = f"{settings.file} is not trusted, so what it says of {names} is not followed"
            warnings.warn(f"{text}; read it, then say `catalog init --trust`", CatalogWarning, stacklevel=3)

    # -- open and closed ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the database; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.token = self._refuse
        self.store.close()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    @property
    def policy(self) -> Policy:
        """What may be imported; worked out when the first reference is to be followed."""
        if self._policy is None:
            from catalog.workspace.trusting import policy_of  # only where something is imported

            self._policy = policy_of(
                self.settings,
                self.store.path,
                url_is_configured=self._url_is_configured,
                is_server=self.store.is_server,
            )
        return self._policy

    @property
    def tally(self) -> Tally:
        """The counts of the stored entries; made when the first count is asked for."""
        if self._tally is None:
            from catalog.workspace.tally import Tally  # only where something is counted

            self._tally = Tally(self.store.reader)
            self.embedding.counted = self._tally.ids
        return self._tally

    def _followed(self, ref: str) -> object:
        """Return the object of an embedder's reference, which trusted configuration or the caller names."""
        return self.follow(ref, "embedder")

    def follow(self, ref: str, what: str) -> Any:
        """Return the object of a reference that trusted configuration or the caller names, as the *what* of something.

        Its module is looked for on the import path, then in the folder of the configuration, then where the command
        line stands.

        Raises:
            UntrustedReferenceError: the policy denies it.
            InvalidReferenceError, ResolveError: it can't be loaded.
        """
        from catalog.loader.trusted import Asked, check, take  # only where something is imported
        from catalog.source.locate import folder_with

        folders = (os.path.dirname(self.settings.file),) if self.settings.file else ()
        root = folder_with(ref.partition(":")[0].partition(".")[0], folders)
        asked = Asked(self.policy, what, f"the {what} {ref}", named=True)
        return take(ref, root, asked, check(ref, root, asked))

    def _refuse(self) -> Any:
        raise StoreError("this catalog is closed; open it again", url=self.store.url)

    def __str__(self) -> str:
        return f"{self.store.url}{', closed' if self._closed else ''}"

    def renew_after_fork(self) -> None:
        """Give a child process a lock of its own, and a snapshot that asks connections of its own."""
        self.lock = threading.RLock()
        self.embedding.renew_lock()
        if not self._closed:
            self.token = self._token_of()
            self.drop_snapshot()

    # -- one state of things -----------------------------------------------------------------------------------------

    def _token_of(self) -> Callable[[], Any]:
        """Return the question "has anything changed?", put together once: every lookup asks it."""
        changes, config = self.store.reader.changes, self.config
        if self.settings.auto_refresh:
            return object  # no two answers are equal
        if config.file is None:
            return changes
        stamp = config.stamp
        return lambda: (changes(), stamp())

    def snapshot(self) -> Snapshot:
        """Return the tiers as they are now: the last snapshot, or a new one if anything has changed since."""
        snapshot, token = self.current, self.token()
        return snapshot if snapshot.token == token else self.refresh_snapshot(token)

    def refresh_snapshot(self, token: Any) -> Snapshot:
        """Return a snapshot of what there is now; *token* was read before (None: read it here)."""
        with self.lock:
            if self.settings.auto_refresh and not self._refreshing:
                self._before_snapshot(self)
            token = self.token() if token is None else token
            self.config.reread(self.config.stamp())
            if self.config.target is not None:
                self.config.take((files_of(self.store.reader, self.config.target) or {}).get("entries"))
            state = self.store.state()
            runtime, config = self.runtime.entries, self.config.entries
            epoch = self.store.reader.epoch
            if self.current.same((state, epoch), runtime, config):
                # Somebody committed nothing, or SQLite moved its log: all that is cached holds.
                self.current.token = token
                return self.current
            self.current = Snapshot(token, state, self.store.reader, runtime, config)
            return self.current

    def drop_snapshot(self) -> None:
        """Forget the snapshot: the next look makes a new one, whatever the database says."""
        self.current = self._no_snapshot()

    def _no_snapshot(self) -> Snapshot:
        """Return a snapshot that does not hold: no state is (-2, (-2, -2)), and no token equals a new object."""
        state = (-2, (-2, -2))
        return Snapshot(object(), state, self.store.reader, self.runtime.entries, self.config.entries)

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Look at the tiers as they are for the time of a refresh: it must not start another one."""
        with self.lock:
            outer, self._refreshing = self._refreshing, True
            try:
                yield
            finally:
                self._refreshing = outer

    def indexed(self) -> Snapshot:
        """Return a snapshot whose words and hashes are of this version of the program, making them if they are not."""
        snapshot = self.snapshot()
        if snapshot.versions != index_versions() and not self.store.read_only:
            with self.writing():  # begins by making them again
                pass
            snapshot = self.snapshot()
        return snapshot

    # -- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Begin a transaction that is committed at the end of the block, and rolled back if the block raises.

        Raises:
            StoreError: the catalog is closed, or the database can't be written to.
        """
        if self._closed:
            self._refuse()
        with self.store.writing(actor=actor(), reason=current_reason()) as transaction:
            if self.current.versions != index_versions() != transaction.versions():
                transaction.reindex()  # asked twice: another process may have done it since this one last looked
            for key, revision in take_expected():
                check_unchanged(transaction, key, revision)
            yield transaction

    def put(self, transaction: Transaction, entries: Sequence[Entry], action: str) -> Written:
        """Store *entries* and, with an embedder that costs next to nothing, their vectors; return what changed."""
        written = transaction.put(entries, action)
        self.embedding.keep(transaction, written.entries)
        if not all(name.isascii() for _, name in written.added):
            from catalog.workspace.lookalikes import warn_of_lookalikes  # only where a name may look like another

            warn_of_lookalikes(transaction, written.added)
        return written

    # -- reading -----------------------------------------------------------------------------------------------------

    def kinds(self) -> tuple[str, ...]:
        """Return the known kinds: the built-in ones, those the project declares, and those that stored entries have."""
        return self.settings.kinds if self._closed else self._kinds_and(queries.KINDS)

    def known_kind(self, kind: str) -> str:
        """Return *kind* if it is known; a kind that an entry had which was taken away is known, too.

        Raises:
            UnknownKindError: it is not; the message names close matches and how to declare a kind.
        """
        if kind in self.settings.kinds:  # nearly always; the database need not be asked
            return kind
        kinds = self.kinds()
        return check_kind(kind, kinds if kind in kinds else self._kinds_and(queries.PAST_KINDS))

    def _kinds_and(self, found: str) -> tuple[str, ...]:
        """Return the kinds of the settings, then others that the statement *found* gives, sorted."""
        kinds = {row[0] for row in self.store.reader.all(found) if type(row[0]) is str and is_kind_name(row[0])}
        return (*self.settings.kinds, *sorted(kinds.difference(self.settings.kinds)))

    def entry(self, kind: str, name: str) -> Entry:
        """Return the winning record of a key; nothing is imported.

        Raises:
            EntryNotFoundError: no tier has it; the text names close matches and, for an entry taken away, when.
        """
        snapshot = self.snapshot()
        entry = snapshot.entry(kind, name) or snapshot.aliased(kind, name)
        if entry is None:
            raise self.not_found(snapshot, kind, name)
        return entry

    def stored(self, kind: str, name: str) -> Entry:
        """Return the record of the persistent tier.

        Raises:
            EntryNotFoundError: it has none; another process may have taken it away just now.
        """
        entry = self.snapshot().stored(kind, name)
        if entry is None:
            raise self.not_found(self.snapshot(), kind, name)
        return entry

    def not_found(self, snapshot: Snapshot, kind: str, name: str) -> EntryError:
        """Return the error for a key that no tier has: with close matches, else with what became of the entry."""
        self.known_kind(kind)
        aliased = snapshot.aliased(kind, name)
        if aliased is not None:
            text = f"'{format_key(kind, name)}' is an alias of revision {aliased.revision}; name '{aliased.key}' itself"
            return EntryNotFoundError(text, kind=kind, name=name, close=[aliased.key])
        close = [format_key(kind, match) for match in snapshot.close(kind, name)]
        text = f"no entry '{format_key(kind, name)}'{did_you_mean(close)}"
        last = None if close else self.store.reader.one(queries.LAST_CHANGE, (kind, name))
        if last is not None:
            action, at = last
            text += (
                f"; it was taken away ({action}) on {str(at)[:16].replace('T', ' ')} UTC, "
                f"`catalog restore {format_key(kind, name)}` brings it back"
            )
        return EntryNotFoundError(text, kind=kind, name=name, close=close)

    def filters(
        self,
        kind: Kinds = None,
        tags: Sequence[str] = (),
        any_tags: Sequence[str] = (),
        exclude_tags: Sequence[str] = (),
        sources: Sequence[str] | None = (),
        distributions: Sequence[str] | None = (),
        states: Sequence[str] = (),
        frameworks: Sequence[str] = (),
    ) -> Filters:
        """Return the filters that a caller gives, checked; the origin is that of the scope where both are None.

        Raises:
            InvalidFilterError: one is no list of texts, or there is no such state.
            UnknownKindError: no such kind.
        """
        scoped = sources is None and distributions is None and bool(self.settings.scope)
        if scoped:
            sources, distributions = (self.settings.scope.get(part) for part in SCOPE)
        if kind is None and not any((tags, any_tags, exclude_tags, sources, distributions, states, frameworks)):
            return NO_FILTERS
        kinds = () if kind is None else (kind,) if isinstance(kind, str) else tuple(dict.fromkeys(kind))
        for name in kinds:
            self.known_kind(name)
        for what, given in (("sources", sources), ("distributions", distributions)):
            if given and "" in given:
                raise InvalidFilterError(f"{what}={given!r}: an empty text is no origin; leave it out", filter=what)
        filters = Filters(
            kinds,
            texts_of("tags", tags),
            texts_of("any_tags", any_tags),
            texts_of("exclude_tags", exclude_tags),
            texts_of("sources", sources or ()),
            tuple(map(folded, texts_of("distributions", distributions or ()))),
            states_of(states),
            texts_of("frameworks", frameworks),
            scoped,
        )
        return filters if self._tally is None else self._tally.narrowed(filters)

    def marks(self, filters: Filters) -> tuple[list[Any], list[Entry]]:
        """Return what tells one state of the entries that pass *filters* from another, without reading them."""
        snapshot = self.snapshot()
        stored = queries.matching(self.store.reader, filters, -1, ("kind", "name", "revision", "updated_at"))
        return list(stored), [entry for entry in snapshot.overlay if filters.passes(entry)]


def readable(rows: Iterable[Any]) -> Iterator[Entry]:
    """Yield the entries of *rows*; a damaged row is passed over with a warning and takes no other down."""
    for row in rows:
        try:
            entry = entry_from_row(row)
        except StoreError as error:
            warnings.warn(str(error), CatalogWarning, stacklevel=3)
            continue
        yield entry


def _home() -> str:
    """Return the URL of the user's own database; nobody has mistyped that, so its folder is made at once."""
    url = default_url()
    path = Path(url.removeprefix("sqlite:///"))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if not path.parent.is_dir():
            raise StoreError(
                f"{path.parent} can't be made ({error.strerror}); name a database with --url or CATALOG_URL", url=url
            ) from error
    return url


def actor() -> str:
    """Return who is at work, for the history: who `acting_as` names, else ``CATALOG_ACTOR``, else the user."""
    named = current_actor() or os.environ.get("CATALOG_ACTOR")
    if named:
        return named.encode("utf-8", "replace").decode()
    import getpass  # reads the system's list of users: only where something is written

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def index_versions() -> tuple[int, int]:
    """Return the versions of the rules by which words and the texts of vectors are made."""
    from catalog.entry.embedding_text import TEMPLATE_VERSION  # not needed by a lookup of a name
    from catalog.entry.words import WORDS_VERSION

    return WORDS_VERSION, TEMPLATE_VERSION
