"""Running an entry: its live object is called; a council that is data goes to a runner."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from catalog.entry.kinds import COUNCILS
from catalog.entry.remote import wire_of
from catalog.entry.template import text_of
from catalog.errors import RoutingError
from catalog.loader.call import CallResult, acalled, called
from catalog.loader.limit import awaited_within, in_thread, within
from catalog.loader.usage import usage_of
from catalog.loader.ways.way import Whole
from catalog.verbs.load import get

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.lookup import HasWorkspace


def run_entry(catalog: HasWorkspace, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Return what the object behind *entry* returns for *prompt*: the value of :func:`run_result`."""
    return run_result(catalog, entry, prompt, runner).value


async def arun_entry(catalog: HasWorkspace, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Return what :func:`run_entry` returns; coroutines are awaited here, all else is done in another thread."""
    return (await arun_result(catalog, entry, prompt, runner)).value


def run_result(
    catalog: HasWorkspace,
    entry: Entry,
    prompt: Any,
    runner: Any = None,
    *,
    verify: str | None = None,
    on_part: Callable[[Any], None] | None = None,
    timeout: float | None = None,
) -> CallResult:
    """Return what running *entry* came to, with what it cost; coroutines are run to their end.

    Args:
        catalog: the catalog with the entry and its parts.
        entry: an entry with a reference or an object of this process, which is called (:func:`catalog.call`); or an
            entry that is data, which is handed to the runner, as is a council spec that code holds. A prompt that is
            text is filled in.
        prompt: arguments by name, or one text.
        runner: called with the data and the prompt, a council resolved first. A function, an object with ``run`` or
            ``invoke``, a class of such objects, a reference to one of them, or None for the runner of the settings.
        verify: how much of the code must be as recorded; None: what the settings say.
        on_part: is called with each part of the result as it comes, where there are parts: texts of an answer, and
            what a generator yields.
        timeout: seconds that it may take, the import of its code included.

    Raises:
        CallTimeoutError: it took longer.
        RoutingError: the entry is data, and there is no runner.
        CouncilSpecError: the council's spec is not valid.
        ResolveError, DriftError: the entry, one of its parts or the runner can't be loaded.
        LoadError: the object can't be called, or not with these arguments.
        Exception: whatever the object or the runner raises.
    """

    def whole() -> Whole:
        return called(*_callable(catalog, entry, prompt, runner, verify), on_part)

    began = time.perf_counter()
    value, usage = within(timeout, whole)
    return CallResult(value, usage_of(usage), time.perf_counter() - began)


async def arun_result(
    catalog: HasWorkspace,
    entry: Entry,
    prompt: Any,
    runner: Any = None,
    *,
    verify: str | None = None,
    on_part: Callable[[Any], None] | None = None,
    timeout: float | None = None,
) -> CallResult:
    """Return what :func:`run_result` returns; coroutines are awaited here, all else is done in another thread.

    *on_part* is called in this loop.
    """

    async def whole() -> Whole:
        return await acalled(*await in_thread(_callable, catalog, entry, prompt, runner, verify), on_part)

    began = time.perf_counter()
    value, usage = await awaited_within(timeout, whole())
    return CallResult(value, usage_of(usage), time.perf_counter() - began)


def _callable(
    catalog: HasWorkspace, entry: Entry, prompt: Any, runner: Any, verify: str | None
) -> tuple[Any, Any, Entry | None]:
    """Return what is called, with what, and what it was taken from: an object, or a runner that has it all already."""
    live = _live(catalog, entry, verify)
    nobody_runs = runner is None and catalog.settings.runner is None
    if not is_data(entry, live) or (entry.document and nobody_runs):
        return live, prompt, entry
    return partial(_runner(catalog, entry, runner), _resolved(catalog, entry, live), prompt), None, None


def is_data(entry: Entry, live: object) -> bool:
    """Tell whether a runner is needed: the entry is data and has no code, or *live*, its object, is a council spec."""
    if entry.kind == "prompt" and text_of(live) is not None:  # filled in, not run
        return False
    return (entry.ref is None and entry.spec is not None and wire_of(entry) is None) or _is_spec(entry, live)


def _is_spec(entry: Entry, live: object) -> bool:
    from catalog.council_specs.shape import BaseSpec

    return isinstance(live, BaseSpec) or (entry.kind in COUNCILS and isinstance(live, Mapping))


def _live(catalog: HasWorkspace, entry: Entry, verify: str | None) -> Any:
    """Return the object of an entry, or the data of an entry that is data: it may be made for a prompt, not stored."""
    is_data = entry.ref is None and entry.spec is not None and entry.unloadable is None and wire_of(entry) is None
    return entry.spec if is_data else get(catalog.workspace, entry.kind, entry.name, verify=verify)


def _runner(catalog: HasWorkspace, entry: Entry, option: Any) -> Any:
    runner = catalog.settings.runner if option is None else option
    if runner is None:
        raise RoutingError(
            f"{entry.key} is data, and nothing is configured that runs it; give AutoCouncil(runner=...) or "
            'runner = "package.module:name" in the configuration',
            key=entry.key,
        )
    live: Any = runner
    if isinstance(runner, str):
        live = catalog.workspace.follow(runner, "runner")
    if isinstance(live, type):
        live = live()
    for way in (live, getattr(live, "run", None), getattr(live, "invoke", None)):
        if callable(way):
            return way
    raise RoutingError(
        f"the runner {runner!r:.80} can't run {entry.key}: give a function of the council and the prompt, or an object "
        "with a method run(council, prompt)",
        key=entry.key,
    )


def _resolved(catalog: HasWorkspace, entry: Entry, live: Any) -> Any:
    if entry.kind not in COUNCILS and not _is_spec(entry, live):
        return live
    from catalog.council_specs.spec import resolve_council

    return resolve_council(live, catalog, name=entry.name)
