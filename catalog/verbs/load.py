"""From a key to its live object: importing happens here, and nowhere else."""

from __future__ import annotations

import copy
import os
import warnings
from typing import TYPE_CHECKING, Any

from catalog.entry.key import Key, format_key, pair
from catalog.entry.kinds import VERIFY_POLICIES
from catalog.entry.remote import wire_of
from catalog.entry.states import CALL, OF_OBJECT, deprecated_in_words, is_deprecated
from catalog.errors import (
    CatalogWarning,
    DriftError,
    InvalidFilterError,
    NotImportableError,
    PinError,
    StoreError,
    UntrustedReferenceError,
)
from catalog.trust.policy import PINNED
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.workspace.snapshot import Snapshot

_OF_FUNCTIONS = ("tool", "prompt")
"""The kinds of what methods of other objects are: a method needs its object."""


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
    entry = snapshot.entry(kind, name) or snapshot.aliased(kind, name)
    if entry is None:
        ws.known_kind(kind)
        return default
    return load(ws, snapshot, entry, verify, (kind, name))


def take(ws: Workspace, key: Key | str) -> Any:
    """Return the live object of a key that some tier must have; see :meth:`catalog.Catalog.__getitem__`."""
    snapshot = ws.snapshot()
    if isinstance(key, tuple) and key in snapshot.live:
        return snapshot.live[key]
    key = pair(key)
    return load(ws, snapshot, ws.entry(*key), None, key)


def load(ws: Workspace, snapshot: Snapshot, entry: Entry, verify: str | None, key: Key) -> Any:
    """Return the live object of *entry*, which *key* names in *snapshot*: the winner of its key, or by an alias.

    Raises:
        InvalidFilterError: *verify* is no policy.
        ResolveError, DriftError: as :meth:`catalog.Catalog.get`.
    """
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
            return load(ws, snapshot, ws.entry(*key), verify, key)
    elif entry.ref is None:  # a copy for each caller: whoever changes it changes it for nobody else
        is_held = bool(ws.settings.pin or ws.policy.of(entry.kind).mode == PINNED)
        _held(ws, entry)
        if ws.learning.watching:
            _record_use(ws, (entry.kind, entry.name))
        if wire_of(entry) is not None:
            return _remote(ws, entry, policy)
        return _data(entry, "source" if is_held else policy)
    else:
        try:
            # Asked for in so many words: also of what is loaded already.
            exact = None if verify is None else _ensure(ws, entry, policy)
            live = ws.objects.take(key, state, lambda: _import(ws, entry, policy, exact))
        except (DriftError, PinError, UntrustedReferenceError) as error:
            from catalog.verbs.refusals import record_refusal  # only where something is refused

            record_refusal(ws, entry, error)
            raise
    if verify is None:
        snapshot.live[key] = live
    if is_deprecated(entry.metadata):  # once for each state of the catalog: later lookups end before
        warnings.warn(f"'{entry.key}' {deprecated_in_words(entry.metadata)}", CatalogWarning, stacklevel=4)
    if ws.learning.watching:
        _record_use(ws, (entry.kind, entry.name))
    return live


def _record_use(ws: Workspace, key: Key) -> None:
    """Record that a hit was taken. A lookup must not fail for lack of a record: there is a warning then."""
    try:
        ws.learning.took(key)
    except StoreError as error:
        warnings.warn(f"a use of '{format_key(*key)}' was not recorded: {error}", CatalogWarning, stacklevel=5)


def _import(ws: Workspace, entry: Entry, policy: str, exact: dict[str, bytes] | None) -> object:
    from catalog.loader.trusted import Asked, check, take  # only where something is imported
    from catalog.source.locate import folder_with
    from catalog.workspace.trusting import is_named, stranger_of

    ref, root = str(entry.ref), entry.root
    if root is None and entry.tier == "config" and ws.settings.file:
        root = folder_with(ref.partition(":")[0].partition(".")[0], (os.path.dirname(ws.settings.file),))
    stranger, named = stranger_of(entry, ws.settings), is_named(entry, ws.settings)
    asked = Asked(ws.policy, entry.kind, entry.key, stranger, named)
    said = check(ref, root, asked)
    held = _held(ws, entry)
    exact = {**held, **(_ensure(ws, entry, policy) if exact is None else exact)}
    live = take(ref, root, asked, said, exact)
    if entry.metadata.get(CALL) is True:
        from catalog.loader.factory import made_by  # only where a function makes the object

        live = made_by(live, ref, entry.key)
    elif entry.metadata.get(CALL) == OF_OBJECT:
        from catalog.loader.factory import made_by_object  # only where a method makes the object

        live = made_by_object(take(ref.rpartition(".")[0], root, asked, said, exact), ref, entry.key)
    elif entry.kind in _OF_FUNCTIONS and "." in ref.partition(":")[2] and entry.source.startswith("scan:"):
        from catalog.loader.factory import bound_to_object  # only where a method is found

        live = bound_to_object(live, lambda: take(ref.rpartition(".")[0], root, asked, said, exact), ref, entry.key)
    if ws.settings.auto_refresh:
        from catalog.loader.reload import note  # only where modules are watched
        from catalog.loader.shelf import own_name

        module = ref.partition(":")[0]
        note(ws.loaded, module if root is None else own_name(module, root))
    return live


def _held(ws: Workspace, entry: Entry) -> dict[str, bytes]:
    """Return the bytes of the files that were compared with the lock file, by real path, if entries are held to it.

    Raises:
        PinError: *entry* is not as the lock file says.
    """
    if not ws.settings.pin and ws.policy.of(entry.kind).mode != PINNED:
        return {}
    from catalog.verbs.pins import check_pin  # only where entries are held to a lock file

    return check_pin(ws, entry)


def _ensure(ws: Workspace, entry: Entry, policy: str) -> dict[str, bytes]:
    """Return the bytes of the files whose code was compared in full, by real path: what is imported has to be these.

    Raises:
        DriftError: the code of *entry* is not what was recorded.
    """
    if policy == "off" or entry.checksum is None:
        return {}
    from catalog.loader.verify import ensure  # reads source code
    from catalog.source.files import Files
    from catalog.source.locate import Locator

    files = Files(exact=policy != "signature")
    ensure(entry, policy, Locator(own=entry.root, files=files))
    return files.bytes


def _remote(ws: Workspace, entry: Entry, policy: str) -> object:
    from catalog.verbs.remote import callable_of  # only where something is called elsewhere

    try:
        return callable_of(ws, entry, policy)
    except (DriftError, UntrustedReferenceError) as error:
        from catalog.verbs.refusals import record_refusal

        record_refusal(ws, entry, error)
        raise


def _data(entry: Entry, policy: str) -> object:
    if entry.unloadable is not None:
        factory = entry.metadata.get("factory")
        where = f" in {entry.made_in}" if entry.made_in else ""
        advice = f"call {factory} yourself" if factory else "give it a name in the body of a module"
        raise NotImportableError(
            f"{entry.key} can't be loaded: {entry.unloadable}{where}; {advice}, or register it with runtime=True",
            key=entry.key,
            reason=entry.unloadable,
        )
    if entry.kind == "skill" and entry.document:
        from catalog.verbs.documents import skill_of  # only where a document is read

        return skill_of(entry, policy)
    return copy.deepcopy(entry.spec)
