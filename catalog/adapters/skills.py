"""Skills in the hands of a model: what they are for first, their instructions on demand, their files on demand."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from catalog import DriftError, EntryNotFoundError, ResolveError

if TYPE_CHECKING:
    from catalog import Catalog, Entry

BODY = "SKILL.md"
"""The file with the instructions of a skill."""

LARGEST = 10_000_000
"""The most bytes of a file of a skill that are handed on."""

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "file": {
            "type": "string",
            "description": "The path of a file of the skill; left out: its instructions, and which files there are.",
        }
    },
    "additionalProperties": False,
}
"""The schema of what a model reads a skill with."""


def is_skill(entry: Entry) -> bool:
    """Tell whether *entry* is a skill with files."""
    return entry.kind == "skill" and entry.document is not None


def files_of(entry: Entry) -> dict[str, str]:
    """Return the files of a skill, as they were recorded: paths, each with what tells whether it is the same."""
    files = entry.spec.get("files") if isinstance(entry.spec, dict) else None
    return {path: str(digest) for path, digest in files.items()} if isinstance(files, dict) else {}


def read(cat: Catalog, entry: Entry, file: str = BODY) -> str | bytes:
    """Return the instructions of a skill, without the table above them, or the content of another *file* of it.

    Returns:
        A text, or bytes where the file is no text.

    Raises:
        EntryNotFoundError: the skill has no such file.
        DriftError, ResolveError: its files are not what was recorded, or can't be read.
    """
    live = cat[entry.kind, entry.name]  # looks whether it is what was recorded
    if file == BODY:
        return str(live["text"])
    recorded = files_of(entry).get(file)
    if recorded is None:
        raise EntryNotFoundError(f"{entry.key} has no file {file!r:.80}", key=entry.key)
    data = _bytes(str(live["folder"]), file, entry)
    is_same = recorded in (sha256(data).hexdigest(), f"{len(data)} bytes")
    if cat.settings.policy(entry.kind) == "source" and not is_same:
        raise DriftError(
            f"{entry.key}: {file} is not what was recorded; if that is fine, accept it with "
            f"`catalog verify --accept {entry.key}`",
            key=entry.key,
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def shown(cat: Catalog, entry: Entry, file: str | None = None) -> str:
    """Return what a model is shown of a skill: its instructions and the names of its files, or one *file*.

    Raises:
        ValueError: there is no such file, or it is no text; the message says so to the model.
        DriftError, ResolveError: as :func:`read`.
    """
    others = [path for path in files_of(entry) if path != BODY]
    if not file:
        text = str(read(cat, entry))
        return f"{text}\n\nFiles of this skill: {', '.join(others)}" if others else text
    try:
        content = read(cat, entry, file)
    except EntryNotFoundError:
        names = f"its files are {', '.join(others)}" if others else "it has no other"
        raise ValueError(f"there is no file {file!r:.80}; {names:.300}") from None
    if isinstance(content, bytes):
        raise ValueError(f"{file} is no text; it has {len(content):,} bytes")
    return content


def _bytes(folder: str, path: str, entry: Entry) -> bytes:
    """Return the content of a file of a skill, which lies in its folder and is no link out of it."""
    place = os.path.join(folder, *path.split("/"))
    try:
        if not os.path.realpath(place).startswith(os.path.realpath(folder) + os.sep) or not os.path.isfile(place):
            raise FileNotFoundError("it is not there")
        if os.path.getsize(place) > LARGEST:
            raise OSError(f"it has more than {LARGEST:,} bytes")
        with open(place, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        reason = error.strerror or error
        raise ResolveError(f"{entry.key}: its file {path} can't be read: {reason}", key=entry.key) from None
