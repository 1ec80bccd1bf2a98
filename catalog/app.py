"""``Catalog``: the facade; one short method for every verb."""

from __future__ import annotations

import builtins
import copy
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from catalog.entry.filters import NO_FILTERS, Filters
from catalog.entry.key import Key, format_key
from catalog.entry.kinds import POLICIES, check_kind, plural
from catalog.errors import (
    CatalogWarning,
    DuplicateEntryError,
    EmbedderError,
    EntryError,
    EntryNotFoundError,
    InvalidEntryError,
    InvalidFilterError,
    NotImportableError,
    SearchError,
    StoreError,
    close_matches,
    did_you_mean,
)
from catalog.ingest.installed import is_changed
from catalog.loader.cache import ObjectCache
from catalog.registry import Registry
from catalog.search.learning import Learning
from catalog.settings import Settings, default_url, load_settings
from catalog.store import queries
from catalog.store.mapping import COLUMNS, entry_from_row
from catalog.store.store import Store
from catalog.workspace.embedding import Meaning
from catalog.workspace.snapshot import View
from catalog.workspace.tiers import Config, Runtime

if TYPE_CHECKING:
    from catalog.discovery.report import ScanReport
    from catalog.embedders.base import Embedder
    from catalog.embedders.openai import Estimate
    from catalog.entry.entry import Entry
    from catalog.entry.references import Reference
    from catalog.loader.repair import Fault
    from catalog.loader.verify import Drift
    from catalog.routing.evaluation.golden import Golden
    from catalog.search.hit import Hit
    from catalog.source.locate import Locator
    from catalog.store.use import Use
    from catalog.store.vectors import Status
    from catalog.store.writer import Transaction, Written
    from catalog.verbs.exchange import Brought, Revision
    from catalog.verbs.references import Links

Kinds = str | Iterable[str] | None
MODES = ("auto", "lexical", "semantic", "hybrid")
_ATTEMPTS = 8  # a search that something keeps changing under


class Standing(NamedTuple):
    """An entry's place among the tiers.

    Attributes:
        entry: the record of one tier.
        wins: whether lookups give this one.
        why: in words.
    """

    entry: Entry
    wins: bool
    why: str

    @property
    def tier(self) -> str:
        """The tier of the entry."""
        return self.entry.tier


class Catalog:
    """An open catalog: one database, the project's configured entries and this process's own, searched as one.

    Safe to use from many threads, and in a child process after a fork. Close it, or use it in a ``with``.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        embedder: str | Embedder | Callable[[], Embedder] | None = None,
        settings: Settings | str | Path | None = None,
    ) -> None:
        """Open a catalog; a SQLite file is created and upgraded as needed.

        Args:
            url: database URL, as ``sqlite:///team.db``; else ``CATALOG_URL``, the configuration's ``url``, or one file
                in the user's data directory. ``sqlite://`` is a private catalog that goes when it is closed.
            embedder: ``wordllama`` (the default), ``minilm``, ``hash``, ``openai:MODEL[@URL]``, ``st:MODEL``,
                ``package.module:name``, or ``none`` to search by words only; or an embedder itself, or what makes one
                when called; else the configuration's.
            settings: settings, or the configuration file to read; else the nearest one is looked for.

        Raises:
            StoreError: the database can't be used.
            SettingsError: the configuration has a value it can't have.
        """
        if not isinstance(settings, Settings):
            settings = load_settings(file=Path(settings) if settings else None)
        self.settings = settings
        self.url = url or settings.url or default_url()
        self._store = Store(self.url)
        self._runtime = Runtime()
        self._config = Config(settings)
        self._cache = ObjectCache()
        self._meaning = Meaning(self._store, embedder or settings.embedder)
        self._learning = Learning(self._store, settings, _actor)
        self._lock = threading.RLock()
        self._closed = False
        self._refreshing = True  # not before there is a view
        self._token: Callable[[], Any] = self._token_of()
        self._loaded: dict[str, Any] = {}
        self._view = self._look(None)
        self._refreshing = False
        self._notice()
        _living.add(self)

    def _notice(self) -> None:
        """Take in the plugins that were installed, and let go of those that were uninstalled, since the last time."""
        if not is_changed(self._store.reader):
            return
        from catalog.ingest.scan import refresh_plugins

        self._refreshing = True
        try:
            refresh_plugins(self)
        except StoreError as error:  # what is stored can be read; the next to open it will look again
            warnings.warn(f"plugins were not looked at: {error}", CatalogWarning, stacklevel=3)
        finally:
            self._refreshing = False

    # -- open and closed ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the database. What was loaded stays loaded; the catalog itself can't be used any more."""
        if self._closed:
            return
        self._closed = True
        self._token = self._refuse
        self._store.close()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def _refuse(self) -> Any:
        raise StoreError("this catalog is closed; open it again", url=self.url)

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Catalog {self.url}{', closed' if self._closed else ''}>"

    # -- one state of things -----------------------------------------------------------------------------------------

    def _token_of(self) -> Callable[[], Any]:
        """Return the question "has anything changed?": equal answers mean no.

        It is asked by every lookup, so it is put together once from what there is to ask.
        """
        changes, config = self._store.reader.changes, self._config
        if self.settings.auto_refresh:
            return object
        if config.file is None:
            return changes
        stamp = config.stamp
        return lambda: (changes(), stamp())

    def _now(self) -> View:
        view, token = self._view, self._token()
        return view if view.token == token else self._look(token)

    def _look(self, token: Any) -> View:
        """Return a view of what there is now; *token* was read before."""
        with self._lock:
            if self.settings.auto_refresh and not self._refreshing:
                self.refresh()
                self._reload()
            token = self._token() if token is None else token
            self._config.reread(self._config.stamp())
            state = self._store.state()
            old: View | None = getattr(self, "_view", None)
            runtime, config = self._runtime.entries, self._config.entries
            if old is not None and old.same(state, runtime, config):
                old.token = token  # somebody committed nothing, or SQLite moved its log: all that is cached holds
                return old
            self._view = View(token, state, self._store.reader, runtime, config)
            return self._view

    def _reload(self) -> None:
        from catalog.ingest.scan import reload_changed

        if reload_changed(self._loaded):
            self._cache.clear()
            self._drop_view()

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        if self._closed:
            self._refuse()
        with self._store.writing(actor=_actor()) as transaction:
            if self._view.versions != _versions() != transaction.versions():
                transaction.reindex()  # asked twice: another process may have done it since this one last looked
            yield transaction

    def _indexed(self) -> View:
        """Return a view whose words and hashes are of this version."""
        view = self._now()
        if view.versions != _versions():
            with self._writing():  # begins by making them again
                pass
            view = self._now()
        return view

    def _put(self, transaction: Transaction, entries: Sequence[Entry], action: str) -> Written:
        """Store entries and, with an embedder that costs next to nothing, what they mean."""
        written = transaction.put(entries, action)
        self._meaning.keep(transaction, written.entries)
        return written

    @property
    def generation(self) -> int:
        """A number that grows with every committed change of the persistent tier, by whatever process."""
        return self._now().generation

    # -- looking up --------------------------------------------------------------------------------------------------

    def get(self, kind: str, name: str, default: Any = None, *, verify: str | None = None) -> Any:
        """Return the live object of a key, or *default* where no tier has it.

        Args:
            kind: a known kind.
            name: case-sensitive.
            default: what to return for a miss.
            verify: ``off``, ``signature`` or ``source``; else the policy of the configuration (``signature``).

        Raises:
            ResolveError: the entry is there but can't be imported.
            DriftError: its code is not what was recorded.
            UnknownKindError: no such kind.
        """
        view = self._view
        if verify is None and view.token == self._token():
            try:
                return view.live[kind, name]
            except KeyError:
                pass
        view = self._now()
        entry = view.entry(kind, name)
        if entry is None:
            check_kind(kind, self.settings.kinds)
            return default
        return self._load(view, entry, verify)

    def __getitem__(self, key: tuple[str, str]) -> Any:
        """Return the live object of ``cat[kind, name]``.

        Raises:
            EntryNotFoundError: no tier has it; the text names close matches.
            ResolveError: it can't be imported.
            DriftError: its code is not what was recorded.
        """
        kind, name = key
        view = self._now()
        if key in view.live:
            return view.live[key]
        return self._load(view, self.entry(kind, name), None)

    def _load(self, view: View, entry: Entry, verify: str | None) -> Any:
        key = (entry.kind, entry.name)
        policy = verify or self.settings.policy(entry.kind)
        if policy not in POLICIES:
            raise InvalidFilterError(f"verify={policy!r}: choose one of {', '.join(POLICIES)}", verify=policy)
        # What is configured has no revision; its record tells one state from another.
        state = entry if entry.tier == "config" else (entry.tier, entry.revision, entry.ref)
        if entry.tier == "runtime" and entry.ref is None:
            try:
                live = self._runtime.live(key)
            except KeyError:  # another thread took it away since this one looked
                view = self._now()
                return self._load(view, self.entry(*key), verify)
        elif entry.ref is None:
            live = self._cache.take(key, state, lambda: _data(entry))
        else:
            if verify is not None:  # asked for in so many words: also of what is loaded already
                self._ensure(entry, policy)
            live = self._cache.take(key, state, lambda: self._import(entry, "off" if verify else policy))
        if verify is None:
            view.live[key] = live
        if self._learning.watching:
            self._note(key)
        return live

    def _note(self, key: Key) -> None:
        """Record that a hit was taken. A lookup must not fail for lack of a record: there is a warning then."""
        try:
            self._learning.took(key)
        except StoreError as error:
            warnings.warn(f"a use of '{format_key(*key)}' was not recorded: {error}", CatalogWarning, stacklevel=4)

    def _import(self, entry: Entry, policy: str) -> object:
        from catalog.loader.resolve import resolve

        self._ensure(entry, policy)
        live = resolve(str(entry.ref), _roots(entry), key=entry.key)
        if self.settings.auto_refresh:
            from catalog.ingest.scan import module_stamp

            module = str(entry.ref).partition(":")[0]
            self._loaded[module] = module_stamp(module)
        return live

    def _ensure(self, entry: Entry, policy: str) -> None:
        if policy != "off" and entry.checksum is not None:
            from catalog.loader.verify import ensure

            ensure(entry, policy, self._locator([entry]))

    def _locator(self, entries: Iterable[Entry]) -> Locator:
        from catalog.source.locate import Locator

        return Locator(tuple(dict.fromkeys(root for entry in entries for root in _roots(entry))))

    def entry(self, kind: str, name: str) -> Entry:
        """Return the record of a key; nothing is imported.

        Raises:
            EntryNotFoundError: no tier has it; the text names close matches and, for one taken away, when.
        """
        view = self._now()
        found = view.entry(kind, name)
        if found is None:
            raise self._not_found(view, kind, name)
        return found

    def _not_found(self, view: View, kind: str, name: str) -> EntryError:
        check_kind(kind, self.settings.kinds)
        close = [format_key(kind, match) for match in close_matches(name, view.names(kind))]
        text = f"no entry '{format_key(kind, name)}'{did_you_mean(close)}"
        past = self.history(kind, name)
        if past and not close:
            text += (
                f"; it was taken away ({past[0].action}) on {past[0].at:%Y-%m-%d %H:%M} UTC, "
                f"`catalog restore {format_key(kind, name)}` brings it back"
            )
        return EntryNotFoundError(text, kind=kind, name=name, close=close)

    def __contains__(self, key: object) -> bool:
        if not (isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, str) for part in key)):
            return False
        return self._now().has(*key)

    def list(self, kind: str) -> builtins.list[str]:
        """Return the names of a kind over all tiers, sorted; nothing is imported."""
        check_kind(kind, self.settings.kinds)
        return self._now().names(kind)

    def entries(self, kind: Kinds = None) -> Iterator[Entry]:
        """Yield the winning records of the given kinds (None: all), by key; nothing is imported."""
        view, filters = self._now(), self._filters(kind, (), (), ())
        stored = _readable(queries.matching(self._store.reader, filters, -1, COLUMNS))
        if not (view.hidden or view.overlay):
            yield from stored  # one by one: a hundred thousand records need not be in memory at once
            return
        merged = [entry for entry in stored if (entry.kind, entry.name) not in view.hidden]
        merged += [entry for entry in view.overlay if filters.accept(entry.kind, entry.tags)]
        yield from sorted(merged, key=lambda entry: (entry.kind, entry.name))

    def _marks(self, filters: Filters) -> tuple[builtins.list[Any], builtins.list[Entry]]:
        """Return what tells one state of the entries that pass *filters* from another, without reading them."""
        view = self._now()
        stored = queries.matching(self._store.reader, filters, -1, ("kind", "name", "revision", "updated_at"))
        return list(stored), [entry for entry in view.overlay if filters.accept(entry.kind, entry.tags)]

    def kinds(self) -> builtins.list[str]:
        """Return the known kinds: the built-in ones, then those the project declares."""
        return list(self.settings.kinds)

    def all(self, kind: str) -> Registry[Any]:
        """Return a mapping from name to live object, merged over the tiers, each loaded as it is read."""
        return self.registry(kind)

    def registry(self, kind: str) -> Registry[Any]:
        """Return the registry of a kind, which ``cat.tools``, ``cat.models``, ... give too."""
        check_kind(kind, self.settings.kinds)
        return Registry(lambda: self, kind)

    def __getattr__(self, name: str) -> Registry[Any]:
        if not name.startswith("_"):
            for kind in self.settings.kinds:
                if plural(kind) == name:
                    return self.registry(kind)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def which(self, kind: str, name: str) -> builtins.list[Standing]:
        """Return every tier's entry of a key, the winner first, each with the reason.

        Raises:
            EntryNotFoundError: no tier has it.
        """
        view = self._now()
        found = view.tiers(kind, name)
        if not found:
            raise self._not_found(view, kind, name)
        winner = found[0].tier
        standings = [Standing(found[0], True, "the only tier that has it")]
        if len(found) > 1:
            standings = [Standing(found[0], True, f"{winner} wins over {' and '.join(e.tier for e in found[1:])}")]
            standings += [Standing(entry, False, f"shadowed by {winner}") for entry in found[1:]]
        return standings

    # -- references --------------------------------------------------------------------------------------------------

    def references(self, kind: str, name: str) -> builtins.list[Reference]:
        """Return what an entry names, by path: keys with the place and whether they exist; nothing is imported.

        Looked at are the specs of councils, agents, prompts, profiles, routers and rounds, and for every kind the
        list of keys in ``metadata["references"]``.

        Raises:
            EntryNotFoundError: no tier has the entry.
        """
        entry = self.entry(kind, name)
        return self._links().of(entry)

    def used_by(self, kind: str, name: str) -> builtins.list[Reference]:
        """Return what names an entry, by source and path: what would miss it if it went; nothing is imported.

        Raises:
            EntryNotFoundError: no tier has it, and nothing names it.
        """
        found = self._links().to(kind, name)
        if not found and (kind, name) not in self:
            raise self._not_found(self._now(), kind, name)
        return found

    def all_references(self) -> builtins.list[Reference]:
        """Return every reference from one entry to another, by source and path."""
        return self._links().all()

    def _links(self) -> Links:
        from catalog.verbs.references import Links

        return Links(self._indexed(), self._store.reader, self._runtime.live)

    # -- changing ----------------------------------------------------------------------------------------------------

    def register(self, kind: str, name: str, value: Any, *, runtime: bool = False, **fields: Any) -> Entry:
        """Register what *value* stands for, over what had the key in the same tier.

        Args:
            kind: a known kind.
            name: 1 to 200 characters, case-sensitive.
            value: a reference ``'package.module:name'``; an object a module holds under a name; or JSON data.
            runtime: for this process only, with the object itself (or a reference to it).
            **fields: ``description tags examples match providers priority metadata`` and the other fields of Entry.

        Returns:
            The entry as stored.

        Raises:
            NotImportableError: *value* is neither data nor importable by another process.
            InvalidEntryError, InvalidReferenceError, UnknownKindError: what they say.
        """
        from catalog.councils.providers import with_providers, with_providers_of
        from catalog.verbs.recording import drafted, runtime_entry

        check_kind(kind, self.settings.kinds)
        if runtime:
            entry = with_providers_of(runtime_entry(kind, name, value, fields), value, self)
            with self._lock:
                self._runtime.put(entry, value)
                self._drop_view()
            return entry
        entry = with_providers(drafted([{**fields, "kind": kind, "name": name, "value": value}]), self)[0]
        with self._writing() as transaction:
            self._put(transaction, [entry], "register")
        return self._stored(kind, name)

    def _stored(self, kind: str, name: str) -> Entry:
        found = self._now().stored(kind, name)
        if found is None:  # another process took it away in between
            raise self._not_found(self._now(), kind, name)
        return found

    def _drop_view(self) -> None:
        self._view = View(object(), (-1, (-1, -1)), self._store.reader, self._runtime.entries, self._config.entries)

    def register_many(self, entries: Iterable[Entry | Mapping[str, Any]], *, action: str = "register") -> int:
        """Store many entries in one transaction, all or nothing, each over what had its key.

        Args:
            entries: entries, or mappings with their fields.
            action: the word the revisions are logged under.

        Returns:
            How many were new or changed.

        Raises:
            DuplicateEntryError: two different entries of one key.
            InvalidEntryError, InvalidReferenceError, UnknownKindError: what they say; nothing is stored.
        """
        return self._put_many(entries, action)

    def _put_many(
        self, entries: Iterable[Entry | Mapping[str, Any]], action: str, brought: Sequence[Brought] = ()
    ) -> int:
        """Do what `register_many` does, and store the vectors that were *brought* once the entries were read."""
        from catalog.councils.providers import with_providers
        from catalog.verbs.recording import drafted

        ready = with_providers(drafted(entries), self)
        seen: dict[Key, Entry] = {}
        for entry in ready:
            check_kind(entry.kind, self.settings.kinds)
            other = seen.setdefault((entry.kind, entry.name), entry)
            if other is not entry and other != entry:
                raise DuplicateEntryError(
                    f"{entry.key} is given twice: {other.ref or 'as data'} ({other.source}) and "
                    f"{entry.ref or 'as data'} ({entry.source}); keep one, or give them two names",
                    key=entry.key,
                    sources=[other.source, entry.source],
                )
        if not ready:
            return 0
        with self._writing() as transaction:
            written = self._put(transaction, ready, action)
            if brought:
                self._meaning.take(transaction, brought)
        return len(written.added) + len(written.changed)

    def unregister(self, kind: str, name: str) -> Entry:
        """Take an entry away: of the runtime tier if it is there, else of the persistent one; return it.

        Its history stays, and `restore` brings it back.

        Raises:
            EntryNotFoundError: no tier has it.
            EntryError: only the configuration has it; it is taken away there.
        """
        with self._lock:
            view = self._now()
            try:
                found = view.entry(kind, name)
            except StoreError:  # its row is damaged, and may go all the same
                found = self._as_recorded(kind, name)
            if found is None:
                raise self._not_found(view, kind, name)
            if found.tier == "runtime":
                self._runtime.drop((kind, name))
                self._drop_view()
                return found
        if found.tier == "config":
            raise EntryError(
                f"'{format_key(kind, name)}' is configured in {self._config.file}; take it out there",
                key=format_key(kind, name),
            )
        with self._writing() as transaction:
            transaction.remove([(kind, name)], "unregister")
        return found

    def _as_recorded(self, kind: str, name: str) -> Entry | None:
        """Return a stored entry as its last revision has it."""
        with self._writing() as transaction:
            found = transaction.existing([(kind, name)]).get((kind, name))
        return None if found is None else found[1]

    def reset_runtime(self) -> None:
        """Forget everything registered for this process only."""
        with self._lock:
            self._runtime.clear()
            self._drop_view()

    # -- searching ---------------------------------------------------------------------------------------------------

    def search(
        self,
        text: str = "",
        *,
        kind: Kinds = None,
        tags: Sequence[str] = (),
        any_tags: Sequence[str] = (),
        exclude_tags: Sequence[str] = (),
        limit: int | None = 10,
        mode: str = "auto",
    ) -> builtins.list[Hit]:
        """Return the entries that pass the filters and match *text*, the best first; nothing is imported.

        Args:
            text: whatever a person types; empty: everything that passes, by key.
            kind: one kind, several, or None for every kind.
            tags: all of these.
            any_tags: at least one of these.
            exclude_tags: none of these.
            limit: how many at the most; None: all.
            mode: ``lexical`` goes by words, ``semantic`` by vectors, ``hybrid`` by both; ``auto`` is hybrid wherever
                there is an embedder, else lexical, also for half a minute after the embedder has failed.

        Returns:
            Hits with ``.entry .score .why``; of equal scores by key. An entry called exactly *text* comes first. What
            was taken after such a request gets points, within a bound, if that was recorded: see :meth:`record_use`.

        Raises:
            InvalidFilterError: a filter has a value it can't have.
            UnknownKindError: no such kind.
        """
        from catalog.search.find import find

        filters = self._filters(kind, tags, any_tags, exclude_tags)
        if not isinstance(text, str):
            raise InvalidFilterError(f"text={text!r}: give a request as text", text=repr(text))
        _check_limit(limit)
        if mode not in MODES:
            raise InvalidFilterError(f"mode={mode!r}: choose one of {', '.join(MODES)}", mode=mode)
        reader = self._store.reader

        learning = None if self.settings.learn == "off" else self._learning

        def ask(view: View, mode: str = mode) -> builtins.list[Hit]:
            return find(view, reader, text, filters, limit, mode, partial(self._meaning.searching, view), learning)

        if not text.strip():
            return ask(self._now())
        if mode == "auto" and self._meaning.rests:
            return ask(self._indexed(), "lexical")
        begin = time.monotonic()
        try:
            hits, moved = self._steady(ask)
        except EmbedderError as error:
            if mode != "auto":
                raise
            self._meaning.rest(error, time.monotonic() - begin)
            warnings.warn(f"searching by words only: {error}", CatalogWarning, stacklevel=2)
            return ask(self._indexed(), "lexical")
        if moved and mode == "semantic":
            return [hit for hit in hits if (hit.kind, hit.name) not in moved]
        return ask(self._indexed(), "lexical") if moved else hits

    def _steady(
        self, ask: Callable[[View], builtins.list[Hit]], *about: Key
    ) -> tuple[builtins.list[Hit], builtins.set[Key]]:
        """Return what *ask* finds while nothing of it changes, and the keys that did, where they never stood still.

        A search reads vectors first and the entries it found last. What another process changes in between would be
        found by the vector of its old text and shown with the new one; then the search is made again.
        """
        reader = self._store.reader
        moved: builtins.set[Key] = set()
        hits: builtins.list[Hit] = []
        for _ in range(_ATTEMPTS):
            before = reader.changes()
            view = self._indexed()
            hits = ask(view)
            if reader.changes() == before:
                return hits, set()
            moved = {(row[0], row[1]) for row in reader.all(queries.CHANGED, (view.generation,))}
            if moved.isdisjoint({*about, *((hit.kind, hit.name) for hit in hits)}):
                return hits, set()
        return hits, moved

    def similar(self, kind: str, name: str, *, limit: int | None = 10) -> builtins.list[Hit]:
        """Return the entries nearest in meaning to one, of every tier, the nearest first; of equals by key.

        ``.score`` is the cosine. An entry without a fresh vector is near to nothing: the list is empty.

        Args:
            kind: a known kind.
            name: of an entry that some tier has.
            limit: how many at the most; None: all.

        Raises:
            EntryNotFoundError: no tier has it.
            InvalidFilterError: *limit* is no number from 0.
            SearchError, MissingExtraError: there is no embedder.
        """
        from catalog.search.hybrid import nearest

        _check_limit(limit)

        def ask(view: View) -> builtins.list[Hit]:
            if view.entry(kind, name) is None:
                raise self._not_found(view, kind, name)
            meanings = self._meaning.searching(view, optional=False)
            assert meanings is not None
            return nearest(view.corpus(), meanings, kind, name, limit)

        hits, moved = self._steady(ask, (kind, name))
        return [] if (kind, name) in moved else [hit for hit in hits if (hit.kind, hit.name) not in moved]

    def _filters(
        self, kind: Kinds, tags: Sequence[str], any_tags: Sequence[str], exclude_tags: Sequence[str]
    ) -> Filters:
        if kind is None and not tags and not any_tags and not exclude_tags:
            return NO_FILTERS
        kinds = () if kind is None else (kind,) if isinstance(kind, str) else tuple(dict.fromkeys(kind))
        for one in kinds:
            check_kind(one, self.settings.kinds)
        return Filters(kinds, _texts("tags", tags), _texts("any_tags", any_tags), _texts("exclude_tags", exclude_tags))

    # -- learning from use -------------------------------------------------------------------------------------------

    def record_use(self, query: str, entry: Entry | Hit | Key | str, success: bool = True) -> None:
        """Record that *entry* was right for the request *query*, or wrong; searches learn from it at once, everywhere.

        The same request ranks it higher (lower after failures) from now on, and similar requests do so less: within a
        bound, never past an entry that is called what was asked for, and fading with a half-life of 30 days.
        ``hit.why["use"]`` says what it did. To call this is to ask for learning; with ``learn = "auto"`` in the
        configuration, taking a hit within ten minutes of a search records it as well (the first one that the same
        thread takes), and with ``learn = "off"`` nothing is recorded and nothing recorded counts.

        Only hashes of the request and its words are kept, unless ``learn_text = true``; their key lies in the database,
        so whoever has that can test guesses.

        Args:
            query: the request, as it was searched for.
            entry: an entry, a hit, ``kind:name`` or (kind, name), of any tier.
            success: whether it was what the request wanted.

        Raises:
            EntryNotFoundError: there is no such entry.
            EntryError: *entry* is nothing that says which one.
            SearchError: the request is blank, or no text.
            SettingsError: learning is switched off.
        """
        if not isinstance(query, str):
            raise SearchError(f"query={query!r}: give a request as text", query=repr(query))
        kind, name = self._key_of(entry)
        self.entry(kind, name)
        self._learning.record(query, (kind, name), success=success)

    def _key_of(self, entry: Entry | Hit | Key | str) -> Key:
        key = entry if isinstance(entry, str) else getattr(entry, "key", None)
        if isinstance(entry, (tuple, builtins.list)) and len(entry) == 2:
            kind, name = entry
            return kind, name
        if not isinstance(key, str) or ":" not in key:
            raise EntryError(f"{entry!r} is no key; give kind:name, (kind, name), an entry or a hit", entry=repr(entry))
        kind, _, name = key.partition(":")
        return kind, name

    def uses(self) -> Iterator[Use]:
        """Yield what was recorded of use, as hashes, by kind, name and hash."""
        from catalog.store.use import every_use

        self._now()
        return every_use(self._store.reader)

    def export_uses(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write what was recorded of use to *path*, one JSON object a line; return their number.

        Each has ``query`` (a hash; ``r:`` begins that of a request, ``w:`` of a word, ``p:`` of two), ``kind``,
        ``name``, ``weight`` (successes less failures, as faded at the moment ``at``, in seconds since 1970) and
        ``text``, the request, where texts are kept. The key of the hashes is not among them.
        """
        import json

        lines = (json.dumps(use._asdict(), ensure_ascii=False) + "\n" for use in self.uses())
        if not isinstance(path, (str, os.PathLike)):
            return sum(1 for line in lines if path.write(line))
        with open(path, "w", encoding="utf-8") as file:
            return sum(1 for line in lines if file.write(line))

    def reset_uses(self, entry: Entry | Hit | Key | str | None = None) -> int:
        """Forget what was recorded of the use of *entry*, which may be gone, or of all; return how many hashes.

        Forgetting all forgets the key of the hashes too: what is recorded then can't be compared with an old export.
        """
        self._now()
        return self._learning.forget(None if entry is None else self._key_of(entry))

    # -- routing -----------------------------------------------------------------------------------------------------

    @property
    def golden(self) -> Golden:
        """The golden cases: prompts whose right entry is known, kept with the catalog to test routing with."""
        from catalog.routing.evaluation.golden import Golden

        return Golden(self)

    # -- code and entries --------------------------------------------------------------------------------------------

    def scan(
        self,
        target: str | os.PathLike[str],
        *,
        public: bool = False,
        schemas: bool = False,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> ScanReport:
        """Find what a package or path holds, without importing it, and store what is new.

        Args:
            target: an installed package or module, the name of a distribution, or a path.
            public: also every public function.
            schemas: also pydantic models, as schemas.
            progress: called with the files done, all files, and the module just looked at.

        Returns:
            What was found, updated, unchanged, gone; what drifted, which stays as recorded; what was skipped and why.

        Raises:
            PackageNotFoundError: there is no such package or path.
        """
        from catalog.ingest.scan import scan

        return scan(self, os.fspath(target), public=public, schemas=schemas, progress=progress)

    def refresh(self, *, progress: Callable[[int, int, str], None] | None = None) -> builtins.list[ScanReport]:
        """Look again at plugins, at marked objects of loaded modules and at scanned sources that have changed.

        Returns:
            A report for each source looked at. Drift is reported, never accepted.
        """
        from catalog.ingest.scan import refresh

        with self._lock:
            self._refreshing = True
            try:
                return refresh(self, progress=progress)
            finally:
                self._refreshing = False

    def verify(self, kind: Kinds = None, *, policy: str = "source") -> builtins.list[Drift]:
        """Return the entries whose code is not what was recorded, by key; nothing is imported.

        Args:
            kind: one kind, several, or None for every kind.
            policy: ``source`` reports changed bodies too, ``signature`` only changed signatures.
        """
        from catalog.loader.verify import check

        entries = [entry for entry in self.entries(kind) if entry.ref]
        locator = self._locator(entries)
        # By module, so that each file is parsed once.
        entries.sort(key=lambda entry: (str(entry.ref), entry.kind, entry.name))
        drifts = [drift for entry in entries if (drift := check(entry, locator, policy)) is not None]
        return sorted(drifts, key=lambda drift: (drift.kind, drift.name))

    def accept(self, drifts: Iterable[Drift]) -> builtins.list[str]:
        """Record the code of drifted entries as it is now; return their keys.

        What is missing or unreadable can't be accepted, and is left as it is.
        """
        from catalog.verbs.recording import described

        wanted = {(drift.kind, drift.name) for drift in drifts if drift.change in ("signature", "source")}
        with self._writing() as transaction:
            there = [entry for _, entry in transaction.existing(wanted).values()]
            locator = self._locator(there)
            self._put(transaction, [described(entry, locator, over=True) for entry in there], "accept")
        return sorted(entry.key for entry in there)

    def diagnose(self) -> builtins.list[Fault]:
        """Return dead, moved, renamed and duplicate references, with proposals; nothing is imported."""
        from catalog.loader.repair import diagnose

        entries = list(_readable(self._store.reader.all(queries.ALL)))
        return diagnose(entries, self._locator(entries))

    def repair(self, faults: Iterable[Fault]) -> builtins.list[str]:
        """Rewrite the references for which a fault has a proposal; return the keys. Each writes a revision."""
        proposals = {fault.key: fault.proposal for fault in faults if fault.proposal}
        with self._writing() as transaction:
            keys = [tuple(key.split(":", 1)) for key in proposals]
            there = [entry for _, entry in transaction.existing(keys).values()]  # type: ignore[arg-type]
            transaction.put([entry.model_copy(update={"ref": proposals[entry.key]}) for entry in there], "repair")
        return sorted(entry.key for entry in there)

    # -- history -----------------------------------------------------------------------------------------------------

    def history(self, kind: str, name: str) -> builtins.list[Revision]:
        """Return every change of a key, the newest first; also of one that was taken away."""
        from catalog.verbs.exchange import revision_from_row

        return [revision_from_row(row) for row in self._store.reader.all(queries.HISTORY, (kind, name))]

    def log(self, limit: int = 20) -> builtins.list[Revision]:
        """Return the last changes of the whole catalog, the newest first."""
        from catalog.verbs.exchange import revision_from_row

        return [revision_from_row(row) for row in self._store.reader.all(queries.LOG, (min(limit, 1 << 40),))]

    def restore(self, kind: str, name: str, revision: int | None = None) -> Entry:
        """Bring back an entry as it was at *revision* (None: the last one it had); this is a new revision.

        Raises:
            EntryNotFoundError: there is no such revision, or the entry was taken away by it.
        """
        past = self.history(kind, name)
        fitting = [one for one in past if one.data is not None and revision in (None, one.revision)]
        if revision is None and fitting and past[0].data is not None and self._is_readable(kind, name):
            fitting = fitting[1:]  # it is there: back means the one before
        if not fitting:
            known = [one.revision for one in reversed(past) if one.data is not None]
            raise EntryNotFoundError(
                f"'{format_key(kind, name)}' has no revision {revision or 'before this one'} to go back to; "
                f"it has {known or 'none'}",
                kind=kind,
                name=name,
                close=[],
                revisions=known,
            )
        entry = fitting[0].entry
        assert entry is not None
        with self._writing() as transaction:
            self._put(transaction, [entry], "restore")
        return self._stored(kind, name)

    def _is_readable(self, kind: str, name: str) -> bool:
        try:
            self._stored(kind, name)
        except StoreError:
            return False
        return True

    def approve(self, kind: str, name: str) -> Entry:
        """Make a draft an entry like any other, so that routers see it; this is a new revision.

        Raises:
            EntryNotFoundError: there is no such entry.
            EntryError: it is no draft.
            CouncilSpecError: it is a council that is not valid, or not any more.
        """
        from catalog.verbs.drafts import approve

        return approve(self, kind, name)

    def export_jsonl(self, path: str | os.PathLike[str] | IO[str], *, vectors: bool = False) -> int:
        """Write the persistent entries to *path*, one JSON object a line, by key; return their number.

        With *vectors* a line has one field more, ``vectors``: for each embedder by name a list with one vector for the
        text of the entry and one for each of its examples, null where there is none that is fresh.
        """
        from catalog.verbs.exchange import write_lines

        entries = _readable(self._store.reader.all(queries.ALL))
        if vectors:
            self._indexed()
        with_them = self._meaning.vectors_of if vectors else None
        if not isinstance(path, (str, os.PathLike)):
            return write_lines(entries, path, with_them)
        with open(path, "w", encoding="utf-8") as file:
            return write_lines(entries, file, with_them)

    def import_jsonl(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Store the entries of a file written by `export_jsonl`, all or nothing; return how many were new or changed.

        A line may bring ``vectors`` of one's own, in the form of `export_jsonl`. They are made 1 long, and count for
        the text the line says. Those of other embedders than this catalog's, and than those that have vectors here
        already, are left out with a warning.

        Raises:
            InvalidEntryError: a line is wrong; the text names it.
        """
        from catalog.verbs.exchange import read_lines

        brought: builtins.list[Brought] = []
        if not isinstance(path, (str, os.PathLike)):
            return self._put_many(read_lines(path, getattr(path, "name", "the input"), brought), "import", brought)
        try:
            with open(path, encoding="utf-8-sig") as file:
                return self._put_many(read_lines(file, os.fspath(path), brought), "import", brought)
        except UnicodeDecodeError as error:
            raise InvalidEntryError(f"{os.fspath(path)} is not UTF-8: {error}", file=os.fspath(path)) from None

    @property
    def embedder(self) -> str | None:
        """The name that vectors of this catalog's embedder are kept under; None where it has none, or can't have it."""
        found = self._meaning.ready()
        return None if found is None else found.name

    def embed_status(self) -> dict[str, Status]:
        """Return, by the name of the embedder, how many texts have a fresh vector, a stale one, and none."""
        self._indexed()
        return self._meaning.status()

    def embed_estimate(self) -> Estimate | None:
        """Return what `embed_update` would send to a server now, in texts, tokens, requests and dollars.

        None where the embedder runs on this machine.

        Raises:
            EmbedderError, SearchError, MissingExtraError: as `embed_update`.
        """
        self._indexed()
        return self._meaning.estimate()

    def embed_update(self, *, progress: Callable[[int, int], None] | None = None) -> int:
        """Embed every text that has no fresh vector yet; return how many were.

        Batch by batch, so that what is done stays done if it is interrupted. *progress* is told done and to do.

        Raises:
            EmbedderError: the embedder is not known, or failed.
            SearchError: the catalog has none.
            MissingExtraError: what it needs is not installed.
        """
        self._indexed()
        return self._meaning.update(actor=_actor(), progress=progress)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the database, as it is at this moment, to a new file."""
        self._now()
        self._store.backup(os.fspath(path))

    def check(self) -> builtins.list[str]:
        """Return what is wrong with the database, in words; nothing if all is well."""
        self._now()
        return self._store.check()

    def reindex(self) -> int:
        """Make the full-text index again from the entries; return their number."""
        with self._writing() as transaction:
            return transaction.reindex()


def _check_limit(limit: int | None) -> None:
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise InvalidFilterError(f"limit={limit!r}: give a number from 0, or None for all", limit=limit)


def _texts(what: str, given: Sequence[str]) -> tuple[str, ...]:
    if not given:
        return ()
    wrong = isinstance(given, str)
    for one in given:
        wrong = wrong or not isinstance(one, str)
    if wrong:
        raise InvalidFilterError(f"{what}={given!r}: give a list of texts, as in {what}=['plot']", filter=what)
    return tuple(dict.fromkeys(given))


def _roots(entry: Entry) -> tuple[str, ...]:
    root = entry.metadata.get("root")
    return (root,) if isinstance(root, str) else ()


def _data(entry: Entry) -> object:
    if isinstance(entry.spec, dict) and "nested_in" in entry.spec:
        raise NotImportableError(
            f"{entry.key} is defined inside {entry.spec['nested_in']}, which makes it when it is called; "
            "it can be found but not taken by a path",
            key=entry.key,
        )
    return copy.deepcopy(entry.spec)  # whoever takes it may change it; the record stays


def _readable(rows: Iterable[Any]) -> Iterator[Entry]:
    """Yield the entries of *rows*; one that is damaged is passed over with a warning and takes no other down."""
    for row in rows:
        try:
            entry = entry_from_row(row)
        except StoreError as error:
            warnings.warn(str(error), CatalogWarning, stacklevel=3)
            continue
        yield entry


def _actor() -> str:
    named = os.environ.get("CATALOG_ACTOR")
    if named:
        return named
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _versions() -> tuple[int, int]:
    from catalog.entry.embedding_text import TEMPLATE_VERSION
    from catalog.entry.words import WORDS_VERSION

    return WORDS_VERSION, TEMPLATE_VERSION


_living: weakref.WeakSet[Catalog] = weakref.WeakSet()


def _renew_all() -> None:
    """Give a child process locks of its own, and views that ask the connections of its own."""
    for catalog in list(_living):
        catalog._lock = threading.RLock()
        catalog._meaning.renew_lock()
        if not catalog._closed:
            catalog._token = catalog._token_of()
            catalog._drop_view()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
