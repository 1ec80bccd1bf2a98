"""From a key to its live object: importing happens here, and nowhere else."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key, format_key, pair
from catalog.entry.kinds import VERIFY_POLICIES
from catalog.entry.states import deprecated_in_words, is_deprecated
from catalog.errors import CatalogWarning, InvalidFilterError, NotImportableError, StoreError
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.snapshot import Snapshot


def get(ws: Workspace, kind: str, name: str | None, default: Any = None, verify: str | None = None) -> Any:
    """Return the live object of a key, or *default* where no tier has it; see :meth:`catalog.Catalog.get`."""
    snapshot = ws.current
    if verify is None and snapshot.token == ws.token():
        try:
            return snapshot.live[kind, name]  # type: ignore[index]  # no key has None in it
        except (KeyError, TypeError):  # TypeError: what was given can be in no dictionary
            pass
    kind, name = pair(kind, name)
    snapshot = ws.snapshot()
    entry = snapshot.entry(kind, name)
    if entry is None:
        ws.known_kind(kind)
        return default
    return load(ws, snapshot, entry, verify)


def take(ws: Workspace, key: Key | str) -> Any:
    """Return the live object of a key that some tier must have; see :meth:`catalog.Catalog.__getitem__`."""
    snapshot = ws.snapshot()
    if isinstance(key, tuple) and key in snapshot.live:
        return snapshot.live[key]
    return load(ws, snapshot, ws.entry(*pair(key)), None)


def load(ws: Workspace, snapshot: Snapshot, entry: Entry, verify: str | None) -> Any:
    """Return the live object of *entry*, the winner of its key in *snapshot*.

    Raises:
        InvalidFilterError: *verify* is no policy.
        ResolveError, DriftError: as :meth:`catalog.Catalog.get`.
    """
    key = (entry.kind, entry.name)
    policy = verify or ws.settings.policy(entry.kind)
    if policy not in VERIFY_POLICIES:
        raise InvalidFilterError(f"verify={policy!r}: choose one of {', '.join(VERIFY_POLICIES)}", verify=policy)
    # An entry of the configuration has no revision; its record tells one state from another.
    state = entry if entry.tier == "config" else (entry.tier, entry.revision, entry.ref)
    if entry.tier == "runtime" and entry.ref is None:
        try:
            live = ws.runtime.live(key)
        except KeyError:  # another thread took it away since this one looked
            snapshot = ws.snapshot()
            return load(ws, snapshot, ws.entry(*key), verify)
    elif entry.ref is None:  # a copy for each caller: whoever changes it changes it for nobody else
        if ws.learning.watching:
            _record_use(ws, key)
        return _data(entry)
    else:
        if verify is not None:  # asked for in so many words: also of what is loaded already
            _ensure(ws, entry, policy)
        live = ws.objects.take(key, state, lambda: _import(ws, entry, "off" if verify else policy))
    if verify is None:
        snapshot.live[key] = live
    if is_deprecated(entry.metadata):  # once for each state of the catalog: later lookups end before
        warnings.warn(f"'{entry.key}' {deprecated_in_words(entry.metadata)}", CatalogWarning, stacklevel=4)
    if ws.learning.watching:
        _record_use(ws, key)
    return live


def _record_use(ws: Workspace, key: Key) -> None:
    """Record that a hit was taken. A lookup must not fail for lack of a record: there is a warning then."""
    try:
        ws.learning.took(key)
    except StoreError as error:
        warnings.warn(f"a use of '{format_key(*key)}' was not recorded: {error}", CatalogWarning, stacklevel=5)


def _import(ws: Workspace, entry: Entry, policy: str) -> object:
    from catalog.loader.resolve import resolve  # only where something is imported

    _ensure(ws, entry, policy)
    live = resolve(str(entry.ref), entry.root, key=entry.key)
    if ws.settings.auto_refresh:
        from catalog.loader.reload import note  # only where modules are watched
        from catalog.loader.shelf import own_name

        module, root = str(entry.ref).partition(":")[0], entry.root
        note(ws.loaded, module if root is None else own_name(module, root))
    return live


def _ensure(ws: Workspace, entry: Entry, policy: str) -> None:
    """Raise DriftError where the code of *entry* is not what was recorded."""
    if policy != "off" and entry.checksum is not None:
        from catalog.loader.verify import ensure  # reads source code
        from catalog.source.locate import Locator

        ensure(entry, policy, Locator(own=entry.root))


def _data(entry: Entry) -> object:
    if isinstance(entry.spec, dict) and "nested_in" in entry.spec:
        raise NotImportableError(
            f"{entry.key} is defined inside {entry.spec['nested_in']}, which makes it when it is called; "
            "it can be found but not taken by a path",
            key=entry.key,
        )
    return copy.deepcopy(entry.spec)
