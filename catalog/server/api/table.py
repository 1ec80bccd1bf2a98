"""The table of the API's operations."""

from __future__ import annotations

from typing import Any

from catalog.server.api import changing, models, reading, streams
from catalog.server.api.operations import BASE, JSON, LINES, Operation
from catalog.server.api.schemas import TEXT, reference

_ENTRY = f"{BASE}/entries/{{kind}}/{{name}}"
_MATCH = ("If-Match",)
_KNOWN = ("If-None-Match",)
_CHANGE = (403, 404, 409, 412, 422, 503)


def _json(name: str) -> dict[str, Any]:
    return {JSON: reference(name)}


OPERATIONS = (
    Operation(
        "listEntries", "GET", f"{BASE}/entries", "read",
        "List entries, a page at a time; or export all stored ones as JSON Lines, in their own type.",
        reading.list_entries, {**_json("EntryPage"), LINES: TEXT}, query=models.Listing,
        statuses={200: "A page of entries, or the export.", 304: "As it was."}, headers=_KNOWN,
    ),
    Operation(
        "importEntries", "POST", f"{BASE}/entries", "write",
        "Store the entries of JSON Lines, all or none. It needs the right to approve, too.",
        changing.import_entries, _json("Written"), query=models.Bulk, lines=True,
        statuses={200: "How many are new or changed."}, problems=(403, 409, 422, 503),
    ),
    Operation(
        "getEntry", "GET", _ENTRY, "read", "Give an entry.",
        reading.get_entry, _json("Entry"),
        statuses={200: "The entry.", 304: "As it was."}, problems=(404,), headers=_KNOWN,
    ),
    Operation(
        "putEntry", "PUT", _ENTRY, "write", "Write an entry as a whole, over what was there.",
        changing.put_entry, _json("Entry"), body=models.Whole,
        statuses={200: "The entry.", 201: "The entry, which is new."}, problems=_CHANGE,
        headers=("If-Match", "If-None-Match"),
    ),
    Operation(
        "patchEntry", "PATCH", _ENTRY, "write", "Change the fields of an entry that are given.",
        changing.patch_entry, _json("Entry"), body=models.Changes,
        statuses={200: "The entry."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "deleteEntry", "DELETE", _ENTRY, "write", "Take an entry away; its history stays, and it can be restored.",
        changing.delete_entry, {}, query=models.Why,
        statuses={204: "It is away."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "getHistory", "GET", f"{_ENTRY}/history", "read", "List the changes of an entry, the newest first.",
        reading.get_history, _json("RevisionPage"), query=models.History,
        statuses={200: "A page of revisions.", 304: "As it was."}, problems=(404,), headers=_KNOWN,
    ),
    Operation(
        "getReferences", "GET", f"{_ENTRY}/references", "read", "List what an entry names, and what names it.",
        reading.get_references, _json("References"),
        statuses={200: "Both lists.", 304: "As it was."}, problems=(404,), headers=_KNOWN,
    ),
    Operation(
        "approveEntry", "POST", f"{_ENTRY}/approve", "approve", "Let routers pick an entry.",
        changing.approve_entry, _json("Entry"), body=models.Why,
        statuses={200: "The entry."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "deprecateEntry", "POST", f"{_ENTRY}/deprecate", "approve", "Mark an entry as one that has had its day.",
        changing.deprecate_entry, _json("Entry"), body=models.Deprecation,
        statuses={200: "The entry."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "restoreEntry", "POST", f"{_ENTRY}/restore", "approve", "Bring back an entry as it was at a revision.",
        changing.restore_entry, _json("Entry"), body=models.Restoration,
        statuses={200: "The entry."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "renameEntry", "POST", f"{_ENTRY}/rename", "write", "Give an entry another name; references follow.",
        changing.rename_entry, _json("Entry"), body=models.Renaming,
        statuses={200: "The entry, under its new name."}, problems=_CHANGE, headers=_MATCH,
    ),
    Operation(
        "search", "GET", f"{BASE}/search", "read", "Find entries by words and by meaning, the best first.",
        reading.search, _json("Hits"), query=models.Search,
        statuses={200: "The hits, each with its score and the reasons."}, problems=(503,),
    ),
    Operation(
        "similar", "GET", f"{BASE}/similar", "read", "Find the entries nearest in meaning to an entry.",
        reading.similar, _json("Hits"), query=models.Similar,
        statuses={200: "The hits; the score is the cosine."}, problems=(404, 501, 503),
    ),
    Operation(
        "route", "POST", f"{BASE}/route", "read", "Pick the entry that a prompt is for, or none; with the reasons.",
        reading.route, _json("Decision"), body=models.Route,
        statuses={200: "The decision; without a key where no entry fits."}, problems=(501, 503),
    ),
    Operation(
        "getFacets", "GET", f"{BASE}/facets", "read", "Count entries by each of the facets.",
        reading.get_facets, _json("Facets"), query=models.Finding,
        statuses={200: "The counts.", 304: "As it was."}, problems=(503,), headers=_KNOWN,
    ),
    Operation(
        "getHealth", "GET", f"{BASE}/health", "read",
        "Say what needs attention: states, vectors, references, and entries that are alike.",
        reading.get_health, _json("Health"), query=models.Attention,
        statuses={200: "The findings.", 304: "As it was."}, problems=(501, 503), headers=_KNOWN,
    ),
    Operation(
        "events", "GET", f"{BASE}/events", "read", "Tell of changes as they happen; an event's id is a generation.",
        streams.events, {streams.EVENTS: TEXT},
        statuses={200: "Server-sent events: `ready` once, then `change` with generation and changes."},
        problems=(422, 503), headers=("Last-Event-ID",),
    ),
)  # fmt: skip
"""Every operation of the API: what it is called, where it is, who may, what it takes and gives."""
