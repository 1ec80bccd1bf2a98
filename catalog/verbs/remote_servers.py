"""MCP servers: whether one may be started, how, and what calls something of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.remote import server_of, spec_of
from catalog.errors import CatalogError, DriftError, EntryNotFoundError, RemoteError, RemoteToolError, ResolveError
from catalog.remote.definitions import DefinitionChanged, Recorded
from catalog.remote.environment import filled
from catalog.remote.faults import told
from catalog.remote.launch import Launch
from catalog.remote.limits import Limits
from catalog.remote.oauth import OAuth
from catalog.remote.pool import session
from catalog.trust.reach import check_reach
from catalog.workspace.trusting import is_named, unchosen
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]


def through_server(ws: Workspace, entry: Entry, policy: str) -> Send:
    """Return what calls something of an MCP server."""
    name = server_of(entry)
    try:
        server = ws.entry("mcp_server", name)
    except EntryNotFoundError:
        raise ResolveError(
            f"{entry.key} is called through mcp_server:{name}, which is not in the catalog", key=entry.key, ref=None
        ) from None
    launch = launching(ws, server)
    spec = spec_of(entry)
    recorded = Recorded(str(spec["mcp"]), str(spec["name"]), entry.source_checksum)
    limits = Limits.of(ws.settings.remote)

    async def send(given: dict[str, Any]) -> Any:
        from catalog.remote.mcp import call  # with the SDK: only where a server is asked

        opened = await session(launch(), limits, server.key)
        try:
            return await call(opened, recorded, given, compare=policy != "off")
        except RemoteToolError as error:
            raise told(entry.key, error) from None
        except DefinitionChanged as changed:
            drift = _changed(entry, server, changed)
            await asyncio.to_thread(_noted, ws, entry, drift)
            raise drift from None

    return send


def _changed(entry: Entry, server: Entry, changed: DefinitionChanged) -> DriftError:
    """Return the error for what a server does not say any more as it was recorded."""
    now = changed.now
    change = {"gone": "missing", "twice": "unreadable"}.get(changed.why, "signature")
    if now is not None and now.checksum == entry.checksum:
        change = "source"
    text = {
        "missing": f"{server.key} has nothing of this name any more; `catalog refresh` looks what it has now",
        "unreadable": f"{server.key} lists the name twice, so nobody can tell which is meant",
    }.get(change)
    if text is None and now is not None:
        said = f"its signature was {entry.signature}, and is {now.signature}" if change == "signature" else ""
        accept = f"if that is fine, accept it with `catalog verify --accept {entry.key}`"
        text = f"{server.key} describes it differently now{f': {said}' if said else ''}; {accept}"
    facts = {
        "key": entry.key, "kind": entry.kind, "name": entry.name, "ref": server.key, "change": change,
        "old_signature": entry.signature, "new_signature": now.signature if now else None,
        "old_checksum": entry.checksum, "new_checksum": now.checksum if now else None,
        "old_source_checksum": entry.source_checksum, "new_source_checksum": now.whole_checksum if now else None,
    }  # fmt: skip
    return DriftError(f"{entry.key} is not called: {text}", **facts)


def _noted(ws: Workspace, entry: Entry, error: CatalogError) -> None:
    """Note that a call was refused; whoever is refused never waits or fails for it."""
    from catalog.verbs.refusals import record_refusal

    try:
        record_refusal(ws, entry, error)
    except CatalogError:
        return


def launching(
    ws: Workspace, server: Entry, *, named: bool = False, show: Callable[[str], None] | None = None
) -> Callable[[], Launch]:
    """Return what fills in the variables of a *server* of the kind ``mcp_server`` and says how it is opened.

    Args:
        ws: that has the entry.
        server: the entry.
        named: whether the caller names it now, so that only ``deny`` counts.
        show: called with the address at which a person may log in.

    Raises:
        UntrustedReferenceError: the policy does not let it be started, or be sent to.
        ResolveError: nothing says how it is reached.
    """
    said = _connection(server)
    words = [str(said["command"]), *map(str, said.get("args") or ())] if "command" in said else []
    env = {str(name): str(value) for name, value in (said.get("env") or {}).items()}
    headers = {str(name): str(value) for name, value in (said.get("headers") or {}).items()}
    cwd = said.get("cwd")
    beside = [f"{name}={value}" for name, value in env.items() if value != f"${{{name}}}"]
    shown = [*beside, *([f"cwd={cwd}"] if cwd else []), *words] if words else str(said["url"])
    who = server.key
    check_reach(
        ws.policy,
        shown,
        kind=server.kind,
        who=who,
        stranger=unchosen(server, ws.settings),
        named=named or is_named(server, ws.settings),
    )
    _held(ws, server)
    root = server.root
    if root is not None and os.path.isdir(root):  # clients start it in the folder that the document lies in
        cwd = os.path.join(root, str(cwd or "."))

    def launch() -> Launch:
        if words:
            return Launch(
                words=tuple(filled(word, who) for word in words),
                env=tuple((name, filled(value, who)) for name, value in sorted(env.items())),
                cwd=None if cwd is None else os.path.expanduser(filled(str(cwd), who)),
            )
        from catalog.remote.web import checked_address

        return Launch(
            url=checked_address(filled(str(said["url"]), who), who),
            transport="sse" if said.get("transport", said.get("type")) == "sse" else "http",
            headers=tuple((name, filled(value, who)) for name, value in sorted(headers.items())),
            oauth=_oauth(said.get("oauth"), who, show),
        )

    return launch


def _connection(server: Entry) -> Mapping[str, Any]:
    spec: Any = server.spec
    if isinstance(spec, dict) and ("packages" in spec or "remotes" in spec):
        from catalog.verbs.documents_out.mcp_json import reached_by
        from catalog.verbs.documents_out.unfit import Unfit

        try:
            return reached_by(spec)
        except Unfit as error:
            raise ResolveError(f"{server.key} can't be started: {error}", key=server.key, ref=None) from None
    if not isinstance(spec, dict) or not (isinstance(spec.get("command"), str) or isinstance(spec.get("url"), str)):
        raise ResolveError(f"{server.key} has neither a command nor an address", key=server.key, ref=None)
    return spec


def _oauth(said: Any, who: str, show: Callable[[str], None] | None) -> OAuth | None:
    if not said:
        return None
    if not isinstance(said, Mapping):
        return OAuth(who, show=show)
    given = {word: filled(str(said.get(word) or ""), who) for word in ("client_id", "client_secret", "issuer")}
    if given["client_secret"] and not given["issuer"]:
        raise RemoteError(
            f"{who} has a client_secret and no issuer: nothing says whom it may be sent to", reason="authorization"
        )
    scope = said.get("scope")
    scope = scope if isinstance(scope, str) else None
    return OAuth(who, given["client_id"], given["client_secret"], given["issuer"], scope, show)


def _held(ws: Workspace, server: Entry) -> None:
    """Raise if entries are held to a lock file, and *server* is not as it says."""
    from catalog.trust.policy import PINNED

    if ws.settings.pin or ws.policy.of(server.kind).mode == PINNED:
        from catalog.verbs.pins import check_pin

        check_pin(ws, server)
