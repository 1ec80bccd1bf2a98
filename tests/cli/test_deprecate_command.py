"""``catalog deprecate``, and what follows from it."""

from __future__ import annotations


def test_a_deprecated_entry_ranks_last_and_names_what_replaces_it(run_cli) -> None:
    """It is listed with its state, found after the others, out of routing, and approved again by ``approve``."""
    run_cli("register", "tool", "chart", "json:dumps", "-d", "Draw a chart of sales.", "--match", "chart")
    run_cli("register", "tool", "new_chart", "json:dumps", "-d", "Draw a nice figure, or a chart.")
    assert [hit["name"] for hit in run_cli("search", "chart", "--json").data] == ["chart", "new_chart"]
    done = run_cli("deprecate", "chart", "--instead", "new_chart", "--reason", "it is ugly")
    assert (done.status, done.out) == (
        0, "deprecated tool:chart; tool:new_chart replaces it; this is revision 2\n",
    )  # fmt: skip
    assert [(hit["name"], hit["state"]) for hit in run_cli("search", "chart", "--json").data] == [
        ("new_chart", "approved"), ("chart", "deprecated"),
    ]  # fmt: skip
    assert [entry["key"] for entry in run_cli("ls", "--state", "deprecated", "--json").data] == ["tool:chart"]
    assert run_cli("explain", "chart", "--json").data["instead"] == "tool:new_chart"
    assert run_cli("route", "a chart", "-k", "tool", "--strategy", "rules").status == 1
    assert run_cli("log", "chart", "--json").data[0]["reason"] == "it is ugly"
    assert run_cli("approve", "chart").status == 0
    assert [hit["name"] for hit in run_cli("search", "chart", "--json").data] == ["chart", "new_chart"]


def test_what_replaces_it_must_be_there(run_cli) -> None:
    """Nothing changes where the entry that is to replace it is not known."""
    run_cli("register", "tool", "chart", "json:dumps")
    assert run_cli("deprecate", "chart", "--instead", "tool:figure").status == 1
    assert run_cli("ls", "--state", "deprecated", "--json").data == []
