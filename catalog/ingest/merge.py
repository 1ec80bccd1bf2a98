"""From findings to stored entries: new is added, reworded is updated, drifted is reported and stays."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.discovery.finding import Finding, ScanResult
from catalog.discovery.report import ScanReport
from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import NAME_LENGTH, Key, format_key
from catalog.entry.states import (
    BROKEN,
    DEPRECATED,
    DRAFT,
    DRIFTED,
    GONE,
    MARKS,
    REVIEW,
    UNLOADABLE,
    only,
    state_of,
    with_state,
    without,
)
from catalog.errors import CatalogError
from catalog.ingest.installed import DISCOVERED, PLUGIN
from catalog.ingest.report import clashes_of, skipped_of, taken_away, undecided_of, undeclared, undeclared_of
from catalog.loader.verify import Examined, drift_in_words
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator, root_of
from catalog.source.places import Places
from catalog.store import queries
from catalog.verbs.documents import place_of
from catalog.verbs.marks import ACTIONS, with_mark
from catalog.verbs.repair import look_again
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.store.writer import Transaction


class Merge:
    """Findings on their way into one transaction."""

    def __init__(
        self,
        ws: Workspace,
        transaction: Transaction,
        source: str,
        action: str,
        *,
        again: bool,
        review: str | None = None,
    ) -> None:
        """Store findings of *source*, logged as *action*.

        Args:
            ws: where.
            transaction: to write in.
            source: of the entries.
            action: the word of the history.
            again: whether this is a second look, which nobody has asked for in so many words; a look that somebody
                asked for approves what needs review.
            review: why somebody has to look at what is new before routers may pick it; None: nobody has to.
        """
        self.review = review
        self.ws = ws
        self.reader = ws.store.reader
        self.transaction = transaction
        self.source = source
        self.action = action
        self.again = again
        self.written: list[Entry] = []
        self.unchanged: list[str] = []
        self.drifted: list[dict[str, Any]] = []
        self.gone: list[str] = []
        self.marked: dict[str, list[Entry]] = {}
        self.clashes: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.found: list[str] = []
        self.updated: list[str] = []
        self._on_path = Locator()

    def findings(self, findings: Iterable[Finding], distribution: str | None) -> None:
        """Take them in: each is new, reworded, unchanged, drifted or refused."""
        drafts: list[Entry] = []
        for finding in findings:
            if finding.framework == "catalog" and undeclared(self.ws, finding.kind):
                continue  # the report says so
            try:
                drafts.append(_entry(finding, self.source, distribution))
            except CatalogError as error:
                self.refused.append({"path": finding.path, "reason": str(error)})
        own = {_place(entry): entry for entry in self._of_source() if _is_placed(entry)}
        names = {(d.kind, d.name) for d in drafts} | {(d.kind, _qualified(d)) for d in drafts if not d.document}
        stored = {key: entry for key, (_, entry) in self.transaction.existing(names).items()}
        stored |= {(entry.kind, entry.name): entry for entry in own.values()}
        removed = self._taken_away(names)
        seen: set[_Place] = set()
        taken: dict[str, str | None] = {}
        for draft in drafts:
            seen.add(_place(draft))
            taken[draft.key] = self._take(draft, stored, own, removed)
        self._missing([entry for entry in own.values() if entry.key not in taken.values()], seen)
        self.written = [_referring(entry, taken) for entry in self.written]
        for action, entries in self.marked.items():
            self.ws.put(self.transaction, entries, action)
        if self.written:
            done = self.ws.put(self.transaction, self.written, self.action)
            self.found = sorted(format_key(*key) for key in done.added)
            self.updated = sorted(format_key(*key) for key in done.changed)
            self.unchanged += [format_key(*key) for key in done.unchanged]

    def _of_source(self) -> list[Entry]:
        return list(readable(self.reader.all(queries.BY_SOURCE, (self.source,))))

    def _taken_away(self, keys: Iterable[Key]) -> set[Key]:
        return {(kind, name) for kind, name, action in self.transaction.last_actions(keys) if action == "unregister"}

    def _take(
        self, draft: Entry, stored: dict[Key, Entry], own: Mapping[_Place, Entry], removed: set[Key]
    ) -> str | None:
        """Decide about one finding; return the key of its entry, or None where it has none."""
        mine = own.get(_place(draft)) if _is_placed(draft) else None
        there = mine if mine is not None and mine.kind == draft.kind else stored.get((draft.kind, draft.name))
        if there is None and self.source.startswith(PLUGIN):  # nobody asked for it: it takes no configured place
            there = self._configured(draft)
        if there is not None and not self._is_same(there, draft):
            # The name is somebody else's: this one gets its module in front, and the report says so.
            renamed, other = self._free_name(draft, stored) if _is_placed(draft) else (None, None)
            self.clashes.append(
                {"key": draft.key, "kept": _shown(there, draft), "other": _shown(draft, there), "renamed": renamed}
            )
            if renamed is None:
                return None
            draft, there = _called(draft, renamed), other
        if there is not None and there.tier == "config":
            there = None
        key = (draft.kind, there.name if there else draft.name)
        if there is None:
            if key in removed:
                self.refused.append(taken_away(draft.ref or draft.key, format_key(*key)))
                return None
            stored[key] = draft
            marks = {} if self.review is None else {REVIEW: self.review}
            self.written.append(draft.model_copy(update={"metadata": {**draft.metadata, **marks}}))
            return draft.key
        if there.checksum is not None and (
            (there.checksum, there.source_checksum) != (draft.checksum, draft.source_checksum)
        ):
            change = "source" if there.checksum == draft.checksum else "signature"
            self._drift(there, change, draft.signature)
            return there.key
        if state_of(there.metadata):  # it is there again, and as it was
            there = there.model_copy(update={"metadata": with_state(there.metadata, None)})
            self.ws.put(self.transaction, [there], "found")
        if there.source.startswith(DISCOVERED):
            now = _called(draft, there.name)
            metadata = {**now.metadata, **self._review_of(there, draft)}
            if there.document:  # below that folder or another, it is the same; what it names may be renamed by now
                metadata |= only(there.metadata, "root", "file", "references")
            self.written.append(now.model_copy(update={"source": there.source, "metadata": metadata}))
        else:
            self.unchanged.append(there.key)  # registered by hand: what it says is somebody's choice
        return there.key

    def _configured(self, draft: Entry) -> Entry | None:
        """Return the entry of the configuration that has the key of *draft*."""
        return next((e for e in self.ws.config.entries.values() if (e.kind, e.name) == (draft.kind, draft.name)), None)

    def _review_of(self, there: Entry, draft: Entry) -> dict[str, Any]:
        """Return the marks of the review that an entry which is found again keeps."""
        kept = only(there.metadata, DRAFT, DEPRECATED, *((REVIEW,) if self.again else ()))
        if self.again and self.source.startswith(PLUGIN) and draft.match != there.match:
            kept.setdefault(REVIEW, f"its match was {there.match!r}, and is {draft.match!r} now")
        return kept

    def _drift(self, there: Entry, change: str, new_signature: str | None) -> None:
        """Report and mark an entry whose code changed; what was recorded stays until somebody accepts it."""
        self.drifted.append(
            {
                "key": there.key,
                "ref": place_of(there) if there.document else there.ref,
                "change": change,
                "old_signature": there.signature,
                "new_signature": new_signature,
            }
        )
        self._mark(there, DRIFTED, drift_in_words(change, there.signature, new_signature))

    def _free_name(self, draft: Entry, stored: dict[Key, Entry]) -> tuple[str | None, Entry | None]:
        """Return a name for *draft* that no other entry has, and the entry that has it if that is its own."""
        for name in _longer_names(draft):
            if len(name) > NAME_LENGTH:
                break
            key = (draft.kind, name)
            if key not in stored:
                stored.update({k: entry for k, (_, entry) in self.transaction.existing([key]).items()})
            there = stored.get(key)
            if there is None or self._is_same(there, draft):
                return name, there
        return None, None

    def _is_same(self, there: Entry, draft: Entry) -> bool:
        """Tell whether two entries stand for the same object of the same file, in whatever version."""
        if draft.document or there.document:
            return _place(there) == _place(draft)
        if there.unloadable is not None and draft.ref is not None and there.source == draft.source:
            return _module(there) == _module(draft)  # it was made in a function, and is in the body of the module now
        if there.ref != draft.ref or (there.ref is None and there.source != draft.source):
            return False
        if _is_of_another(there.distribution, draft.distribution):
            return False
        roots = there.root, draft.root
        if roots[0] == roots[1] or there.ref is None:
            return True
        if None in roots:  # recorded without its folder, as earlier versions did: it is where the import path leads
            site = self._on_path.find(there.ref.partition(":")[0])
            found = None if site is None else root_of(site)
            roots = roots[0] or found, roots[1] or found
            if None in roots:  # where the code of one is can't be told, so nothing says that it is that of the other
                return False
        return os.path.realpath(str(roots[0])) == os.path.realpath(str(roots[1]))

    def _missing(self, own: Iterable[Entry], seen: set[_Place]) -> None:
        """Mark entries of this source that were not found by what their code looks like now; report what is gone."""
        absent = [entry for entry in own if _place(entry) not in seen]
        look, places = look_again(), Places()
        for entry in sorted(absent, key=lambda entry: (str(entry.ref), entry.key)):
            found = look(entry) if entry.unloadable is None else _unloadable_now(entry, places)
            if found.state == GONE:
                self.gone.append(entry.key)
            if found.state == DRIFTED and found.drift is not None:
                self._drift(entry, found.drift.change, found.drift.new_signature)
            elif found.known:
                self._mark(entry, found.state, found.why)

    def _mark(self, entry: Entry, state: str | None, why: str) -> None:
        if marked := with_mark(entry, state, why):
            self.marked.setdefault(ACTIONS[state], []).append(marked)

    def _shadows(self) -> tuple[dict[str, Any], ...]:
        """Return the entries of this scan that stand before entries of the configuration."""
        configured = {entry.key: entry for entry in self.ws.config.entries.values()}
        stored = sorted({*self.found, *self.updated, *self.unchanged} & set(configured))
        return tuple({"key": key, "configured": configured[key].ref or ""} for key in stored)

    def report(self, target: str, result: ScanResult, started: float) -> ScanReport:
        """Return what was done."""
        return ScanReport(
            target=target,
            found=tuple(self.found),
            updated=tuple(self.updated),
            unchanged=tuple(sorted(self.unchanged)),
            drifted=tuple(sorted(self.drifted, key=lambda drift: str(drift["key"]))),
            gone=tuple(sorted(self.gone)),
            skipped=(*self.refused, *undeclared_of(self.ws, result), *skipped_of(result)),
            clashes=(*clashes_of(result), *self.clashes),
            undecided=undecided_of(result),
            shadows=self._shadows(),
            files=result.counts["files"],
            seconds=round(time.perf_counter() - started, 3),
        )


def _is_of_another(distribution: str | None, other: str | None) -> bool:
    """Tell whether two entries came with different distributions, whatever their versions."""
    names = [re.sub(r"[-_.]+", "-", text.partition("==")[0]).lower() for text in (distribution, other) if text]
    return len(names) == 2 and names[0] != names[1]


_Place = tuple[str | None, str | None]


def _is_placed(entry: Entry) -> bool:
    """Tell whether an entry has a place that tells it from all others: a reference, or its name in a document."""
    return bool(entry.ref or entry.document or entry.unloadable)


def _place(entry: Entry) -> _Place:
    """Return what tells the object of an entry from all others: its reference, and the folder that holds its module.

    Of what a document holds it is kind and name there, and the path of the document.
    """
    if entry.document:
        return format_key(entry.kind, entry.given_name), os.path.realpath(entry.document)
    root = entry.root
    return entry.ref or entry.key, None if root is None else os.path.realpath(root)


def _shown(entry: Entry, other: Entry) -> str:
    """Return where the code of an entry is, for a report that names the *other* beside it."""
    root = entry.root
    if entry.document:
        return place_of(entry) + (f" in {root}" if place_of(entry) == place_of(other) else "")
    return (entry.ref or entry.source) + (f" in {root}" if root and entry.ref == other.ref else "")


def _longer_names(entry: Entry) -> Iterator[str]:
    """Yield names that say more and more of where an entry is: its module, then the folders that lead to it."""
    if entry.document:
        folders = [part for part in os.path.dirname(entry.document).split(os.sep) if part]
        if folders[-1:] == [entry.name]:
            del folders[-1]  # of a skill, it says nothing new
        yield from ("/".join([*folders[-number:], entry.name]) for number in range(1, len(folders) + 1))
        return
    name = _qualified(entry)
    yield name
    parts = [part for part in (entry.root or "").split(os.sep) if part]
    for part in reversed(parts):
        name = f"{part}.{name}"
        yield name


def _qualified(entry: Entry) -> str:
    """Return the name of an entry with its module in front."""
    module = _module(entry)
    return entry.name if entry.name.startswith(module + ".") else f"{module}.{entry.name}"


def _module(entry: Entry) -> str:
    """Return the module that the code of an entry is in."""
    if entry.ref is None:
        return str(entry.spec.get("module") or "") if isinstance(entry.spec, dict) else ""
    return entry.ref.partition(":")[0]


def _unloadable_now(entry: Entry, places: Places) -> Examined:
    """Return what it means that a scan doesn't find what no import path leads to: its module tells."""
    missing = find_object(f"{_module(entry)}:{_NOBODY}", places.of(entry.root))
    if not isinstance(missing, Missing) or missing.is_out_of_sight:
        return Examined(known=False)
    if missing.reason == "unreadable":
        return Examined(None, None, BROKEN, missing.message)
    why = missing.message if missing.reason == "module" else f"{_module(entry)} makes no such {entry.kind} any more"
    return Examined(None, None, GONE, why)


_NOBODY = "_no_object_has_this_name"


def _referring(entry: Entry, taken: Mapping[str, str | None]) -> Entry:
    """Return *entry* with what it refers to under the names that the findings of this scan have in the end."""
    keys = entry.metadata.get("references")
    if not isinstance(keys, list) or all(taken.get(str(key), key) == key for key in keys):
        return entry
    now = [key for key in (taken.get(str(key), str(key)) for key in keys) if key is not None]
    return entry.model_copy(update={"metadata": {**entry.metadata, "references": list(dict.fromkeys(now))}})


def _called(draft: Entry, name: str) -> Entry:
    """Return *draft* under another *name*, with the one its source gives it kept beside."""
    if draft.name == name:
        return draft
    return draft.model_copy(update={"name": name, "metadata": {"given_name": draft.name, **draft.metadata}})


def _entry(finding: Finding, source: str, distribution: str | None) -> Entry:
    """Return the entry a finding becomes.

    What can't be reached by a path becomes data that says so: it is found, and taking it explains itself.
    """
    # What the code says of itself is the author's: state, origin and root are the catalog's to write.
    metadata: dict[str, Any] = without(
        finding.metadata, *MARKS, UNLOADABLE, "root", "imported", "given_name", "framework"
    )
    if finding.framework:
        metadata["framework"] = finding.framework
    if finding.parameters:
        metadata["parameters"] = finding.parameters
    if finding.given_name != finding.name:
        metadata["given_name"] = finding.given_name
    if finding.root:
        metadata["root"] = finding.root
    spec = finding.spec
    is_unloadable = spec is None and finding.ref is None
    if is_unloadable:
        spec = {"nested_in": finding.nested_in, "reason": finding.reason, "module": finding.module}
        metadata[UNLOADABLE] = finding.reason
    return make_entry(
        {
            "kind": finding.kind,
            "name": finding.name,
            "ref": finding.ref,
            "spec": spec,
            "description": finding.description,
            "tags": finding.tags,
            "examples": finding.examples,
            "match": finding.match,
            "providers": finding.providers,
            "priority": finding.priority,
            "metadata": metadata,
            "signature": finding.signature,
            # What nobody can take has nothing that could drift: what is read of it now is what counts.
            "checksum": None if is_unloadable else finding.checksum,
            "source_checksum": None if is_unloadable else finding.source_checksum,
            "source": source,
            "distribution": distribution,
        }
    )
