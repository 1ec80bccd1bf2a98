"""The scan of the files of one root: from their bytes to findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from catalog.discovery.assemble import Seen, is_private, seen_in
from catalog.discovery.exports import Exported
from catalog.discovery.extract import Extract, Extractor
from catalog.discovery.extraction import Asked, Common, extracted
from catalog.discovery.finding import Finding
from catalog.discovery.follow_names import NameFollower
from catalog.discovery.gc_pause import file_done, gc_paused
from catalog.discovery.gives import Given
from catalog.discovery.left_out import is_written_by_a_program
from catalog.discovery.literal import Value
from catalog.discovery.looking import Looker, Shown
from catalog.discovery.neighbours import Neighbours, finds_installed, names_of_files
from catalog.discovery.notebook import in_cell
from catalog.discovery.outside import Outside
from catalog.discovery.prefilter import prefilter_for
from catalog.discovery.remembered import Before
from catalog.discovery.rules import Rules
from catalog.discovery.state import FileState, fault_of, reading_fault
from catalog.discovery.target import Target
from catalog.discovery.walk import SourceFile
from catalog.errors import UnreadableSourceError
from catalog.source.locate import Locator
from catalog.source.read import decode_source, parse_source


class RootScan:
    """The scan of the files of one root: what is known of them, and the steps."""

    def __init__(
        self,
        files: Sequence[SourceFile],
        target: Target,
        rules: Rules,
        locator: Locator,
        before: Before,
        public: bool,
        progress: Callable[[str], None],
        outside: Outside,
    ) -> None:
        self.files = files
        self.target = target
        self.rules = rules
        self.before = before
        self.public = public
        self.progress = progress
        self.states: dict[str, FileState] = {}
        self.looked_at = 0
        self.parsed = 0
        names = names_of_files(files) if target.listing.is_project else ()
        self.neighbours = Neighbours(names, finds_installed(locator), rules)
        self._classes: dict[str, dict[str, dict[str, Any]]] = {}  # the items of classes by module
        self._common = Common(rules)
        self._exported: Exported | None = None
        self._trees, self._contents, self._inside = outside.trees, outside.contents, outside.inside
        own = frozenset(file.module.partition(".")[0] for file in files)
        self.follower = NameFollower(rules, locator, self, outside, own)

    # --- bytes ---------------------------------------------------------------------------------------------

    def changed(self) -> list[SourceFile]:
        """Return the files that are not as an earlier scan remembers them by size and time."""
        remembered = ((file, self.before.of(file)) for file in self.files)
        return [file for file, past in remembered if past is None or past[0] != file.stamp]

    def to_look_at(self) -> Iterator[str]:
        """Yield the modules whose bytes are to be looked at, as they changed; the others are as remembered."""
        for file in self.files:
            self._inside[file.module, file.path] = self
            if self._is_new(file):
                yield file.module
            else:
                self.progress(file.module)

    def _is_new(self, file: SourceFile) -> bool:
        """Set the state of *file*: as remembered if it did not change; tell whether its bytes are to be looked at."""
        past = self.before.of(file)
        if past is not None and not FileState.holds(file, past):
            past = None
        if past is not None and past[0] == file.stamp:
            self.states[file.module] = FileState.from_json(file, past)
            return False
        state = self.states[file.module] = FileState(file, "")
        try:
            data = self._contents.read(file.path)
        except UnreadableSourceError as error:
            state.fault = error.facts["reason"]
            return False
        state.sha256 = hashlib.sha256(data).hexdigest()
        if past is not None and past[1] == state.sha256:
            self.states[file.module] = FileState.from_json(file, past)
            self._contents.drop(file.path)
            return False
        self.looked_at += 1
        if self.target.listing.is_project and is_written_by_a_program(data):
            state.generated = True
            return False
        if b"\0" in data:
            state.fault = "it holds null bytes; it may be a binary file"
            return False
        if not data.isascii():
            try:
                decode_source(data, file.path)
            except UnreadableSourceError as error:
                state.fault = reading_fault(error)
                return False
        return True

    def look(self, module: str, looker: Looker) -> None:
        """Look at the bytes of a module."""
        state = self.states[module]
        try:
            self.take_look(module, looker.look_at(self.source(module), module, state.file.is_package))
        except UnreadableSourceError as error:  # gone in the meantime
            state.fault = error.facts["reason"]
            self.progress(module)

    def take_look(self, module: str, shown: Shown) -> None:
        """Take what the bytes of a module show."""
        state = self.states[module]
        state.prefiltered, state.passing = shown
        self.progress(module)

    @property
    def is_at_home(self) -> bool:
        """Whether some file imports a framework, or is part of one."""
        return self.is_framework or any(
            state.prefiltered.at_home for state in self.states.values() if state.prefiltered is not None
        )

    @property
    def is_framework(self) -> bool:
        """Whether some file is part of a framework."""
        tops = {file.module.partition(".")[0] for file in self.files}
        return any(map(prefilter_for(self.rules).is_framework, tops))

    def look_for_wrappers(self, looker: Looker) -> None:
        """Look for what passes on where that was not yet done: before a file of the scan imported a framework."""
        for module, state in self.states.items():
            if state.prefiltered is not None and state.passing is None:
                with suppress(UnreadableSourceError):  # gone in the meantime: parsing it says so
                    data = self._contents.read(state.file.path)
                    state.passing = looker.passing(data, module, state.file.is_package, state.prefiltered)

    # --- trees ---------------------------------------------------------------------------------------------

    def to_extract(
        self, candidates: Mapping[str, frozenset[str]], common: Common, at_home: bool
    ) -> Iterator[tuple[str, Asked]]:
        """Yield the modules that could hold something, with what is asked of each; `extract` them in that order.

        Unless public functions count the order means nothing.

        Args:
            candidates: by module, the classes that could derive from a known base.
            common: what all files are extracted with.
            at_home: whether any file imports a framework; else what looks like a call of one is somebody else's.
        """
        self._common = common
        self._exported = Exported(self.states) if self.public else None
        # Public modules first: they say which functions of the private ones are to be described.
        for module in sorted(self.states, key=lambda name: (is_private(name), name)):
            state = self.states[module]
            if state.prefiltered is None:
                continue
            wanted = candidates.get(module, frozenset())
            marks = common.aliases.intersection(state.prefiltered.marks)
            calls = common.makers.intersection(state.calls)
            state.prefiltered.decorated |= bool(marks)
            state.prefiltered.assigned |= bool(calls)
            if state.extract is not None and not (marks | calls) <= set(state.extract["aliased"]):
                state.extract = None
            if self._exported is not None or wanted or state.prefiltered.may_hold(at_home):
                public = self._exported.wants(module) if self._exported is not None else None
                if not _is_enough(state.extract, wanted, public):
                    yield module, self._question(state, wanted)
            if self._exported is not None:
                self._exported.add(module, state.extract)

    def _question(self, state: FileState, candidates: frozenset[str]) -> Asked:
        """Return what is asked of a file: what its bytes show that it may hold, and the *candidates*."""
        file, shown = state.file, state.prefiltered
        if shown is None:
            return Asked(file.module, file.path, file.is_package, candidates)
        nested = any(inside and name in candidates for name, _, inside in shown.heads)
        aliased = self._common.aliases.intersection(shown.marks) | self._common.makers.intersection(state.calls)
        return Asked(
            file.module,
            file.path,
            file.is_package,
            candidates,
            deep=nested or shown.decorated,
            assigned=shown.assigned,
            written=shown.written,
            renamed=shown.renamed if shown.declared or shown.assigned else None,
            aliased=tuple(sorted(aliased)),
        )

    def extract(self, module: str, asked: Asked) -> None:
        """Set the extract of a module, or its fault."""
        self._extract(module, asked, self._exported.wants(module) if self._exported is not None else None)

    def _extract(self, module: str, asked: Asked, public: Callable[[str], bool] | None, *, keep: bool = False) -> None:
        """Set the extract of a module, or its fault; *keep* its tree if more of its names may be asked for."""
        state = self.states[module]
        try:
            with gc_paused():
                extractor = self._extractor(module, state, keep=keep)
                state.extract = extracted(extractor, self.source(module), asked, self._common, public)
                del extractor  # the tree goes before the collector comes back
        except UnreadableSourceError as error:
            state.fault = reading_fault(error)
        except Exception as error:  # one file must not end a scan
            state.fault = fault_of(error, "its statements are nested too deeply")
        finally:
            file_done()

    def take(self, module: str, extract: Extract) -> None:
        """Take the *extract* of a module that another process has made."""
        self.states[module].extract = extract
        self.parsed += 1
        file_done()

    def source(self, module: str) -> bytes:
        """Return the source of a module.

        Raises:
            UnreadableSourceError: it can't be read any more.
        """
        return self._contents.read(self.states[module].file.path)

    def _extractor(self, module: str, state: FileState, *, keep: bool) -> Extractor:
        """Return what reads a module; *keep* its tree if more of its names may be asked for."""
        file = state.file
        tree = self._trees.get(file.path)
        if tree is None:
            data = self.source(module)
            tree = parse_source(data, file.path).tree
            if keep:
                self._trees.keep(file.path, tree, len(data))
            self.parsed += 1
        beside = self.neighbours.of(module, file.is_package)
        return Extractor(module, file.path, file.is_package, tree, self.rules, beside)

    # --- asked by followers -----------------------------------------------------------------------------

    def holds(self, module: str) -> bool:
        """Tell whether *module* is one of the root."""
        return module in self.states

    def extract_of(self, module: str) -> Extract | None:
        """Return the extract of a module of the root, or None if it can't be read."""
        state = self.states[module]
        if state.extract is None and state.fault is None:
            # A name of it is asked for, and may be another.
            self._extract(module, self._question(state, frozenset()), None, keep=True)
        return state.extract

    def constant(self, module: str, name: str) -> Value:
        """Return the value of a name in a module of the root."""
        state = self.states[module]
        if state.constants is not None and name in state.constants:
            return state.constants[name]
        value: Value = None
        if state.fault is None:
            try:
                extractor = self._extractor(module, state, keep=True)
                value = extractor.constant(name)
            except Exception:  # whatever the file holds: the value can't be told
                value = None
        if state.constants is None:
            state.constants = {}
        state.constants[name] = value
        return value

    def gives(self, module: str, qualname: str) -> Given:
        """Return what a function in a module of the root gives."""
        return self._asked(module, "gives", qualname, lambda extractor: extractor.gives(qualname))

    def class_of(self, module: str, qualname: str) -> dict[str, Any]:
        """Return ``doc`` and ``attributes`` of a class in a module of the root; nothing if there is none."""
        extract = self.extract_of(module)
        if extract is None or qualname not in extract["classes"]:
            return {}
        if module not in self._classes:
            self._classes[module] = {each["qualname"]: each for each in extract["items"] if each["form"] == "class"}
        item = self._classes[module].get(qualname)
        return item or self._asked(module, "details", qualname, lambda extractor: extractor.details(qualname))

    def about(self, module: str, qualname: str) -> dict[str, Any]:
        """Return what is known of a name that something is given; kept for the next scan."""
        return self._asked(module, "told", qualname, lambda extractor: extractor.about(qualname))

    def _asked(
        self, module: str, table: str, qualname: str, read: Callable[[Extractor], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what *read* tells of a name in a module, an empty dictionary if nothing; kept for the next scan."""
        extract = self.extract_of(module)
        if extract is None:
            return {}
        known: dict[str, dict[str, Any]] = extract[table]
        if qualname not in known:
            known[qualname] = {}
            with suppress(Exception):  # whatever the file holds: nothing is known of it
                extractor = self._extractor(module, self.states[module], keep=True)
                known[qualname] = read(extractor)
        return known[qualname]

    def release(self) -> None:
        """Let go of everything, the follower's memory too; nothing is asked any more."""
        vars(self.follower).clear()
        vars(self).clear()

    # --- results -------------------------------------------------------------------------------------------

    def seen(self) -> list[Seen]:
        """Return what is recognised in the files."""
        exported = self._exported.followed(self.follower) if self._exported is not None else {}
        seen: list[Seen] = []
        for module, state in list(self.states.items()):
            if state.extract is None or not state.extract["items"]:
                continue
            path, root = self.file_of(module)
            try:
                seen += seen_in(
                    module,
                    state.extract,
                    self.follower,
                    path=path,
                    root=root,
                    exported=exported.get(module, ()),
                    public=self.public,
                )
            except Exception as error:
                state.fault = fault_of(error, "its names lead too far")
        return seen

    def handed(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield what calls hand to models and agents: module, framework, form and target."""
        for module, state in self.states.items():
            if state.extract is not None:
                for framework, form, target in state.extract["handed"]:
                    yield module, framework, form, target

    def file_of(self, module: str) -> tuple[str, str | None]:
        """Return the path of a module, and the root that must be on ``sys.path``, if it must."""
        file = self.states[module].file
        return file.path, file.root if self.target.root is not None else None

    def placed(self, finding: Finding) -> Finding:
        """Return *finding* as what can't be loaded if its file is none that Python imports."""
        state = self.states[finding.module]
        if state.extract is not None and "cells" in state.extract:
            finding = in_cell(finding, state.extract["cells"])
        elif state.file.unloadable:
            finding = replace(finding, ref=None, reason=state.file.unloadable)
        return finding


def _is_enough(extract: Extract | None, wanted: frozenset[str], public: Callable[[str], bool] | None) -> bool:
    """Tell whether a remembered extract describes all that is asked of them now."""
    if extract is None or (extract["asked"] is not None and not wanted <= set(extract["asked"])):
        return False
    if public is None:
        return True
    described = set(extract["described"])
    return all(name in described for name in extract["defines"] if public(name))
