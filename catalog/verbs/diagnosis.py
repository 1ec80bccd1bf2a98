"""What ``doctor`` finds, and what it would do about it; nothing is imported and nothing is changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from catalog.distributions import files_of, find_distribution, name_of
from catalog.entry.filters import NO_FILTERS
from catalog.entry.key import format_key, split_key
from catalog.entry.lookalikes import plain_name
from catalog.errors import CatalogWarning, StoreBusyError
from catalog.loader.alike import Alike
from catalog.loader.repair import Fault
from catalog.store import queries
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

DATABASE = "database"
"""Stands where a fault of an entry has its key. No key is like it: it has no colon."""


def diagnose(ws: Workspace) -> list[Fault]:
    """Return what is wrong, by key; see :meth:`catalog.Catalog.diagnose`."""
    from catalog.loader import repair

    snapshot = ws.snapshot()
    faults = []
    for fault in repair.diagnose(readable(queries.rows_by_place(ws.store.reader, NO_FILTERS))):
        entry = snapshot.stored(*split_key(fault.key))
        faults.append(fault if entry is None else _with_remedy(ws, fault, entry))
    lost = {fault.key for fault in faults if fault.trouble != "duplicate"}
    faults = _of_case(_stored(ws), faults)
    faults += _distributions(entry for entry in _stored(ws) if entry.key not in lost)
    faults += _documents(_stored(ws))
    faults += _configured(ws)
    faults += _dangling(ws)
    faults += _database(ws)
    return sorted(faults, key=lambda fault: (fault.key == DATABASE, fault.key, fault.trouble, fault.ref))


def _stored(ws: Workspace) -> Iterator[Entry]:
    """Yield the stored entries, by key; of a damaged row the first pass has told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CatalogWarning)
        yield from readable(ws.store.reader.stream(queries.ALL))


def _with_remedy(ws: Workspace, fault: Fault, entry: Entry) -> Fault:
    """Return the *fault* of a reference with what a repair does: a rename, where the code has another entry by now."""
    if fault.proposal is None:
        return fault
    from catalog.verbs.renames import rename_to

    rename = rename_to(ws, entry, fault.proposal)
    if rename is None:
        return replace(fault, why=f"{fault.why}; several entries stand for that already")
    remedy = f"its reference becomes {fault.proposal}"
    if rename.stored_as is not None:
        remedy = f"it becomes one with {rename.stored_as}, as {rename.became}; history, golden cases and uses follow"
    elif rename.became != fault.key:
        remedy = f"it becomes {rename.became}, its reference {fault.proposal}"
    return replace(fault, remedy=remedy)


def _of_case(entries: Iterable[Entry], faults: list[Fault]) -> list[Fault]:
    """Return *faults* with those of keys that differ in case only, or in letters that look alike.

    Where both stand for one object and differ in case, one can go.
    """
    twins = {frozenset((fault.key, str(fault.same_as))) for fault in faults if fault.trouble == "duplicate"}
    found: list[Fault] = []
    settled = set()
    with Alike() as alike:
        for entry in entries:
            alike.add((entry.kind, plain_name(entry.name).casefold()), (entry.name, entry.ref, str(entry.created_at)))
        for (kind, _), group in alike.groups():
            # The one that is named as its code is stays, else the older.
            group.sort(key=lambda each: (each[0] != _last(each[1]), each[2]))
            kept, *others = group
            kept_key = format_key(kind, kept[0])
            for name, ref, _ in others:
                key = format_key(kind, name)
                in_case = kept[0].casefold() == name.casefold()
                one = in_case and frozenset((kept_key, key)) in twins
                settled.add(frozenset((kept_key, key)))
                why = f"{kept_key} {'differs from it in case only' if in_case else 'looks like it, in other letters'}"
                why += " and stands for the same" if one else "; give either another name: `catalog rename`"
                remedy = f"it is taken away; its tags and examples go to {kept_key}, and so does what names it"
                certain: Literal["exact", ""] = "exact" if one else ""
                found.append(Fault(key, ref or "", "case", None, certain, why, kept_key, remedy if one else ""))
    kept_faults = [
        fault
        for fault in faults
        if fault.trouble != "duplicate" or frozenset((fault.key, str(fault.same_as))) not in settled
    ]
    return kept_faults + found


def _last(ref: str | None) -> str:
    return (ref or "").rpartition(":")[2].rpartition(".")[2]


def _distributions(entries: Iterable[Entry]) -> Iterator[Fault]:
    """Yield the entries whose code is there, and comes with another distribution, or version of it, than recorded."""
    now: dict[str, str | None] = {}
    for entry in entries:
        said = entry.distribution
        if not said or not entry.ref or entry.root is not None:
            continue
        name = said.partition("==")[0]
        if name not in now:
            found = find_distribution(name)
            now[name] = None if found is None else _labelled(name, found)
        new, why = now[name], f"it came with {said}"
        if new is None:
            new = _owner(entry.ref.partition(":")[0])
            why += f", which is not installed; its module belongs to {new}"
        elif new != said:
            why += f", and {new} is installed"
        if new is not None and new != said:
            remedy = f"its distribution becomes {new}"
            yield Fault(entry.key, entry.ref, "distribution", new, "exact", why, None, remedy)


def _labelled(name: str, distribution: metadata.Distribution) -> str | None:
    try:
        return f"{name}=={distribution.version}"
    except Exception:  # whatever a parser raises on damaged metadata
        return None


def _owner(module: str) -> str | None:
    """Return the installed distribution that has the file of *module*, with its version; None unless it is one."""
    place = module.replace(".", "/")
    names = {f"{place}.py", f"{place}/__init__.py"}
    owners = set()
    for distribution in metadata.distributions():
        if not names.isdisjoint(files_of(distribution)):
            name = name_of(distribution)
            owners.add(_labelled(name, distribution) if name else None)
    return owners.pop() if len(owners) == 1 else None


def _documents(entries: Iterable[Entry]) -> Iterator[Fault]:
    """Yield the entries whose document is gone, broken, or can't be seen from here, or holds them no more."""
    from catalog.discovery.find_document import Documents, Lost
    from catalog.verbs.documents import place_of

    documents = Documents()
    for entry in entries:
        if entry.document and isinstance(lost := documents.find(entry), Lost):
            trouble = "elsewhere" if lost.reason == "elsewhere" else "dead"
            yield Fault(entry.key, place_of(entry), trouble, None, "", lost.message)  # type: ignore[arg-type]


def _configured(ws: Workspace) -> Iterator[Fault]:
    """Yield the faults of configured entries: only the file itself can be changed, by a person."""
    from catalog.loader import repair
    from catalog.source.places import by_place

    stored = ws.snapshot()
    entries = [entry for key, entry in ws.config.entries.items() if entry.ref and stored.stored(*key) is None]
    for fault in repair.diagnose(by_place(entries)):
        where = f"; it is configured in {ws.config.file}: change it there"
        yield replace(fault, why=fault.why + where)


def _dangling(ws: Workspace) -> Iterator[Fault]:
    """Yield what stored entries name and is not there, with what has its place: renamed since, or of a name like it."""
    from catalog.verbs.references import all_references

    snapshot = ws.snapshot()
    for reference in all_references(ws):
        if reference.exists or snapshot.stored(*split_key(reference.source)) is None:
            continue
        kind, name = split_key(reference.target)
        why = f"{reference.path} names {reference.target}, and there is no such entry"
        became = [row[0] for row in ws.store.reader.all(queries.NAMED_BEFORE, (kind, name, name))]
        became = [each for each in became if snapshot.has(kind, each)]
        close = snapshot.close(kind, name, most=2)
        proposal, certain = None, ""
        if len(became) == 1:
            proposal, certain, why = f"{kind}:{became[0]}", "exact", f"{why}; it was renamed to {became[0]}"
        elif len(close) == 1:
            proposal, certain, why = f"{kind}:{close[0]}", "likely", f"{why}; {kind}:{close[0]} has a name like it"
        remedy = f"{reference.path} becomes {proposal}" if proposal else ""
        yield Fault(reference.source, reference.path, "dangling", proposal, certain, why, None, remedy)  # type: ignore[arg-type]


def _database(ws: Workspace) -> Iterator[Fault]:
    """Yield what is wrong with the database itself and with what lies beside it."""
    from catalog.store.leftovers import leftovers

    mended = "" if ws.store.read_only or ws.store.is_server else "the database is mended (`catalog db check --fix`)"
    try:
        for fault in ws.store.check():
            yield Fault(DATABASE, "", "damage", None, "exact" if mended else "", fault, None, mended)
    except StoreBusyError as error:
        warnings.warn(f"the database was not checked: {error}", CatalogWarning, stacklevel=2)
    stale, name = _stale(ws)
    if stale:
        local = ws.embedding.given is None or ws.embedding.given.partition(":")[0] != "openai"
        why = f"{stale} vectors of {name} are of texts that have changed since; `catalog embed update` makes them again"
        remedy = "the vectors are made again (`catalog embed update`)" if local and not ws.store.read_only else ""
        yield Fault(DATABASE, "", "vectors", None, "exact" if remedy else "", why, None, remedy)
    for file in () if ws.store.is_server else leftovers(ws.store.path or ""):
        why = "it is a part of a copy that nobody writes any more"
        yield Fault(DATABASE, file, "leftover", None, "exact", why, None, "it is removed")


def _stale(ws: Workspace) -> tuple[int, str]:
    """Return how many vectors of the embedder in use are stale, and its name."""
    from catalog.store import vectors

    found = vectors.status(ws.store.reader)
    if not any(status.stale for status in found.values()):
        return 0, ""  # without loading the embedder
    embedder = ws.embedding.ready()
    name = "" if embedder is None else embedder.name
    return (found[name].stale, name) if name in found else (0, "")
