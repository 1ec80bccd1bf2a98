"""``catalog log`` and ``catalog restore``."""

from __future__ import annotations

import pytest


@pytest.fixture
def changed(run_cli) -> None:
    """An entry with three revisions, and one that was taken away."""
    run_cli("register", "tool", "x", "nowhere:f")
    run_cli("register", "tool", "x", "nowhere:f", "--tag", "plot", "--description", "Draw.")
    run_cli("register", "tool", "x", "nowhere:g", "--tag", "plot", "--description", "Draw.")
    run_cli("register", "tool", "y", "nowhere:h")
    run_cli("unregister", "tool:y")


def test_an_empty_log_is_a_no(run_cli) -> None:
    """Without any change the status is 1 and JSON is an empty array."""
    said = "nothing has happened yet: the catalog is empty; fill it with `catalog scan PACKAGE`\n"
    assert run_cli("log") == (1, "", said)
    assert run_cli("log", "--json") == (1, "[]\n", said)


@pytest.mark.usefixtures("changed")
def test_a_pipe_gets_a_line_for_each_change(run_cli) -> None:
    """The newest comes first: time, who, action, key, revision, and the fields that changed."""
    assert run_cli("log").undated == (
        0,
        "WHEN\tada\tunregister\ttool:y\t2\tref: nowhere:h → none\n"
        "WHEN\tada\tregister\ttool:y\t1\tref: nowhere:h\n"
        "WHEN\tada\tregister\ttool:x\t3\tref: nowhere:f → nowhere:g\n"
        'WHEN\tada\tregister\ttool:x\t2\tdescription: none → Draw.; tags: none → ["plot"]\n'
        "WHEN\tada\tregister\ttool:x\t1\tref: nowhere:f\n",
        "",
    )


@pytest.mark.usefixtures("changed")
def test_a_terminal_gets_the_changes_below(run_cli) -> None:
    """On a terminal each changed field has a line below its change, clipped to the width."""
    assert run_cli("log", "x", "--limit", "2", width=44).undated == (
        0,
        "WHEN  register   tool:x #3  ada\n"
        "                  ref: nowhere:f → nowhere:g\n"
        "WHEN  register   tool:x #2  ada\n"
        "                  description: none → Draw.\n"
        '                  tags: none → ["plot"]\n',
        "",
    )


@pytest.mark.usefixtures("changed")
def test_json_gives_old_and_new_values(run_cli) -> None:
    """``--json`` gives every change with its fields as they were and as they became."""
    done = run_cli("log", "tool:x", "--json").undated
    assert done.data[0] == {
        "key": "tool:x",
        "kind": "tool",
        "name": "x",
        "revision": 3,
        "action": "register",
        "actor": "ada",
        "at": "WHEN",
        "changes": {"ref": {"old": "nowhere:f", "new": "nowhere:g"}},
    }
    assert [one["revision"] for one in done.data] == [3, 2, 1]


@pytest.mark.usefixtures("changed")
def test_the_log_of_what_was_taken_away_can_be_read(run_cli) -> None:
    """A key that is gone still has its history, by key and by name."""
    assert [line.split("\t")[2] for line in run_cli("log", "y", "-n", "all").out.splitlines()] == [
        "unregister",
        "register",
    ]
    assert run_cli("log", "nope")[:2] == (1, "")


@pytest.mark.usefixtures("changed")
def test_restore_goes_back_one_change(run_cli, catalog) -> None:
    """Without a revision the entry becomes what it was before, as a new revision."""
    assert run_cli("restore", "x") == (0, "restored tool:x as it was before; this is revision 4\n", "")
    assert catalog.entry("tool", "x").ref == "nowhere:f"


@pytest.mark.usefixtures("changed")
def test_restore_goes_back_to_a_revision(run_cli, catalog) -> None:
    """With a revision the entry becomes what it was then."""
    assert run_cli("restore", "tool:x", "--revision", "1") == (
        0,
        "restored tool:x as it was at revision 1; this is revision 4\n",
        "",
    )
    assert catalog.entry("tool", "x").tags == ()


@pytest.mark.usefixtures("changed")
def test_restore_brings_back_what_was_taken_away(run_cli, catalog) -> None:
    """An entry that is gone comes back by its bare name, and JSON shows it."""
    data = run_cli("restore", "y", "--json").data
    assert data == {"key": "tool:y", **catalog.entry("tool", "y").model_dump(mode="json")}


@pytest.mark.usefixtures("changed")
def test_what_never_was_can_not_come_back(run_cli) -> None:
    """A revision that never was is a no; a number below 1 is wrong use."""
    assert run_cli("restore", "tool:x", "-r", "9") == (
        1,
        "",
        "Error: 'tool:x' has no revision 9 to go back to; it has [1, 2, 3]\n",
    )
    assert run_cli("restore", "tool:x", "-r", "0").status == 2
