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


def test_scores_are_shown_and_what_is_no_nearer_than_chance_is_not(run_cli: Any) -> None:
    """The last column is the score; what is below the floor is left out, and a line says so and how to see it."""
    for name, text in (("draw", "Draw a chart."), ("paint", "Paint a diagram."), ("zip", "Decompress an archive.")):
        run_cli("register", "tool", name, f"nowhere:{name}", "-d", text)
    done = run_cli("similar", "draw")
    key, *_, score = done.out.rstrip("\n").split("\t")
    assert (done.status, key, done.out.count("\n"), 0.2 < float(score) < 1) == (0, "tool:paint", 1, True)
    assert done.err.startswith("Of the others the nearest, tool:zip, has a score of ")
    everything = run_cli("similar", "draw", "--floor", -1)
    assert [line.split("\t")[0] for line in everything.out.splitlines()] == ["tool:paint", "tool:zip"]
    assert everything.err == ""
    nothing = run_cli("similar", "draw", "--floor", 0.99, "--json")
    assert (nothing.status, nothing.data) == (1, [])
    assert nothing.err == (
        f"nothing is near to 'tool:draw': the nearest, tool:paint, has a score of {score}, which is below the floor; "
        "--floor -1 shows all\n"
    )
