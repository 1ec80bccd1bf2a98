"""Commands on a catalog with a row that holds no JSON."""

from __future__ import annotations

from typing import Any

from factories import damage


def test_commands_pass_a_damaged_row_by(run_cli: Any, url: str) -> None:
    """Listings and searches show it as it was, `explain` says what helps, and it can be taken away."""
    for name, ref in (("bad", "os:getcwd"), ("good", "os:getpid")):
        assert run_cli("register", "tool", name, ref, "--tag", "one").status == 0
    damage(url, "UPDATE entry SET metadata = '{', tags = '[1' WHERE name = 'bad'")
    assert [line.split("\t")[0] for line in run_cli("ls").out.splitlines()] == ["tool:bad", "tool:good"]
    assert [(one["name"], one["tags"]) for one in run_cli("search", "bad", "--json").data] == [("bad", ["one"])]
    told = run_cli("explain", "tool:bad")
    assert (told.status, told.out, told.err.count("\n")) == (3, "", 1)
    assert "`catalog restore tool:bad` brings back a good one" in told.err
    assert run_cli("db", "check").status == 1
    assert run_cli("unregister", "tool:bad").out == "unregistered tool:bad\n"
    assert run_cli("db", "check").status == 0
