"""``catalog similar``: the entries nearest in meaning."""

from __future__ import annotations

from typing import Any


def test_the_nearest_entry_comes_first(run_cli: Any) -> None:
    """Of three tools the one that means nearly the same is listed before the other, and the tool itself never."""
    for name, text in (("draw", "Draw a chart."), ("paint", "Paint a diagram."), ("mail", "Send an e-mail.")):
        run_cli("register", "tool", name, "json:dumps", "-d", text)
    hits = run_cli("similar", "draw", "--json").data
    assert [(hit["key"], hit["score"] > 0.2) for hit in hits][:1] == [("tool:paint", True)]
    assert "tool:draw" not in [hit["key"] for hit in hits]


def test_an_entry_alone_is_near_to_nothing(run_cli: Any) -> None:
    """With no other entry the answer is no, and one line says what to do."""
    run_cli("register", "tool", "draw", "json:dumps", "-d", "Draw a chart.")
    done = run_cli("similar", "tool:draw")
    assert (done.status, done.out) == (1, "")
    assert "nothing is near to 'tool:draw'" in done.err
