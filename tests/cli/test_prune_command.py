"""``catalog db prune``."""

from __future__ import annotations


def test_prune_deletes_old_revisions(run_cli) -> None:
    """It says how many went; without a number it is wrong use."""
    for text in ("a", "b", "c"):
        run_cli("register", "tool", "x", "os:getcwd", "-d", text)
    assert run_cli("db", "prune", "--keep", "1") == (0, "deleted 2 revisions\n", "")
    assert run_cli("db", "prune", "--keep", "1", "--vacuum", "--json").data == {"deleted": 0}
    done = run_cli("db", "prune")
    assert (done.status, "say what may go" in done.err) == (2, True)
