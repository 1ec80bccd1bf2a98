"""ETags: which state of the catalog, and which revision of an entry, an answer shows."""

from __future__ import annotations

import secrets
import zlib

from starlette.requests import Request
from starlette.responses import Response

from catalog import Catalog, Entry
from catalog.server.problems import Problem

_BOOT = secrets.token_hex(4)


def of_catalog(catalog: Catalog) -> str:
    """Return the ETag of an answer that depends on the whole catalog: its generation, and what else may change."""
    seen = zlib.crc32(repr(catalog.workspace.token()).encode())
    return f'W/"g{catalog.generation}-{_BOOT}{seen:08x}"'


def of_entry(entry: Entry) -> str:
    """Return the ETag of an entry: its revision, or its sum where it is not stored."""
    if entry.tier == "persistent":
        return f'"r{entry.revision}"'
    return f'"{entry.tier}-{zlib.crc32(entry.model_dump_json().encode()):08x}"'


def is_current(request: Request, etag: str) -> bool:
    """Tell whether the caller says it has the answer with this *etag* already."""
    known = request.headers.get("if-none-match", "")
    return any(_weak(given) == _weak(etag) or given == "*" for given in _listed(known))


def unchanged(etag: str) -> Response:
    """Return the answer for a caller that has it already."""
    return Response(status_code=304, headers={"etag": etag})


def expected(request: Request, entry: Entry | None) -> int | None:
    """Return the revision that *entry* must still have when it is changed; 0: it must not be there; None: any.

    Raises:
        Problem: it is not as the caller has seen it (``If-Match``), or is there already (``If-None-Match: *``).
    """
    if entry is not None and request.headers.get("if-none-match", "").strip() == "*":
        raise Problem(412, "changed", f"'{entry.key}' is there already", key=entry.key, revision=entry.revision)
    if "if-none-match" in request.headers:
        return 0
    given = _listed(request.headers.get("if-match", ""))
    if not given:
        return None
    if entry is None:
        raise Problem(412, "changed", "there is no such entry, and If-Match asks for one")
    etag = of_entry(entry)
    # A proxy that compresses makes every ETag a weak one; ours name revisions, so nothing is lost by comparing those.
    if "*" not in given and etag not in map(_weak, given):
        raise Problem(
            412,
            "changed",
            f"'{entry.key}' is at {etag}, and If-Match says {', '.join(given)[:80]}: somebody else changed it; look at "
            "it again",
            key=entry.key,
            revision=entry.revision,
        )
    return entry.revision if entry.tier == "persistent" else None


def _listed(header: str) -> list[str]:
    return [part.strip() for part in header.split(",") if part.strip()]


def _weak(etag: str) -> str:
    return etag.removeprefix("W/")
