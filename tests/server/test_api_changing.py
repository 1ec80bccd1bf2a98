"""What the API changes, and under which conditions."""

from __future__ import annotations

import pytest
from callers_of_tests import bearer, named_tokens

from catalog import Catalog

BASE = "/api/v1/entries/tool"


@pytest.fixture
def writing(asked):
    """The client of a server that lets three tokens in."""
    return asked(tokens=named_tokens(), allow_write=True)


def test_an_entry_is_written_as_a_whole(writing, served: Catalog) -> None:
    """PUT makes an entry (201), writes over it (200), and fields that are left out become empty."""
    body = {"ref": "plots:bar", "description": "Draw bars.", "tags": ["plot"], "reason": "asked for"}
    new = writing.put(f"{BASE}/bar", json=body, headers=bearer("approver"))
    assert (new.status_code, new.headers["location"], new.headers["etag"]) == (201, f"{BASE}/bar", '"r1"')
    again = writing.put(f"{BASE}/bar", json={"ref": "plots:bar"}, headers=bearer("approver"))
    assert (again.status_code, again.json()["tags"], again.json()["description"]) == (200, [], "")
    first = served.history("tool:bar")[-1]
    assert (first.actor, first.reason, first.action) == ("approver", "asked for", "register")


def test_a_patch_changes_only_what_it_names(writing, served: Catalog) -> None:
    """PATCH leaves other fields as they are, and takes tags to add and to remove."""
    answer = writing.patch(
        f"{BASE}/mail", json={"add_tags": ["paper"], "remove_tags": ["post"], "priority": 3}, headers=bearer("writer")
    )
    entry = served.entry("tool:mail")
    assert (answer.status_code, entry.tags, entry.priority, entry.description) == (
        200, ("paper",), 3, "Send a letter.",
    )  # fmt: skip
    assert (entry.source, entry.state) == ("manual", "approved")


def test_who_may_not_approve_writes_drafts(writing, served: Catalog) -> None:
    """What a writer says an entry does waits for somebody who may approve, new or changed."""
    writing.put(f"{BASE}/bar", json={"ref": "plots:bar"}, headers=bearer("writer"))
    writing.patch(f"{BASE}/mail", json={"ref": "os:system"}, headers=bearer("writer"))
    assert {key: served.entry(key).state for key in ("tool:bar", "tool:mail")} == {
        "tool:bar": "draft",
        "tool:mail": "draft",
    }
    assert (served.entry("tool:mail").source, served.entry("tool:bar").source) == ("http:writer", "http:writer")
    answer = writing.post(f"{BASE}/bar/approve", json={"reason": "read"}, headers=bearer("approver"))
    assert (answer.status_code, served.entry("tool:bar").state) == (200, "approved")


def test_no_writer_says_where_code_lies(writing, served: Catalog) -> None:
    """`metadata.root` would lead imports to any folder: it is refused, with PUT and with PATCH."""
    for answer in (
        writing.put(f"{BASE}/bar", json={"ref": "a:b", "metadata": {"root": "/tmp"}}, headers=bearer("approver")),
        writing.patch(f"{BASE}/mail", json={"metadata": {"root": "/tmp"}}, headers=bearer("approver")),
    ):
        assert (answer.status_code, "root" in answer.json()["detail"]) == (422, True)
    assert "tool:bar" not in served


def test_a_lost_update_is_refused(writing, served: Catalog) -> None:
    """With `If-Match` of a revision that is not the newest nothing is changed, whatever the method."""
    seen = writing.get(f"{BASE}/mail", headers=bearer("reader")).headers["etag"]
    served.update("tool:mail", description="Somebody else was here.")
    stale = {**bearer("approver"), "if-match": seen}
    answers = [
        writing.put(f"{BASE}/mail", json={"ref": "a:b"}, headers=stale),
        writing.patch(f"{BASE}/mail", json={"description": "Mine."}, headers=stale),
        writing.delete(f"{BASE}/mail", headers=stale),
        writing.post(f"{BASE}/mail/deprecate", json={}, headers=stale),
        writing.post(f"{BASE}/mail/rename", json={"name": "post"}, headers=stale),
        writing.put(f"{BASE}/none", json={"ref": "a:b"}, headers=stale),
        writing.put(f"{BASE}/mail", json={"ref": "a:b"}, headers={**bearer("approver"), "if-none-match": "*"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(412, "changed")] * 7
    assert served.entry("tool:mail").description == "Somebody else was here."
    fresh = {**bearer("approver"), "if-match": '"r1", "r2"'}
    assert writing.patch(f"{BASE}/mail", json={"description": "Mine."}, headers=fresh).status_code == 200


def test_an_entry_goes_and_comes_back(writing, served: Catalog) -> None:
    """DELETE answers 204 and keeps the history; restore brings the entry back under its name."""
    gone = writing.delete(f"{BASE}/mail", params={"reason": "not used"}, headers=bearer("writer"))
    assert (gone.status_code, gone.content, "tool:mail" in served) == (204, b"", False)
    assert (served.history("tool:mail")[0].reason, served.history("tool:mail")[0].actor) == ("not used", "writer")
    back = writing.post(f"{BASE}/mail/restore", json={"revision": 1}, headers=bearer("approver"))
    assert (back.status_code, back.json()["description"]) == (200, "Send a letter.")


def test_entries_are_deprecated_and_renamed(writing, served: Catalog) -> None:
    """Deprecating names what comes instead; renaming answers with the new key."""
    old = writing.post(
        f"{BASE}/mail/deprecate", json={"instead": "tool:note", "reason": "slow"}, headers=bearer("approver")
    )
    assert (old.json()["state"], old.json()["instead"]) == ("deprecated", "tool:note")
    new = writing.post(f"{BASE}/charts%2Fpie/rename", json={"name": "pie"}, headers=bearer("writer"))
    assert (new.json()["key"], "tool:pie" in served) == ("tool:pie", True)
    taken = writing.post(f"{BASE}/pie/rename", json={"name": "mail"}, headers=bearer("writer"))
    assert (taken.status_code, taken.json()["code"]) == (409, "duplicate-entry")


def test_lines_are_imported_all_or_none(writing, served: Catalog) -> None:
    """A wrong line stores nothing and is named; lines that fit are counted, and say that they came from a file."""
    lines = b'{"kind":"tool","name":"x","ref":"a:b"}\n{"kind":"tool","name":"y"}\n'
    send = {**bearer("approver"), "content-type": "application/jsonl"}
    wrong = writing.post("/api/v1/entries", content=lines, headers=send)
    assert (wrong.status_code, wrong.json()["code"], "tool:x" in served) == (422, "invalid-entry", False)
    assert "line 2" in wrong.json()["detail"]
    right = writing.post("/api/v1/entries", content=lines.splitlines()[0], headers=send)
    assert (right.json(), served.entry("tool:x").source) == ({"written": 1}, "import")
    unapproved = writing.post("/api/v1/entries", content=lines, headers={**send, **bearer("writer")})
    assert (unapproved.status_code, unapproved.json()["facts"]) == (403, {"right": "approve"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ref": "not a reference"},
        {"ref": "a:b", "spec": {"x": 1}},
        {"ref": "a:b", "colour": "red"},
        {"ref": "a:b", "tags": "one"},
        {"ref": "a:b", "priority": 1.5},
        {"ref": "a:b", "metadata": []},
        {"ref": "a:b", "match": "("},
        [],
    ],
)
def test_a_body_that_is_no_entry_is_refused(writing, served: Catalog, body: object) -> None:
    """What does not make an entry is a 422, and nothing is stored."""
    answer = writing.put(f"{BASE}/bar", json=body, headers=bearer("approver"))
    assert (answer.status_code, "tool:bar" in served) == (422, False)


@pytest.mark.parametrize("content", [b"", b"{", b'{"ref": NaN}', b"\xff", b'{"ref":"a:b","ref":"c:d"}'])
def test_a_body_that_is_no_json_is_refused(writing, content: bytes) -> None:
    """Half a document, no number, no UTF-8, a key twice: 400."""
    send = {**bearer("approver"), "content-type": "application/json"}
    answer = writing.post("/api/v1/route", content=content, headers=send)
    assert (answer.status_code, answer.json()["code"]) == (400, "json")
