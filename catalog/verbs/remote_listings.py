"""What MCP servers list now, beside what was recorded of it: each server is asked once, all of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.entry.key import name_fault
from catalog.entry.remote import LISTED, MCP_SORTS, server_of, spec_of
from catalog.entry.states import DRIFTED, GONE
from catalog.errors import CatalogError, EntryNotFoundError, ResolveError
from catalog.loader.verify import Change, Drift, Examined, check_policy, drift_in_words
from catalog.remote.background import run
from catalog.remote.definitions import Definition
from catalog.remote.launch import Launch
from catalog.remote.limits import Limits
from catalog.remote.pool import session
from catalog.source.secret_defaults import without_keys
from catalog.verbs.remote_servers import launching
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.key import Key


_AT_A_TIME = 8
"""How many servers are asked at a time."""


def listing(
    ws: Workspace, server: Entry, *, named: bool = False, show: Callable[[str], None] | None = None
) -> list[Definition]:
    """Return all that a *server* lists now; arguments as of :func:`catalog.verbs.remote_servers.launching`.

    Raises:
        RemoteError, UntrustedReferenceError, ResolveError: it can't be asked, or must not be.
    """
    launch = launching(ws, server, named=named, show=show)
    return run(_listed(launch, Limits.of(ws.settings.remote), server.key, MCP_SORTS))


async def _listed(launch: Callable[[], Launch], limits: Limits, who: str, sorts: Iterable[str]) -> list[Definition]:
    from catalog.remote.mcp import listed  # with the SDK: only where a server is asked

    return await listed(await session(launch(), limits, who), sorts)


def fields_of(server: str, definition: Definition) -> dict[str, Any]:
    """Return the fields of the entry that a *definition* of a *server*, given by its name, becomes.

    Raises:
        ValueError: it has no name that an entry can have.
    """
    name = f"{server}/{definition.label}"
    fault = name_fault(name)
    if fault:
        raise ValueError(f"its name {fault}")
    kind = "prompt" if definition.sort == "prompt" else "tool"
    kept = {word: definition.said[word] for word in ("title", "outputSchema", "annotations", "mimeType")
            if word in definition.said}  # fmt: skip
    spec = {"mcp": definition.sort, "server": server, "name": definition.name, **kept}
    spec["inputSchema"] = definition.parameters
    return {
        "kind": kind,
        "name": name,
        "spec": spec,
        "description": without_keys(definition.description),
        "tags": ["mcp", "resource"] if definition.sort in ("resource", "template") else ["mcp"],
        "signature": definition.signature,
        "checksum": definition.checksum,
        "source_checksum": definition.whole_checksum,
        "source": LISTED + server,
        "metadata": {"references": [f"mcp_server:{server}"]},
    }


def examined_remote(
    ws: Workspace, entries: Sequence[Entry], policy: str = "source"
) -> Iterator[tuple[Entry, Examined]]:
    """Yield each of *entries*, which MCP servers have listed, with what these say of it now."""
    check_policy(policy)
    if policy == "off":
        yield from ((entry, Examined()) for entry in entries)
        return
    asked = _asked(ws, entries)
    for entry in entries:
        yield entry, _compared(entry, asked[server_of(entry)], policy)


def _asked(ws: Workspace, entries: Iterable[Entry]) -> dict[str, list[Definition] | CatalogError]:
    """Return what each server of *entries* lists now, or why it can't be told."""
    launches: dict[str, Callable[[], Launch]] = {}
    asked: dict[str, list[Definition] | CatalogError] = {}
    for name in sorted({server_of(entry) for entry in entries}):
        try:
            launches[name] = launching(ws, ws.entry("mcp_server", name))
        except EntryNotFoundError:
            asked[name] = ResolveError(f"mcp_server:{name} is not in the catalog", key=f"mcp_server:{name}", ref=None)
        except CatalogError as error:
            asked[name] = error
    limits = Limits.of(ws.settings.remote)
    room = asyncio.Semaphore(_AT_A_TIME)

    async def one(name: str) -> list[Definition] | CatalogError:
        try:
            async with room:
                return await _listed(launches[name], limits, f"mcp_server:{name}", MCP_SORTS)
        except CatalogError as error:
            return error

    async def every() -> list[list[Definition] | CatalogError]:
        return await asyncio.gather(*map(one, launches))

    if launches:
        asked |= dict(zip(launches, run(every()), strict=True))
    return asked


def _compared(entry: Entry, asked: list[Definition] | CatalogError, policy: str) -> Examined:
    if isinstance(asked, CatalogError):
        text = f"{entry.key} can't be compared: {asked}"
        return Examined(unchecked=_drift(entry, "elsewhere", text), known=False)
    same = _same(entry, asked)
    if len(same) != 1:
        why = f"mcp_server:{server_of(entry)} lists it {'twice' if same else 'no more'}"
        return Examined(_drift(entry, "unreadable" if same else "missing", f"{entry.key}: {why}"), None, GONE, why)
    now = same[0]
    if not entry.checksum:
        return Examined(unchecked=_drift(entry, "unchecked", f"{entry.key}: no checksum was recorded", now))
    change: Change | None = None
    if now.checksum != entry.checksum:
        change = "signature"
    elif policy == "source" and now.whole_checksum != entry.source_checksum:
        change = "source"
    if change is None:
        return Examined()
    why = drift_in_words(change, entry.signature, now.signature)  # as a refresh marks it
    said = "its server describes it differently now" if now.signature == entry.signature else why
    accept = f"if that is fine, accept it with `catalog verify --accept {entry.key}`"
    return Examined(_drift(entry, change, f"{entry.key}: {said}; {accept}", now), None, DRIFTED, why)


def sort_and_name(entry: Entry) -> tuple[str, str]:
    """Return what *entry* is of its server, and what that calls it."""
    spec = spec_of(entry)
    return str(spec.get("mcp")), str(spec.get("name"))


def _same(entry: Entry, listed: Iterable[Definition]) -> list[Definition]:
    wanted = sort_and_name(entry)
    return [each for each in listed if (each.sort, each.name) == wanted]


def _drift(entry: Entry, change: Change, message: str, now: Definition | None = None) -> Drift:
    return Drift(
        kind=entry.kind,
        name=entry.name,
        ref=f"mcp_server:{server_of(entry)}",
        change=change,
        old_signature=entry.signature,
        new_signature=now.signature if now else None,
        old_checksum=entry.checksum,
        new_checksum=now.checksum if now else None,
        old_source_checksum=entry.source_checksum,
        new_source_checksum=now.whole_checksum if now else None,
        message=message,
    )


def as_listed(ws: Workspace, entries: Sequence[Entry], shown: Mapping[Key, Drift] | None = None) -> dict[Key, Entry]:
    """Return *entries* as their servers list them now, by key; without those that are not listed.

    Where *shown* says what somebody has looked at, only that is taken: it may have changed once more since.
    """
    asked = _asked(ws, entries)
    found: dict[Key, Entry] = {}
    for entry in entries:
        listed = asked[server_of(entry)]
        same = [] if isinstance(listed, CatalogError) else _same(entry, listed)
        seen = None if shown is None else shown.get((entry.kind, entry.name))
        if len(same) != 1 or (seen is not None and seen.new_source_checksum != same[0].whole_checksum):
            continue
        fields = fields_of(server_of(entry), same[0])
        update = {word: fields[word] for word in ("spec", "description", "signature", "checksum", "source_checksum")}
        found[entry.kind, entry.name] = entry.model_copy(update=update)
    return found
