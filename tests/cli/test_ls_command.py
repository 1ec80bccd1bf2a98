"""``catalog ls``."""

from __future__ import annotations

import pytest


@pytest.mark.usefixtures("three")
def test_a_pipe_gets_whole_tab_separated_lines(run_cli) -> None:
    """In a pipe each entry is one line: key, description, tags and tier, with tabs between them and no heading."""
    assert run_cli("ls") == (
        0,
        "schema:verdict\tWhat a judge says.\t\tpersistent\n"
        "tool:create_scatter\tDraw a scatter plot.\tcsv, plot\tpersistent\n"
        "tool:read_csv\tRead a table.\tcsv\tpersistent\n",
        "",
    )


@pytest.mark.usefixtures("three")
def test_a_terminal_gets_a_table_with_a_heading(run_cli) -> None:
    """On a terminal columns line up under a heading, and the tier is left out while all entries are simply stored."""
    assert run_cli("ls", "tool", width=80) == (
        0,
        "KEY                  DESCRIPTION           TAGS\n"
        "tool:create_scatter  Draw a scatter plot.  csv, plot\n"
        "tool:read_csv        Read a table.         csv\n",
        "",
    )


@pytest.mark.usefixtures("three")
def test_json_is_an_array_of_listings(run_cli) -> None:
    """``--json`` gives an array of objects with key, kind, name, description, tags and tier."""
    done = run_cli("ls", "tool", "--json")
    assert (done.status, done.err) == (0, "")
    assert done.data == [
        {
            "key": "tool:create_scatter",
            "kind": "tool",
            "name": "create_scatter",
            "description": "Draw a scatter plot.",
            "tags": ["csv", "plot"],
            "tier": "persistent",
            "state": "approved",
        },
        {
            "key": "tool:read_csv",
            "kind": "tool",
            "name": "read_csv",
            "description": "Read a table.",
            "tags": ["csv"],
            "tier": "persistent",
            "state": "approved",
        },
    ]


def test_configured_entries_are_listed_with_their_tier(run_cli, project) -> None:
    """An entry of the configuration file is listed, and a terminal then shows the column of tiers."""
    (project / "catalog.toml").write_text('[entries.tool]\nround = "math:floor"\n')
    assert run_cli("ls", width=80) == (0, "KEY         TIER\ntool:round  config\n", "")


def test_an_empty_catalog_says_how_to_fill_it(run_cli) -> None:
    """Nothing to list is a no, with the way to fill the catalog on standard error and nothing on standard output."""
    assert run_cli("ls") == (
        1,
        "",
        "the catalog is empty; fill it with `catalog scan PACKAGE` or `catalog register`\n",
    )
    assert run_cli("ls", "--json")[:2] == (1, "[]\n")


def test_an_unknown_kind_is_wrong_use(run_cli) -> None:
    """A kind nobody declared is refused with the one that was meant."""
    assert run_cli("ls", "tools") == (
        2,
        "",
        "Error: unknown kind 'tools'; did you mean 'tool'? (a project declares its own with `kinds = [...]` in "
        "[tool.catalog])\n",
    )
