"""``catalog embed``: counting vectors and making what is missing."""

from __future__ import annotations

import json
from typing import Any


def test_a_registration_brings_its_vectors(run_cli: Any) -> None:
    """With the default embedder an entry's text and each of its examples are embedded as it is stored."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.", "--example", "plot a against b")
    status, out, err = run_cli("embed", "status", "--json")
    assert (status, err) == (0, "")
    assert list(json.loads(out).values()) == [{"fresh": 2, "stale": 0, "missing": 0}]


def test_what_is_missing_is_counted_and_made(run_cli: Any) -> None:
    """Vectors of another embedder are missing until an update makes them, and only then is the answer yes."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.")
    assert run_cli("embed", "update", "--embedder", "hash", "--json") == (0, '{\n  "made": 1\n}\n', "")
    assert run_cli("embed", "update", "--embedder", "hash") == (0, "0 vectors made\n", "")
    status, out, err = run_cli("embed", "status")
    assert (status, err) == (0, "")
    assert [line.partition(":")[2] for line in out.splitlines()] == [" 1 fresh, 0 stale, 0 missing"] * 2


def test_an_unknown_embedder_is_wrong_use(run_cli: Any) -> None:
    """An embedder nobody knows ends with status 2 and names the one that was meant."""
    status, out, err = run_cli("embed", "update", "--embedder", "wordlama")
    assert (status, out) == (2, "")
    assert "did you mean 'wordllama'" in err
