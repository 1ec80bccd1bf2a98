"""The forms of documents that a scan reads, and which of them a file may have."""

from __future__ import annotations

from functools import lru_cache

from catalog.discovery.documents.form import Form

FORMS: tuple[Form, ...] = (
    Form(
        name="agent skill",
        kinds=("skill",),
        files=("SKILL.md",),
        reader="skill",
        checked="agentskills.io, 2026-11",
    ),
)
"""All forms; a file may have several, and then each is tried."""

HIDDEN = frozenset(folder.split("/")[0] for form in FORMS for folder in form.folders if folder.startswith("."))
"""Folders with a dot in front that are gone into for documents."""


@lru_cache(maxsize=1)
def _by_name() -> tuple[dict[str, tuple[Form, ...]], dict[str, tuple[Form, ...]]]:
    names: dict[str, tuple[Form, ...]] = {}
    endings: dict[str, tuple[Form, ...]] = {}
    for form in FORMS:
        for file in form.files:
            table, key = (endings, file[1:]) if file.startswith("*") else (names, file)
            table[key] = (*table.get(key, ()), form)
    return names, endings


def forms_of(name: str, folder: str) -> tuple[Form, ...]:
    """Return the forms that a file *name* in *folder* may have, by its name alone."""
    names, endings = _by_name()
    dot = name.rfind(".")
    forms = (*names.get(name, ()), *(endings.get(name[dot:], ()) if dot > 0 else ()))
    if not forms:
        return ()
    return tuple(form for form in forms if not form.folders or _is_below(folder, form.folders))


def _is_below(folder: str, folders: tuple[str, ...]) -> bool:
    path = f"/{folder.strip('/')}/"
    return any(f"/{each}/" in path for each in folders)
