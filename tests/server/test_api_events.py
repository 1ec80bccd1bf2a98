"""Changes told as they happen, by a server that listens."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import IO

from factories import open_catalog

from catalog import Catalog


def told(stream: IO[bytes]) -> Iterator[tuple[str, int, dict]]:
    """Yield name, id and data of each event of a stream."""
    fields: dict[str, str] = {}
    for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], int(fields["id"]), json.loads(fields["data"])
            fields = {}


def test_changes_of_any_process_are_told(live, served: Catalog) -> None:
    """A change that another process commits comes as an event with what, who and why; its id is the generation."""
    address = live()
    with urllib.request.urlopen(f"{address}api/v1/events", timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = told(stream)
        assert next(events) == ("ready", served.generation, {"generation": served.generation})
        with open_catalog(served.url) as other:
            other.update("tool:mail", description="Send letters.", reason="there may be many")
        name, number, data = next(events)
    assert (name, number, data["generation"]) == ("change", served.generation, served.generation)
    assert [(c["key"], c["action"], c["revision"], c["reason"]) for c in data["changes"]] == [
        ("tool:mail", "update", 2, "there may be many")
    ]


def test_who_comes_back_is_told_what_happened_meanwhile(live, served: Catalog) -> None:
    """With `Last-Event-ID` the changes since then come first."""
    then = served.generation
    served.unregister("tool:note")
    asked = urllib.request.Request(f"{live()}api/v1/events", headers={"Last-Event-ID": str(then)})
    with urllib.request.urlopen(asked, timeout=20) as stream:
        events = told(stream)
        assert next(events)[:2] == ("ready", then)
        assert [change["key"] for change in next(events)[2]["changes"]] == ["tool:note"]


def test_a_last_event_that_is_none_is_refused(asked) -> None:
    """What is no id of an event is a 422."""
    answer = asked().get("/api/v1/events", headers={"last-event-id": "yesterday"})
    assert (answer.status_code, answer.json()["code"]) == (422, "last-event-id")
