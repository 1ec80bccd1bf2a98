"""Plugins: what installed distributions declare under ``magma_plugins`` and other groups; read, never loaded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from catalog.discovery.finding import Finding, ScanResult, Skipped
from catalog.discovery.progress import Progress
from catalog.discovery.rules import Rules
from catalog.discovery.scan import scan
from catalog.distributions import LARGEST, check_files, folded_name, place_of, report, text_of, unreadable
from catalog.entry.key import name_fault
from catalog.entry.object_ref import reference_fault
from catalog.errors import PackageNotFoundError
from catalog.files import open_regular
from catalog.source.describe import find_described
from catalog.source.find import Missing
from catalog.source.locate import Locator

GROUP = "magma_plugins"
"""The entry-point group that is always read."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point of an installed distribution.

    Attributes:
        group: the entry-point group.
        name: of the entry point.
        value: as declared: ``package.module`` or ``package.module:attribute``.
        module: the part before the colon.
        attr: the part after it, or None: then all of the module counts.
        distribution: name of the distribution.
        version: its version.
        editable: whether it is installed in place, so that its files may change at any time.
        path: the module's file, or None if there is none to read.
        sha256: of that file as it is now.
        recorded_sha256: of that file when it was installed, if the installer wrote it down.
        fault: why it can't be used, or None.
    """

    group: str
    name: str
    value: str
    module: str
    attr: str | None
    distribution: str | None
    version: str | None
    editable: bool = False
    path: str | None = None
    sha256: str | None = None
    recorded_sha256: str | None = None
    fault: str | None = None

    @property
    def key(self) -> str:
        """What tells it from all others: group, distribution and name."""
        return f"{self.group}:{self.distribution or ''}:{self.name}"

    @property
    def is_intact(self) -> bool | None:
        """Whether the file is the one that was installed; None if nobody can tell."""
        if self.sha256 is None or self.recorded_sha256 is None:
            return None
        return self.sha256 == self.recorded_sha256


def plugins(groups: Iterable[str] = (GROUP,), *, roots: Sequence[str] = ()) -> list[Plugin]:
    """Return the entry points of *groups* in all installed distributions, by group, name and distribution.

    Nothing is imported. What is broken is returned with its ``fault`` beside the others: metadata that can't be read,
    a value that is no reference, a module that isn't there.

    Args:
        groups: the entry-point groups to read.
        roots: folders to look for modules in, after ``sys.path``.
    """
    wanted = frozenset(groups)
    locator = Locator(roots)
    declared: list[Plugin] = []
    seen: set[str] = set()
    for dist in metadata.distributions():
        try:
            folded = folded_name(dist)
            if folded in seen:  # the first on sys.path is the one Python would import
                continue
            seen.add(folded)
            check_files(dist, ("entry_points.txt",))
            points = [point for point in dist.entry_points if point.group in wanted]
            if points and not dist.metadata["Name"]:
                raise ValueError("it has no name")
            declared += [_plugin(dist, point, locator) for point in points]
        except Exception as error:  # any installed package may have broken metadata
            report(dist, error)
            declared.append(_broken(dist, error))
    return sorted(declared, key=lambda plugin: (plugin.group, plugin.name, plugin.distribution or ""))


def scan_plugin(
    plugin: Plugin,
    *,
    schemas: bool = False,
    rules: Rules | Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    roots: Sequence[str] = (),
    progress: Progress | None = None,
) -> ScanResult:
    """Return what *plugin* brings, importing nothing.

    A module or package brings what a scan finds in it. ``package.module:attribute`` brings that object only: as what
    the scan recognises it to be, else as a tool named like the entry point.

    Args:
        plugin: what `plugins` returned.
        schemas: as for `scan`.
        rules: as for `scan`.
        known: ``files`` of the last result for this plugin.
        roots: as for `scan`.
        progress: as for `scan`.
    """
    if plugin.fault is not None:
        return _nothing(plugin, plugin.fault)
    try:
        result = scan(plugin.module, schemas=schemas, roots=roots, rules=rules, known=known, progress=progress)
    except PackageNotFoundError as error:
        return _nothing(plugin, str(error))
    findings = result.findings
    skipped = result.skipped
    if plugin.attr is not None:
        ref = f"{plugin.module}:{plugin.attr}"
        findings = tuple(finding for finding in findings if finding.ref == ref)
        if not findings:
            described = _described(plugin, ref, Locator(roots))
            if isinstance(described, Finding):
                findings = (described,)
            else:
                skipped = (*skipped, described)
    version = f"{plugin.distribution}=={plugin.version}" if plugin.distribution else None
    return ScanResult(
        target=plugin.value,
        distribution=version,
        root=result.root,
        findings=findings,
        skipped=skipped,
        clashes=result.clashes if plugin.attr is None else (),
        files=result.files,
        unchanged=result.unchanged,
        left_out=result.left_out,
        unread=result.unread,
        counts={**result.counts, "findings": len(findings), "skipped": len(skipped)},
    )


def _plugin(dist: metadata.Distribution, point: metadata.EntryPoint, locator: Locator) -> Plugin:
    value = re.sub(
        r"\s*\[.*\]\s*$", "", point.value
    ).strip()  # 'module:attr [extra]': extras are deprecated, and say nothing of where the object is
    module, colon, attr = (part.strip() for part in value.partition(":"))
    fault = reference_fault(f"{module}:{attr if colon else 'x'}")
    site = locator.find(module) if fault is None else None
    if fault is not None:
        fault = f"{point.value!r} is not 'package.module' or 'package.module:name': {fault}"
    elif site is None:
        fault = f"there is no module {module}"
    elif not site.has_source and not site.locations:
        fault = f"{module} has no Python source to read"
    path = site.path if site is not None and site.has_source else None
    return Plugin(
        group=point.group,
        name=point.name,
        value=value,
        module=module,
        attr=attr if colon else None,
        distribution=dist.metadata["Name"],
        version=dist.metadata["Version"],
        editable=_is_editable(dist),
        path=path,
        sha256=_sha256(path),
        recorded_sha256=_recorded(dist, module),
        fault=fault,
    )


def _broken(dist: metadata.Distribution, error: Exception) -> Plugin:
    return Plugin("", place_of(dist), "", "", None, None, None, fault=unreadable(dist, error))


def _is_editable(dist: metadata.Distribution) -> bool:
    try:
        origin = json.loads(text_of(dist, "direct_url.json") or "{}")
        return bool(origin["dir_info"]["editable"])
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return False


def _recorded(dist: metadata.Distribution, module: str) -> str | None:
    """Return the sum the installer recorded for the file of *module*, as hexadecimal digits."""
    place = module.replace(".", "/")
    record = text_of(dist, "RECORD")
    match = re.search(rf"^{re.escape(place)}(?:/__init__)?\.py,sha256=([\w-]+)", record, re.MULTILINE)
    if match is None:
        return None
    try:  # wheels write sums in base64 without the padding
        return base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).hex()
    except ValueError:
        return None


def _sha256(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        with open_regular(path, LARGEST) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _described(plugin: Plugin, ref: str, locator: Locator) -> Finding | Skipped:
    """Return the one object a plugin names, as its source describes it."""
    description = find_described(ref, locator)
    if isinstance(description, Missing):
        return Skipped(description.path or plugin.value, description.message)
    definition, parameters, purpose = description
    return Finding(
        kind="tool",
        name=plugin.name if name_fault(plugin.name) is None else str(plugin.attr),
        given_name=plugin.name,
        ref=ref,
        description=purpose,
        framework="python",
        form=definition.form,
        signature=definition.signature,
        checksum=definition.checksum,
        source_checksum=definition.source_checksum,
        parameters=parameters or None,
        module=plugin.module,
        path=definition.path,
        line=definition.line,
    )


def _nothing(plugin: Plugin, reason: str) -> ScanResult:
    skipped = (Skipped(plugin.path or plugin.value or plugin.name, reason),)
    counts = {"seen": 0, "files": 0, "looked_at": 0, "parsed": 0, "findings": 0, "skipped": 1}
    version = f"{plugin.distribution}=={plugin.version}" if plugin.distribution else None
    return ScanResult(plugin.value, version, None, (), skipped, (), {}, False, counts)
