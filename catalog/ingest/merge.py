"""From findings to stored entries: new is added, reworded is updated, drifted is reported and stays."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from catalog.discovery.finding import Finding, ScanResult
from catalog.discovery.naming import longer_names, parts_of
from catalog.discovery.report import ScanReport
from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import Key, format_key
from catalog.entry.states import (
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
from catalog.ingest.places import Hashes, Place, apart, file_of, place_of_code, plain_ref
from catalog.ingest.report import clashes_of, skipped_of, taken_away, undecided_of, undeclared, undeclared_of
from catalog.loader.verify import drift_in_words
from catalog.source.locate import Locator, root_of
from catalog.store import queries
from catalog.store.mapping import to_json
from catalog.verbs.documents import place_of
from catalog.verbs.lines import CHUNK, batched
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
        self._keys, self._places, self._kept = Hashes(), Hashes(), Hashes()
        self._page: dict[Key, Finding] = {}  # of the findings that are taken in just now
        self._later: dict[Key, Entry] = {}  # what refers to findings is stored when all have their names
        self._taken: dict[str, str | None] = {}  # findings whose entries have other keys than they
        self._on_path = Locator()

    def findings(
        self, findings: Sequence[Finding], distribution: str | None, looked_at: Container[str] = frozenset()
    ) -> None:
        """Take them in: each is new, reworded, unchanged, drifted or refused. A few thousand are in memory at once.

        Args:
            findings: what was found.
            distribution: that it came with.
            looked_at: the paths of the files that were.
        """

        def pages(refused: list[dict[str, Any]]) -> Iterator[list[tuple[Entry, Finding]]]:
            return ([*self._drafts(page, distribution, refused)] for page in batched(findings, CHUNK))

        few = [*pages(self.refused)] if len(findings) <= CHUNK else None
        for page in pages(self.refused) if few is None else few:
            for draft, _ in page:
                self._keys.add((draft.kind, draft.name))
                self._places.add(place_of_code(draft))
        for page in pages([]) if few is None else few:  # what is refused was counted
            self._take_in(page)
        self._missing(looked_at)
        self.written = [_referring(entry, self._taken) for entry in self._later.values()]
        self._put()
        self.found.sort()
        self.updated.sort()

    def _drafts(
        self, findings: Iterable[Finding], distribution: str | None, refused: list[dict[str, Any]]
    ) -> Iterator[tuple[Entry, Finding]]:
        for finding in findings:
            if finding.framework == "catalog" and undeclared(self.ws, finding.kind):
                continue  # the report says so
            try:
                yield _entry(finding, self.source, distribution), finding
            except CatalogError as error:
                refused.append({"path": finding.path, "reason": str(error)})

    def _take_in(self, page: Sequence[tuple[Entry, Finding]]) -> None:
        """Decide about some of the findings, and store them."""
        self._page = {(draft.kind, draft.name): finding for draft, finding in page}
        drafts = [draft for draft, _ in page]
        # Of two things that are told apart by nothing but their names the names decide.
        own = {place: entry for entry in self._known(drafts) if self._places.count(place := place_of_code(entry)) < 2}
        names = [(draft.kind, draft.name) for draft in drafts]
        stored = {key: entry for key, (_, entry) in self.transaction.existing(names).items()}
        stored |= {key: self._later[key] for key in names if key in self._later}
        removed = self._taken_away(names)
        for draft in drafts:
            key = self._take(draft, stored, own, removed)
            self._kept.add(key)
            if key != draft.key:
                self._taken[draft.key] = key
        for entry in self.written:
            if "references" in entry.metadata:
                self._later[entry.kind, entry.name] = entry
        self.written = [entry for entry in self.written if "references" not in entry.metadata]
        self._put()

    def _put(self) -> None:
        """Store what was decided, and forget it."""
        for action, entries in self.marked.items():
            self.ws.put(self.transaction, entries, action)
        if self.written:
            done = self.ws.put(self.transaction, self.written, self.action)
            self.found += (format_key(*key) for key in done.added)
            self.updated += (format_key(*key) for key in done.changed)
            self.unchanged += (format_key(*key) for key in done.unchanged)
        self.marked, self.written = {}, []

    def _known(self, drafts: Iterable[Entry]) -> Iterator[Entry]:
        """Yield the entries of the same code, under whatever name, those that scans of other targets brought first."""
        refs = {ref for draft in drafts if draft.ref for ref in (draft.ref, plain_ref(draft.ref), apart(draft.ref))}
        there = list(readable(self.reader.all(queries.BY_REFS, (to_json(sorted(map(str, refs))),))))
        if self.source.startswith(SCANNED):
            yield from (each for each in there if each.source.startswith(SCANNED) and each.source != self.source)
        yield from (entry for entry in there if entry.source == self.source)
        if any(draft.ref is None for draft in drafts):
            yield from self._without_ref

    @cached_property
    def _without_ref(self) -> list[Entry]:
        return list(readable(self.reader.all(queries.WITHOUT_REF, (self.source,))))

    def _taken_away(self, keys: Iterable[Key]) -> set[Key]:
        return {(kind, name) for kind, name, action in self.transaction.last_actions(keys) if action == "unregister"}

    def _take(
        self, draft: Entry, stored: dict[Key, Entry], own: Mapping[Place, Entry], removed: set[Key]
    ) -> str | None:
        """Decide about one finding; return the key of its entry, or None where it gets none."""
        mine = own.get(place_of_code(draft))
        if mine is None or mine.kind != draft.kind or (mine.source != self.source and not self._is_same(mine, draft)):
            mine = None
        there: Entry | None = mine or stored.get((draft.kind, draft.name))
        if there is None and self.source.startswith(PLUGIN):  # nobody asked for it: it takes no configured place
            there = self._configured(draft)
        if there is not None and not self._is_same(there, draft):
            # The name is somebody else's: this one gets more of its place in front, and the report says so.
            renamed, other = self._free_name(draft, there, stored)
            removed |= self._taken_away([(draft.kind, renamed)])
            self.clashes.append(
                {"key": draft.key, "kept": _shown(there, draft), "other": _shown(draft, there), "renamed": renamed}
            )
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
            if metadata == there.metadata:
                metadata = there.metadata  # in the order that is stored: another would be a change
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
        if self.again and draft.match != there.match:  # routing calls it, or goes by it, with every prompt
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

    def _free_name(self, draft: Entry, there: Entry, stored: dict[Key, Entry]) -> tuple[str, Entry | None]:
        """Return a name for *draft* that tells it from *there*, and the entry that has it if that is its own."""
        finding = self._page[draft.kind, draft.name]
        plain, parts = finding.given_name, parts_of(finding)
        theirs = parts_of(_finding(there))
        least = next((n for n in range(1, len(parts) + 1) if parts[-n:] != theirs[-n:]), 1)
        for name in longer_names(plain, parts, least):
            key = (draft.kind, name)
            if key in self._keys:  # another finding of this scan is called that, or will be
                continue
            if key not in stored:
                stored.update({k: entry for k, (_, entry) in self.transaction.existing([key]).items()})
                stored.update({key: self._later[key]} if key in self._later else {})
            holder = stored.get(key)
            if holder is None or self._is_same(holder, draft):
                return name, holder
        raise AssertionError("names with numbers have no end")

    def _is_same(self, there: Entry, draft: Entry) -> bool:
        """Tell whether two entries stand for the same object of the same file, in whatever version."""
        if there.unloadable is not None and draft.ref is not None and there.source == draft.source:
            # It was made in a function, and is in the body of its module now.
            module = (there.made_in or "").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            return module == draft.ref.partition(":")[0] and there.root == draft.root
        if there.ref is None and draft.ref is None:
            known = "file" in there.metadata  # else it was stored by a version that did not say where it is
            return place_of_code(there) == place_of_code(draft) if known else there.source == draft.source
        if plain_ref(there.ref) != plain_ref(draft.ref):
            return False
        if _is_of_another(there.distribution, draft.distribution):
            return False
        roots = there.root, draft.root
        if roots[0] == roots[1]:
            return True
        if None in roots:  # recorded without its folder, as earlier versions did: it is where the import path leads
            site = self._on_path.find(str(there.ref).partition(":")[0])
            found = None if site is None else root_of(site)
            roots = roots[0] or found, roots[1] or found
            if None in roots:  # where the code of one is can't be told, so nothing says that it is that of the other
                return False
        return os.path.realpath(str(roots[0])) == os.path.realpath(str(roots[1]))

    def _missing(self, looked_at: Container[str]) -> None:
        """Mark entries of this source that were not found by what their code looks like now; report what is gone."""
        look = look_again()
        entries = readable(self.reader.stream(queries.BY_SOURCE_AND_REF, (self.source,)))
        for absent in batched((each for each in entries if not self._is_found(each)), CHUNK):
            for entry in absent:
                if entry.ref is None and not entry.document:
                    self._missing_file(entry, looked_at)
                    continue
                found_now = look(entry)
                if found_now.state == GONE:
                    self.gone.append(entry.key)
                if found_now.state == DRIFTED and found_now.drift is not None:
                    self._drift(entry, found_now.drift.change, found_now.drift.new_signature)
                elif found_now.known:
                    self._mark(entry, found_now.state, found_now.why)
            self._put()

    def _is_found(self, entry: Entry) -> bool:
        return entry.key in self._kept or place_of_code(entry) in self._places

    def _missing_file(self, entry: Entry, looked_at: Container[str]) -> None:
        """Mark an entry without a reference as gone if its file is, or was looked at and doesn't hold it any more."""
        path = file_of(entry)
        if path is None or entry.root is None or not os.path.isdir(entry.root):
            return
        if path in looked_at or not os.path.exists(path):
            self.gone.append(entry.key)
            self._mark(entry, GONE, f"{path} does not hold it any more")

    def _mark(self, entry: Entry, state: str | None, why: str) -> None:
        if marked := with_mark(entry, state, why):
            self.marked.setdefault(ACTIONS[state], []).append(marked)

    def _shadows(self) -> tuple[dict[str, Any], ...]:
        """Return the entries of this scan that stand before entries of the configuration."""
        configured = {entry.key: entry for entry in self.ws.config.entries.values()}
        stored = sorted({key for key in chain(self.found, self.updated, self.unchanged) if key in configured})
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
            skipped=(*self.refused, *undeclared_of(self.ws, result.findings), *skipped_of(result)),
            clashes=(*clashes_of(result), *self.clashes),
            undecided=undecided_of(result.findings),
            shadows=self._shadows(),
            files=result.counts["files"],
            seen=result.counts["seen"],
            opened=result.counts["looked_at"],
            left_out=result.left_out,
            unread=result.unread,
            seconds=round(time.perf_counter() - started, 3),
        )


def _is_of_another(distribution: str | None, other: str | None) -> bool:
    """Tell whether two entries came with different distributions, whatever their versions."""
    names = [re.sub(r"[-_.]+", "-", text.partition("==")[0]).lower() for text in (distribution, other) if text]
    return len(names) == 2 and names[0] != names[1]


SCANNED = "scan:"


def _shown(entry: Entry, other: Entry) -> str:
    """Return where the code of an entry is, for a report that names the *other* beside it."""
    root = entry.root
    if entry.document:
        return place_of(entry) + (f" in {root}" if place_of(entry) == place_of(other) else "")
    return (entry.ref or file_of(entry) or entry.source) + (f" in {root}" if root and entry.ref == other.ref else "")


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
    metadata = {**draft.metadata}
    if metadata.setdefault("given_name", draft.name) == name:
        del metadata["given_name"]
    return draft.model_copy(update={"name": name, "metadata": metadata})


def _finding(entry: Entry) -> Finding:
    """Return as much of the finding that *entry* was made of as tells where it is."""
    module = (plain_ref(entry.ref) or "").partition(":")[0]
    path = file_of(entry) or os.path.join(entry.root or "", *module.split(".")) + ".py"
    form = "document" if entry.ref is None and not (isinstance(entry.spec, dict) and "nested_in" in entry.spec) else ""
    name = str(entry.metadata.get("given_name", entry.name))
    return Finding(kind=entry.kind, name=name, given_name=name, ref=entry.ref, path=path, form=form)


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
    if finding.ref is None and finding.path and finding.root:
        metadata.setdefault("file", os.path.relpath(finding.path, finding.root).replace(os.sep, "/"))
    spec = finding.spec
    is_unloadable = spec is None and finding.ref is None
    if is_unloadable:
        spec = {"nested_in": finding.nested_in, "reason": finding.reason}
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
