"""``catalog which``."""

from __future__ import annotations


def test_the_winner_comes_first(run_cli, project, three) -> None:
    """A stored entry shadows the configured one of the same key, and both are shown with the reason."""
    (project / "catalog.toml").write_text('[entries.tool]\nread_csv = "csv:reader"\n')
    assert run_cli("which", "tool:read_csv") == (
        0,
        "persistent\tnowhere.files:read_csv\tmanual\tpersistent wins over config\n"
        f"config\tcsv:reader\tconfig:{project / 'catalog.toml'}\tshadowed by persistent\n",
        "",
    )
    data = run_cli("which", "read_csv", "--json").data
    assert [(one["tier"], one["wins"], one["why"], one["entry"]["ref"]) for one in data] == [
        ("persistent", True, "persistent wins over config", "nowhere.files:read_csv"),
        ("config", False, "shadowed by persistent", "csv:reader"),
    ]


def test_data_stands_for_itself(run_cli, three) -> None:
    """An entry without a reference says that it holds data."""
    assert run_cli("which", "verdict") == (
        0,
        "persistent\tdata of its own\tmanual\tthe only tier that has it\n",
        "",
    )


def test_a_miss_is_a_no(run_cli, three) -> None:
    """A key no tier has ends with 1."""
    assert run_cli("which", "tool:verdict") == (1, "", "Error: no entry 'tool:verdict'\n")
