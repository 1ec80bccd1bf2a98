"""``Catalog``: the roof. Each method is a docstring and one call; the work is done in the rooms below."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from catalog.entry.filters import Kinds
from catalog.entry.key import pair
from catalog.ingest.opening import at_opening, before_snapshot
from catalog.registry import KindRegistry, Registry, registry_named, registry_of
from catalog.settings import Settings
from catalog.verbs import lookup
from catalog.verbs.load import get as get_live
from catalog.verbs.load import take
from catalog.workspace.reasons import for_reason
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from catalog.discovery.report import ScanReport
    from catalog.embedders.base import Embedder
    from catalog.embedders.openai import Estimate
    from catalog.entry.entry import Entry
    from catalog.entry.key import Key
    from catalog.entry.references import Reference
    from catalog.entry.states import Marks
    from catalog.loader.repair import Fault
    from catalog.loader.verify import Drift, Verified
    from catalog.routing.evaluation.golden import Golden
    from catalog.search.hit import Hit
    from catalog.store.use import Use
    from catalog.store.vectors import Status
    from catalog.verbs.aliases import AliasMove
    from catalog.verbs.changes import Changed
    from catalog.verbs.export_documents import ExportedDocument
    from catalog.verbs.history import Revision
    from catalog.verbs.lookup import Standing
    from catalog.verbs.pins import PinChange, Pinned
    from catalog.verbs.refusals import Refusal


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
        self.workspace: Workspace = Workspace(
            url, embedder=embedder, settings=settings, before_snapshot=before_snapshot
        )
        self.settings: Settings = self.workspace.settings
        self.url: str = self.workspace.url
        at_opening(self.workspace)

    @classmethod
    def over(cls, workspace: Workspace) -> Catalog:
        """Return a catalog over a *workspace* that is open already; nothing is taken in."""
        opened = cls.__new__(cls)
        opened.workspace, opened.settings, opened.url = workspace, workspace.settings, workspace.url
        return opened

    # -- open and closed ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the database. What was loaded stays loaded; the catalog itself can't be used any more."""
        self.workspace.close()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self.workspace.is_closed

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Catalog {self.workspace}>"

    # -- one state of things -----------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """A number that grows with every committed change of the persistent tier, by whatever process."""
        return self.workspace.snapshot().generation

    # -- looking up --------------------------------------------------------------------------------------------------

    def get(self, kind: str, name: str | None = None, default: Any = None, *, verify: str | None = None) -> Any:
        """Return the live object of a key, or *default* where no tier has it.

        Args:
            kind, name: a known kind, and a name, case-sensitive.
            default: what to return for a miss.
            verify: ``off``, ``signature`` or ``source``; else the policy of the configuration (``signature``).

        Raises:
            ResolveError: the entry is there but can't be imported.
            DriftError: its code is not what was recorded.
            UnknownKindError: no such kind.
        """
        return get_live(self.workspace, kind, name, default, verify)

    def __getitem__(self, key: tuple[str, str] | str) -> Any:
        """Return the live object of ``cat[kind, name]``.

        Raises:
            EntryNotFoundError: no tier has it; the text names close matches.
            ResolveError: it can't be imported.
            DriftError: its code is not what was recorded.
        """
        return take(self.workspace, key)

    def entry(self, kind: str, name: str | None = None) -> Entry:
        """Return the record of a key; nothing is imported.

        Raises:
            EntryNotFoundError: no tier has it; the text names close matches and, for one taken away, when.
        """
        return self.workspace.entry(*pair(kind, name))

    def __contains__(self, key: object) -> bool:
        return lookup.contains(self.workspace, key)

    def list(self, kind: str) -> builtins.list[str]:
        """Return the names of a kind over all tiers, sorted; nothing is imported."""
        return lookup.names(self.workspace, kind)

    def entries(
        self, kind: Kinds = None, *, sources: Sequence[str] = (), distributions: Sequence[str] = ()
    ) -> Iterator[Entry]:
        """Yield the winning records of the given kinds (None: all) and origins ((): all), by key; imports nothing."""
        return lookup.entries(self.workspace, kind, sources, distributions)

    def kinds(self) -> builtins.list[str]:
        """Return the known kinds: the built-in ones, those the project declares, those that stored entries have."""
        return [*self.workspace.kinds()]

    def all(self, kind: str) -> Registry[Any]:
        """Return a mapping from name to live object, merged over the tiers, each loaded as it is read."""
        return self.registry(kind)

    def registry(self, kind: str) -> Registry[Any]:
        """Return the registry of a kind, which ``cat.tools``, ``cat.models``, ... give too."""
        return registry_of(self, kind)

    tools = KindRegistry("tool")
    models = KindRegistry("model")
    prompts = KindRegistry("prompt")
    agents = KindRegistry("agent")
    profiles = KindRegistry("profile")
    schemas = KindRegistry("schema")
    routers = KindRegistry("router")
    rounds = KindRegistry("round")
    sub_councils = KindRegistry("sub_council")
    input_mappers = KindRegistry("input_mapper")
    councils = KindRegistry("council")
    skills = KindRegistry("skill")
    mcp_servers = KindRegistry("mcp_server")

    if not TYPE_CHECKING:  # to a type checker a class with a __getattr__ has every attribute

        def __getattr__(self, name: str) -> Registry[Any]:
            return registry_named(self, name)

    def __dir__(self) -> builtins.list[str]:
        return [*super().__dir__(), *lookup.registries(self.workspace)]

    def _ipython_key_completions_(self) -> builtins.list[str]:
        return lookup.keys(self.workspace)

    def gone(self) -> builtins.list[str]:
        """Return the keys of entries whose code was missing when last looked for; routers do not pick them."""
        return lookup.gone(self.workspace)

    def states(self, keys: Iterable[str] | None = None) -> dict[str, str]:
        """Return, by key, what the last look at code said against an entry: one of ``ENTRY_STATES``."""
        return lookup.states(self.workspace, keys)

    def marks(self, keys: Iterable[str] | None = None) -> dict[str, Marks]:
        """Return, by key, the review of entries that are not just approved, and what was seen of their code."""
        return lookup.marks(self.workspace, keys)

    def which(self, kind: str, name: str | None = None) -> builtins.list[Standing]:
        """Return every tier's entry of a key, the winner first, each with the reason.

        Raises:
            EntryNotFoundError: no tier has it.
        """
        return lookup.which(self.workspace, *pair(kind, name))

    # -- references --------------------------------------------------------------------------------------------------

    def references(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what an entry names, by path: keys with the place and whether they exist; nothing is imported.

        Looked at are the specs of composite kinds, and for every kind the list in ``metadata["references"]``.

        Raises:
            EntryNotFoundError: no tier has the entry.
        """
        from catalog.verbs import references

        return references.references(self.workspace, *pair(kind, name))

    def used_by(self, kind: str, name: str | None = None) -> builtins.list[Reference]:
        """Return what names an entry, by source and path: what would miss it if it went; nothing is imported.

        Raises:
            EntryNotFoundError: no tier has it, and nothing names it.
        """
        from catalog.verbs import references

        return references.used_by(self.workspace, *pair(kind, name))

    def all_references(self) -> builtins.list[Reference]:
        """Return every reference from one entry to another, by source and path."""
        from catalog.verbs import references

        return references.all_references(self.workspace)

    # -- changing ----------------------------------------------------------------------------------------------------

    def register(
        self,
        kind: str,
        name: str | None,
        value: Any,
        *,
        runtime: bool = False,
        reason: str | None = None,
        **fields: Any,
    ) -> Entry:
        """Register what *value* stands for, over what had the key in the same tier.

        Args:
            kind: a known kind.
            name: 1 to 200 characters, case-sensitive; None: the name the object carries: ``id`` of models, ``name`` of
                tools, prompts and agents, else ``__name__``.
            value: a reference ``'package.module:name'``; an object a module holds under a name; or JSON data.
            runtime: for this process only, with the object itself (or a reference to it).
            reason: why, for the history.
            **fields: ``description tags examples match providers priority metadata`` and the other fields of Entry.

        Returns:
            The entry as stored.

        Raises:
            NotImportableError: *value* is neither data nor importable by another process.
            InvalidEntryError, InvalidReferenceError, UnknownKindError: what they say.
        """
        from catalog.verbs.register import register

        return for_reason(reason, register, self.workspace, kind, name, value, runtime=runtime, fields=fields)

    def register_many(
        self, entries: Iterable[Entry | Mapping[str, Any]], *, action: str = "register", reason: str | None = None
    ) -> int:
        """Store many entries in one transaction, all or nothing, each over what had its key.

        Args:
            entries: entries, or mappings with their fields.
            action: the word the revisions are logged under.
            reason: why, for the history.

        Returns:
            How many were new or changed.

        Raises:
            DuplicateEntryError: two different entries of one key.
            InvalidEntryError, InvalidReferenceError, UnknownKindError: what they say; nothing is stored.
        """
        from catalog.verbs.register import store_many

        return for_reason(reason, store_many, self.workspace, entries, action)

    def update(self, kind: str, name: str | None = None, /, *, reason: str | None = None, **fields: Any) -> Entry:
        """Change only the *fields* that are named, of the persistent or the runtime entry of a key; return it.

        Args:
            kind, name: of the entry; or its key ``kind:name``.
            reason: why, for the history.
            **fields: fields of Entry, ``value`` as for :meth:`register`, and ``add_tags`` and ``remove_tags``.

        Raises:
            EntryNotFoundError: no tier has it.
            EntryError: only the configuration has it, or the catalog itself writes the field.
            InvalidEntryError, InvalidReferenceError, NotImportableError: what they say.
        """
        from catalog.verbs.update import update

        return for_reason(reason, update, self.workspace, *pair(kind, name), fields)

    def rename(self, kind: str, name: str, new: str | None = None, /, *, reason: str | None = None) -> Entry:
        """Give a persistent entry another name; return it. *reason* says why, for the history.

        ``rename("tool:old", "new")`` and ``rename("tool", "old", "new")`` are the same. Its history, aliases,
        golden cases and uses follow, and so do the references of other persistent entries.

        Raises:
            EntryNotFoundError: the persistent tier has no such entry.
            DuplicateEntryError: another entry has the new name.
            InvalidEntryError: the new name can't be one.
        """
        from catalog.verbs.update import rename, renaming

        return for_reason(reason, rename, self.workspace, *renaming(kind, name, new))

    def unregister(self, kind: str, name: str | None = None, *, reason: str | None = None) -> Entry:
        """Take an entry away: of the runtime tier if it is there, else of the persistent one; return it.

        Its history stays, and `restore` brings it back with its aliases. *reason* says why, for the history.

        Raises:
            EntryNotFoundError, EntryError: no tier has it; only the configuration has it, and it is taken away there.
        """
        from catalog.verbs.register import unregister

        return for_reason(reason, unregister, self.workspace, *pair(kind, name))

    def reset_runtime(self) -> None:
        """Forget everything registered for this process only."""
        from catalog.verbs.register import reset_runtime

        reset_runtime(self.workspace)

    # -- searching ---------------------------------------------------------------------------------------------------

    def listed(
        self,
        kind: Kinds = None,
        *,
        tags: Sequence[str] = (),
        sources: Sequence[str] | None = None,
        distributions: Sequence[str] | None = None,
        states: Sequence[str] = (),
        frameworks: Sequence[str] = (),
        order: str = "key",
        after: str | None = None,
    ) -> Iterator[Hit]:
        """Yield what `search` without a text and a limit gives, as it is read: a million need not be in memory at once.

        Args:
            kind, tags, sources, distributions, states, frameworks: as of `search`.
            order, after: ``key``, ``name``, or ``updated``: the newest first; and the key of the entry to go on behind.

        Raises:
            InvalidFilterError, UnknownKindError: as of `search`.
        """
        from catalog.verbs import search

        filters = self.workspace.filters(kind, tags, (), (), sources, distributions, states, frameworks)
        return search.listed(self.workspace, filters, order, after)

    def search(
        self,
        text: str | Mapping[str, Any] | Sequence[Any] = "",
        *,
        kind: Kinds = None,
        tags: Sequence[str] = (),
        any_tags: Sequence[str] = (),
        exclude_tags: Sequence[str] = (),
        sources: Sequence[str] | None = None,
        distributions: Sequence[str] | None = None,
        states: Sequence[str] = (),
        frameworks: Sequence[str] = (),
        limit: int | None = 10,
        mode: str = "auto",
    ) -> builtins.list[Hit]:
        """Return the entries that pass the filters and match *text*, the best first; nothing is imported.

        Args:
            text: whatever a person types, or a chat as a router takes it; empty: everything that passes, by key.
            kind: one kind, several, or None for every kind.
            tags, any_tags, exclude_tags: all of these, at least one of these, none of these.
            sources: from one of these, as ``manual``, ``scan:mypkg`` and what is below it; (): from all.
            distributions: from one of these installed distributions, by name; (): from all. Where neither is given the
                ``scope`` of the configuration counts, and with it all of the runtime and the config tier.
            states, frameworks: in one of these states, of its review or as ``gone`` of its code; of one of these.
            limit: how many at the most; None: all.
            mode: ``lexical`` goes by words, ``semantic`` by vectors, ``hybrid`` by both; ``auto`` is hybrid wherever
                there is an embedder, else lexical, also for half a minute after the embedder has failed.

        Returns:
            Hits with ``.entry .score .why``; of equal scores by key. An entry called exactly *text* comes first. What
            was taken after such a request gets points, within a bound, if that was recorded: see :meth:`record_use`.

        Raises:
            InvalidFilterError, UnknownKindError: a filter has a value it can't have.
        """
        from catalog.verbs.search import search

        filters = self.workspace.filters(kind, tags, any_tags, exclude_tags, sources, distributions, states, frameworks)
        return search(self.workspace, text, filters, limit, mode)

    def similar(
        self, kind: str, name: str | None = None, *, limit: int | None = 10, floor: float | None = None
    ) -> builtins.list[Hit]:
        """Return the entries nearest in meaning to one, of every tier, the nearest first; of equals by key.

        ``.score`` is the cosine. An entry without a fresh vector is near to nothing: the list is empty.

        Args:
            kind, name: of an entry that some tier has.
            limit: how many at the most; None: all.
            floor: the least score; None: that of four in five pairs of an entry and an everyday request; -1: any.

        Raises:
            EntryNotFoundError: no tier has it.
            InvalidFilterError: *limit* is no number from 0, or *floor* is no number.
            SearchError, MissingExtraError: there is no embedder.
        """
        from catalog.verbs.search import similar

        return similar(self.workspace, *pair(kind, name), limit, floor)

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
            EntryNotFoundError, EntryError: there is no such entry; *entry* is nothing that says which one.
            SearchError, SettingsError: the request is blank, or no text; learning is switched off.
        """
        from catalog.verbs.use import record_use

        record_use(self.workspace, query, entry, success)

    def uses(self) -> Iterator[Use]:
        """Yield what was recorded of use, as hashes, by kind, name and hash."""
        from catalog.verbs.use import uses

        return uses(self.workspace)

    def export_uses(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write what was recorded of use to *path*, one JSON object a line; return their number.

        Each has ``query`` (a hash; ``r:`` begins that of a request, ``w:`` of a word, ``p:`` of two), ``kind``,
        ``name``, ``weight`` (successes less failures, as faded at the moment ``at``, in seconds since 1970) and
        ``text``, the request, where texts are kept. The key of the hashes is not among them.
        """
        from catalog.verbs.use import export_uses

        return export_uses(self.workspace, path)

    def reset_uses(self, entry: Entry | Hit | Key | str | None = None) -> int:
        """Forget what was recorded of the use of *entry*, which may be gone, or of all; return how many hashes.

        Forgetting all forgets the key of the hashes too: what is recorded then can't be compared with an old export.
        """
        from catalog.verbs.use import reset_uses

        return reset_uses(self.workspace, entry)

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
        exclude: Sequence[str] = (),
        tests: bool = False,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> ScanReport:
        """Find what a package or path holds, without importing it, and store what is new.

        The report says what was found, updated, unchanged, gone; what drifted, which stays; what was skipped, and why.

        Args:
            target: an installed package or module, the name of a distribution, or a path.
            public, schemas: also every public function; also pydantic models, as schemas.
            exclude: patterns of what to leave out, as in ``.gitignore`` (of which a project's own are honoured, too).
            tests: also the tests of a project; they are left out, as is what others or programs wrote.
            progress: called with the files done, all files, and the module just looked at.

        Raises:
            PackageNotFoundError: there is no such package or path.
        """
        from catalog.ingest.scan import scan

        return scan(
            self.workspace, target, public=public, schemas=schemas, exclude=exclude, tests=tests, progress=progress
        )

    def refresh(
        self, *, accept_renames: bool = False, progress: Callable[[int, int, str], None] | None = None
    ) -> builtins.list[ScanReport]:
        """Look again at plugins, marked objects, changed sources and registered entries; return a report for each.

        What was renamed (same body) *accept_renames* carries over with history, golden cases and uses; drift stays.
        """
        from catalog.ingest.refresh import refresh

        return refresh(self.workspace, progress=progress, accept_renames=accept_renames)

    def verify(self, kind: Kinds = None, *, policy: str = "source") -> Verified:
        """Return the entries whose code is not as recorded, a list by key; nothing is imported, MCP servers are asked.

        Args:
            kind: one kind, several, or None for every kind.
            policy: ``source`` reports changed bodies too and marks entries, ``signature`` only changed signatures.

        Its ``checked``, ``unchecked`` and ``data`` say how much could be compared.
        """
        from catalog.verbs.repair import verify

        return verify(self.workspace, kind, policy)

    def accept(self, drifts: Iterable[Drift], *, reason: str | None = None) -> builtins.list[str]:
        """Record the code of drifted entries as it is now; return their keys. *reason* says why, for the history.

        What is missing or unreadable can't be accepted, and is left as it is.
        """
        from catalog.verbs.repair import accept

        return for_reason(reason, accept, self.workspace, drifts)

    def changes(self, drifts: Iterable[Drift]) -> builtins.list[Changed]:
        """Return what changed about the code of *drifts*: signature, description, parameters; nothing is imported.

        The source is compared where :meth:`pin` has kept the old one.
        """
        from catalog.verbs.changes import changes

        return changes(self.workspace, drifts)

    def pin(
        self,
        path: str | os.PathLike[str] | None = None,
        keys: Iterable[Entry | Key | str] | None = None,
        *,
        kind: Kinds = None,
        keep_source: bool = True,
    ) -> Pinned:
        """Write what entries stand for now into a lock file, whole or not at all; nothing is imported.

        Args:
            path: the file; None: that of the configuration, else ``catalog.lock`` beside it, or in the current folder.
            keys: only these entries; the other pins stay. One that is pinned and not there any more is taken out.
            kind: only entries of this kind, or these.
            keep_source: whether to keep the source of what is pinned in the database, for :meth:`changes`.

        Raises:
            EntryNotFoundError: neither the catalog nor the lock file has one of *keys*.
            LockError: *path* is something else than a lock file, or damaged and only a part of it is to be written.
            OSError: it can't be written.
        """
        from catalog.verbs.pins import pin

        return pin(self.workspace, path, keys, kind, keep_source)

    def check_pins(
        self,
        path: str | os.PathLike[str] | None = None,
        keys: Iterable[Entry | Key | str] | None = None,
        *,
        kind: Kinds = None,
    ) -> builtins.list[PinChange]:
        """Return how entries differ from the lock file, by key; arguments as of :meth:`pin`; nothing is imported.

        Raises:
            EntryNotFoundError: neither the catalog nor the lock file has one of *keys*.
            LockError: there is no lock file, or it can't be read.
        """
        from catalog.verbs.pins import check_pins

        return check_pins(self.workspace, path, keys, kind)

    def diagnose(self) -> builtins.list[Fault]:
        """Return what is wrong, with what :meth:`repair` would do about it; nothing is imported.

        References that are dead, moved, renamed or duplicate, other distributions, names of entries that are not there,
        keys that differ in case only; of the database damage, stale vectors and files that were left.
        """
        from catalog.verbs.diagnosis import diagnose

        return diagnose(self.workspace)

    def repair(self, faults: Iterable[Fault]) -> builtins.list[str]:
        """Do what the faults propose; return the keys of what was mended. Each entry gets a revision."""
        from catalog.verbs.repair import repair

        return repair(self.workspace, faults)

    # -- history -----------------------------------------------------------------------------------------------------

    def where(self, kind: str, name: str | None = None) -> tuple[str, int] | None:
        """Return file and line of what an entry stands for as they are now; None for data, and what is not found."""
        from catalog.verbs.places import where

        return where(self.workspace, *pair(kind, name))

    def history(
        self, kind: str, name: str | None = None, *, limit: int | None = None, before: int | None = None
    ) -> builtins.list[Revision]:
        """Return the changes of a key, the newest first; also of an entry that was taken away.

        At most *limit* are returned (None: all), and only revisions with a lower number than *before*.
        """
        from catalog.verbs.history import history

        return history(self.workspace, *pair(kind, name), limit, before)

    def log(self, limit: int = 20) -> builtins.list[Revision]:
        """Return the last changes of the whole catalog, the newest first."""
        from catalog.verbs.history import log

        return log(self.workspace, limit)

    def restore(
        self, kind: str, name: str | None = None, revision: int | None = None, *, reason: str | None = None
    ) -> Entry:
        """Bring back an entry as it was at *revision* (None: its last), as a new revision; *reason* says why.

        Raises:
            EntryNotFoundError: there is no such revision, or the entry was taken away by it.
        """
        from catalog.verbs.history import restore

        return for_reason(reason, restore, self.workspace, *pair(kind, name), revision)

    def alias(
        self,
        kind: str,
        name: str,
        alias: str | None = None,
        /,
        *,
        revision: int | None = None,
        reason: str | None = None,
    ) -> None:
        """Let ``kind:name@alias`` name an entry as it is at *revision*, from now on; None: as it is at any time.

        ``alias("tool:plot", "prod", revision=3)`` and ``alias("tool", "plot", "prod", revision=3)`` are the same.
        :meth:`get`, ``cat[...]``, :meth:`entry` and ``in`` take such keys; an entry that is itself called
        ``plot@prod`` is found first. Where an alias points, it pins the revision: :meth:`prune` keeps it.

        Raises:
            EntryNotFoundError: the persistent tier has no such entry, or it has no such revision.
            InvalidEntryError: the alias can't be one: a name without ``@``.
        """
        from catalog.verbs.aliases import alias_of, point

        for_reason(reason, point, self.workspace, *alias_of(kind, name, alias), revision)

    def unalias(self, kind: str, name: str, alias: str | None = None, /, *, reason: str | None = None) -> None:
        """Take an alias of an entry away; the keys are those of :meth:`alias`.

        Raises:
            EntryNotFoundError: there is no such alias.
        """
        from catalog.verbs.aliases import alias_of, take_away

        for_reason(reason, take_away, self.workspace, *alias_of(kind, name, alias))

    def aliases(self, kind: str, name: str | None = None) -> dict[str, int | None]:
        """Return the aliases of an entry, by name, with the revision each points at; None: the newest, at any time."""
        from catalog.verbs.aliases import aliases

        return aliases(self.workspace, *pair(kind, name))

    def alias_history(self, kind: str, name: str | None = None) -> builtins.list[AliasMove]:
        """Return every move of every alias of an entry, the newest first."""
        from catalog.verbs.aliases import moves

        return moves(self.workspace, *pair(kind, name))

    def audit(self, limit: int | None = 20) -> builtins.list[Refusal]:
        """Return the last loads that were refused, the newest first; None: all that are kept, the last ten thousand."""
        from catalog.verbs.refusals import refusals

        return refusals(self.workspace, limit)

    def as_of(self, when: datetime | str | int) -> Catalog:
        """Return the stored entries as they were at a moment, as a catalog of their own that can only be read.

        Its entries have the names, revisions and aliases of then, and are loaded by the references of then, from the
        code of today: what has changed since is drift. Searches go by words only. Entries of the configuration and of
        this process have no history and are not in it. Close it: it lies in a temporary file.

        Args:
            when: a moment (without a zone: in UTC), as ISO 8601 text too, or as ``"2 days ago"``; or a generation.

        Raises:
            InvalidFilterError: *when* says no moment, one to come, or a generation that nothing was recorded of.
        """
        from catalog.verbs.past import as_of

        return Catalog.over(as_of(self.workspace, when))

    def approve(self, kind: str, name: str | None = None, *, reason: str | None = None) -> Entry:
        """Make an entry that is a draft, needs review or is deprecated one that routers see; this is a new revision.

        Of an entry that drifted the code is recorded as it is now. *reason* says why, for the history.

        Raises:
            EntryNotFoundError, EntryError: there is no such entry; it is approved, or its code is gone or broken.
            CouncilSpecError: it is a council that is not valid, or not any more.
        """
        from catalog.verbs.review import approve

        return for_reason(reason, approve, self.workspace, *pair(kind, name))

    def approve_all(self, *, sources: Sequence[str] = (), distributions: Sequence[str] = ()) -> builtins.list[str]:
        """Approve what is a draft or needs review, of these origins (): of all; return the keys. All or none."""
        from catalog.verbs.review import approve_all

        return approve_all(self.workspace, sources, distributions)

    def deprecate(self, kind: str, name: str | None = None, *, instead: str | None = None, reason: str = "") -> Entry:
        """Mark an entry as one that has had its day: searches rank it last, routers leave it out; return it.

        It can be taken as before, with a warning. `approve` takes the mark away.

        Args:
            kind, name: of a persistent entry.
            instead: the key of the entry that replaces it.
            reason: why, in words.

        Raises:
            EntryNotFoundError, EntryError: no tier has it, or what replaces it; it is not of the persistent tier.
        """
        from catalog.verbs.review import deprecate

        return for_reason(reason, deprecate, self.workspace, *pair(kind, name), instead, reason)

    def export_jsonl(self, path: str | os.PathLike[str] | IO[str], *, vectors: bool = False) -> int:
        """Write the persistent entries to *path*, one JSON object a line, by key; return their number.

        With *vectors* a line has one field more, ``vectors``: for each embedder by name a list with one vector for the
        text of the entry and one for each of its examples, null where there is none that is fresh.
        """
        from catalog.verbs.exchange import export_jsonl

        return export_jsonl(self.workspace, path, vectors=vectors)

    def export_document(
        self, form: str, path: str | os.PathLike[str] | IO[str], *keys: str, tags: Sequence[str] = ()
    ) -> ExportedDocument:
        """Write entries to *path* in a published *form*, whole or not at all; return what was written.

        Without *keys*: all that fit and have all *tags*. A file of ``server.json`` or ``agent-card`` holds one, others
        hold many; *path* of a ``skill`` is a folder or ends in ``.zip``. EntryError says what does not fit.
        """
        from catalog.verbs.export_documents import export_document

        return export_document(self.workspace, form, path, keys, tags)

    def import_jsonl(
        self, path: str | os.PathLike[str] | IO[str], *, replace: bool = False, restore: bool = False
    ) -> int:
        """Store the entries of a file written by `export_jsonl`, all or nothing; return how many were new or changed.

        A line may bring ``vectors``, in the form of `export_jsonl`; they are made 1 long, and count for its text. Those
        of embedders that neither this catalog nor its vectors know are left out with a warning.

        What came from a file says so: ``source`` is ``import``, and what the line said of its origin is kept under
        ``metadata["imported"]``. Its root and its marks are left out; what was not approved there needs review here.

        Args:
            path: a path, or an open text file.
            replace: write over entries that did not come from a file; a warning names them.
            restore: keep origin, root and marks as the lines have them: only for a file that you wrote yourself.

        Raises:
            EntryError: an entry of another origin has a key of the file, and says something else.
            InvalidEntryError: a line is wrong; the text names it.
        """
        from catalog.verbs.exchange import import_jsonl

        return import_jsonl(self.workspace, path, replace=replace, restore=restore)

    @property
    def embedder(self) -> str | None:
        """The name that vectors of this catalog's embedder are kept under; None where it has none, or can't have it."""
        from catalog.verbs.embed import embedder_name

        return embedder_name(self.workspace)

    def embed_status(self) -> dict[str, Status]:
        """Return, by the name of the embedder, how many texts have a fresh vector, a stale one, and none."""
        from catalog.verbs import embed

        return embed.status(self.workspace)

    def embed_estimate(self) -> Estimate | None:
        """Return what `embed_update` would send to a server, with the price; None if the embedder is on this machine.

        Raises:
            EmbedderError, SearchError, MissingExtraError: as `embed_update`.
        """
        from catalog.verbs import embed

        return embed.estimate(self.workspace)

    def embed_update(self, *, progress: Callable[[int, int], None] | None = None) -> int:
        """Embed every text that has no fresh vector yet; return how many were.

        Batch by batch, so that what is done stays done if it is interrupted. *progress* is told done and to do.

        Raises:
            EmbedderError, SearchError, MissingExtraError: it failed; there is none; what it needs is not installed.
        """
        from catalog.verbs import embed

        return embed.update(self.workspace, progress)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the database, as it is at this moment, to a new file."""
        from catalog.verbs.upkeep import backup

        backup(self.workspace, path)

    def prune(self, *, keep: int | None = None, older_than: float | None = None, vacuum: bool = False) -> int:
        """Delete old revisions from the history, but never the last of an entry, nor what an alias names.

        Return how many. With *older_than*, moves of aliases and refused loads that are as old go, too.

        Args:
            keep: how many revisions of each entry stay; None: ``keep_history`` of the configuration.
            older_than: only revisions that are so many days old go.
            vacuum: give the room back to the file system, which takes as long and as much room as a copy.

        Raises:
            SearchError, InvalidFilterError: nothing says what may go; a number can't be.
        """
        from catalog.verbs.upkeep import prune

        return prune(self.workspace, keep, older_than, vacuum)

    def check(self) -> builtins.list[str]:
        """Return what is wrong with the database, in words; nothing if all is well."""
        from catalog.verbs.upkeep import check

        return check(self.workspace)

    def mend(self) -> builtins.list[str]:
        """Mend what :meth:`check` finds, from the entries and their history; return what was lost, in words."""
        from catalog.verbs.upkeep import mend

        return mend(self.workspace)

    def reindex(self) -> int:
        """Make the full-text index again from the entries; return their number."""
        from catalog.verbs.upkeep import reindex

        return reindex(self.workspace)
