"""Looking again: at plugins, at marked objects of this process, at scanned sources that have changed."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.discovery.report import ScanReport
from catalog.entry.key import format_key
from catalog.entry.remote import LISTED
from catalog.entry.states import DRIFTED, GONE, state_of
from catalog.errors import CatalogWarning, DiscoveryError
from catalog.ingest.installed import PLUGIN, PLUGINS, recorded, site_stamp
from catalog.ingest.merge import Merge
from catalog.ingest.report import unchanged_report, undeclared
from catalog.ingest.scan import Progress, rules_of, scan_target, with_record
from catalog.store import queries
from catalog.store.sources import files_of, sources, targets
from catalog.verbs import lookup
from catalog.verbs.marks import mark
from catalog.verbs.register import register, store_many
from catalog.verbs.renames import accept_renames as carry_over
from catalog.verbs.renames import find_renames
from catalog.verbs.repair import examined
from catalog.verbs.rules import mark_changed_rules
from catalog.workspace.configured import CONFIGURED
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.discovery.plugins import Plugin
    from catalog.entry.entry import Entry
    from catalog.loader.verify import Examined


def refresh(ws: Workspace, progress: Progress | None = None, *, accept_renames: bool = False) -> list[ScanReport]:
    """Look at plugins, marked objects, scanned sources and what no scan has brought; say what was renamed."""
    reports = refresh_sources(ws, progress)
    reports += _registered(ws)
    if any(target.startswith(LISTED) for target in targets(ws.store.reader)):
        from catalog.ingest.servers import refresh_servers  # only where a server was added

        reports += refresh_servers(ws)
    reports += _ruled(ws)
    renames = find_renames(ws)
    if renames:
        if accept_renames:
            carry_over(ws, renames)
        shown = tuple({**rename.to_dict(), "accepted": accept_renames} for rename in renames)
        reports.append(ScanReport(target="renames", renamed=shown))
    return reports


def _ruled(ws: Workspace) -> list[ScanReport]:
    """Mark the entries that are pinned and whose rule is not as pinned; report those that are newly so."""
    started = time.perf_counter()
    changed = mark_changed_rules(ws)
    if not changed:
        return []
    return [ScanReport(target="rules", updated=tuple(changed), seconds=round(time.perf_counter() - started, 3))]


def refresh_sources(ws: Workspace, progress: Progress | None = None) -> list[ScanReport]:
    """Look at plugins, at marked objects and at scanned sources that have changed."""
    with ws.refreshing():
        return _refresh(ws, progress)


_DRIFTED = ("key", "ref", "change", "old_signature", "new_signature")


def _registered(ws: Workspace) -> list[ScanReport]:
    """Mark what the code of entries that no source brings looks like; report what is newly gone or drifted."""
    started = time.perf_counter()
    covered = {f"scan:{target}" for target in targets(ws.store.reader)} | {"live"}
    entries = (
        entry
        for entry in lookup.entries_by_place(ws, None)
        if entry.ref and entry.tier != "runtime" and entry.source not in covered
        and not entry.source.startswith(PLUGIN)
    )  # fmt: skip
    gone, drifted = [], []

    def tallied() -> Iterator[tuple[Entry, Examined]]:
        for entry, found in examined(entries):
            yield entry, found
            if found.state == state_of(entry.metadata):
                continue
            if found.state == GONE:
                gone.append(entry.key)
            elif found.state == DRIFTED:
                drifted.append({field: getattr(found.drift, field) for field in _DRIFTED})

    mark(ws, tallied())
    if not gone and not drifted:
        return []
    seconds = round(time.perf_counter() - started, 3)
    return [ScanReport(target="registered", gone=tuple(sorted(gone)), drifted=tuple(drifted), seconds=seconds)]


def _refresh(ws: Workspace, progress: Progress | None) -> list[ScanReport]:
    reports = refresh_plugins(ws, progress)
    marked = refresh_live(ws)
    if marked is not None:
        reports.append(marked)
    for target, options in sources(ws.store.reader):
        if target.startswith((PLUGIN, PLUGINS, CONFIGURED, LISTED)):
            continue
        try:
            reports.append(scan_target(ws, target, options, progress, again=True))
        except DiscoveryError as error:  # a package that is not installed here says nothing about its entries
            reports.append(_without_target(ws, target, error))
    return reports


def _without_target(ws: Workspace, target: str, error: DiscoveryError) -> ScanReport:
    """Report a source that is not found: its entries whose own folder is here without their code are gone."""
    started = time.perf_counter()
    with ws.writing() as transaction:
        merge = Merge(ws, transaction, f"scan:{target}", "scan", again=True)
        merge.findings((), None)
    return ScanReport(
        target=target,
        drifted=tuple(merge.drifted),
        gone=tuple(sorted(merge.gone)),
        skipped=() if merge.gone else ({"path": target, "reason": f"it can't be seen from here: {error}"},),
        seconds=round(time.perf_counter() - started, 3),
    )


def refresh_plugins(ws: Workspace, progress: Progress | None = None) -> list[ScanReport]:
    """Store what plugins bring, and take away what those brought that are no longer installed.

    What an environment has had is remembered by environment: a database may serve several, and that a plugin is not
    installed in one says nothing about the others.
    """
    from catalog.discovery.plugins import plugins

    stamp = site_stamp()
    # What is installed when a catalog is made is what its owner has; what comes later, somebody has to look at.
    is_first = not any(target.startswith(PLUGINS) for target in targets(ws.store.reader))
    reports = []
    here: dict[str, str] = {}
    for plugin in plugins(ws.settings.plugin_groups):
        here[plugin.key] = plugin.version or ""
        why = None if is_first else f"the plugin {plugin.key} brought it, and nobody has approved it"
        look = partial(_plugin, ws, plugin, why, progress)
        reports.append(with_record(ws, (PLUGIN + plugin.key,), look))
    if not is_first:
        _tell_of_new(reports)
    return reports + _without_uninstalled(ws, here, stamp)


def _plugin(
    ws: Workspace, plugin: Plugin, why: str | None, progress: Progress | None, known: dict[str, Any] | None
) -> ScanReport:
    """Store what a plugin brings; *why* somebody has to look at what is new, *known* what the scan before has left."""
    from catalog.discovery.plugins import scan_plugin

    started = time.perf_counter()
    target = PLUGIN + plugin.key
    result = scan_plugin(plugin, rules=rules_of(ws), known=known, progress=progress)
    if known and result.unchanged:
        return unchanged_report(ws, target, result, started)
    with ws.writing() as transaction:
        merge = Merge(ws, transaction, target, "plugin", again=True, review=why)
        merge.findings(result.findings, result.distribution)
        if result.files:
            transaction.save_source(target, {}, result.distribution, result.files)
        return merge.report(target, result, started)


def _tell_of_new(reports: list[ScanReport]) -> None:
    """Warn once of all that plugins brought and somebody has to look at."""
    new = [(report.target, len(report.found)) for report in reports if report.found]
    if new:
        number = sum(count for _, count in new)
        sources = " ".join(f"--source {target}" for target, _ in new[:3])
        warnings.warn(
            f"{number} new {'entry' if number == 1 else 'entries'} of plugins installed since need review; no "
            f"router picks them before `catalog approve {sources}`",
            CatalogWarning,
            stacklevel=6,
        )


def _without_uninstalled(ws: Workspace, here: dict[str, str], stamp: dict[str, int]) -> list[ScanReport]:
    """Take away what plugins brought that are no longer installed in any environment; report each.

    Args:
        ws: where.
        here: the plugins of this environment and their versions.
        stamp: the state of the environment before they were looked at.
    """
    record = PLUGINS + sys.prefix
    before = recorded(ws.store.reader)
    if before == {"plugins": here, "site": stamp}:
        return []
    reports = []
    elsewhere = {
        key
        for target in targets(ws.store.reader)
        if target.startswith(PLUGINS) and target != record
        for key in (files_of(ws.store.reader, target) or {}).get("plugins", {})
    }
    gone = sorted(set((before or {}).get("plugins", {})) - set(here) - elsewhere)
    with ws.writing() as transaction:
        for plugin_key in gone:
            rows = ws.store.reader.all(queries.BY_SOURCE, (PLUGIN + plugin_key,))
            removed = transaction.remove([(row[0], row[1]) for row in rows], "gone")
            transaction.forget_source(PLUGIN + plugin_key)
            reports.append(
                ScanReport(target=PLUGIN + plugin_key, gone=tuple(sorted(format_key(*key) for key in removed)))
            )
        transaction.save_source(record, {}, None, {"plugins": here, "site": stamp})
    return reports


def refresh_live(ws: Workspace) -> ScanReport | None:
    """Register the objects that our decorators marked in the modules that are loaded, if they are new.

    What another process could import is stored; what it couldn't (a notebook's, a script's own) is kept for this one.
    """
    if "catalog.authoring" not in sys.modules:
        return None
    from catalog.discovery.marked import marked_objects

    started = time.perf_counter()
    new: list[str] = []
    unchanged: list[str] = []
    skipped: list[dict[str, str]] = []
    for marked in marked_objects():
        kind, name = marked.kind, marked.name
        reason = undeclared(ws, kind)
        if reason is not None:
            where = marked.ref or marked.module
            skipped.append({"path": where, "reason": f"{format_key(kind, name)} is not registered: {reason}"})
            continue
        if _is_known(ws, kind, name, marked.ref, marked.obj):
            unchanged.append(format_key(kind, name))
            continue
        fields = {"source": "live", **marked.fields}
        if marked.ref is None:
            register(ws, kind, name, marked.obj, runtime=True, fields=fields)
        else:
            store_many(ws, [{"kind": kind, "name": name, "ref": marked.ref, **fields}], "live")
        new.append(format_key(kind, name))
    return ScanReport(
        target="live",
        found=tuple(new),
        unchanged=tuple(sorted(unchanged)),
        skipped=tuple(skipped),
        seconds=round(time.perf_counter() - started, 3),
    )


def _is_known(ws: Workspace, kind: str, name: str, ref: str | None, obj: object) -> bool:
    if ref is None:
        key = (kind, name)
        return key in ws.runtime.entries and ws.runtime.live(key) is obj
    return ws.store.reader.one(queries.REVISION_OF, (kind, name)) is not None or any(
        row[0] == kind for row in ws.store.reader.all(queries.BY_REF, (ref,))
    )
