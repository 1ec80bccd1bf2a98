"""``scan``: what a package holds, read from its source; not a line of it is run.

From cheap to dear: files that did not change are remembered, the others pass the prefilter over their bytes, and only
what could hold something is parsed, extracted, and followed through other files.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from catalog.discovery.assemble import findings_of, is_private, settle_names
from catalog.discovery.exports import Exported
from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.finding import Clash, Finding, ScanResult, Skipped
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.gives import Given
from catalog.discovery.literal import Value
from catalog.discovery.prefilter import prefilter_for
from catalog.discovery.read_documents import read_documents
from catalog.discovery.rules import Rules, load_rules
from catalog.discovery.state import FORMAT, HALF, FileState, decorator_aliases, fault_of, maker_aliases
from catalog.discovery.target import Target, distribution_version, find_target
from catalog.discovery.walk import SourceFile
from catalog.discovery.wrappers import wrappers_for
from catalog.entry.limits import writable
from catalog.errors import PackageNotFoundError, UnreadableSourceError
from catalog.source.locate import Locator
from catalog.source.read import decode_source, parse_source, read_bytes
from catalog.source.stamp import stamp

Progress = Callable[[int, int, str], None]
"""Called with the number of files done, the number of all files, and the module just looked at."""

CHECKED = 100_000
"""Bytes of source that a scan parses only to see whether it is sound. In small packages that is all of it; in large
ones a file that seems to hold nothing is checked only as long as this (or one fiftieth of the whole) lasts."""


def scan(
    target: str | os.PathLike[str],
    *,
    public: bool = False,
    schemas: bool = False,
    exclude: Sequence[str] = (),
    roots: Sequence[str | os.PathLike[str]] = (),
    rules: Rules | Mapping[str, Any] | None = None,
    known: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    own: str | None = None,
) -> ScanResult:
    """Return what *target* holds, without importing or running anything of it.

    Args:
        target: a package or module by its dotted name, a distribution, or a path to a file or folder.
        public: report every public function too: at module level, neither its name nor its module's with a leading
            underscore, listed in ``__all__`` if there is one; also what a public module exports from a private one.
            Of classes and their methods only those are reported that derive from a known base.
        schemas: report classes deriving from pydantic's ``BaseModel`` as schemas.
        exclude: patterns of what to leave out, as in ``.gitignore``, from the folder of the target.
        roots: folders to look for modules in, after ``sys.path``.
        rules: the rules in force; or those of the project, in the form of ``recognised.toml``, used before the
            built-in ones.
        known: ``files`` of an earlier result: what didn't change is neither read nor parsed again.
        progress: called after each file.
        own: the folder that the package of that name lies in; another package of the name is not meant.

    Returns:
        Findings by module and line, what was skipped and why, and ``files`` for the next scan as *known*.

    Raises:
        DiscoveryError: there is nothing of that name (PackageNotFoundError), or a pattern can't be read.
        SettingsError: *rules* has a form it can't have.
    """
    in_force = (rules if isinstance(rules, Rules) else load_rules(rules)).applying(schemas=schemas)
    locator = Locator([os.fspath(root) for root in roots], own=own)
    if own is not None and not locator.is_own(os.fspath(target).partition(".")[0]):
        raise PackageNotFoundError(f"there is no package {target!r} in {own}", target=str(target), close=[])
    # Which branch of a condition counts depends on where it runs.
    here = f"{sys.platform} {platform.machine()} {sys.version_info[:3]}"
    options = f"{FORMAT} {in_force.fingerprint} {int(public)} {here}"
    before: Mapping[str, Any] = known if known and known.get("options") == options else {}
    what = find_target(target, locator, before.get("distribution"), exclude)
    if before and before["base"] != what.base:  # another project's files of that name
        before = {}
    if before and _is_same(what, before):
        return _remembered(what, before)
    # Files that import each other find each other, also where nobody has put their folder on sys.path.
    locator = Locator([*locator.roots, *sorted({file.root for file in what.listing.files})], own=own)
    return _Scan(what, in_force, locator, before, options, public, progress).run()


def _is_same(target: Target, before: Mapping[str, Any]) -> bool:
    """Tell whether every file is as it was, those outside that the findings depend on too, by their stamps."""
    files = before["files"]
    if len(files) != len(target.listing.files) or before["target"] != target.name:
        return False
    base = before["base"]
    cut = len(base) + 1
    for file in target.listing.files:
        state = files.get(file.path[cut:])
        if state is None or state[0] != file.stamp or not FileState.holds(file, state):
            return False
    documents = before["documents"]
    if {file.place: file.stamp for file in target.listing.documents} != {p: each[0] for p, each in documents.items()}:
        return False
    return all(stamp(path) == state for path, state in before["outside"].items())


def _remembered(target: Target, before: Mapping[str, Any]) -> ScanResult:
    findings = tuple(Finding.from_dict(finding) for finding in before["findings"])
    skipped = _skips(target, dict(before["faults"]))
    return ScanResult(
        target=target.name,
        distribution=distribution_version(target.distribution),
        root=target.root,
        findings=findings,
        skipped=skipped,
        clashes=tuple(Clash(*clash) for clash in before["clashes"]),
        files=dict(before),
        unchanged=True,
        counts=_counts(len(target.listing.files), 0, 0, findings, skipped),
    )


def _skips(target: Target, faults: Mapping[str, str]) -> tuple[Skipped, ...]:
    skips = [Skipped(path, reason) for path, reason in (*target.listing.skipped, *faults.items())]
    return tuple(sorted(skips, key=lambda skip: (skip.path, skip.reason)))


def _counts(
    files: int, looked_at: int, parsed: int, findings: Sequence[Finding], skipped: Sequence[Skipped]
) -> dict[str, int]:
    return {
        "files": files,
        "looked_at": looked_at,
        "parsed": parsed,
        "findings": len(findings),
        "skipped": len(skipped),
    }


class _Scan:
    """One scan: its files, what is known of them, and the steps."""

    def __init__(
        self,
        target: Target,
        rules: Rules,
        locator: Locator,
        before: Mapping[str, Any],
        options: str,
        public: bool,
        progress: Progress | None,
    ) -> None:
        self.target = target
        self.rules = rules
        self.before = before
        self.options = options
        self.public = public
        self.progress = progress
        self.prefilter = prefilter_for(rules)
        self.states: dict[str, FileState] = {}
        self.content: dict[str, bytes] = {}
        self.looked_at = 0
        self.parsed = 0
        self._halves: set[str] = set()  # modules with texts that UTF-8 has no bytes for
        self._aliases: frozenset[str] = frozenset()
        self._makers: frozenset[str] = frozenset()
        self._exported: Exported | None = None
        self.follower = NameFollower(
            rules, locator, self._extract_of, self.states.__contains__, self._constant, self._gives
        )

    def run(self) -> ScanResult:
        """Carry out the scan."""
        started = time.time_ns()
        files = self.target.listing.files
        for done, file in enumerate(files, 1):
            self._prefilter(file)
            if self.progress is not None:
                self.progress(done, len(files), file.module)
        self._parse_what_holds()
        if not self.public:
            self._check_the_rest()
        listing = self.target.listing
        in_documents, document_faults, documents = read_documents(
            listing.documents, listing.top, self.before.get("documents", {}), started
        )
        findings, clashes = settle_names([*self._findings(), *in_documents])
        faults = {state.file.path: state.fault for state in self.states.values() if state.fault is not None}
        faults |= dict(document_faults)
        skipped = _skips(self.target, faults)
        return ScanResult(
            target=self.target.name,
            distribution=distribution_version(self.target.distribution),
            root=self.target.root,
            findings=tuple(findings),
            skipped=skipped,
            clashes=tuple(clashes),
            files={**self._state(started, findings, clashes, faults), "documents": documents},
            unchanged=False,
            counts=_counts(len(files), self.looked_at, self.parsed, findings, skipped),
        )

    # --- bytes ---------------------------------------------------------------------------------------------

    def _past(self, file: SourceFile) -> list[Any] | None:
        """Return what the scan before kept of *file*; its paths are those below a common folder."""
        past: list[Any] | None = self.before.get("files", {}).get(file.path[len(self.before.get("base", "")) + 1 :])
        return past

    def _prefilter(self, file: SourceFile) -> None:
        """Set the state of *file*: as remembered if it did not change, else with what its bytes show."""
        past = self._past(file)
        if past is not None and not FileState.holds(file, past):
            past = None
        if past is not None and past[0] == file.stamp:
            self.states[file.module] = FileState.from_json(file, past)
            return
        state = self.states[file.module] = FileState(file, "")
        try:
            data = read_bytes(file.path)
        except UnreadableSourceError as error:
            state.fault = error.facts["reason"]
            return
        state.sha256 = hashlib.sha256(data).hexdigest()
        if past is not None and past[1] == state.sha256:
            self.states[file.module] = FileState.from_json(file, past)
            return
        self.looked_at += 1
        if b"\0" in data:
            state.fault = "it holds null bytes; it may be a binary file"
            return
        if not data.isascii():
            try:
                decode_source(data, file.path)
            except UnreadableSourceError as error:
                state.fault = _fault(error)
                return
        state.prefiltered = self.prefilter.look_at(data, file.module, file.is_package)
        if self.public or state.prefiltered.holds:
            self.content[file.module] = data

    # --- trees ---------------------------------------------------------------------------------------------

    def _parse_what_holds(self) -> None:
        candidates = self._candidates()
        self._look_for_wrappers(candidates)
        self._exported = Exported(self.states) if self.public else None
        # Public modules first: they say which functions of the private ones are to be described.
        for module in sorted(self.states, key=lambda name: (is_private(name), name)):
            state = self.states[module]
            if state.prefiltered is None:
                continue
            wanted = candidates.get(module, frozenset())
            marks = self._aliases.intersection(state.prefiltered.marks)
            calls = self._makers.intersection(state.passing.calls if state.passing is not None else ())
            state.prefiltered.decorated |= bool(marks)
            state.prefiltered.assigned |= bool(calls)
            if state.extract is not None and not (marks | calls) <= set(state.extract["aliased"]):
                state.extract = None
            if self._exported is not None or wanted or state.prefiltered.holds:
                public = self._exported.wants(module) if self._exported is not None else None
                if not _is_enough(state.extract, wanted, public):
                    self._extract(module, state, wanted, public)
            if self._exported is not None:
                self._exported.add(module, state.extract)

    def _look_for_wrappers(self, candidates: Mapping[str, frozenset[str]]) -> None:
        """Learn which names that no rule lists may give something known, if any file imports a framework."""
        states = [state for state in self.states.values() if state.prefiltered is not None]
        foreign: set[str] = set()
        if any(state.prefiltered.at_home for state in states if state.prefiltered is not None):
            wrappers = wrappers_for(self.rules)
            tops = {module.partition(".")[0] for module in self.states}
            for state in states:
                file = state.file
                if state.passing is None:
                    data = self.content.get(file.module) or read_bytes(file.path)
                    state.passing = wrappers.look_at(data, file.module, file.is_package)
                for name, dotted in state.passing.foreign.items():
                    if dotted.partition(".")[0] not in tops and self.follower.reach.gives(dotted):
                        foreign.add(name)
        self._aliases = decorator_aliases(states, self.rules) | foreign
        derived = frozenset(name for names in candidates.values() for name in names)
        self._makers = maker_aliases(states, self.rules, derived) | foreign

    def _candidates(self) -> dict[str, frozenset[str]]:
        """Return, by module, the classes that could derive from a known base, through any number of others.

        Compared are last names only, so there may be too many; following the dotted names tells later.
        """
        words = set(self.rules.base_names())
        tops = {module.partition(".")[0] for module in self.states}
        heads: list[tuple[str, str, set[str]]] = []
        for module, state in self.states.items():
            if state.prefiltered is None:
                continue
            heads += [("", name, {first}) for name, first in state.prefiltered.renamed.items()]
            for name, bases, _ in state.prefiltered.heads:
                # Of what another package defines the dotted name decides: Module and Tool are common words.
                named = {
                    base.rpartition(".")[2]
                    for base in bases
                    if "." not in base or base.partition(".")[0] in tops or self.follower.reach.reaches(base)
                }
                heads.append((module, name, named))
                words |= {
                    base.rpartition(".")[2]
                    for base in bases
                    if "." in base and base.rpartition(".")[0] not in self.states and self.follower.reach.reaches(base)
                }
        candidates: dict[str, set[str]] = {}
        waiting = heads
        while True:  # until a round adds no name: a class may stand before its base, in any file
            later = []
            for module, name, bases_of_it in waiting:
                if bases_of_it & words:
                    words.add(name)
                    if module:
                        candidates.setdefault(module, set()).add(name)
                else:
                    later.append((module, name, bases_of_it))
            if len(later) == len(waiting):
                return {module: frozenset(names) for module, names in candidates.items()}
            waiting = later

    def _extract(
        self,
        module: str,
        state: FileState,
        candidates: frozenset[str],
        public: Callable[[str], bool] | None,
    ) -> None:
        prefiltered = state.prefiltered
        nested = prefiltered is not None and any(inside and name in candidates for name, _, inside in prefiltered.heads)
        try:
            with gc_paused():
                extractor = self._extractor(module, state)
                if extractor is not None:
                    state.extract = extractor.extract(
                        candidates,
                        public=public,
                        deep=nested or (prefiltered is not None and prefiltered.decorated),
                        assigned=prefiltered is not None and prefiltered.assigned,
                        declared=prefiltered is not None and prefiltered.declared,
                        aliases=self._aliases,
                        makers=self._makers,
                    )
                    if prefiltered is not None:
                        calls = state.passing.calls if state.passing is not None else ()
                        marks = self._aliases.intersection(prefiltered.marks)
                        state.extract["aliased"] = sorted(marks | self._makers.intersection(calls))
                    if module in self._halves:
                        state.extract = writable(state.extract)
                    del extractor  # the tree goes before the collector comes back
        except UnreadableSourceError as error:
            state.fault = _fault(error)
        except Exception as error:  # one file must not end a scan
            state.fault = fault_of(error, "its statements are nested too deeply")
        finally:
            self.content.pop(module, None)

    def _extractor(self, module: str, state: FileState) -> Extractor | None:
        file = state.file
        data = self.content.get(module)
        if data is None:
            data = read_bytes(file.path)
        if HALF.search(data) is not None:
            self._halves.add(module)
        tree = parse_source(data, file.path).tree
        self.parsed += 1
        return Extractor(module, file.path, file.is_package, tree, self.rules)

    def _check_the_rest(self) -> None:
        """Parse files that seem to hold nothing, to report the broken ones, as long as that costs little."""
        every = list(self.states.values())
        budget = max(CHECKED, sum(state.file.size for state in every) // 50)
        rest = [
            state for state in every if state.prefiltered is not None and state.extract is None and state.fault is None
        ]
        for state in sorted(rest, key=lambda each: (not _looks_uncompiled(each.file), each.file.size, each.file.path)):
            budget -= state.file.size
            if budget < 0:
                return
            if not state.parsed and not self._was_checked(state):
                try:
                    with gc_paused():
                        parse_source(read_bytes(state.file.path), state.file.path)
                    self.parsed += 1
                except UnreadableSourceError as error:
                    state.fault = _fault(error)

    def _was_checked(self, state: FileState) -> bool:
        past = self._past(state.file)
        return past is not None and past[1] == state.sha256

    # --- asked by the follower -----------------------------------------------------------------------------

    def _extract_of(self, module: str) -> Extract | None:
        state = self.states[module]
        if state.extract is None and state.fault is None:
            self._extract(module, state, frozenset(), None)
        return state.extract

    def _constant(self, module: str, name: str) -> Value:
        state = self.states[module]
        if state.constants is not None and name in state.constants:
            return state.constants[name]
        value: Value = None
        if state.fault is None:
            try:
                extractor = self._extractor(module, state)
                value = extractor.constant(name) if extractor is not None else None
            except Exception:  # whatever the file holds: the value can't be told
                value = None
        if state.constants is None:
            state.constants = {}
        state.constants[name] = value
        return value

    def _gives(self, module: str, qualname: str) -> Given:
        extract = self._extract_of(module)
        if extract is None:
            return {}
        known: dict[str, Given] = extract["gives"]
        if qualname not in known:
            known[qualname] = {}
            with suppress(Exception):  # whatever the file holds: nothing is known of it
                extractor = self._extractor(module, self.states[module])
                known[qualname] = {} if extractor is None else extractor.gives(qualname)
        return known[qualname]

    # --- results -------------------------------------------------------------------------------------------

    def _findings(self) -> list[Finding]:
        exported = self._exported.followed(self.follower) if self._exported is not None else {}
        findings: list[Finding] = []
        for module, state in list(self.states.items()):
            if state.extract is None or not state.extract["items"]:
                continue
            root = state.file.root if self.target.root is not None else None
            try:
                findings += findings_of(
                    module,
                    state.extract,
                    self.follower,
                    path=state.file.path,
                    root=root,
                    exported=exported.get(module, ()),
                    public=self.public,
                )
            except Exception as error:
                state.fault = fault_of(error, "its names lead too far")
        return findings

    def _state(
        self, started: int, findings: Sequence[Finding], clashes: Sequence[Clash], faults: Mapping[str, str]
    ) -> dict[str, Any]:
        base = self.target.base
        return {
            "options": self.options,
            "target": self.target.name,
            "distribution": self.target.distribution,
            "base": base,
            "files": {state.file.path[len(base) + 1 :]: state.as_json(started) for state in self.states.values()},
            "outside": {path: stamp(path) for path in sorted(self.follower.consulted)},
            "findings": [finding.to_dict() for finding in findings],
            "clashes": [[clash.kind, clash.name, clash.kept, clash.other, clash.renamed] for clash in clashes],
            "faults": sorted([path, reason] for path, reason in faults.items()),
        }


def _is_enough(extract: Extract | None, wanted: frozenset[str], public: Callable[[str], bool] | None) -> bool:
    """Tell whether a remembered extract describes all that is asked of them now."""
    if extract is None or (extract["asked"] is not None and not wanted <= set(extract["asked"])):
        return False
    if public is None:
        return True
    described = set(extract["described"])
    return all(name in described for name in extract["defines"] if public(name))


def _fault(error: UnreadableSourceError) -> str:
    line = error.facts.get("line")
    return f"{error.facts['reason']} (line {line})" if line else str(error.facts["reason"])


def _looks_uncompiled(file: SourceFile) -> bool:
    """Tell whether Python compiled other files of the folder but not this one, as it does with broken ones."""
    import importlib.util

    try:
        compiled = importlib.util.cache_from_source(file.path)
    except NotImplementedError:  # this Python keeps no bytecode, so its absence says nothing
        return False
    return not os.path.exists(compiled) and os.path.isdir(os.path.dirname(compiled))
