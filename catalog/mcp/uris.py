"""``catalog://KIND/NAME``, and ``catalog://skill/NAME/FILE``: addresses of entries and of the files of skills."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote

SCHEME = "catalog://"
ENTRY = "catalog://{kind}/{name}"
"""The template of every entry."""
FILE = "catalog://skill/{name}/{+path}"
"""The template of the files of skills; ``SKILL.md`` has the instructions."""


def uri_of(kind: str, name: str, path: str = "") -> str:
    """Return the address of an entry, or of the file *path* of a skill; what a URI can't hold is percent-encoded."""
    address = f"{SCHEME}{kind}/{quote(name, safe='/:@')}"
    return f"{address}/{quote(path, safe='/:@')}" if path else address


def readings(uri: str) -> Iterator[tuple[str, str, str]]:
    """Yield what *uri* may mean, kind, name and path: names and paths both hold slashes. Longer names come first."""
    if not uri.startswith(SCHEME):
        return
    kind, _, rest = uri.removeprefix(SCHEME).partition("/")
    if not rest:
        return
    yield kind, unquote(rest), ""
    if kind == "skill":
        end = rest.rfind("/")
        while end > 0:
            yield kind, unquote(rest[:end]), unquote(rest[end + 1 :])
            end = rest.rfind("/", 0, end)
