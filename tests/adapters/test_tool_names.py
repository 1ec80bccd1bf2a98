"""Names of tools as providers take them, and back."""

from __future__ import annotations

import re

import pytest
from factories import tool
from hypothesis import given
from hypothesis import strategies as st

from catalog import Catalog, EntryNotFoundError
from catalog.adapters.names import IDENTIFIER, PROVIDER, Rule, fitted, key_of

RULES = {
    PROVIDER: r"[A-Za-z0-9_-]{1,64}",
    IDENTIFIER: r"[A-Za-z_][A-Za-z0-9_]{0,63}",
    Rule(128, "-."): r"[A-Za-z0-9_.-]{1,128}",
}
NAMES = st.text(min_size=1, max_size=200) | st.from_regex(r"[a-z-]{1,70}(_[0-9a-f]{8})?", fullmatch=True)


@given(st.lists(st.tuples(st.sampled_from(["tool", "agent", "prompt"]), NAMES), unique=True, max_size=8))
def test_names_fit_and_differ(keys: list[tuple[str, str]]) -> None:
    """Whatever entries are called, their names fit the rule, no two are equal, and what fits stays."""
    for rule, pattern in RULES.items():
        names = [fitted(kind, name, rule) for kind, name in keys]
        assert [name for name in names if not re.fullmatch(pattern, name)] == []
        assert len(set(names)) == len(keys)
    assert fitted("tool", "create_scatter-2") == "create_scatter-2"


def test_a_name_leads_back_to_its_entry(catalog: Catalog) -> None:
    """Fitted names, own names and keys are understood; the name of a tool that looks fitted is fitted itself."""
    keys = [("tool", "plain"), ("tool", "Zürich über alles"), ("agent", "plain"), ("tool", "a_12345678")]
    catalog.register_many([tool(name) if kind == "tool" else {
        "kind": kind, "name": name, "ref": "m:f"} for kind, name in keys])  # fmt: skip
    names = [fitted(*key) for key in keys]
    assert [re.sub(r"[0-9a-f]{8}$", "…", name) for name in names] == [
        "plain",
        "Zurich_uber_alles_…",
        "agent_plain_…",
        "a_12345678_…",
    ]
    assert [key_of(catalog, name) for name in names] == keys
    assert key_of(catalog, "agent:plain") == ("agent", "plain")
    for name in ("nothing", "plain_12345678", "tool:nothing", ""):
        with pytest.raises(EntryNotFoundError, match="no tool called"):
            key_of(catalog, name)
