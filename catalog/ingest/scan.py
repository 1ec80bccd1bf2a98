"""From what was seen in code to what is stored: new is added, reworded is updated, drifted is reported and stays."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.discovery.finding import Finding, ScanResult
from catalog.discovery.report import ScanReport
from catalog.discovery.scan import scan as scan_source
from catalog.entry.entry import Entry, make_entry
from catalog.entry.key import NAME_LENGTH, Key, format_key
from catalog.errors import CatalogError, CatalogWarning, DiscoveryError
from catalog.ingest.installed import PLUGINS, recorded, site_stamp
from catalog.source.find import Missing, find_object
from catalog.source.locate import Locator
from catalog.store import queries
from catalog.store.mapping import entry_from_row

if TYPE_CHECKING:
    from catalog.app import Catalog
    from catalog.store.writer import Transaction

Progress = Callable[[int, int, str], None]
_PLUGIN = "plugin:"  # + group, distribution and name: what one plugin brought
_DISCOVERED = ("scan:", _PLUGIN, "live")


def scan(cat: Catalog, target: str, *, public: bool, schemas: bool, progress: Progress | None) -> ScanReport:
    """Scan *target* and store what it holds; see :meth:`catalog.Catalog.scan`."""
    return _scan(cat, target, {"public": public, "schemas": schemas}, progress, again=False)


def _scan(cat: Catalog, target: str, options: dict[str, Any], progress: Progress | None, *, again: bool) -> ScanReport:
    """Scan one target; *again* is a refresh, which leaves alone what hasn't changed or was taken away by hand."""
    started = time.perf_counter()
    known = _known(cat, target) or _known(cat, os.path.abspath(target))
    result = scan_source(
        target,
        public=options["public"],
        schemas=options["schemas"],
        recognised=cat.settings.recognise or None,
        known=known,
        progress=progress,
    )
    if again and result.unchanged:
        return _report(target, result, started)
    target = result.target  # of a path: the whole of it, wherever one stands
    with cat._writing() as transaction:
        merge = Merge(cat, transaction, f"scan:{target}", "scan", again=again)
        merge.findings(result.findings, result.distribution)
        if not (known and result.unchanged):
            transaction.save_source(target, options, result.distribution, result.files)
        return merge.report(target, result, started)


def _known(cat: Catalog, target: str) -> dict[str, Any] | None:
    """Return how the files of a target looked when it was last scanned."""
    row = cat._store.reader.one(queries.SOURCE, (target,))
    return json.loads(row[2]) if row else None


def refresh(cat: Catalog, progress: Progress | None = None) -> list[ScanReport]:
    """Look at plugins, at marked objects and at scanned sources; see :meth:`catalog.Catalog.refresh`."""
    reports = refresh_plugins(cat, progress)
    marked = refresh_live(cat)
    if marked is not None:
        reports.append(marked)
    for target, options, _ in cat._store.reader.all(queries.SOURCES):
        if target.startswith((_PLUGIN, PLUGINS)):
            continue
        try:
            reports.append(_scan(cat, target, json.loads(options), progress, again=True))
        except DiscoveryError as error:  # a package that is not installed here says nothing about its entries
            reports.append(ScanReport(target=target, skipped=({"path": target, "reason": str(error)},)))
    return reports


# -- plugins -------------------------------------------------------------------------------------------------------


def refresh_plugins(cat: Catalog, progress: Progress | None = None) -> list[ScanReport]:
    """Store what plugins bring, and take away what those brought that are no longer installed.

    What an environment has had is remembered by environment: a database may serve several, and that a plugin is not
    installed in one says nothing about the others.
    """
    from catalog.discovery.plugins import plugins, scan_plugin

    stamp = site_stamp()
    reports = []
    here: dict[str, str] = {}
    for plugin in plugins(cat.settings.plugin_groups):
        started = time.perf_counter()
        target = _PLUGIN + plugin.key
        here[plugin.key] = plugin.version or ""
        known = _known(cat, target)
        result = scan_plugin(plugin, recognised=cat.settings.recognise or None, known=known, progress=progress)
        if known and result.unchanged:
            reports.append(_report(target, result, started))
            continue
        with cat._writing() as transaction:
            merge = Merge(cat, transaction, target, "plugin", again=True)
            merge.findings(result.findings, result.distribution)
            if result.files:
                transaction.save_source(target, {}, result.distribution, result.files)
            reports.append(merge.report(target, result, started))
    record = PLUGINS + sys.prefix
    before = recorded(cat._store.reader)
    if before == {"plugins": here, "site": stamp}:
        return reports
    elsewhere = {
        key
        for (target, _, _) in cat._store.reader.all(queries.SOURCES)
        if target.startswith(PLUGINS) and target != record
        for key in (_known(cat, target) or {}).get("plugins", {})
    }
    gone = sorted(set((before or {}).get("plugins", {})) - set(here) - elsewhere)
    with cat._writing() as transaction:
        for key in gone:
            rows = cat._store.reader.all(queries.BY_SOURCE, (_PLUGIN + key,))
            removed = transaction.remove([(row[0], row[1]) for row in rows], "gone")
            transaction.forget_source(_PLUGIN + key)
            reports.append(ScanReport(target=_PLUGIN + key, gone=tuple(sorted(format_key(*one) for one in removed))))
        transaction.save_source(record, {}, None, {"plugins": here, "site": stamp})
    return reports


# -- marked objects of this process --------------------------------------------------------------------------------


def refresh_live(cat: Catalog) -> ScanReport | None:
    """Register the objects that our decorators marked in the modules that are loaded, if they are new.

    What another process could import is stored; what it couldn't (a notebook's, a script's own) is kept for this one.
    """
    if "catalog.authoring" not in sys.modules:
        return None
    from catalog.discovery.marked import live

    started = time.perf_counter()
    found = []
    for one in live():
        if one.kind not in cat.settings.kinds or _is_known(cat, one.kind, one.name, one.ref, one.obj):
            continue
        if one.ref is None:
            cat.register(one.kind, one.name, one.obj, runtime=True, source="live", **one.fields)
        else:
            cat.register_many(
                [{"kind": one.kind, "name": one.name, "ref": one.ref, "source": "live", **one.fields}], action="live"
            )
        found.append(format_key(one.kind, one.name))
    return ScanReport(target="live", found=tuple(found), seconds=round(time.perf_counter() - started, 3))


def _is_known(cat: Catalog, kind: str, name: str, ref: str | None, obj: object) -> bool:
    if ref is None:
        key = (kind, name)
        return key in cat._runtime.entries and cat._runtime.live(key) is obj
    return cat._store.reader.one(queries.REVISION_OF, (kind, name)) is not None or any(
        row[0] == kind for row in cat._store.reader.all(queries.BY_REF, (ref,))
    )


def reload_changed(loaded: dict[str, Any]) -> bool:
    """Import again those of the *loaded* modules whose file has changed; tell whether there were any.

    Args:
        loaded: module name to :func:`module_stamp` when it was imported; brought up to date here.
    """
    changed = False
    for name, stamp in list(loaded.items()):
        module = sys.modules.get(name)
        now = module_stamp(name)
        if module is None or now is None or now == stamp:
            continue
        loaded[name] = now
        changed = True
        importlib.invalidate_caches()
        # Bytecode is matched to its source by whole seconds and size: two edits in one second would look alike.
        if module.__file__ and (compiled := getattr(module, "__cached__", None)):
            Path(compiled).unlink(missing_ok=True)
        try:
            importlib.reload(module)
        except Exception as error:  # the person is in the middle of an edit: the old code stays
            warnings.warn(f"{name} could not be loaded again: {error!r}", CatalogWarning, stacklevel=2)
    return changed


def module_stamp(name: str) -> tuple[int, int] | None:
    """Return what tells one state of a loaded module's file from another."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if not file:
        return None
    try:
        there = os.stat(file)
    except OSError:
        return None
    return there.st_mtime_ns, there.st_size


class Merge:
    """Findings on their way into one transaction."""

    def __init__(self, cat: Catalog, transaction: Transaction, source: str, action: str, *, again: bool) -> None:
        """Store findings of *source*, logged as *action*."""
        self.cat = cat
        self.reader = cat._store.reader
        self.transaction = transaction
        self.source = source
        self.action = action
        self.again = again
        self.written: list[Entry] = []
        self.unchanged: list[str] = []
        self.drifted: list[dict[str, Any]] = []
        self.gone: list[str] = []
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
        if self.written:
            done = self.cat._put(self.transaction, self.written, self.action)
            self.found = sorted(format_key(*key) for key in done.added)
            self.updated = sorted(format_key(*key) for key in done.changed)
            self.unchanged += [format_key(*key) for key in done.unchanged]

    def _of_source(self) -> list[Entry]:
        return [entry_from_row(row) for row in self.reader.all(queries.BY_SOURCE, (self.source,))]

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
        if there.source.startswith(_DISCOVERED):
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

    def report(self, target: str, result: ScanResult, started: float) -> ScanReport:
        """Return what was done."""
        return ScanReport(
            target=target,
            found=tuple(self.found),
            updated=tuple(self.updated),
            unchanged=tuple(sorted(self.unchanged)),
            drifted=tuple(sorted(self.drifted, key=lambda drift: str(drift["key"]))),
            gone=tuple(sorted(self.gone)),
            skipped=(*_skipped(result), *self.refused),
            clashes=(*_clashes(result), *self.clashes),
            files=result.counts["files"],
            seconds=round(time.perf_counter() - started, 3),
        )


def _report(target: str, result: ScanResult, started: float) -> ScanReport:
    return ScanReport(
        target=target,
        unchanged=tuple(sorted(finding.key for finding in result.findings)),
        skipped=_skipped(result),
        clashes=_clashes(result),
        files=result.counts["files"],
        seconds=round(time.perf_counter() - started, 3),
    )


def _skipped(result: ScanResult) -> tuple[dict[str, Any], ...]:
    return tuple({"path": one.path, "reason": one.reason} for one in result.skipped)


def _clashes(result: ScanResult) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"key": format_key(c.kind, c.name), "kept": c.kept, "other": c.other, "renamed": c.renamed}
        for c in result.clashes
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
