"""Operations of APIs that OpenAPI describes, as what calls them: to which address, and with which credentials."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.remote import spec_of
from catalog.errors import RemoteError, RemoteToolError
from catalog.remote.environment import filled, variables_in
from catalog.remote.faults import told
from catalog.remote.limits import Limits
from catalog.remote.operation import Credentials, Operation
from catalog.trust.reach import check_reach, is_allowed
from catalog.workspace.trusting import is_named, stranger_of, unchosen
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry


def operation_of(ws: Workspace, entry: Entry) -> Callable[[dict[str, Any]], Coroutine[Any, Any, Any]]:
    """Return what sends the request of an operation.

    Raises:
        UntrustedReferenceError: its address must not be sent to.
    """
    spec = spec_of(entry)
    url, headers, query, cookies = _place(ws, entry, spec)
    check_sending(ws, entry, url, (headers, query, cookies))
    operation = Operation(
        method=str(spec["method"]),
        path=str(spec["path"]),
        places=spec["in"],
        names=spec.get("names") or {},
        media=str(spec.get("body") or "application/json"),
        required=tuple(entry.parameters.get("required") or ()),
    )
    limits = Limits.of(ws.settings.remote)

    async def send(given: dict[str, Any]) -> Any:
        credentials = Credentials(*(_filled(part, entry.key) for part in (headers, query, cookies)))
        try:
            return await operation.send(filled(url, entry.key), given, credentials, limits, entry.key)
        except RemoteToolError as error:
            raise told(entry.key, error) from None

    return send


def _place(
    ws: Workspace, entry: Entry, spec: Mapping[str, Any]
) -> tuple[str, Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """Return the address of an API with what is sent to it: as the configuration says, else as the document does."""
    apis = ws.settings.remote.get("apis") or {}
    url = str(spec.get("server") or "/")
    said = apis.get(str(entry.metadata.get("api", ""))) or apis.get(url)
    if said is not None:
        return said["url"], said.get("headers") or {}, said.get("query") or {}, {}
    if not url.lower().startswith(("http://", "https://")):
        title = entry.metadata.get("api", url)
        raise RemoteError(
            f'{entry.key}: its document names no address but {url!r:.100}; write url = "https://…" under '
            f'[tool.catalog.remote.apis."{title}"] in {ws.settings.file or "pyproject.toml"}',
            reason="address",
            key=entry.key,
        )
    auth = spec.get("auth") or {}
    return url, auth.get("headers") or {}, auth.get("query") or {}, auth.get("cookies") or {}


def _filled(texts: Mapping[str, str], who: str) -> dict[str, str]:
    return {str(name): filled(str(value), who) for name, value in texts.items()}


def check_sending(ws: Workspace, entry: Entry, url: str, sent: tuple[Mapping[str, str], ...]) -> None:
    """Do nothing if *entry* may be sent to its *url*, with what is *sent* along.

    Variables of the environment go only where a person has chosen the entry, or the configuration allows the address:
    a document that a scan has found must not choose which of them it gets. What the configuration itself says of an
    API is chosen.

    Raises:
        UntrustedReferenceError: it may not.
    """
    stranger = stranger_of(entry, ws.settings)
    said = any(url == api.get("url") for api in (ws.settings.remote.get("apis") or {}).values())
    if stranger is None and not said and any(variables_in(map(str, texts.values())) for texts in sent):
        why = unchosen(entry, ws.settings)
        if why is not None and not is_allowed(ws.policy, url, entry.kind):
            stranger = f"variables of the environment would be sent, and {why}"
    check_reach(ws.policy, url, kind=entry.kind, who=entry.key, stranger=stranger, named=is_named(entry, ws.settings))
