"""From findings to stored entries: new is added, reworded is updated, drifted is reported and stays."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from catalog.discovery.finding import Finding, ScanResult
from catalog.discovery.report import ScanReport
from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import NAME_LENGTH, Key, format_key
from catalog.errors import CatalogError
from catalog.ingest.installed import DISCOVERED
from catalog.ingest.report import clashes_of, skipped_of, undecided_of
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator
from catalog.store import queries
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.store.writer import Transaction


GONE = "gone"
"""``metadata["gone"]`` of an entry whose code was not there when it was last looked for: the reason, in words."""


class Merge:
    """Findings on their way into one transaction."""

    def __init__(self, ws: Workspace, transaction: Transaction, source: str, action: str, *, again: bool) -> None:
        """Store findings of *source*, logged as *action*."""
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
        self.marked: list[Entry] = []
        self.clashes: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.found: list[str] = []
        self.updated: list[str] = []

    def findings(self, findings: Iterable[Finding], distribution: str | None) -> None:
        """Take them in: each is new, reworded, unchanged, drifted or refused."""
        drafts: list[Entry] = []
        for finding in findings:
            try:
                drafts.append(_entry(finding, self.source, distribution))
            except CatalogError as error:
                self.refused.append({"path": finding.path, "reason": str(error)})
        own: dict[str | None, Entry] = {entry.ref: entry for entry in self._of_source() if entry.ref}
        names = {(d.kind, d.name) for d in drafts} | {(d.kind, _qualified(d)) for d in drafts if d.ref}
        stored = {key: entry for key, (_, entry) in self.transaction.existing(names).items()}
        stored |= {(entry.kind, entry.name): entry for entry in own.values()}
        removed = self._taken_away(names) if self.again else set()
        seen: set[str] = set()
        for draft in drafts:
            seen.add(draft.ref or draft.key)
            self._take(draft, stored, own, removed)
        self._missing(own.values(), seen)
        if self.marked:
            self.ws.put(self.transaction, self.marked, "missing")
        if self.written:
            done = self.ws.put(self.transaction, self.written, self.action)
            self.found = sorted(format_key(*key) for key in done.added)
            self.updated = sorted(format_key(*key) for key in done.changed)
            self.unchanged += [format_key(*key) for key in done.unchanged]

    def _of_source(self) -> list[Entry]:
        return list(readable(self.reader.all(queries.BY_SOURCE, (self.source,))))

    def _taken_away(self, keys: Iterable[Key]) -> set[Key]:
        return {(kind, name) for kind, name, action in self.transaction.last_actions(keys) if action == "unregister"}

    def _take(self, draft: Entry, stored: dict[Key, Entry], own: Mapping[str | None, Entry], removed: set[Key]) -> None:
        """Decide about one finding."""
        mine = own.get(draft.ref) if draft.ref else None
        there = mine if mine is not None and mine.kind == draft.kind else stored.get((draft.kind, draft.name))
        if there is not None and there.ref != draft.ref:
            # The name is somebody else's: this one gets its module in front, and the report says so.
            renamed = _qualified(draft) if draft.ref else None
            self.clashes.append(
                {"key": draft.key, "kept": there.ref or there.source, "other": draft.ref, "renamed": renamed}
            )
            if renamed is None or len(renamed) > NAME_LENGTH:
                return
            draft = _called(draft, renamed)
            there = stored.get((draft.kind, draft.name))
            if there is not None and there.ref != draft.ref:
                return
        key = (draft.kind, there.name if there else draft.name)
        if there is None:
            if key not in removed:
                stored[key] = draft
                self.written.append(draft)
            return
        if GONE in there.metadata:  # it is there again
            metadata = {field: value for field, value in there.metadata.items() if field != GONE}
            there = there.model_copy(update={"metadata": metadata})
            self.ws.put(self.transaction, [there], "found")
        if there.checksum is not None and (
            (there.checksum, there.source_checksum) != (draft.checksum, draft.source_checksum)
        ):
            self.drifted.append(
                {
                    "key": format_key(*key),
                    "ref": there.ref,
                    "change": "source" if there.checksum == draft.checksum else "signature",
                    "old_signature": there.signature,
                    "new_signature": draft.signature,
                }
            )
            return
        if there.source.startswith(DISCOVERED):
            self.written.append(_called(draft, there.name).model_copy(update={"source": there.source}))
        else:
            self.unchanged.append(there.key)  # registered by hand: what it says is somebody's choice

    def _missing(self, own: Iterable[Entry], seen: set[str]) -> None:
        """Report entries of this source that were not found and whose code is no longer there."""
        absent = [entry for entry in own if entry.ref not in seen]
        locator = Locator(tuple({str(e.metadata["root"]) for e in absent if "root" in e.metadata}))
        for entry in sorted(absent, key=lambda entry: str(entry.ref)):
            found = find_object(str(entry.ref), locator)
            if isinstance(found, Missing) and found.is_gone:
                self.gone.append(entry.key)
                if GONE not in entry.metadata:
                    metadata = {**entry.metadata, GONE: found.message}
                    self.marked.append(entry.model_copy(update={"metadata": metadata}))

    def report(self, target: str, result: ScanResult, started: float) -> ScanReport:
        """Return what was done."""
        return ScanReport(
            target=target,
            found=tuple(self.found),
            updated=tuple(self.updated),
            unchanged=tuple(sorted(self.unchanged)),
            drifted=tuple(sorted(self.drifted, key=lambda drift: str(drift["key"]))),
            gone=tuple(sorted(self.gone)),
            skipped=(*skipped_of(result), *self.refused),
            clashes=(*clashes_of(result), *self.clashes),
            undecided=undecided_of(result),
            files=result.counts["files"],
            seconds=round(time.perf_counter() - started, 3),
        )


def _qualified(entry: Entry) -> str:
    """Return the name of an entry with the module of its reference in front."""
    module = str(entry.ref).partition(":")[0]
    return entry.name if entry.name.startswith(module + ".") else f"{module}.{entry.name}"


def _called(draft: Entry, name: str) -> Entry:
    """Return *draft* under another *name*, with the one its source gives it kept beside."""
    if draft.name == name:
        return draft
    return draft.model_copy(update={"name": name, "metadata": {"given_name": draft.name, **draft.metadata}})


def _entry(finding: Finding, source: str, distribution: str | None) -> Entry:
    """Return the entry a finding becomes.

    What can't be reached by a path becomes data that says so: it is found, and taking it explains itself.
    """
    metadata: dict[str, Any] = dict(finding.metadata)
    if finding.framework:
        metadata["framework"] = finding.framework
    if finding.parameters:
        metadata["parameters"] = finding.parameters
    if finding.given_name != finding.name:
        metadata["given_name"] = finding.given_name
    if finding.root:
        metadata["root"] = finding.root
    spec = None if finding.ref else {"nested_in": finding.nested_in, "reason": finding.reason}
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
            "checksum": finding.checksum,
            "source_checksum": finding.source_checksum,
            "source": source,
            "distribution": distribution,
        }
    )
