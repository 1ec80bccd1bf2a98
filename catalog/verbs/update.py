"""Changing an entry: some of its fields, or its name."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.entry.entry import make_entry
from catalog.entry.key import Key, composed, format_key, name_fault, split_key
from catalog.entry.states import CATALOGS, MARKS, only, without
from catalog.errors import DuplicateEntryError, EntryError, InvalidEntryError
from catalog.verbs.asking import Asking
from catalog.verbs.recording import CODE_SAYS, described, marked, stands_for, templated, untemplated
from catalog.workspace.workspace import Workspace

if TYPE_CHECKING:
    from catalog.entry.entry import Entry
    from catalog.store.writer import Transaction

OWN = ("kind", "name", "tier", "revision", "created_at", "updated_at", "checksum", "source_checksum", "signature")
"""Fields that the catalog itself writes."""


def update(ws: Workspace, kind: str, name: str, fields: Mapping[str, Any]) -> Entry:
    """Change the *fields* of an entry that are named; see :meth:`catalog.Catalog.update`."""
    for field in fields:
        if field in OWN:
            hint = "; rename gives it another name" if field == "name" else ""
            raise EntryError(f"{format_key(kind, name)}: the catalog itself writes '{field}'{hint}", field=field)
    entry = ws.entry(kind, name)
    if entry.tier == "config":
        raise EntryError(
            f"'{entry.key}' is configured in {ws.config.file}; change it there", key=entry.key, file=str(ws.config.file)
        )
    if entry.tier == "runtime":
        with ws.lock:
            changed = _changed(ws, entry, fields)
            ws.runtime.put(changed, fields.get("value", ws.runtime.live((kind, name))))
            ws.drop_snapshot()
        return changed
    with ws.writing() as transaction:
        stored = transaction.existing([(kind, name)]).get((kind, name))
        if stored is None:
            raise ws.not_found(ws.snapshot(), kind, name)
        ws.put(transaction, [_changed(ws, stored[1], fields)], "update")
    return ws.stored(kind, name)


def _changed(ws: Workspace, entry: Entry, fields: Mapping[str, Any]) -> Entry:
    """Return *entry* with other fields, validated; what stands behind it is read again if that is another."""
    given = dict(fields)
    tags = list(_texts(entry, "tags", given.pop("tags", entry.tags)))
    tags += _texts(entry, "add_tags", given.pop("add_tags", ()))
    gone = set(_texts(entry, "remove_tags", given.pop("remove_tags", ())))
    told = dict(untemplated(entry) if entry.tier == "persistent" else entry)
    if "value" in given:
        value = given.pop("value")
        meant = {} if entry.tier == "runtime" else stands_for(entry.kind, entry.name, value)
        given = {**marked(value), **given, **meant}
    if "ref" in given or "spec" in given:
        told["metadata"] = {field: value for field, value in entry.metadata.items() if field not in CODE_SAYS}
        told |= {"ref": None, "spec": None, "signature": None, "checksum": None, "source_checksum": None}
    if "metadata" in given and isinstance(given["metadata"], Mapping):  # marks are not the caller's
        kept = {} if entry.tier == "runtime" else only(told["metadata"], *MARKS)
        given["metadata"] = {**without(given["metadata"], *CATALOGS), **kept}
    changed = make_entry({**told, **given, "tags": [tag for tag in tags if tag not in gone]})
    if changed.ref is not None and changed.checksum is None and entry.tier == "persistent":
        from catalog.source.places import Places  # reads source code

        changed = described(changed, Places())
    return templated(changed) if entry.tier == "persistent" else changed


def _texts(entry: Entry, field: str, given: Any) -> list[str]:
    if isinstance(given, str) or not all(isinstance(text, str) for text in given):
        raise InvalidEntryError(f"{entry.key}: {field}={given!r:.80}: give a list of texts", key=entry.key, field=field)
    return [composed(text) for text in given]


def renaming(kind: str, name: str, new: str | None) -> tuple[str, str, str]:
    """Return kind, old and new name, where the first two may be one key."""
    if new is None:
        kind, old = split_key(kind)
        return kind, composed(old), composed(name)
    return kind, composed(name), composed(new)


def rename(ws: Workspace, kind: str, name: str, new: str) -> Entry:
    """Give an entry the name *new*; see :meth:`catalog.Catalog.rename`."""
    fault = name_fault(new)
    if fault:
        raise InvalidEntryError(f"the name {new!r:.80} {fault}", name=new)
    snapshot = ws.snapshot()
    if new != name and snapshot.has(kind, new):
        raise DuplicateEntryError(
            f"'{format_key(kind, new)}' is another entry; take it away first, or choose another name",
            key=format_key(kind, new),
        )
    referring = Asking(ws).used_by(kind, name) if snapshot.has(kind, name) else []
    with ws.writing() as transaction:
        stored = transaction.existing([(kind, name)]).get((kind, name))
        if stored is None:
            raise ws.not_found(ws.snapshot(), kind, name)
        if new == name:
            return stored[1]
        move(ws, transaction, stored[1], new, {split_key(link.source) for link in referring})
    return ws.stored(kind, new)


def move(
    ws: Workspace,
    transaction: Transaction,
    entry: Entry,
    new: str,
    referring: set[Key],
    action: str = "rename",
    **fields: Any,
) -> None:
    """Give *entry* the name *new*, and other *fields* with it; what lies under its key goes along.

    Args:
        ws: where.
        transaction: to write in.
        entry: as it is stored.
        new: the name, which no entry has.
        referring: the keys of the entries that name it.
        action: the word for the history.
        **fields: of the entry, as they are to be.
    """
    old = (entry.kind, entry.name)
    if new != entry.name:
        transaction.rename(old, new)
    if entry.document:  # it is looked for there by the name it has there
        fields.setdefault("metadata", {**entry.metadata, "given_name": entry.given_name})
    ws.put(transaction, [entry.model_copy(update={**fields, "name": new})], action)
    if new != entry.name:
        ws.put(transaction, renamed_in(transaction, referring, old, new), action)


def renamed_in(transaction: Transaction, keys: set[Key], old: Key, new: str) -> list[Entry]:
    """Return the entries of *keys* with every name of the entry *old* in them replaced."""
    from catalog.entry.references import references_of

    changes = []
    for kind, name in sorted(keys):
        at = (kind, new if (kind, name) == old else name)
        stored = transaction.existing([at]).get(at)
        if stored is None:  # of another tier: the configuration, or an object of this process
            continue
        entry = stored[1]
        parts: dict[str, Any] = {"spec": copy.deepcopy(entry.spec), "metadata": copy.deepcopy(entry.metadata)}
        for named in references_of(entry.kind, entry.spec, entry.metadata):
            if named.name == old[1] and (named.kind == old[0] or {named.kind, old[0]} == {"council", "sub_council"}):
                is_key = named.path.startswith("metadata.")
                replace_at(parts, named.path, lambda word, is_key=is_key: _renamed(word, is_key, old[1], new))
        changes.append(entry.model_copy(update=parts))
    return changes


def _renamed(word: str, is_key: bool, old: str, new: str) -> str:
    """Return *word*, the name *old* or a key of it, with the name *new*."""
    return f"{word.partition(':')[0]}:{new}" if is_key or (":" in word and word != old) else new


def replace_at(parts: dict[str, Any], path: str, change: Any) -> None:
    """Replace the text at *path*, which lies in the metadata if it begins so, else in the spec."""
    steps = path.split(".")
    holder: Any = parts["metadata"] if steps[0] == "metadata" else parts["spec"]
    steps = steps[1:] if steps[0] == "metadata" else steps
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    last: Any = int(steps[-1]) if isinstance(holder, list) else steps[-1]
    holder[last] = change(holder[last])
