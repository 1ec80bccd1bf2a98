"""``scan``: what a package holds, read from its source; not a line of it is run.

From cheap to dear: files that did not change are remembered, the others pass the prefilter over their bytes, and only
what could hold something is parsed, extracted, and followed through other files. Files are scanned by their roots:
within one root a dotted name is one module.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.discovery.crewai import with_tables
from catalog.discovery.finding import ScanResult
from catalog.discovery.foreign import Foreign
from catalog.discovery.gc_pause import gc_paused
from catalog.discovery.join_code import join_code
from catalog.discovery.named import naming
from catalog.discovery.naming import settle_names
from catalog.discovery.outside import Outside, reading
from catalog.discovery.progress import Progress, Steps
from catalog.discovery.read_all import read_all
from catalog.discovery.read_documents import read_documents
from catalog.discovery.remembered import Before, counts, kept, left_out, skips, unread
from catalog.discovery.root_locator import by_root, locators_of
from catalog.discovery.root_scan import RootScan
from catalog.discovery.rules import Rules, load_rules
from catalog.discovery.soundness import check_the_rest
from catalog.discovery.state import FORMAT, FileState
from catalog.discovery.target import Target, distribution_version, find_target
from catalog.discovery.uses import Connected, referring
from catalog.discovery.workers import Helpers
from catalog.errors import PackageNotFoundError
from catalog.source.locate import Locator


def scan(
    target: str | os.PathLike[str],
    *,
    public: bool = False,
    schemas: bool = False,
    exclude: Sequence[str] = (),
    tests: bool = False,
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
        tests: look at the tests of a project too. Those of a package that is named are always looked at.
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
    before = Before(known, options)
    distribution = before.data.get("distribution")
    with gc_paused(), reading() as outside:
        read = outside.contents.read
        what = find_target(target, locator, distribution, exclude, tests=tests, known_imports=before.imports, read=read)
        if before.data and before.data["base"] != what.base:  # another project's files of that name
            before = Before(None, options)
        if before.is_of(what):
            return before.result(what)
        locators = locators_of(what, locator, own)
        done = Steps(progress, len(what.listing.files))
        scans = [
            RootScan(files, what, in_force, locators[root], before, public, done, outside)
            for root, files in by_root(what.listing.files).items()
        ]
        return _run(what, scans, outside, locators, in_force, before, options, public)


def _run(
    target: Target,
    scans: Sequence[RootScan],
    outside: Outside,
    locators: Mapping[str, Locator],
    rules: Rules,
    before: Before,
    options: str,
    public: bool,
) -> ScanResult:
    """Carry out the scans of all roots, step by step together: a name may come from another root."""
    started = time.time_ns()
    with Helpers() as helpers:
        read_all(scans, rules, helpers, public=public)
    every = [state for each in scans for state in each.states.values()]
    parsed = 0 if public else check_the_rest(every, lambda state: _was_checked(state, before), outside.contents.read)
    listing = target.listing
    in_documents, document_faults, documents = read_documents(
        listing.documents, listing.shared, before.data.get("documents", {}), started
    )
    found = Connected([(each, each.seen()) for each in scans]).findings()
    crews = {state.file.path: state.extract["crews"] for state in every if state.extract and state.extract["crews"]}
    found, in_documents = with_tables(found, crews, in_documents)
    joined = join_code(found, in_documents, listing.files, locators.__getitem__)
    findings, clashes = settle_names(joined)
    # Set apart after all that looks a finding up by its reference.
    findings = [*map(Foreign().set_apart, naming(referring(findings)))]
    faults = {state.file.path: state.fault for state in every if state.fault is not None} | dict(document_faults)
    skipped = skips(target, faults)
    generated = sum(state.generated for state in every)
    looked_at, parsed = sum(each.looked_at for each in scans), parsed + sum(each.parsed for each in scans)
    followers = [*(each.follower for each in scans), *outside.followers.values()]
    consulted = {path for each in followers for path in each.consulted}
    return ScanResult(
        target=target.name,
        distribution=distribution_version(target.distribution),
        root=target.root,
        findings=tuple(findings),
        skipped=skipped,
        clashes=tuple(clashes),
        left_out=left_out(target, generated),
        unread=unread(target),
        files=kept(target, options, started, every, consulted, findings, clashes, faults, documents),
        unchanged=False,
        counts=counts(target, generated, looked_at, parsed, findings, skipped),
    )


def _was_checked(state: FileState, before: Before) -> bool:
    past = before.of(state.file)
    return past is not None and past[1] == state.sha256
