"""Pins: what entries stood for when somebody looked, in a lock file; holding entries to it; nothing is imported."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from catalog.entry.key import Key, format_key, pair
from catalog.errors import CatalogWarning, LockError, PinError
from catalog.files import read_regular
from catalog.trust.policy import PINNED
from catalog.verbs.sources_of_pins import keep_sources
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.entry.filters import Kinds
    from catalog.entry.lock import Lock, Pin
    from catalog.source.places import Places

LOCK = "catalog.lock"
"""The name of the lock file."""


@dataclass(frozen=True, slots=True)
class PinChange:
    """How an entry differs from what is pinned.

    Attributes:
        key: of the entry.
        field: of a `Pin`, or ``file PATH``; ``pin`` if the entry is not pinned, ``entry`` if there is no such entry any
            more, or its code is not found.
        pinned: as pinned; None if it is not.
        now: as it is; None if there is nothing.
        message: for people.
    """

    key: str
    field: str
    pinned: str | None
    now: str | None
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pinned:
    """What pinning wrote.

    Attributes:
        path: the lock file.
        pins: how many entries it pins.
        added: keys that were not pinned before.
        changed: keys whose pin is another now.
        removed: keys that are not pinned any more.
        left_out: by key, why an entry could not be pinned as it is now; a pin that it had stays.
    """

    path: str
    pins: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    left_out: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return what was written as JSON data."""
        return asdict(self)


def lock_path(ws: Workspace) -> str:
    """Return the lock file of a catalog: that of the configuration, else ``catalog.lock`` beside it, or here."""
    configured = ws.settings.file
    folder = str(configured.parent) if configured else ""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(ws.settings.pin.get("file", LOCK))))


def pin(
    ws: Workspace, path: str | os.PathLike[str] | None, keys: Iterable[Any] | None, kind: Kinds, keep_source: bool
) -> Pinned:
    """Write the lock file; see :meth:`catalog.Catalog.pin`."""
    from catalog.entry.lock import HEAD, format_block
    from catalog.files import whole_file
    from catalog.loader.pinned import pin_of
    from catalog.source.find import Missing  # reads source code
    from catalog.source.places import Places

    file = lock_path(ws) if path is None else os.path.abspath(path)
    keys = None if keys is None else list(keys)
    whole = keys is None and kind is None
    old = _old(file, whole).pins
    blocks = _Blocks(file)
    there, left_out, places = set(), {}, Places()
    for entry in _meant(ws, keys, kind, old):
        there.add(entry.key)
        now = pin_of(entry, os.path.dirname(file), places)
        if not isinstance(now, Missing):
            blocks.add(entry.key, now)
            continue
        left_out[entry.key] = now.message
        if entry.key in old:  # what can't be seen from here is no reason to forget it
            blocks.add(entry.key, old[entry.key])
    if not whole:
        gone = set(_missing(ws, keys, kind, old, there))
        for key, pinned in old.items():
            if key not in there and key not in gone:
                blocks.add(key, pinned)
    pins = blocks.by_key
    with whole_file(file) as written:
        written.write(HEAD)
        written.writelines(pins[key] for key in sorted(pins))
    if keep_source:
        seen = (entry for entry in _meant(ws, keys, kind, old) if entry.key in pins and entry.key not in left_out)
        keep_sources(ws, seen, places, pins if whole else None)
    return Pinned(
        path=file,
        pins=len(pins),
        added=tuple(sorted(pins.keys() - old.keys())),
        changed=tuple(sorted(key for key in pins.keys() & old.keys() if pins[key] != format_block(key, old[key]))),
        removed=tuple(sorted(old.keys() - pins.keys())),
        left_out=dict(sorted(left_out.items())),
    )


class _Blocks:
    """The blocks of a lock file on their way into it, as text: that takes less room than what they say."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.size = 0
        self.by_key: dict[str, str] = {}

    def add(self, key: str, pin: Pin) -> None:
        """Take a block.

        Raises:
            LockError: there are so many that the file would not be read again.
        """
        from catalog.entry.lock import LARGEST, format_block

        block = self.by_key[key] = format_block(key, pin)
        self.size += len(block)
        if self.size > LARGEST - 1_000:
            raise LockError(
                f"{self.file} would have more than {LARGEST:,} bytes, after {len(self.by_key):,} entries, and would "
                "not be read; nothing was written. Pin what matters: name kinds (--kind) or keys",
                file=self.file,
            )


def check_pins(
    ws: Workspace, path: str | os.PathLike[str] | None, keys: Iterable[Any] | None, kind: Kinds
) -> list[PinChange]:
    """Return how entries differ from the lock file; see :meth:`catalog.Catalog.check_pins`."""
    from catalog.source.places import Places  # reads source code

    file = lock_path(ws) if path is None else os.path.abspath(path)
    lock = read_lock(file)
    keys = None if keys is None else list(keys)
    there, places = set(), Places()
    changes: list[PinChange] = []
    for entry in _meant(ws, keys, kind, lock.pins):
        there.add(entry.key)
        changes += differences(entry, lock.pins.get(entry.key), _folder(file), places)
    for key in _missing(ws, keys, kind, lock.pins, there):
        pinned = lock.pins[key]
        text = f"{key} is pinned, and there is no such entry"
        changes.append(PinChange(key, "entry", pinned.reference or pinned.spec, None, text))
    return sorted(changes, key=lambda change: change.key)


def check_pin(ws: Workspace, entry: Entry) -> dict[str, bytes]:
    """Hold *entry* to the lock file, as the settings say; return the bytes that were compared, by real path.

    Nothing is done if it is as the lock file says, or if nothing is to be held to it. In the mode ``pinned`` of trust
    it is an error if it is not. What is registered for this process only is not pinned. A warning is given once.

    Raises:
        PinError: it is not pinned, or is something else now; or there is no lock file. ``facts["changes"]`` says what.
        LockError: the lock file can't be read.
    """
    mode = "block" if ws.policy.of(entry.kind).mode == PINNED else ws.settings.pin.get("mode", "off")
    read: dict[str, bytes] = {}
    if mode == "off" or entry.tier == "runtime":
        return read
    from catalog.source.places import Places  # reads source code

    file = lock_path(ws)
    name = os.path.basename(file)
    try:
        lock = _lock_of(file)
        changes = differences(entry, lock.pins.get(entry.key), _folder(file), Places(), read)
    except FileNotFoundError:
        text = f"{entry.key} is not pinned: there is no {file}; `catalog pin` writes it"
        changes = [PinChange(entry.key, "pin", None, entry.ref, text)]
    if not changes:
        return read
    if changes[0].field == "pin":
        text = changes[0].message
    else:
        what = "; ".join(change.message.partition(": ")[2] for change in changes[:3])
        more = f"; and {len(changes) - 3} more" if len(changes) > 3 else ""
        text = (
            f"{entry.key} is not what {name} pins: {what}{more}; if that is fine, `catalog pin {entry.key}` pins it so"
        )
    if mode == "block":
        raise PinError(text, key=entry.key, file=file, changes=[change.to_dict() for change in changes])
    said = _said.setdefault(ws, set())
    if entry.key not in said:
        said.add(entry.key)
        warnings.warn(text, CatalogWarning, stacklevel=6)
    return read


_said: WeakKeyDictionary[Workspace, set[str]] = WeakKeyDictionary()  # the keys that a warning was given for
_locks: dict[str, tuple[Any, Lock]] = {}  # by path: what tells whether the file is another, and what it says


def differences(
    entry: Entry, pinned: Pin | None, folder: str, places: Places, read: dict[str, bytes] | None = None
) -> list[PinChange]:
    """Return how *entry* differs from what is *pinned*, field by field; where the code came from comes first.

    Args:
        entry: as it is.
        pinned: as it was; None: it is not pinned.
        folder: of the lock file.
        places: where code is looked for.
        read: takes up the bytes of the files that are compared, by real path.
    """
    from catalog.loader.pinned import loaded_elsewhere, pin_of, record_of
    from catalog.source.find import Missing

    key = entry.key
    if pinned is None:
        text = f"{key} is not pinned; look at it, then `catalog pin {key}` pins it"
        return [PinChange(key, "pin", None, entry.ref or "data", text)]
    now = pin_of(entry, folder, places, read)
    lost = now if isinstance(now, Missing) else None
    fields = ["source", "root", "distribution", "reference", "spec", "match"]
    was, there = pinned.values(), (record_of(entry, folder) if isinstance(now, Missing) else now).values()
    if lost is None:
        fields += ["checksum", "source_checksum"]
        fields += sorted((was.keys() | there.keys()).difference(fields))
    changes = [
        PinChange(key, field, was.get(field), there.get(field), f"{key}: {_said_of(field, was, there)}")
        for field in fields
        if was.get(field) != there.get(field)
    ]
    if lost is not None:
        text = f"{key}: its code is not found: {lost.message}"
        changes.append(PinChange(key, "entry", pinned.reference or pinned.spec, None, text))
    other = loaded_elsewhere(entry, places) if entry.ref and not changes else None
    if other is not None:
        text = f"{key}: this process has loaded its module from another file, {other}"
        changes.append(PinChange(key, "file", None, other, text))
    return changes


def _said_of(field: str, was: dict[str, str], now: dict[str, str]) -> str:
    """Return in words what changed about a *field*."""
    old, new = was.get(field), now.get(field)
    if field in ("source", "root", "distribution"):
        what = {"root": "folder"}.get(field, field)
        nothing = "what is installed" if field == "root" else "none"
        if field == "distribution" and old and new and old.partition("==")[0] == new.partition("==")[0]:
            return f"the version of its distribution is {new}, not {old}"
        return f"it comes from another {what}: {new or nothing}, not {old or nothing}"
    if field == "checksum":
        return "the signature changed"
    if field == "source_checksum":
        return "the code changed"
    if field == "spec":
        return "its data changed" if old and new else "it is data now" if new else "it was data"
    if field == "match":
        return f"its routing rule is {now.get('match') or 'none'!r}, not {was.get('match') or 'none'!r}"
    if field == "reference":
        return f"its reference is {new or 'none'}, not {old or 'none'}"
    path = field.removeprefix("file ")
    if old and new:
        return f"the file {path} changed"
    return f"the file {path} {'is new' if new else 'is not part of it any more'}"


def read_lock(path: str) -> Lock:
    """Return what the lock file at *path* says.

    Raises:
        LockError: there is none, it can't be read, or it is not as `catalog pin` writes it.
    """
    try:
        return _lock_of(path)
    except FileNotFoundError:
        raise LockError(f"there is no {path}; `catalog pin` writes it", file=path) from None


def _lock_of(path: str) -> Lock:
    """Return what the lock file at *path* says; read once as long as it stays the same.

    Raises:
        FileNotFoundError: there is none.
        LockError: it can't be read, or it is not as `catalog pin` writes it.
    """
    from catalog.entry.lock import parse_lock

    try:
        state = os.stat(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    stamp = (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    known = _locks.get(path)
    if known is None or known[0] != stamp:
        lock = parse_lock(_text(path), path)
        if len(_locks) > 8:
            _locks.clear()
        known = _locks[path] = (stamp, lock)
    return known[1]


def _text(path: str) -> str:
    """Return the text of the file at *path*; raises as `_lock_of`."""
    from catalog.entry.lock import LARGEST

    try:
        content = read_regular(path, LARGEST)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LockError(f"{path}, line {line}: a byte there is no UTF-8", file=path, line=line) from None


def _unreadable(path: str, error: OSError | ValueError) -> LockError:
    reason = error.strerror if isinstance(error, OSError) else error
    return LockError(f"{path} can't be read: {reason}", file=path)


def _old(path: str, whole: bool) -> Lock:
    """Return what the lock file says that is to be written again; a damaged one says nothing where the *whole* is.

    Raises:
        LockError: it is no lock file, one of a newer version, or damaged and only a part is to be written.
    """
    from catalog.entry.lock import Lock, is_lock

    try:
        return _lock_of(path)
    except FileNotFoundError:
        return Lock()
    except LockError as error:
        if whole and "line" in error.facts and is_lock(_text(path)):
            return Lock()
        raise


def _folder(path: str) -> str:
    return os.path.dirname(path)


def _meant(ws: Workspace, keys: Sequence[Any] | None, kind: Kinds, pinned: Mapping[str, Pin]) -> Iterable[Entry]:
    """Return the entries that are meant, by place.

    Raises:
        EntryNotFoundError: neither the catalog nor the lock file has one of *keys*.
        UnknownKindError: no such kind.
    """
    if keys is None:
        return _pinnable(ws, kind)
    from catalog.source.places import by_place

    snapshot = ws.snapshot()
    entries = []
    for key in dict.fromkeys(_key(each) for each in keys):
        entry = _below(ws, snapshot, key)
        if entry is not None:
            entries.append(entry)
        elif format_key(*key) not in pinned:
            raise ws.not_found(snapshot, *key)
    return by_place(entries)


def _missing(
    ws: Workspace, keys: Sequence[Any] | None, kind: Kinds, pinned: Mapping[str, Pin], there: Collection[str]
) -> list[str]:
    """Return the keys of the pins that are meant, and whose entry is not *there*."""
    if keys is not None:
        return [key for key in dict.fromkeys(format_key(*_key(each)) for each in keys) if key not in there]
    kinds = set(ws.filters(kind).kinds)
    return [key for key in pinned if key not in there and (not kinds or key.partition(":")[0] in kinds)]


def _key(given: Any) -> Key:
    return (given.kind, given.name) if hasattr(given, "kind") else pair(given)


def _pinnable(ws: Workspace, kind: Kinds) -> Iterator[Entry]:
    from catalog.verbs import lookup

    snapshot = ws.snapshot()
    for entry in lookup.entries_by_place(ws, kind):
        meant = entry if entry.tier != "runtime" else _below(ws, snapshot, (entry.kind, entry.name))
        if meant is not None:
            yield meant


def _below(ws: Workspace, snapshot: Any, key: Key) -> Entry | None:
    """Return the entry of *key* that other processes have, too."""
    entry: Entry | None = snapshot.stored(*key)
    return entry if entry is not None else ws.config.entries.get(key)
