"""MCP servers: what they list becomes entries, and is looked at again by every refresh."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.discovery.documents.mcp_config import command_of, description_of
from catalog.discovery.documents.secrets import values_left_out, without_secret_arguments, without_secrets_in_url
from catalog.discovery.finding import Finding
from catalog.discovery.report import ScanReport
from catalog.entry.entry import make_entry
from catalog.entry.remote import LISTED
from catalog.entry.states import GONE, REVIEW_MARKS, without
from catalog.errors import CatalogError, CatalogWarning, EntryError, EntryNotFoundError
from catalog.ingest.merge import Merge
from catalog.store import queries
from catalog.store.sources import targets
from catalog.verbs.marks import ACTIONS, with_mark
from catalog.verbs.register import register
from catalog.verbs.remote_listings import fields_of, listing, sort_and_name
from catalog.workspace.lookup import HasWorkspace
from catalog.workspace.reasons import for_reason
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.remote.definitions import Definition


def add_mcp(
    catalog: HasWorkspace,
    name: str,
    *command: str,
    env: Iterable[str] | Mapping[str, str] = (),
    headers: Mapping[str, str] | None = None,
    cwd: str | None = None,
    oauth: bool | Mapping[str, str] = False,
    show: Callable[[str], None] | None = None,
    reason: str | None = None,
) -> ScanReport:
    """Take in an MCP server and all that it lists: its tools, prompts and resources become entries ``NAME/…``.

    The server is asked first; nothing is stored if it gives no answer. Naming it here is choosing it: it may be started
    from now on, unless the policy of trust denies it or asks for more. Values that may be secret are not stored: a
    variable of the environment stands there, as ``${TOKEN}``, and a warning says which.

    Args:
        catalog: an open catalog.
        name: of the entry of kind ``mcp_server``; the names of all others begin with it.
        *command: the words of the command that starts it, or its address; none: as the entry says that is there
            already, which a scan may have found.
        env: variables of the environment that it is given: names, ``NAME=${OTHER}``, or a mapping.
        headers: sent to its address: ``{"Authorization": "Bearer ${TOKEN}"}``.
        cwd: the folder that it is started in.
        oauth: whether a person logs in; or ``client_id``, ``client_secret`` (a variable), ``issuer`` and ``scope`` of a
            program that needs no person.
        show: called with the address at which a person logs in.
        reason: why, for the history.

    Returns:
        What is new, gone and changed, and what could not be taken in.

    Raises:
        RemoteError: it can't be started or asked.
        UntrustedReferenceError: the policy of trust denies it.
        EntryError, EntryNotFoundError, InvalidEntryError: the name, or what is said of the server, can't be.
        MissingExtraError: the SDK of MCP is not installed.
    """
    ws = catalog.workspace
    how = {"env": env, "headers": headers, "cwd": cwd, "oauth": oauth}
    return for_reason(reason, _add, ws, name, command, how, show)


def _add(
    ws: Workspace, name: str, command: Sequence[str], how: Mapping[str, Any], show: Callable[[str], None] | None
) -> ScanReport:
    started = time.perf_counter()
    spec = _spec(name, command, **how) if command else None
    if spec is not None:
        draft = make_entry({"kind": "mcp_server", "name": name, "spec": spec})
    else:
        draft = _known(ws, name)
    listed = listing(ws, draft, named=True, show=show)  # before anything is stored: what can't be asked is not taken in
    if spec is not None:
        signature, description = command_of(spec), description_of(spec)
        register(
            ws, "mcp_server", name, spec, runtime=False, fields={"signature": signature, "description": description}
        )
    elif draft.tier == "persistent" and draft.source != "manual":
        _chosen(ws, draft)
    return _merged(ws, name, listed, started, again=False)


def _known(ws: Workspace, name: str) -> Entry:
    try:
        return ws.entry("mcp_server", name)
    except EntryNotFoundError as error:
        raise EntryNotFoundError(
            f"{error}; say how a new server is reached: `catalog add-mcp {name} COMMAND...|URL`", **error.facts
        ) from None


def _chosen(ws: Workspace, server: Entry) -> None:
    """Store that a person has chosen a server that was found: it is theirs now."""
    with ws.writing() as transaction:
        for _, stored in transaction.existing([(server.kind, server.name)]).values():
            metadata = without(stored.metadata, *REVIEW_MARKS)
            ws.put(transaction, [stored.model_copy(update={"source": "manual", "metadata": metadata})], "register")


def _spec(
    name: str,
    command: Sequence[str],
    env: Iterable[str] | Mapping[str, str],
    headers: Mapping[str, str] | None,
    cwd: str | None,
    oauth: bool | Mapping[str, str],
) -> dict[str, Any]:
    """Return the data of a server, variables in place of all that may be secret."""
    given: dict[str, str] = dict(env) if isinstance(env, Mapping) else {}
    for each in () if isinstance(env, Mapping) else env:
        variable, equals, value = each.partition("=")
        given[variable] = value if equals else f"${{{variable}}}"
    first = command[0]
    if first.lower().startswith(("http://", "https://")):
        if len(command) > 1 or given or cwd:
            raise EntryError(
                f"mcp_server:{name}: an address takes no arguments, no environment and no folder", name=name
            )
        spec: dict[str, Any] = {"transport": "sse" if first.rstrip("/").endswith("/sse") else "http"}
        spec["url"] = without_secrets_in_url(first)
        if headers:
            spec["headers"] = values_left_out(headers)
        if oauth:
            spec["oauth"] = True if isinstance(oauth, bool) else _login(oauth)
    else:
        if headers or oauth:
            raise EntryError(f"mcp_server:{name}: a command takes neither headers nor a login", name=name)
        spec = {"transport": "stdio", "command": first}
        if command[1:]:
            spec["args"] = without_secret_arguments(command[1:])
        if given:
            spec["env"] = values_left_out(given)
        if cwd:
            spec["cwd"] = cwd
    _tell(name, [*command, *given.values(), *(headers or {}).values()], spec)
    return spec


def _login(said: Mapping[str, str]) -> dict[str, str]:
    """Return how a program logs in, without its secret."""
    secret = values_left_out({"client_secret": said["client_secret"]}) if "client_secret" in said else {}
    return {**said, **secret}


def _tell(name: str, given: Sequence[str], spec: Mapping[str, Any]) -> None:
    """Warn of values that are not stored."""
    kept = [spec.get("url"), spec.get("command"), *spec.get("args", ())]
    kept += [*spec.get("env", {}).values(), *spec.get("headers", {}).values()]
    new = [str(now) for was, now in zip(given, [part for part in kept if part is not None], strict=False) if was != now]
    if new:
        warnings.warn(
            f"mcp_server:{name}: values that may be secret are not stored; set the variables that stand for them: "
            f"{', '.join(new)[:300]}",
            CatalogWarning,
            stacklevel=6,
        )


def refresh_servers(ws: Workspace) -> list[ScanReport]:
    """List again what servers have whose listings were taken in; one that can't be asked changes nothing."""
    return [_again(ws, target.removeprefix(LISTED)) for target in targets(ws.store.reader) if target.startswith(LISTED)]


def _again(ws: Workspace, name: str) -> ScanReport:
    started = time.perf_counter()
    try:
        server = ws.entry("mcp_server", name)
        listed = listing(ws, server)
    except CatalogError as error:
        return ScanReport(
            target=LISTED + name,
            skipped=({"path": f"mcp_server:{name}", "reason": f"it was not listed again: {error}"},),
            seconds=round(time.perf_counter() - started, 3),
        )
    return _merged(ws, name, listed, started, again=True)


def _merged(ws: Workspace, name: str, listed: Sequence[Definition], started: float, *, again: bool) -> ScanReport:
    """Store what a server lists; what is new in a later listing somebody has to look at, as with plug-ins."""
    target = LISTED + name
    findings, skipped = _findings(name, listed)
    review = f"mcp_server:{name} lists it since, and nobody has approved it" if again else None
    with ws.writing() as transaction:
        merge = Merge(ws, transaction, target, "scan", again=again, review=review)
        merge.findings(findings, None)
        there = {(finding.spec["mcp"], finding.spec["name"]) for finding in findings}
        stored = readable(ws.store.reader.all(queries.BY_SOURCE, (target,)))
        away = [(entry, _why(entry, listed)) for entry in stored if sort_and_name(entry) not in there]
        marked = [each for entry, why in away if (each := with_mark(entry, GONE, f"mcp_server:{name} {why}"))]
        ws.put(transaction, marked, ACTIONS[GONE])
        transaction.save_source(target, {}, None, {})
    return ScanReport(
        target=target,
        found=tuple(merge.found),
        updated=tuple(merge.updated),
        unchanged=tuple(sorted(merge.unchanged)),
        drifted=tuple(sorted(merge.drifted, key=lambda drift: str(drift["key"]))),
        gone=tuple(sorted(entry.key for entry in marked)),
        skipped=(*merge.refused, *skipped),
        clashes=tuple(merge.clashes),
        seconds=round(time.perf_counter() - started, 3),
    )


def _why(entry: Entry, listed: Iterable[Definition]) -> str:
    twice = any((each.sort, each.name) == sort_and_name(entry) for each in listed)
    return "lists it twice, so nobody can tell which is meant" if twice else "has nothing of this name any more"


def _findings(server: str, listed: Sequence[Definition]) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Return what a server lists as findings, and what can't be an entry, with the reason."""
    times = Counter((each.sort, each.name) for each in listed)
    findings: dict[tuple[str, str], Finding] = {}
    skipped: dict[str, str] = {}
    for each in listed:
        path = f"mcp_server:{server}/{each.name}"[:300]
        if times[each.sort, each.name] > 1:
            skipped[path] = (
                f"the server lists {times[each.sort, each.name]} of this name, so nobody can tell which is meant"
            )
            continue
        try:
            fields = fields_of(server, each)
        except ValueError as error:
            skipped[path] = str(error)
            continue
        if (fields["kind"], fields["name"]) in findings:  # a resource that is called as a tool is
            fields["name"] = f"{server}/{each.sort}/{each.label}"
        for word in ("source", "ref"):
            fields.pop(word, None)
        finding = Finding(
            **{**fields, "tags": tuple(fields["tags"])}, given_name=fields["name"], ref=None, form="document"
        )
        findings[finding.kind, finding.name] = finding
    return [*findings.values()], [{"path": path, "reason": reason} for path, reason in sorted(skipped.items())]
