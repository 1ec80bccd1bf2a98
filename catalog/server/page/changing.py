"""Changes that are made on a page: each is one call of the catalog, with a reason that the history keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catalog import Catalog, Entry
from catalog.server.problems import Problem

RIGHTS = {
    "describe": "write",
    "tag": "write",
    "rename": "write",
    "restore": "approve",  # as in the API: it brings back what was approved
    "approve": "approve",
    "deprecate": "approve",
}
"""Every change a page can make, and the right it needs."""

Fields = Mapping[str, str]


def change(catalog: Catalog, kind: str, name: str, action: str, fields: Fields) -> str:
    """Make a change; return the key that the entry has now.

    Args:
        catalog: whose entry.
        kind, name: of the entry.
        action: one of :data:`RIGHTS`.
        fields: of the form; ``revision`` says which state of the entry was seen.

    Raises:
        Problem: the entry was changed meanwhile, or a field is wrong.
        CatalogError: as of the call of the catalog.
    """
    make = _MAKERS.get(action)
    if make is None:
        raise Problem(400, "form", f"there is no such change: {action!r:.40}")
    if action != "restore":
        seen, now = fields.get("revision", ""), catalog.entry(kind, name).revision
        if seen != str(now):
            raise Problem(
                412,
                "changed",
                f"{kind}:{name} was changed meanwhile: you saw revision {seen or 'none'}, it has {now}; look again",
            )
    return make(catalog, kind, name, fields, fields.get("reason", "").strip() or None).key


def _describe(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    return catalog.update(kind, name, description=fields.get("description", "").replace("\r\n", "\n"), reason=reason)


def _tag(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    tags = [tag.strip() for tag in fields.get("tags", "").split(",")]
    return catalog.update(kind, name, tags=[tag for tag in tags if tag], reason=reason)


def _rename(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    return catalog.rename(kind, name, fields.get("new", "").strip(), reason=reason)


def _restore(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    number = fields.get("number", "")
    if not (number.isascii() and number.isdecimal()):
        raise Problem(400, "form", "say which revision to restore, as a number")
    return catalog.restore(kind, name, int(number), reason=reason)


def _approve(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    return catalog.approve(kind, name, reason=reason)


def _deprecate(catalog: Catalog, kind: str, name: str, fields: Fields, reason: str | None) -> Entry:
    return catalog.deprecate(kind, name, instead=fields.get("instead", "").strip() or None, reason=reason or "")


_MAKERS: dict[str, Callable[[Catalog, str, str, Fields, str | None], Entry]] = {
    "describe": _describe,
    "tag": _tag,
    "rename": _rename,
    "restore": _restore,
    "approve": _approve,
    "deprecate": _deprecate,
}
