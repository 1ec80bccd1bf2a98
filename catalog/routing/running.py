"""Running an entry: its live object is called; a council that is data goes to a runner."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.kinds import COUNCILS
from catalog.entry.remote import wire_of
from catalog.entry.template import text_of
from catalog.errors import LoadError, RoutingError
from catalog.loader.call import call, finished

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.lookup import HasWorkspace


def run_entry(catalog: HasWorkspace, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Return what the object behind *entry* returns for *prompt*; coroutines are run to their end.

    Args:
        catalog: the catalog with the entry and its parts.
        entry: an entry with a reference or an object of this process, which is called (its ``.run``, ``.invoke`` or
            ``.ainvoke`` if it can't be called itself); or an entry that is data, which is handed to the runner, as is
            a council spec that code holds.
        prompt: the only argument.
        runner: called with the data and the prompt, a council resolved first. A function, an object with ``run`` or
            ``invoke``, a class of such objects, a reference to one of them, or None for the runner of the settings.

    Raises:
        RoutingError: the entry is data, and there is no runner.
        CouncilSpecError: the council's spec is not valid.
        ResolveError, DriftError: the entry, one of its parts or the runner can't be loaded.
        LoadError: the object can't be called with one argument.
        Exception: whatever the object or the runner raises.
    """
    live = _live(catalog, entry)
    if is_data(entry, live):
        return finished(_runner(catalog, entry, runner)(_resolved(catalog, entry, live), prompt))
    try:
        return call(live, prompt, entry=entry)
    except LoadError as error:
        way = next((way for name in ("ainvoke", "arun") if callable(way := getattr(live, name, None))), None)
        if error.facts.get("reason") == "not-callable" and way is not None and not isinstance(live, type):
            return finished(way(prompt))
        raise


async def arun_entry(catalog: HasWorkspace, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Return what :func:`run_entry` returns; coroutines are awaited here, all else is done in another thread."""
    live = await asyncio.to_thread(_live, catalog, entry)
    if is_data(entry, live):
        run = await asyncio.to_thread(_runner, catalog, entry, runner)
        council = await asyncio.to_thread(_resolved, catalog, entry, live)
        if inspect.iscoroutinefunction(run):
            return await run(council, prompt)
        value = await asyncio.to_thread(run, council, prompt)
        return await value if inspect.isawaitable(value) else value
    if not isinstance(live, type):
        for way in (live, *(getattr(live, name, None) for name in ("__call__", "ainvoke", "arun", "run"))):
            if inspect.iscoroutinefunction(way):
                return await way(prompt)
    return await asyncio.to_thread(run_entry, catalog, entry, prompt, runner)


def is_data(entry: Entry, live: object) -> bool:
    """Tell whether a runner is needed: the entry is data and has no code, or *live*, its object, is a council spec."""
    if entry.kind == "prompt" and text_of(live) is not None:  # filled in, not run
        return False
    return (entry.ref is None and entry.spec is not None and wire_of(entry) is None) or _is_spec(entry, live)


def _is_spec(entry: Entry, live: object) -> bool:
    from catalog.council_specs.shape import BaseSpec

    return isinstance(live, BaseSpec) or (entry.kind in COUNCILS and isinstance(live, Mapping))


def _live(catalog: HasWorkspace, entry: Entry) -> Any:
    """Return the object of an entry, or the data of an entry that is data: it may be made for a prompt, not stored."""
    is_data = entry.ref is None and entry.spec is not None and entry.unloadable is None and wire_of(entry) is None
    return entry.spec if is_data else catalog[entry.kind, entry.name]


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
