"""Running an entry that was picked: its live object is called, and a council that is data goes to a runner."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from catalog.errors import LoadError, RoutingError
from catalog.loader.call import call, finished

if TYPE_CHECKING:
    from catalog.app import Catalog
    from catalog.entry.entry import Entry


def run_entry(catalog: Catalog, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Call what *entry* stands for with *prompt* and return what comes of it; coroutines are run to their end.

    Args:
        catalog: where the entry and its parts are.
        entry: with a reference or an object of this process, which is called (``.run``, ``.invoke``, ``.ainvoke`` if
            it can't be called itself); or data, which is handed to the runner.
        prompt: the only argument.
        runner: called with the data and the prompt, a council resolved first; an object, its reference, or None for
            the one of the configuration.

    Raises:
        RoutingError: nothing is known that runs the data.
        CouncilSpecError: the council's spec is not valid.
        ResolveError, DriftError: something can't be loaded.
        LoadError: the object can't be called with one argument.
        Exception: whatever is raised by what is called.
    """
    if is_data(entry):
        return finished(_runner(catalog, entry, runner)(_resolved(catalog, entry), prompt))
    live = catalog[entry.kind, entry.name]
    try:
        return call(live, prompt)
    except LoadError as error:
        if error.facts.get("reason") == "not-callable" and callable(getattr(live, "ainvoke", None)):
            return finished(live.ainvoke(prompt))
        raise


async def arun_entry(catalog: Catalog, entry: Entry, prompt: Any, runner: Any = None) -> Any:
    """Do what :func:`run_entry` does; what is a coroutine is awaited here, all else is done in another thread."""
    if is_data(entry):
        found = await asyncio.to_thread(_runner, catalog, entry, runner)
        council = await asyncio.to_thread(_resolved, catalog, entry)
        if inspect.iscoroutinefunction(found):
            return await found(council, prompt)
        value = await asyncio.to_thread(found, council, prompt)
        return await value if inspect.isawaitable(value) else value
    live = await asyncio.to_thread(lambda: catalog[entry.kind, entry.name])
    if not isinstance(live, type):
        for way in (live, *(getattr(live, name, None) for name in ("__call__", "ainvoke", "arun", "run"))):
            if inspect.iscoroutinefunction(way):
                return await way(prompt)
    return await asyncio.to_thread(run_entry, catalog, entry, prompt, runner)


def is_data(entry: Entry) -> bool:
    """Tell whether an entry holds data, and no reference to code."""
    return entry.ref is None and entry.spec is not None


def _runner(catalog: Catalog, entry: Entry, given: Any) -> Any:
    runner = catalog.settings.runner if given is None else given
    if runner is None:
        raise RoutingError(
            f"{entry.key} is data, and nothing is configured that runs it; give AutoCouncil(runner=...) or "
            'runner = "package.module:name" in the configuration',
            key=entry.key,
        )
    if isinstance(runner, str):
        from catalog.entry.reference import ObjectRef
        from catalog.loader.resolve import resolve

        return resolve(str(ObjectRef.parse(runner)))
    return runner


def _resolved(catalog: Catalog, entry: Entry) -> Any:
    if entry.kind not in ("council", "sub_council"):
        return entry.spec
    from catalog.council_specs.resolve import resolve_council

    spec: Any = entry.spec
    return resolve_council(spec, catalog, name=entry.name)
