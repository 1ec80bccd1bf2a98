"""The generated client, in folder ``made_client``, against a server: reads, writes, and reads what a refusal says."""

import sys

from made_client import Client
from made_client.api.default import delete_entry, get_entry, get_history, list_entries, put_entry, route, search
from made_client.models import Entry, Problem, Route, Whole

client = Client(base_url=sys.argv[1])

page = list_entries.sync(client=client, limit=2)
assert len(page.items) == 2, page
assert page.next_, page
second = list_entries.sync(client=client, limit=2, cursor=page.next_)
assert {item.key for item in page.items}.isdisjoint(item.key for item in second.items)

hits = search.sync(client=client, q="read an object from text", limit=3)
assert hits.hits, hits
assert hits.hits[0].key.startswith("tool:"), hits

whole = Whole.from_dict({"ref": "json:dumps", "description": "Write JSON.", "tags": ["made"], "reason": "a test"})
written = put_entry.sync(kind="tool", name="a/b c", client=client, body=whole)
assert isinstance(written, Entry), written
assert written.name == "a/b c", written
assert written.revision == 1, written
assert get_history.sync(kind="tool", name="a/b c", client=client).items[0].reason == "a test"
assert get_entry.sync(kind="tool", name="a/b c", client=client).tags == ["made"]

stale = put_entry.sync(kind="tool", name="a/b c", client=client, body=whole, if_none_match="*")
assert isinstance(stale, Problem), stale
assert stale.code == "changed", stale
assert delete_entry.sync_detailed(kind="tool", name="a/b c", client=client).status_code == 204
missing = get_entry.sync(kind="tool", name="a/b c", client=client)
assert isinstance(missing, Problem), missing
assert (missing.status, missing.code) == (404, "entry-not-found"), missing

decision = route.sync(client=client, body=Route.from_dict({"prompt": "bake bread", "kind": "tool"}))
assert decision.reason, decision
print("the generated client reads, writes and routes")
