"""Entries in, and out again: register, register_many, unregister."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.council_specs.providers import DERIVED, with_providers, with_providers_of
from catalog.entry.key import Key, format_key
from catalog.entry.states import CATALOGS, DEPRECATED, REVIEW, only, with_state, without
from catalog.entry.template import TEMPLATE_FORMAT
from catalog.errors import DuplicateEntryError, EntryError, StoreError
from catalog.verbs.asking import Asking
from catalog.verbs.from_file import FromFile
from catalog.verbs.lines import CHUNK, Line, LinesSoFar, batched
from catalog.verbs.recording import drafted, marked, name_of, prompt_text, runtime_entry, templated, untemplated
from catalog.workspace.imported_vectors import ImportedVectors
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def register(
    ws: Workspace, kind: str, name: str | None, value: Any, *, runtime: bool, fields: Mapping[str, Any]
) -> Entry:
    """Register what *value* stands for; see :meth:`catalog.Catalog.register`."""
    ws.known_kind(kind)
    name = name_of(kind, value) if name is None else name
    if runtime:
        ws.store.refuse_if_frozen()
        entry = with_providers_of(runtime_entry(kind, name, value, fields), value, Asking(ws))
        with ws.lock:
            ws.runtime.put(entry, value)
            ws.drop_snapshot()
        return entry
    (draft,) = with_providers(drafted([{**fields, "kind": kind, "name": name, "value": value}]), Asking(ws))
    with ws.writing() as transaction:
        before = transaction.existing([(kind, draft.name)]).get((kind, draft.name))
        if before is not None:
            draft = _kept(draft, before[1], {*fields, *marked(value)})
        # A person who registers an entry has looked at it; that it has had its day, another verb says.
        old = {} if before is None else only(before[1].metadata, DEPRECATED)
        (draft,) = _without_new_marks([draft], {} if before is None else {(kind, draft.name): before})
        metadata = {**without(draft.metadata, REVIEW, DEPRECATED), **old}
        draft = draft.model_copy(update={"metadata": metadata})
        ws.put(transaction, [draft], "register")
    return ws.stored(kind, draft.name)


_A_PERSONS = ("description", "tags", "examples", "match", "providers", "priority")
"""Fields that a person has written: registering the entry again without them leaves them as they are."""


def _kept(draft: Entry, before: Entry, given: set[str]) -> Entry:
    """Return *draft* with what the entry *before* it says in fields that are not *given*.

    The description of other code is not that of this code, unless this code has none.
    """
    before = untemplated(before)
    same = draft.ref == before.ref and (draft.ref is not None or draft.spec == before.spec)
    kept = {field: getattr(before, field) for field in _A_PERSONS if field not in given}
    text = prompt_text(draft) is not None and prompt_text(before) is not None
    if "description" in kept and draft.description and not (before.description and (same or text)):
        del kept["description"]
    if before.providers is None or draft.kind in DERIVED:  # derived ones are those of what is there now
        kept.pop("providers", None)
    if same and "metadata" not in given:
        # Code that was read anew is as it is recorded now: what was seen of it before does not hold any more.
        known = before.metadata if draft.checksum is None else with_state(before.metadata, None)
        kept["metadata"] = {**known, **draft.metadata}
    elif text and "metadata" not in given and TEMPLATE_FORMAT in before.metadata:
        kept["metadata"] = {**untemplated(draft).metadata, TEMPLATE_FORMAT: before.metadata[TEMPLATE_FORMAT]}
    merged = draft.model_copy(update=kept)
    return templated(untemplated(merged)) if text else merged


def _without_new_marks(entries: Iterable[Entry], stored: Mapping[Key, tuple[int, Entry]]) -> list[Entry]:
    """Return *entries* without the marks that only the catalog gives; those that are *stored* so stay."""
    cleared = []
    for entry in entries:
        given = only(entry.metadata, *CATALOGS)
        there = stored.get((entry.kind, entry.name))
        known = {} if there is None else there[1].metadata
        new = [mark for mark, value in given.items() if known.get(mark) != value]
        cleared.append(entry.model_copy(update={"metadata": without(entry.metadata, *new)}) if new else entry)
    return cleared


def store_many(
    ws: Workspace,
    entries: Iterable[Entry | Mapping[str, Any]],
    action: str,
    vectors: Sequence[ImportedVectors] = (),
) -> int:
    """Store many entries, all or nothing; return how many were new or changed.

    Args:
        ws: where.
        entries: see :meth:`catalog.Catalog.register_many`.
        action: the word the revisions are logged under.
        vectors: those that came with the entries. They are looked at once all entries were read, so that whoever
            yields the entries may add to them meanwhile.
    """
    ready = with_providers(drafted(entries), Asking(ws))
    seen: dict[Key, Entry] = {}
    for entry in ready:
        ws.known_kind(entry.kind)
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
    with ws.writing() as transaction:
        claiming = [key for key, entry in seen.items() if only(entry.metadata, *CATALOGS)]
        if claiming:
            ready = _without_new_marks(ready, transaction.existing(claiming))
        written = ws.put(transaction, ready, action)
        if vectors:
            ws.embedding.take(transaction, vectors)
    return len(written.added) + len(written.changed)


def store_stream(
    ws: Workspace,
    lines: Iterable[Line],
    action: str,
    vectors: list[ImportedVectors],
    origin: FromFile | None = None,
) -> int:
    """Store the entries of any number of lines, all or nothing; return how many were new or changed.

    What :func:`store_many` does, in bounded memory: of the entries only the keys are held, with a sum of what each
    says, and those that others get their model providers from.

    Args:
        ws: where.
        lines: the entries, as they are read.
        action: the word the revisions are logged under.
        vectors: those that came with the lines so far; whoever yields the *lines* adds to them.
        origin: what the entries are given as their origin; None: what the lines say.

    Raises:
        DuplicateEntryError, UnknownKindError: with file and line.
    """
    so_far = LinesSoFar()
    held: list[Entry] = []  # councils, and what they get their providers from: they may come in any order
    written = 0
    with ws.writing() as transaction:
        for chunk in batched(lines, CHUNK):
            drafts = drafted(line.entry if origin is None else origin.of(line) for line in chunk)
            for line, draft in zip(chunk, drafts, strict=True):
                line.at.naming(ws.known_kind, draft.kind)
                so_far.add(draft, line.at)
            if origin is not None:
                drafts = origin.fitting(transaction, drafts)
            now = [draft for draft in drafts if draft.kind not in _PROVIDING]
            held += (draft for draft in drafts if draft.kind in _PROVIDING)
            done = ws.put(transaction, now, action)
            written += len(done.added) + len(done.changed)
            ready = [given for given in vectors if given.kind not in _PROVIDING]
            if ready:
                ws.embedding.take(transaction, ready)
                vectors[:] = [given for given in vectors if given.kind in _PROVIDING]
        done = ws.put(transaction, with_providers(held, Asking(ws)), action)
        if vectors:
            ws.embedding.take(transaction, vectors)
    if origin is not None:
        origin.tell()
    return written + len(done.added) + len(done.changed)


_PROVIDING = (*DERIVED, "profile", "model")


def unregister(ws: Workspace, kind: str, name: str) -> Entry:
    """Take an entry away and return it; see :meth:`catalog.Catalog.unregister`."""
    with ws.lock:
        snapshot = ws.snapshot()
        try:
            entry = snapshot.entry(kind, name)
        except StoreError:  # its row is damaged, and may go all the same
            entry = _as_recorded(ws, kind, name)
        if entry is None:
            raise ws.not_found(snapshot, kind, name)
        if entry.tier == "runtime":
            ws.runtime.drop((kind, name))
            ws.drop_snapshot()
            return entry
    if entry.tier == "config":
        raise EntryError(
            f"'{format_key(kind, name)}' is configured in {ws.config.file}; take it out there",
            key=format_key(kind, name),
        )
    with ws.writing() as transaction:
        transaction.remove([(kind, name)], "unregister")
    return entry


def _as_recorded(ws: Workspace, kind: str, name: str) -> Entry | None:
    """Return a stored entry as its last revision has it."""
    with ws.writing() as transaction:
        stored = transaction.existing([(kind, name)]).get((kind, name))
    return None if stored is None else stored[1]


def reset_runtime(ws: Workspace) -> None:
    """Forget everything registered for this process only."""
    ws.store.refuse_if_frozen()
    with ws.lock:
        ws.runtime.clear()
        ws.drop_snapshot()
