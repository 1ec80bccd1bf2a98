"""Entries whose code has another name now: recognised by the body, carried over in one step; nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from catalog.entry.key import format_key, split_key
from catalog.entry.states import GONE, state_of, with_state
from catalog.store import queries
from catalog.store.mapping import to_json
from catalog.verbs.asking import Asking
from catalog.verbs.recording import described
from catalog.verbs.update import move
from catalog.workspace.workspace import Workspace, readable

if TYPE_CHECKING:
    from catalog.entry.entry import Entry

FOUND_IN_CODE = ("scan:", "plugin:", "live")
"""Begin the sources of entries that were found in code, not registered by a person."""


@dataclass(frozen=True, slots=True)
class Rename:
    """An entry whose code is gone, and where the same body is now.

    Attributes:
        key: of the entry.
        became: the key it gets; the same where only its module is another.
        ref: its reference.
        new_ref: the reference of the same body.
        stored_as: the key of the entry that a scan has made of the new place; None: there is none.
    """

    key: str
    became: str
    ref: str
    new_ref: str
    stored_as: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the rename as JSON data."""
        return asdict(self)


def find_renames(ws: Workspace) -> list[Rename]:
    """Return, by key, the entries that are marked as gone and whose code is certainly somewhere else.

    Certain is what is unambiguous: one entry is gone and one, newer, has its body; or no entry has it, and reading its
    package finds it at one place.
    """
    snapshot = ws.snapshot()
    keys = ws.store.reader.all(queries.GONE)
    gone = [entry for kind, name in keys if (entry := snapshot.stored(kind, name)) and _has_body(entry)]
    if not gone:
        return []
    sums = sorted({str(entry.source_checksum) for entry in gone})
    same: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in readable(ws.store.reader.all(queries.BY_SOURCE_CHECKSUM, (to_json(sums),))):
        same.setdefault((entry.kind, entry.source_checksum), []).append(entry)
    renames, left = [], []
    for entry in gone:
        bodies = same.get((entry.kind, entry.source_checksum), [])
        lost = [other for other in bodies if state_of(other.metadata) == GONE]
        there = [other for other in bodies if state_of(other.metadata) is None and _place(other)]
        if len(lost) == len(there) == 1 and _is_newer(there[0], entry) and _may_have_moved(entry, there[0]):
            renames.append(_rename(ws, entry, there[0]))
        elif len(lost) == 1 and not there and entry.ref and not entry.source.startswith(FOUND_IN_CODE):
            left.append(entry)
    return sorted([*renames, *_by_reading(ws, left)], key=lambda rename: rename.key)


def rename_to(ws: Workspace, entry: Entry, ref: str) -> Rename | None:
    """Return the rename of *entry*, whose code is at *ref* now; None where several entries stand for that already."""
    there = readable(ws.store.reader.all(queries.BY_REF, (ref,)))
    same = [each for each in there if each.kind == entry.kind and each.root == entry.root]
    if same:
        return _rename(ws, entry, same[0]) if len(same) == 1 else None
    last, now = _last(str(entry.ref)), _last(ref)
    name = now if entry.name == last and not ws.snapshot().has(entry.kind, now) else entry.name
    return Rename(entry.key, format_key(entry.kind, name), str(entry.ref), ref, None)


def accept_renames(
    ws: Workspace, renames: Iterable[Rename], *, marked: bool = True, action: str = "rename"
) -> list[str]:
    """Give each entry the name and the place its code has now; history, golden cases, uses and references follow.

    Args:
        ws: where.
        renames: what to do.
        marked: whether only entries that are marked as gone are meant.
        action: the word for the history where the name stays.

    Returns:
        The old keys of the entries that were renamed; of the others somebody else was faster.
    """
    from catalog.source.places import Places  # reading source code is for those who ask for it

    done = []
    for rename in renames:
        kind, name = split_key(rename.key)
        new = split_key(rename.became)[1]
        referring = {split_key(link.source) for link in Asking(ws).used_by(kind, name)}
        with ws.writing() as transaction:
            keys = [split_key(key) for key in (rename.key, rename.stored_as) if key]
            stored = [entry for _, entry in transaction.existing(keys).values()]
            entry = next((one for one in stored if _place(one) == rename.ref), None)
            made = next((one for one in stored if _place(one) == rename.new_ref), None)
            if entry is None or len(stored) != len(keys) or (marked and not entry.metadata.get(GONE)):
                continue  # somebody else was faster
            if made is not None:
                transaction.remove([(made.kind, made.name)], "rename")
                fields = _together(entry, made)
            else:
                there = entry.model_copy(update={"ref": rename.new_ref, "metadata": with_state(entry.metadata, None)})
                there = described(there, Places(), over=True)
                fields = {field: getattr(there, field) for field in ("ref", "metadata", *_OF_CODE)}
            move(ws, transaction, entry, new, referring, action if new == name else "rename", **fields)
            done.append(rename.key)
    return done


_OF_CODE = ("signature", "checksum", "source_checksum")


def _place(entry: Entry) -> str:
    """Return where the code of an entry is, or its part of a document; empty for data of its own."""
    return entry.ref or (f"{entry.document}#{entry.given_name}" if entry.document else "")


def _has_body(entry: Entry) -> bool:
    return bool(_place(entry) and entry.source_checksum)


def _is_newer(entry: Entry, other: Entry) -> bool:
    """Tell whether *entry* was stored after *other*: two that were there together are twins, not one renamed."""
    return bool(entry.created_at and other.created_at and entry.created_at > other.created_at)


def _may_have_moved(entry: Entry, there: Entry) -> bool:
    """Tell whether *there* may be *entry*: two repositories have short functions alike, under names of their own."""
    in_code = entry.source.startswith(FOUND_IN_CODE) and there.source.startswith(FOUND_IN_CODE)
    return not in_code or entry.source == there.source or _own_name(entry) == _own_name(there)


def _own_name(entry: Entry) -> str:
    return _last(entry.ref) if entry.ref else entry.given_name


def _rename(ws: Workspace, entry: Entry, made: Entry) -> Rename:
    """Return the rename of *entry* to what a scan has made of the new place."""
    given = made.metadata.get("given_name")
    # A scan that finds the name taken puts the module in front: the name was taken by the entry that is gone.
    own = not entry.source.startswith(FOUND_IN_CODE) and entry.name != _last(str(entry.ref))  # a person's choice
    name = entry.name if own or given == entry.name else made.name
    return Rename(entry.key, format_key(entry.kind, name), _place(entry), _place(made), made.key)


def _by_reading(ws: Workspace, entries: list[Entry]) -> list[Rename]:
    """Return the renames of entries that were registered by hand: no scan has made an entry of the new place."""
    if not entries:
        return []
    from catalog.loader.repair import diagnose  # reads whole packages: only where something is gone
    from catalog.source.places import by_place

    found = {entry.key: entry for entry in entries}
    snapshot = ws.snapshot()
    renames = []
    for fault in diagnose(by_place(entries)):
        if fault.certain != "exact" or fault.proposal is None:
            continue
        entry = found[fault.key]
        last, now = _last(str(entry.ref)), _last(fault.proposal)
        name = now if entry.name == last else entry.name  # a name of a person's own stays
        if (name == entry.name or not snapshot.has(entry.kind, name)) and not any(
            row[0] == entry.kind for row in ws.store.reader.all(queries.BY_REF, (fault.proposal,))
        ):
            renames.append(Rename(entry.key, format_key(entry.kind, name), str(entry.ref), fault.proposal, None))
    return renames


def _last(ref: str) -> str:
    return ref.rpartition(":")[2].rpartition(".")[2]


def _together(entry: Entry, made: Entry) -> dict[str, Any]:
    """Return the fields of *entry* with those of its code as a scan has read them; what a person wrote stays."""
    metadata = {**with_state(entry.metadata, None), **made.metadata}
    if "given_name" not in made.metadata or made.metadata["given_name"] == entry.name:
        metadata.pop("given_name", None)
    return {
        "ref": made.ref,
        "spec": made.spec,
        "description": made.description or entry.description,
        "tags": tuple(sorted({*entry.tags, *made.tags})),
        "examples": tuple(dict.fromkeys([*entry.examples, *made.examples])),
        "match": made.match or entry.match,
        "priority": made.priority or entry.priority,
        "providers": made.providers if made.providers is not None else entry.providers,
        "metadata": metadata,
        "source": made.source if entry.source.startswith(FOUND_IN_CODE) else entry.source,
        "distribution": made.distribution or entry.distribution,
        **{field: getattr(made, field) for field in _OF_CODE},
    }
