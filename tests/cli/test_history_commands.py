"""``catalog log`` and ``catalog restore``."""

from __future__ import annotations

import pytest

from catalog import DriftError
from catalog.verbs.refusals import record_refusal
from catalog.workspace.workspace import actor


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
        "reason": None,
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


@pytest.mark.usefixtures("changed")
def test_a_reason_is_recorded_and_shown(run_cli) -> None:
    """``--reason`` of a change stands in every form of the log."""
    run_cli("update", "tool:x", "--priority", "3", "--reason", "it is asked for most")
    assert run_cli("log", "-n", "1").undated.out == (
        "WHEN\tada\tupdate\ttool:x\t4\treason: it is asked for most; priority: 0 → 3\n"
    )
    assert run_cli("log", "-n", "1", width=60).undated.out == (
        "WHEN  update     tool:x #4  ada\n"
        "                  reason: it is asked for most\n"
        "                  priority: 0 → 3\n"
    )
    assert run_cli("log", "tool:x", "-n", "1", "--json").data[0]["reason"] == "it is asked for most"


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize(
    "command",
    [
        ("register", "tool", "new", "nowhere:n"),
        ("tag", "tool:x", "+new"),
        ("rename", "tool:x", "z"),
        ("unregister", "tool:x"),
        ("restore", "tool:y"),
        ("alias", "tool:x@prod"),
    ],
    ids=lambda words: words[0],
)
def test_every_change_of_a_person_takes_a_reason(run_cli, catalog, command: tuple[str, ...]) -> None:
    """Whatever a person changes can say why."""
    assert run_cli(*command, "--reason", "because").status == 0
    moves = [move.reason for move in catalog.alias_history("tool:x")]
    assert [moves[0] if moves else catalog.log(1)[0].reason] == ["because"]


@pytest.mark.usefixtures("changed")
def test_two_revisions_are_compared_field_by_field(run_cli) -> None:
    """``log KEY 1..4`` shows texts word by word and data line by line; ``--diff`` does for every change."""
    run_cli("update", "tool:x", "--description", "Draw a big plot.", "--tag", "plot", "--tag", "big")
    run_cli("update", "tool:x", "--description", "Draw a small plot.")
    assert run_cli("log", "tool:x", "3..5").undated.out == (
        "WHEN  update     tool:x #5  ada\n    description\n      Draw{+ a small plot+}.\n    tags\n      + big\n"
    )
    assert "      Draw a [-big-]{+small+} plot.\n" in run_cli("log", "tool:x", "--diff").out
    assert run_cli("log", "tool:x", "3..9") == (
        1, "", "'tool:x' has no revision 9; `catalog log tool:x` shows those it has\n",
    )  # fmt: skip
    assert run_cli("log", "tool:x", "three").status == 2


@pytest.mark.usefixtures("changed")
def test_aliases_are_pointed_listed_and_taken_away(run_cli) -> None:
    """``alias`` moves an alias; ``explain`` shows it, its key can be explained, and ``log`` tells of the move."""
    assert run_cli("alias", "x@prod", "--revision", "2") == (0, "tool:x@prod is revision 2\n", "")
    assert run_cli("alias", "tool:x@edge").out == "tool:x@edge is the newest revision\n"
    assert run_cli("alias", "x").out == "tool:x@edge\tthe newest revision\ntool:x@prod\trevision 2\n"
    assert "  aliases     edge (newest), prod (2)\n" in run_cli("explain", "tool:x").out
    assert run_cli("explain", "tool:x@prod", "--json").data["ref"] == "nowhere:f"
    assert run_cli("log", "tool:x", "-n", "2").undated.out == (
        "WHEN\tada\talias\ttool:x@edge\t\t\nWHEN\tada\talias\ttool:x@prod\t2\t\n"
    )
    assert run_cli("alias", "x@prod", "--delete").out == "took away tool:x@prod\n"
    assert run_cli("alias", "x", "--json").data == {"edge": None}
    assert run_cli("alias", "x@prod", "--delete").status == 1
    assert run_cli("alias", "x", "--delete").status == 2


@pytest.mark.usefixtures("changed")
def test_commands_read_the_catalog_as_it_was(run_cli, catalog) -> None:
    """``--as-of`` shows what was there at a moment or a generation, and refuses what is neither."""
    moment = catalog.history("tool:x")[1].at.isoformat()
    assert run_cli("explain", "tool:x", "--as-of", moment, "--json").data["ref"] == "nowhere:f"
    assert run_cli("ls", "--as-of", moment).out == "tool:x\tDraw.\tplot\tpersistent\n"
    first = catalog.history("tool:x")[2].at.isoformat()
    assert run_cli("search", "draw", "--as-of", first).status == 1
    assert run_cli("export", "--as-of", moment).out.count("\n") == 1
    assert run_cli("ls", "--as-of", "soon").status == 2


def test_refused_loads_are_listed(run_cli, catalog) -> None:
    """``log --refused`` shows when, who, which entry, and why."""
    assert run_cli("log", "--refused") == (1, "", "no load was refused\n")
    entry = catalog.register("tool", "x", "nowhere:f")
    record_refusal(catalog.workspace, entry, DriftError("nowhere:f has drifted"))
    assert run_cli("log", "--refused").undated.out == "WHEN\tada\ttool:x\tdrift\tnowhere:f has drifted\n".replace(
        "\tada", f"\t{actor()}"
    )
    assert run_cli("log", "--refused", "--json").data[0]["ref"] == "nowhere:f"
